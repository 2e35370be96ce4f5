import type { ChildProcess, StdioOptions } from 'node:child_process';
import { Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import { InvalidArgumentError } from '../../src/errors.js';
import { quote } from '../../src/text.js';

export type StdioEntry = Exclude<StdioOptions, string>[number];

/**
 * A list of at least three.
 *
 * @throws {InvalidArgumentError} when one is `ipc`, or nothing that child_process.spawn takes
 */
export function stdioList(stdio: StdioOptions = 'pipe'): StdioEntry[] {
  if (typeof stdio !== 'string' && !Array.isArray(stdio)) {
    throw new InvalidArgumentError(
      'stdio is a word, as "pipe" or "inherit", or a list with an entry for each descriptor',
    );
  }
  const list: StdioEntry[] = typeof stdio === 'string' ? [stdio, stdio, stdio] : [...stdio];
  while (list.length < 3) list.push('pipe');
  const wrong = list.find((entry) => !isStdioEntry(entry));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(
      `stdio: ${typeof wrong === 'string' ? quote(wrong) : `a ${typeof wrong}`} is none of pipe, overlapped, ignore, inherit, a stream, a descriptor`,
    );
  }
  if (list.includes('ipc')) {
    throw new InvalidArgumentError('stdio: ipc is not supported: the command would inherit Node’s channel');
  }
  return list.map((entry) => entry ?? 'pipe');
}

/** What child_process.spawn takes of one descriptor: a word, a descriptor, a stream, or nothing. */
function isStdioEntry(entry: unknown): boolean {
  if (entry === null || entry === undefined) return true;
  if (typeof entry === 'string') return ['pipe', 'overlapped', 'ignore', 'inherit', 'ipc'].includes(entry);
  if (typeof entry === 'number') return Number.isInteger(entry) && entry >= 0;
  return typeof entry === 'object';
}

/**
 * The child's streams, for the caller to read later. When a child exits, Node drops what its streams hold if nobody
 * reads them. A short command may have exited before the caller has a handle to read from. Those after the first `count` are
 * the launcher's.
 */
export function keepOutput(child: ChildProcess, count: number): (Readable | Writable | null)[] {
  return child.stdio.slice(0, count).map((stream, index) => {
    if (!stream || index === 0) return stream ?? null;
    const kept = keep(stream as Readable);
    return index < 3 ? kept : Duplex.from({ readable: kept, writable: stream as Writable });
  });
}

/** What stream.pipeline does, in a fraction of its time: the end of one ends the other; the reader gets the error. */
function keep(stream: Readable): PassThrough {
  const kept = new PassThrough();
  // Not ours to raise.
  for (const each of [stream, kept]) each.on('error', () => {});
  stream.pipe(kept);
  stream.once('close', () => {
    if (!stream.readableEnded) kept.destroy(stream.errored ?? undefined);
  });
  kept.once('close', () => stream.destroy());
  return kept;
}
