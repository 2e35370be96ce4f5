import { writeSync } from 'node:fs';
import type { LogProblem } from '../learn/read-log.js';
import type { Warning } from '../policy.js';
import { formatPlace } from '../source-place.js';
import { escapeControls, printable } from '../text.js';
import { FileError, fileError } from './input.js';
import { besidesProgress, eraseProgress } from './progress.js';
import { replaceFile } from './replace-file.js';
import { isTerminal } from './terminal.js';

/**
 * Write all of a result to a file descriptor, waiting while a pipe is full. If the reader has gone away, this process
 * ends quietly.
 */
function writeAll(fd: number, data: Uint8Array): void {
  for (let done = 0; done < data.length; ) {
    try {
      done += writeSync(fd, data, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(0);
      if (code !== 'EAGAIN') throw fileError(fd === 1 ? 'stdout' : 'stderr', error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** A result ends the line that says how far the command is. */
function writeOut(data: string | Uint8Array): void {
  eraseProgress();
  writeAll(1, Buffer.from(data));
}

/** Diagnostics stand above that line, which goes on: a command may say what it ignored long before its result. */
function writeDiagnostics(text: string): void {
  besidesProgress(() => writeAll(2, Buffer.from(text)));
}

/**
 * Write a result to standard output. Only this function, {@link printError} and {@link writeResult} write to the
 * terminal. Text from a profile, a log, or the name of a file or process cannot steer it.
 */
export function print(text: string): void {
  writeOut(escapeControls(text));
}

/** As {@link print}, for a listing in colours: its parts were escaped before they were coloured. */
export function printPainted(listing: string): void {
  writeOut(listing);
}

/** Print the user's own text unchanged; a terminal gets it escaped. */
export function printVerbatim(text: string): void {
  if (isTerminal(1)) print(text);
  else writeOut(text);
}

/** Answers for several targets as JSON: a list, where there is more than one. */
export function jsonPerTarget(answers: readonly object[]): string {
  return `${JSON.stringify(answers.length === 1 ? answers[0] : answers, null, 2)}\n`;
}

/** Write diagnostics to standard error, each line named `scmp`. */
export function printError(text: string): void {
  writeDiagnostics(`${escapeControls(text)}\n`);
}

/** As {@link printError}, for what was escaped before it was coloured. */
export function printPaintedError(text: string): void {
  writeDiagnostics(`${text}\n`);
}

/** Each warning once: several targets often have the same. */
export function printWarnings(warnings: readonly Warning[], source = 'profile'): void {
  const lines = warnings.map(({ message, path, position, source: file = source }) => {
    return printable(`${formatPlace(file, position)}: warning: ${path ? `${path}: ` : ''}${message}`);
  });
  for (const line of new Set(lines)) printError(line);
}

/** What of a log was not understood: the first line of each kind, and how many more. */
export function printLogProblems(problems: readonly LogProblem[], source: string): void {
  for (const { line, text, reason, count } of problems) {
    const others = count > 1 ? ` (and ${count - 1} more such lines)` : '';
    printError(`${formatPlace(source, { line })}: warning: not used, ${reason}: ${text}${others}`);
  }
}

/** Write a result to the named file, or to standard output. Binary data is not written to a terminal. */
export function writeResult(data: string | Uint8Array, file: string | undefined): void {
  if (file !== undefined && file !== '-') {
    try {
      replaceFile(file, data);
    } catch (cause) {
      throw fileError(file, cause);
    }
    return;
  }
  if (typeof data !== 'string' && isTerminal(1)) {
    throw new FileError('a binary program is not for a terminal: use -o FILE, a pipe, or --format hex, c, asm…');
  }
  if (typeof data === 'string') print(data);
  else writeOut(data);
}
