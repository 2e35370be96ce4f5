// Waking Node's event loop from another thread costs several times what the kernel needs for a whole notification. It
// costs most when the main thread's processor has gone to sleep. A target that has just got an answer often makes its
// next call at once. With SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP it is woken on the processor of the thread that answered.
// So the main thread yields that processor once (sched_yield(2)). Then it looks here for the next call, before it goes
// back to its event loop.

const CLOSED = 0;
/** The main thread is looking. */
const OPEN = 1;
const WRITING = 2;
const FULL = 3;

/** How long looking and answering may go on before the event loop gets its turn. */
const SESSION_MICROSECONDS = 1000;
/** How many opportunities are skipped at most after looking in vain. */
const MAX_SKIPPED = 64;

/** Memory for one packet, shared by the supervisor thread, which puts it in, and the main thread. */
export interface SharedMailbox {
  readonly state: Int32Array;
  readonly packet: Int32Array;
}

export function createMailbox(packetWords: number): SharedMailbox {
  const memory = new SharedArrayBuffer(4 * (1 + packetWords));
  return { state: new Int32Array(memory, 0, 1), packet: new Int32Array(memory, 4) };
}

/** Put a packet in, if the main thread is looking; else it has to be sent as a message. */
export function putInMailbox({ state, packet }: SharedMailbox, words: Int32Array): boolean {
  if (Atomics.compareExchange(state, 0, OPEN, WRITING) !== OPEN) return false;
  packet.set(words);
  Atomics.store(state, 0, FULL);
  return true;
}

/** The main thread's side. */
export class MailboxReader {
  readonly #mailbox: SharedMailbox;
  /** Handles a packet, and may call {@link look} while it does. */
  readonly #deliver: (packet: Int32Array) => void;
  readonly #yieldProcessor: () => void;
  #looking = false;
  #answered = false;
  #skip = 0;
  #skipped = 0;

  constructor(mailbox: SharedMailbox, deliver: (packet: Int32Array) => void, yieldProcessor: () => void) {
    this.#yieldProcessor = yieldProcessor;
    this.#mailbox = mailbox;
    this.#deliver = deliver;
  }

  /** A call was answered: look for the next one, unless looking was in vain lately. */
  look(): void {
    this.#answered = true;
    if (this.#looking || this.#skipped++ < this.#skip) return;
    this.#skipped = 0;
    this.#looking = true;
    try {
      this.#session();
    } finally {
      this.#looking = false;
    }
  }

  /** Goes on until nothing comes, a handler takes its time, or the session is over. */
  #session(): void {
    const end = performance.now() + SESSION_MICROSECONDS / 1000;
    do {
      const packet = this.#next();
      if (!packet) {
        this.#skip = Math.min(2 * this.#skip + 1, MAX_SKIPPED);
        return;
      }
      this.#skip = 0;
      this.#answered = false;
      this.#deliver(packet);
    } while (this.#answered && performance.now() < end);
  }

  #next(): Int32Array | undefined {
    const { state, packet } = this.#mailbox;
    Atomics.store(state, 0, OPEN);
    this.#yieldProcessor();
    if (Atomics.compareExchange(state, 0, OPEN, CLOSED) === OPEN) return undefined;
    // A packet that was begun is waited for.
    while (Atomics.load(state, 0) !== FULL) this.#yieldProcessor();
    const bytes = packet.slice();
    Atomics.store(state, 0, CLOSED);
    return bytes;
  }
}
