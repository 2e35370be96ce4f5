import type { ArchitectureName } from '../../architecture.js';
import { parseArchitecture } from '../../architecture.js';
import { disassemble } from '../../bpf/assembly/disassemble.js';
import { formatDisassembly } from '../../bpf/assembly/format-disassembly.js';
import { seenArchitectures } from '../../bpf/decisions/policy-table.js';
import { readProgramText } from '../../bpf/forms/read-program-text.js';
import { areInstructions, detectEndianness } from '../../bpf/program/codec.js';
import type { Endianness } from '../../bpf/program/instruction.js';
import type { FilterProgram } from '../../bpf/program/program.js';
import { type Libseccomp, syscallNaming } from '../../libseccomp/index.js';
import type { ProfileText } from './protocol.js';

/** A program with the architectures that it is about: those it compares with, else the one that was chosen. */
function filterOf(program: Uint8Array, endianness: Endianness, arch: ArchitectureName) {
  const { looksAtArchitecture, architectures } = seenArchitectures(program, { endianness });
  const names = looksAtArchitecture ? architectures.map(({ name }) => name) : [arch];
  // The chosen one first, where the program is about it.
  const arches = names.includes(arch) ? [arch, ...names.filter((name) => name !== arch)] : names;
  return { program, endianness, arches } satisfies FilterProgram & { endianness: Endianness };
}

/** The program that a text holds; undefined where it holds none. */
export function readProgram({ text, source }: ProfileText, arch: ArchitectureName, libseccomp: Libseccomp) {
  const read = readProgramText(text, { otherwise: arch, source, ...syscallNaming(libseccomp) });
  if (!read) return undefined;
  return { filter: filterOf(read.program, read.endianness, arch), form: read.form };
}

/** A program's bytes as assembler, which is read back to the same bytes; undefined for bytes that are no program. */
export function programAsText(bytes: Uint8Array, arch: ArchitectureName, libseccomp: Libseccomp): string | undefined {
  if (!areInstructions(bytes)) return undefined;
  const { endianness } = parseArchitecture(arch);
  const order = orderOf(bytes) ?? endianness;
  const filter = filterOf(bytes, order, arch);
  const target = { architectures: filter.arches, endianness: order };
  return formatDisassembly(disassemble(filter, syscallNaming(libseccomp)), { target });
}

/** Undefined where both byte orders fit. */
function orderOf(bytes: Uint8Array): Endianness | undefined {
  try {
    return detectEndianness(bytes);
  } catch {
    return undefined;
  }
}
