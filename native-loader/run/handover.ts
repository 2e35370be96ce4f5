import { readFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';
import { printable } from '../../src/text.js';
import { errnoName, type Libc, libc, type Pointer } from '../libc/libc.js';
import { supervisorCalls } from '../libc/supervisor-calls.js';
import { workerFile } from '../supervise/worker-file.js';
import { describeExecFailure, execExitCode } from './exec-failure.js';
import { encodeFailure, LAUNCH_STEPS, STARTED } from './launch-protocol.js';

// The listener is sent by a thread that the filter does not cover, so that the filter may hold or forbid any call,
// write and sendmsg included. The filtered thread must not need a system call to wait for that: it waits in a spin
// lock, and the two communicate by shared memory.

/** Where the listener goes, before the command is executed. */
export interface ListenerReceiver {
  /** A connected unix stream socket. */
  fd: number;
  /** What is sent with the listener, or alone if there is none. */
  message: Uint8Array;
  /** Where a failure of execve(2) is reported: on stderr in words, or on this socket as launch-protocol.ts defines. */
  failures: 'stderr' | number;
}

/** Indexes of the shared numbers. */
const STATE = 0;
const LISTENER = 1;
const EXEC_ERRNO = 2;

/** Values of STATE. */
const WAITING = 0;
const READY = 1;
const INSTALLED = 2;
const CANCELLED = 3;

export interface HandoverStart {
  readonly role: 'handover';
  readonly shared: Int32Array;
  readonly lock: Pointer;
  /** Undefined: there is no listener, and the thread waits for the end of the other one alone. */
  readonly receiver: ListenerReceiver | undefined;
  /** What execve(2) executes. */
  readonly file: string;
}

const START_MILLISECONDS = 10_000;
/** How often the thread looks whether the filter is there: no futex(2) may wake it. */
const LOOK_MILLISECONDS = 0.1;
const LATER_MILLISECONDS = 5;
const SIGNAL_MILLISECONDS = 1000;

/** The thread that sends the listener, as the thread that installs the filter sees it. */
export class Handover {
  readonly #shared = new Int32Array(new SharedArrayBuffer(12));
  readonly #lock: Pointer;
  readonly #never: Pointer;
  readonly #c: Libc;

  /** Starts the thread and waits for it. Calls of the filtered thread below make no system calls. */
  constructor(c: Libc, start: Pick<HandoverStart, 'receiver' | 'file'>) {
    this.#c = c;
    this.#lock = c.heldSpinLock();
    this.#never = c.heldSpinLock();
    const workerData: HandoverStart = { role: 'handover', shared: this.#shared, lock: this.#lock, ...start };
    const worker = new Worker(workerFile(), { workerData, execArgv: [], stdout: true, stderr: true });
    worker.unref();
    if (Atomics.wait(this.#shared, STATE, WAITING, START_MILLISECONDS) === 'timed-out') {
      throw new Error(`the thread that hands over the listener did not start within ${START_MILLISECONDS} ms`);
    }
    // Compiled and bound before the filter is there.
    c.spinUnlock(this.#lock);
    c.spinLock(this.#lock);
  }

  /** The filter is installed: have the listener sent, and wait until it was. */
  installed(listener: number): void {
    Atomics.store(this.#shared, LISTENER, listener);
    Atomics.store(this.#shared, STATE, INSTALLED);
    this.#c.spinLock(this.#lock);
  }

  /** execve(2) failed: the thread reports it, and ends this process. */
  failed(errno: number): never {
    Atomics.store(this.#shared, EXEC_ERRNO, errno);
    for (;;) this.#c.spinLock(this.#never);
  }

  /** Nothing was installed. */
  cancel(): void {
    Atomics.store(this.#shared, STATE, CANCELLED);
  }
}

/** The other side: runs in a Worker. */
export function runHandover({ shared, lock, receiver, file }: HandoverStart): void {
  const c = libc();
  const calls = supervisorCalls();
  Atomics.store(shared, STATE, READY);
  Atomics.notify(shared, STATE);
  while (Atomics.load(shared, STATE) === READY) Atomics.wait(shared, STATE, READY, LOOK_MILLISECONDS);
  if (Atomics.load(shared, STATE) === CANCELLED) return;
  if (receiver) handOver(receiver, Atomics.load(shared, LISTENER), file);
  c.spinUnlock(lock);
  const failures = receiver?.failures ?? 'stderr';
  while (Atomics.load(shared, EXEC_ERRNO) === 0) {
    if (isMainThreadGone()) dieByFilter(c, failures, file);
    Atomics.wait(shared, EXEC_ERRNO, 0, LATER_MILLISECONDS);
  }
  const errno = Atomics.load(shared, EXEC_ERRNO);
  if (failures === 'stderr') print(describeExecFailure(file, errno));
  else calls.sendMessage(failures, encodeFailure({ step: LAUNCH_STEPS.execute, errno, text: '' }), []);
  c.exit(execExitCode(errno));
}

function handOver(receiver: ListenerReceiver, listener: number, file: string): void {
  const calls = supervisorCalls();
  const sent = calls.sendMessage(receiver.fd, receiver.message, listener < 0 ? [] : [listener]);
  // This process must not hold it: the command's calls would wait for ever if the supervisor died now.
  if (listener >= 0) calls.close(listener);
  const { failures } = receiver;
  if (sent === receiver.message.length) {
    if (failures !== 'stderr' && failures !== receiver.fd) calls.sendMessage(failures, STARTED, []);
  } else {
    // Nobody will answer the calls, so the command is not run.
    const why = sent < 0 ? errnoName(-sent) : `only ${sent} bytes were taken`;
    print(`${printable(file)}: not executed: the listener could not be handed over: ${why}`);
    libc().exit(126);
  }
}

/** The filter has ended it alone (SECCOMP_RET_KILL_THREAD): it stays a zombie while this thread lives (proc_pid_stat(5)). */
function isMainThreadGone(): boolean {
  try {
    return /^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${process.pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** As if the filter had killed the process: nobody is left to be the command. */
function dieByFilter(c: Libc, failures: ListenerReceiver['failures'], file: string): never {
  if (failures === 'stderr') {
    print(`${printable(file)}: not executed: the filter kills the thread that calls execve (SCMP_ACT_KILL_THREAD)`);
  }
  process.kill(process.pid, 'SIGSYS');
  // Another thread may take the signal.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SIGNAL_MILLISECONDS);
  return c.exit(128 + constants.signals.SIGSYS);
}

function print(message: string): void {
  try {
    writeSync(2, `${message}\n`);
  } catch {
    // Nobody listens; the exit code says it too.
  }
}
