import { writeFileSync, writeSync } from 'node:fs';
import type { Warning } from '../policy.js';
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

/** Write a result to standard output. */
export function print(text: string): void {
  writeAll(1, Buffer.from(text));
}

/** Answers for several targets as JSON: a list, where there is more than one. */
export function jsonPerTarget(answers: readonly object[]): string {
  return `${JSON.stringify(answers.length === 1 ? answers[0] : answers, null, 2)}\n`;
}

/** Write diagnostics to standard error, each line named `scmp`. */
export function printError(text: string): void {
  writeAll(2, Buffer.from(`${text}\n`));
}

/** Each warning once: what is compiled for several targets has the same for each. */
export function printWarnings(warnings: readonly Warning[], source = 'profile'): void {
  const lines = warnings.map(({ message, path, position, source: file = source }) => {
    const place = position ? `${file}:${position.line}:${position.column}` : file;
    return `${place}: warning: ${path ? `${path}: ` : ''}${message}`;
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
  writeAll(1, typeof data === 'string' ? Buffer.from(data) : data);
}
