import { decodeProgram } from '../bpf/program/codec.js';
import type { Endianness } from '../bpf/program/instruction.js';
import type { FilterProgram } from '../bpf/program/program.js';
import type { CompiledFilter } from '../compiler/compile-policy.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { PROGRAM_FORMATS, renderProgram } from './render-program.js';

/** The forms of what `scmp compile` makes. */
export const COMPILE_FORMATS = [...PROGRAM_FORMATS, 'js', 'ts', 'rust', 'go', 'json', 'asm', 'pfc'] as const;
export type CompileFormat = (typeof COMPILE_FORMATS)[number];

/** Source files: one has the filters of all machines that are named. */
const SOURCE_FORMATS = ['c', 'js', 'ts', 'rust', 'go'] as const satisfies readonly CompileFormat[];
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

export const isSourceFormat = (format: CompileFormat): format is SourceFormat =>
  SOURCE_FORMATS.some((each) => each === format);

/** A filter for a result: a compiled one, or one made from a program, which may have fewer fields. */
type Rendered = FilterProgram & Omit<Partial<CompiledFilter>, keyof FilterProgram> & { endianness: Endianness };

export async function renderCompiled(
  { program, arches, endianness, flags, usesListener, warnings, pfc }: Rendered,
  format: Exclude<CompileFormat, Exclude<SourceFormat, 'c'>>,
  libseccomp: Libseccomp,
): Promise<string | Uint8Array> {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ arches, flags, usesListener, warnings, instructions: decodeProgram(program, endianness), program: Buffer.from(program).toString('base64') }, null, 2)}\n`;
    case 'asm': {
      const [{ disassemble, formatDisassembly }, { syscallNaming }] = await Promise.all([
        import('../bpf/index.js'),
        import('../libseccomp/syscall-naming.js'),
      ]);
      const lines = disassemble(program, { endianness, architectures: arches, ...syscallNaming(libseccomp) });
      return formatDisassembly(lines, { target: { architectures: arches, endianness } });
    }
    case 'pfc':
      return pfc as string;
    default:
      return renderProgram({ program, arches, endianness }, format, 'compile');
  }
}
