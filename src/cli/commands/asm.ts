import type { Command } from 'commander';
import { hostArchitecture } from '../../../native-loader/libc/host.js';
import type { ArchitectureName } from '../../architecture.js';
import {
  type AssembledProgram,
  AssemblyError,
  assemble,
  decodeProgram,
  disassemble,
  formatAssembly,
  readProgramText,
  verifyProgram,
} from '../../bpf/index.js';
import { InvalidArgumentError } from '../../errors.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { syscallNaming } from '../../libseccomp/syscall-naming.js';
import { printable } from '../../text.js';
import { readInput } from '../input.js';
import { addOptions, type FlagsOf } from '../options.js';
import { writeResult } from '../output.js';
import { PROGRAM_FORMATS, type ProgramFormat, programFormatOption, renderProgram } from '../render-program.js';

const OPTIONS = {
  output: 'where to write the program (default: standard output)',
  format: programFormatOption(PROGRAM_FORMATS),
  arch: 'what it is for, where the text has no .arch',
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  format: ProgramFormat;
}

export function addAsmCommand(program: Command): void {
  const command = program
    .command('asm')
    .summary('assemble a program, or what disasm printed')
    .description(
      'Assemble a seccomp program written by hand, or what scmp disasm and scmp compile --format asm print. The result is verified as the kernel would. The language: docs/asm.md. A listing or array that other tools print becomes the program that it shows.',
    )
    .argument('<file>', 'the text; "-" is standard input');
  addOptions(command, OPTIONS).action(asm);
}

function asm(path: string, flags: Flags): void {
  const { bytes, source } = readInput(path);
  writeResult(renderProgram(programOf(decode(bytes, source), source, flags.arch), flags.format, 'asm'), flags.output);
}

/** What assembles is our language; only what does not is looked at for the forms that other tools print programs in. */
function programOf(text: string, source: string, arch: readonly ArchitectureName[]): AssembledProgram {
  const architectures = arch.length > 0 ? arch : undefined;
  const options = { source, architectures, ...syscallNaming(loadLibseccompSync()) };
  try {
    return assemble(text, options);
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    const printed = readProgramText(text, { ...options, otherwise: hostArchitecture() });
    if (printed === undefined) throw error;
    // What is cut, or was printed by a tool that does not verify, is refused by its instruction, not by our words for it.
    verifyProgram(decodeProgram(printed.program, printed.endianness));
    const target = { architectures: arch, endianness: printed.endianness };
    return assemble(formatAssembly(disassemble(printed.program, target), { target }), options);
  }
}

function decode(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidArgumentError(
      `${printable(source)}: this is no text (UTF-8); to show a compiled program use scmp disasm`,
    );
  }
}
