import type { Command } from 'commander';
import { minimizeProgram } from '../../bpf/minimize/index.js';
import { InvalidArgumentError } from '../../errors.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { printable } from '../../text.js';
import { byteOrderOf } from '../arch-option.js';
import { type CompileFlags, weightsOption } from '../compile-options.js';
import type { Input } from '../input.js';
import type { FlagsOf } from '../options.js';
import { writeResult } from '../output.js';
import { type CompileFormat, isSourceFormat, renderCompiled } from '../render-compiled.js';

interface Flags extends FlagsOf<{ arch: true; output: true }>, Pick<CompileFlags, 'optimize' | 'weights'> {
  format: CompileFormat;
}

/** The options that apply to a program: the others are about profiles. */
const TAKEN: ReadonlySet<string> = new Set(['output', 'format', 'arch', 'optimize', 'weights', 'verify']);

/** `scmp compile` of a program that is already compiled: a smaller and faster one that decides the same. */
export async function compileProgram({ bytes, source }: Input, flags: Flags, command: Command): Promise<void> {
  const name = printable(source);
  if (flags.optimize !== 'min') {
    throw new InvalidArgumentError(`${name}: this is a compiled program, which --optimize min alone compiles`);
  }
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
  const other = given.find((option) => !TAKEN.has(option.attributeName()));
  if (other) {
    throw new InvalidArgumentError(
      `${name}: this is a compiled program, and ${other.long} is about profiles; it takes --arch, --weights, --format and -o`,
    );
  }
  if (flags.format === 'pfc') {
    throw new InvalidArgumentError("--format pfc is libseccomp's text of its own program: use --format asm");
  }
  const { format } = flags;
  if (isSourceFormat(format) && format !== 'c') {
    throw new InvalidArgumentError(
      `--format ${format} has the machines of a profile: of a program write --format c, hex…`,
    );
  }
  const endianness = byteOrderOf(bytes, flags);
  const { program } = minimizeProgram(bytes, {
    arch: flags.arch[0],
    endianness,
    weights: await weightsOption(flags),
  });
  const result = await renderCompiled({ program, endianness, arches: flags.arch }, format, loadLibseccompSync());
  writeResult(result, flags.output);
}
