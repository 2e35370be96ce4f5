import { writeSync } from 'node:fs';
import { isTerminal } from './terminal.js';

/** Commands that compute: `run`, `record` and the like become or watch another program, which uses the terminal. */
const COMPUTES: ReadonlySet<string> = new Set(
  'compile convert check simulate disasm asm diff implies explain resolve why merge'.split(' '),
);

/**
 * The values of the flag that is shared with the thread. `WRITING`: the thread has the line, for as long as one write takes.
 * `HELD`: the main thread has it, and may end in any way while it does.
 */
const State = { QUIET: 0, SHOWN: 1, WRITING: 2, HELD: 3, DONE: 4 } as const;

/**
 * The thread that reports the time, since computing blocks the main thread. It takes the flag while it writes, so that
 * it writes nothing after the result. `bytes`: those that were read, and all that are to be read (0: nobody knows).
 */
const CLOCK = `
const { workerData: { memory, name } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const flag = new Int32Array(memory, 0, 1);
const bytes = new Float64Array(memory, 8, 2);
const started = Date.now();
const time = (seconds) => seconds < 100 ? Math.ceil(seconds) + ' s' : Math.ceil(seconds / 60) + ' min';
const size = (count) => count < 1e9 ? (count / 1e6).toFixed(0) + ' MB' : (count / 1e9).toFixed(1) + ' GB';
const words = (seconds) => {
  const [done, all] = bytes;
  if (done === 0) return 'still at it, ' + Math.floor(seconds) + ' s';
  const rate = done / seconds;
  const rest = done < all ? ', ' + time((all - done) / rate) + ' left' : '';
  return size(done) + (all > 0 ? ' of ' + size(all) : '') + ', ' + size(rate) + '/s' + rest;
};
setInterval(() => {
  const seen = Atomics.load(flag, 0);
  if (seen !== ${State.QUIET} && seen !== ${State.SHOWN} || Atomics.compareExchange(flag, 0, seen, ${State.WRITING}) !== seen) return;
  try { writeSync(2, '\\r\\x1b[Kscmp ' + name + ': ' + words((Date.now() - started) / 1000)); } catch {}
  Atomics.store(flag, 0, ${State.SHOWN});
}, 1000);
`;

let flag: Int32Array | undefined;
let bytes: Float64Array | undefined;

/** From the second second on, say on standard error how far a command is that computes. On a terminal only. */
export function startProgress(name: string): void {
  if (COMPUTES.has(name)) startClock(name);
}

/** As {@link startProgress}, of a command that computes in one of its forms. */
export function startClock(name: string): void {
  if (process.env.TERM === 'dumb' || flag !== undefined || !isTerminal(2)) return;
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const memory = new SharedArrayBuffer(24);
  flag = new Int32Array(memory, 0, 1);
  bytes = new Float64Array(memory, 8, 2);
  new Worker(CLOCK, { eval: true, workerData: { memory, name } }).unref();
  process.once('exit', () => eraseProgress());
}

/** How much there is to read, in bytes; undefined where nobody knows. */
export function expectBytes(total: number | undefined): void {
  if (bytes) bytes[1] = total ?? 0;
}

/** So many more bytes were read. */
export function countBytes(count: number): void {
  if (bytes) bytes[0]! += count;
}

/** Erase the line for good. It must be called before a result is written. */
export function eraseProgress(): void {
  if (!flag) return;
  if (takeLine(flag, State.DONE) === State.SHOWN) writeSync(2, '\r\x1b[K');
  flag = undefined;
  bytes = undefined;
}

/** Write something else to standard error: the line goes away, and comes again. */
export function besidesProgress(write: () => void): void {
  if (!flag) {
    write();
    return;
  }
  if (takeLine(flag, State.HELD) === State.SHOWN) writeSync(2, '\r\x1b[K');
  write();
  Atomics.store(flag, 0, State.QUIET);
}

/** Take the line from the thread, which gives it back after each write. Returns what it was before. */
function takeLine(flag: Int32Array, next: number): number {
  for (;;) {
    const seen = Atomics.load(flag, 0);
    if (seen !== State.WRITING && Atomics.compareExchange(flag, 0, seen, next) === seen) return seen;
    Atomics.wait(flag, 0, State.WRITING, 5);
  }
}
