// Waking Node's event loop from another thread costs several times what the kernel needs for a whole notification. And
// a target that has just got an answer often makes its next call at once. So the main thread, when it has answered a
// call, receives the next ones itself for a while. Only one thread may: RECV waits if the other was faster. Who that is
// stands in memory that both share.

/** Nobody receives: whoever sees a call may. */
const FREE = 0;
const THREAD = 1;
/** The main thread has the listener, and runs a handler. That may take long: the supervisor thread may take it back. */
const HANDLING = 2;
const RECEIVING = 3;

const STATE = 0;
/** Not 0: the supervisor thread looks at the listener no more, until it is woken. */
const ASIDE = 1;
/** How often the main thread has had the listener: what poll(2) said before that may hold no more. */
const TURNS = 2;

/** Shared memory, one for each listener. */
export type SharedReception = Int32Array;

export function createReception(): SharedReception {
  return new Int32Array(new SharedArrayBuffer(12));
}

/** The supervisor thread's side: may it receive? If not, it is to be woken when it may again. */
export function beginReceiving(reception: SharedReception): boolean {
  if (Atomics.compareExchange(reception, STATE, FREE, THREAD) === FREE) return true;
  Atomics.store(reception, ASIDE, 1);
  // It may have become free before that was written.
  if (Atomics.compareExchange(reception, STATE, FREE, THREAD) !== FREE) return false;
  Atomics.store(reception, ASIDE, 0);
  return true;
}

export function endReceiving(reception: SharedReception): void {
  Atomics.store(reception, STATE, FREE);
}

/** A number that changes when the main thread gets the listener. */
export function turnsOfMainThread(reception: SharedReception): number {
  return Atomics.load(reception, TURNS);
}

/** Take the listener back from a handler of the main thread that takes its time. */
export function takeBack(reception: SharedReception): void {
  Atomics.store(reception, ASIDE, 0);
  Atomics.compareExchange(reception, STATE, HANDLING, FREE);
}

/** The main thread's side. */
export class MainReception {
  readonly #shared: SharedReception;
  readonly #wakeThread: () => void;

  constructor(shared: SharedReception, wakeThread: () => void) {
    this.#shared = shared;
    this.#wakeThread = wakeThread;
  }

  /** False if the supervisor thread receives. */
  take(): boolean {
    if (Atomics.compareExchange(this.#shared, STATE, FREE, HANDLING) !== FREE) return false;
    Atomics.add(this.#shared, TURNS, 1);
    return true;
  }

  /** To be called around waiting and receiving. False if the supervisor thread has taken the listener back. */
  beginReceiving(): boolean {
    return Atomics.compareExchange(this.#shared, STATE, HANDLING, RECEIVING) === HANDLING;
  }

  endReceiving(): void {
    Atomics.store(this.#shared, STATE, HANDLING);
  }

  giveBack(): void {
    if (Atomics.compareExchange(this.#shared, STATE, HANDLING, FREE) !== HANDLING) return;
    if (Atomics.exchange(this.#shared, ASIDE, 0) !== 0) this.#wakeThread();
  }
}
