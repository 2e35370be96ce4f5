import { writeFileSync, writeSync } from 'node:fs';
import type { Warning } from '../policy.js';
import { formatPlace } from '../source-place.js';
import { escapeControls, printable } from '../text.js';
import { FileError, fileError } from './input.js';
import { eraseProgress } from './progress.js';
import { isTerminal } from './terminal.js';

/** Write all of a result to a file descriptor, waiting while a pipe is full. A reader that went away ends us quietly. */
function writeAll(fd: number, data: Uint8Array): void {
  eraseProgress();
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

/**
 * Write a result to standard output. Here, in {@link printError} and in {@link writeResult} is the one edge to the terminal:
 * text that came from a profile, a log, a file's or a process's name cannot steer it.
 */
export function print(text: string): void {
  writeAll(1, Buffer.from(escapeControls(text)));
}

/** As {@link print}, of a listing in colours: its own parts were escaped before they were painted. */
export function printPainted(listing: string): void {
  writeAll(1, Buffer.from(listing));
}

/** Give the user's own text back as it is; a terminal gets it escaped. */
export function printVerbatim(text: string): void {
  if (isTerminal(1)) print(text);
  else writeAll(1, Buffer.from(text));
}

/** Answers for several targets as JSON: a list, where there is more than one. */
export function jsonPerTarget(answers: readonly object[]): string {
  return `${JSON.stringify(answers.length === 1 ? answers[0] : answers, null, 2)}\n`;
}

/** Write diagnostics to standard error, each line named `scmp`. */
export function printError(text: string): void {
  writeAll(2, Buffer.from(`${escapeControls(text)}\n`));
}

/** Each warning once: what is compiled for several targets has the same for each. */
export function printWarnings(warnings: readonly Warning[], source = 'profile'): void {
  const lines = warnings.map(({ message, path, position, source: file = source }) => {
    return printable(`${formatPlace(file, position)}: warning: ${path ? `${path}: ` : ''}${message}`);
  });
  for (const line of new Set(lines)) printError(line);
}

/** Write a result to the file named, or to standard output. Binary data is not for a terminal. */
export function writeResult(data: string | Uint8Array, file: string | undefined): void {
  if (file !== undefined && file !== '-') {
    try {
      writeFileSync(file, data);
    } catch (cause) {
      throw fileError(file, cause);
    }
    return;
  }
  if (typeof data !== 'string' && isTerminal(1)) {
    throw new FileError('a binary program is not for a terminal: use -o FILE, a pipe, or --format hex, c, asm…');
  }
  if (typeof data === 'string') print(data);
  else writeAll(1, data);
}
