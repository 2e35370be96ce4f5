import { writeSync } from 'node:fs';
import { isTerminal } from './terminal.js';

/** Commands that compute: `run`, `record` and the like become or watch another program, which uses the terminal. */
const COMPUTES: ReadonlySet<string> = new Set(
  'compile convert check simulate disasm asm diff implies explain resolve why'.split(' '),
);

/** The values of the flag that is shared with the thread. */
const State = { QUIET: 0, SHOWN: 1, WRITING: 2, DONE: 3 } as const;

/**
 * The thread that reports the time, since computing blocks the main thread. It takes the flag while it writes, so that
 * it writes nothing after the result.
 */
const CLOCK = `
const { workerData: { flag, name } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const started = Date.now();
setInterval(() => {
  const seen = Atomics.load(flag, 0);
  if (seen === ${State.DONE} || Atomics.compareExchange(flag, 0, seen, ${State.WRITING}) !== seen) return;
  const seconds = Math.floor((Date.now() - started) / 1000);
  try { writeSync(2, '\\r\\x1b[Kscmp ' + name + ': still at it, ' + seconds + ' s'); } catch {}
  Atomics.store(flag, 0, ${State.SHOWN});
}, 1000);
`;

let flag: Int32Array | undefined;

/** From the second second on, say on standard error how long the command has been at work. On a terminal only. */
export function startProgress(name: string): void {
  if (process.env.TERM === 'dumb' || !COMPUTES.has(name) || !isTerminal(2)) return;
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  flag = new Int32Array(new SharedArrayBuffer(4));
  new Worker(CLOCK, { eval: true, workerData: { flag, name } }).unref();
  process.once('exit', () => eraseProgress());
}

/** Erase the line for good. It must be called before anything is written. */
export function eraseProgress(): void {
  if (!flag) return;
  for (;;) {
    const seen = Atomics.load(flag, 0);
    if (seen !== State.WRITING && Atomics.compareExchange(flag, 0, seen, State.DONE) === seen) {
      flag = undefined;
      if (seen === State.SHOWN) writeSync(2, '\r\x1b[K');
      return;
    }
    Atomics.wait(flag, 0, State.WRITING, 5);
  }
}
