import type { Command } from 'commander';
import { assemble } from '../../bpf/index.js';
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
      'Assemble a seccomp program written by hand, or what scmp disasm and scmp compile --format asm print. The result is verified as the kernel would. The language: docs/asm.md.',
    )
    .argument('<file>', 'the text; "-" is standard input');
  addOptions(command, OPTIONS).action(asm);
}

function asm(path: string, flags: Flags): void {
  const { bytes, source } = readInput(path);
  const program = assemble(decode(bytes, source), {
    source,
    architectures: flags.arch.length > 0 ? flags.arch : undefined,
    ...syscallNaming(loadLibseccompSync()),
  });
  writeResult(renderProgram(program, flags.format, 'asm'), flags.output);
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
