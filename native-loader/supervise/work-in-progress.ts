import { NOTIFICATION_WORDS } from './notify-abi.js';

// Nothing in a thread can stop its own synchronous handler. So the thread writes down here what it is at, and the main
// thread looks now and then whether that is still the same.

/** Shared: a count that is odd while a handler is at work, the watch's id, the words of the call. */
export type SharedWork = Int32Array;

const COUNT = 0;
const WATCH = 1;
const CALL = 2;

export function createWork(): SharedWork {
  return new Int32Array(new SharedArrayBuffer(4 * (CALL + NOTIFICATION_WORDS)));
}

/** A handler begins with a call of this watch. */
export function beginWork(work: SharedWork, watchId: number, words: Int32Array): void {
  work[WATCH] = watchId;
  for (let word = 0; word < NOTIFICATION_WORDS; word++) work[CALL + word] = words[word]!;
  Atomics.add(work, COUNT, 1);
}

export function endWork(work: SharedWork): void {
  Atomics.add(work, COUNT, 1);
}

/** Looks at one watch's handler from the main thread. */
export class WorkWatchdog {
  readonly #work: SharedWork;
  readonly #watchId: number;
  #count: number | undefined;
  #since = 0;

  constructor(work: SharedWork, watchId: number) {
    this.#work = work;
    this.#watchId = watchId;
  }

  /** The words of the call that the handler has been at for `milliseconds`, as far as was seen here. */
  overdue(milliseconds: number): readonly number[] | undefined {
    const count = Atomics.load(this.#work, COUNT);
    const isMine = count % 2 !== 0 && this.#work[WATCH] === this.#watchId;
    if (!isMine || count !== this.#count) {
      this.#count = isMine ? count : undefined;
      this.#since = performance.now();
      return undefined;
    }
    return performance.now() - this.#since < milliseconds ? undefined : [...this.#work.subarray(CALL)];
  }
}
