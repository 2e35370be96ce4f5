import { type Command, Option } from 'commander';
import { formatProfileText } from '../../editor/format/format-profile-text.js';
import { InvalidArgumentError, ScmpError } from '../../errors.js';
import { Color, hasColors, paintFor } from '../colors.js';
import { errorText } from '../error-text.js';
import { ExitCode } from '../exit-code.js';
import { isProgram } from '../filter-input.js';
import { includedFile } from '../included-files.js';
import { readInput } from '../input.js';
import { addOptions, type FlagsOf } from '../options.js';
import { print, printError, printPainted, printVerbatim, writeResult } from '../output.js';
import { unifiedDiff } from '../unified-diff.js';

const OPTIONS = {
  check: new Option('--check', 'change no file, and exit with 1 if one would change'),
  diff: new Option('--diff', 'as --check, with what would change as a unified diff, which patch(1) takes'),
  from: true,
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  check?: boolean;
  diff?: boolean;
}

export function addFmtCommand(program: Command): void {
  const command = program
    .command('fmt')
    .summary('lay profiles out in one style')
    .description(
      'Lay the text of profiles out in one style, and print the names of those that change. Comments, order and meaning stay; ' +
        'so does what else is in the file. docs/formats.md has the style of each format.',
    )
    .argument(
      '<profile...>',
      'the files, which are replaced; "-" is standard input, whose result goes to standard output',
    );
  addOptions(command, OPTIONS).action(fmt);
}

function fmt(paths: string[], flags: Flags): void {
  let hasChanged = false;
  let hasFailed = false;
  for (const path of paths) {
    try {
      hasChanged = formatFile(path, flags) || hasChanged;
    } catch (error) {
      if (!(error instanceof ScmpError) || paths.length === 1) throw error;
      // The other files are formatted all the same.
      printError(`scmp: ${errorText(error)}`);
      hasFailed = true;
    }
  }
  if (hasFailed) process.exitCode = ExitCode.UNUSABLE_INPUT;
  else if ((flags.check || flags.diff) && hasChanged) process.exitCode = ExitCode.NO;
}

/** Whether the file changes, or would. */
function formatFile(path: string, { check, diff, from }: Flags): boolean {
  const { bytes, source } = readInput(path, 'file');
  if (isProgram(bytes)) throw new InvalidArgumentError(`${source}: this is a compiled program, which has no layout`);
  const formatted = formatProfileText(bytes, { source, format: from, include: includedFile });
  const isChanged = !Buffer.from(formatted).equals(bytes);
  if (diff) {
    if (isChanged) printDiff(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), formatted, source);
    return isChanged;
  }
  if (path === '-' && !check) {
    printVerbatim(formatted);
    return isChanged;
  }
  if (!isChanged) return false;
  if (!check) writeResult(formatted, path);
  print(`${source}\n`);
  return true;
}

const COLORS = { head: Color.BOLD, place: Color.CYAN, old: Color.RED, new: Color.GREEN, same: undefined } as const;

function printDiff(before: string, after: string, name: string): void {
  const lines = unifiedDiff(before, after, name);
  if (!hasColors(1)) {
    printVerbatim(lines.map(({ text }) => text).join(''));
    return;
  }
  const paint = paintFor(1);
  printPainted(lines.map(({ kind, text }) => `${paint(COLORS[kind], text.replace(/\n$/, ''))}\n`).join(''));
}
