import type { ChildProcess, StdioOptions } from 'node:child_process';
import { Duplex, PassThrough, pipeline, type Readable, type Writable } from 'node:stream';
import { InvalidArgumentError } from '../../src/errors.js';

export type StdioEntry = Exclude<StdioOptions, string>[number];

/**
 * A list of at least three.
 *
 * @throws {InvalidArgumentError} when one is `ipc`
 */
export function stdioList(stdio: StdioOptions = 'pipe'): StdioEntry[] {
  const list: StdioEntry[] = typeof stdio === 'string' ? [stdio, stdio, stdio] : [...stdio];
  while (list.length < 3) list.push('pipe');
  if (list.includes('ipc')) {
    throw new InvalidArgumentError('stdio: ipc is not supported: the command would inherit Node’s channel');
  }
  return list.map((entry) => entry ?? 'pipe');
}

/**
 * The child's streams, for the caller to read later. When a child exits, Node drops what its streams hold if nobody
 * reads them. A short command may have exited before the caller has a handle to read from. The last two streams were
 * the launcher's.
 */
export function keepOutput(child: ChildProcess): (Readable | Writable | null)[] {
  return child.stdio.slice(0, -2).map((stream, index) => {
    if (!stream || index === 0) return stream ?? null;
    const kept = new PassThrough();
    // The end of one ends the other; the reader gets the error.
    pipeline(stream as Readable, kept, () => {});
    return index < 3 ? kept : Duplex.from({ readable: kept, writable: stream as Writable });
  });
}
