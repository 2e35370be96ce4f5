import { constants } from 'node:os';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { errnoName, libc } from '../libc/libc.js';
import { type Pinned, type SupervisorCalls, supervisorCalls } from '../libc/supervisor-calls.js';
import { loadHandler, messageOf, type SynchronousHandler } from './handler-module.js';
import { ListenerWatch } from './listener-watch.js';
import { NOTIFICATION_WORDS } from './notify-abi.js';
import { POLLERR, POLLHUP, POLLNVAL, pollEntry, returnedEvents } from './poll-entry.js';
import { takeBack } from './reception.js';
import { useOwnConsole } from './thread-console.js';
import { asError, codeOf } from './thread-error.js';
import type { FromThread, ThreadStart, ToThread, Watch } from './watch-protocol.js';

const { EINTR, EAGAIN, ECONNABORTED } = constants.errno;

/**
 * Node cannot end a thread that waits in C. Ending it may take this long in the worst case; usually the eventfd wakes
 * it.
 */
const MAX_WAIT_MILLISECONDS = 1000;

/** So long a handler on the main thread holds up the answers that this thread gives for the same listener. */
const ASIDE_MILLISECONDS = 2;

// A handler's module may start timers, write to streams and leave promises behind: they go on in the event loop.
/** So many polls with something to do, at some 10 µs each, and the event loop gets its turn. */
const POLLS_A_TURN = 500;
/** How long the event loop waits at most while no call comes. */
const IDLE_MILLISECONDS = 50;

/** A watched descriptor, and for a listener how it is answered. */
interface Watched {
  readonly watch: Watch;
  readonly listener: ListenerWatch | undefined;
}

/**
 * The supervisor thread. It waits for all watched descriptors at once in poll(2), never on libuv's pool. It gives the
 * answers of tables by itself, and those of the handler's module if it has one. Without anything to watch it waits in
 * Node's event loop for a message.
 */
export class SupervisorWorker {
  readonly #c: SupervisorCalls = supervisorCalls();
  readonly #port: MessagePort;
  readonly #start: ThreadStart;
  #handler: SynchronousHandler | undefined;
  /** `struct pollfd`s as pairs of words. Entry n is that of `#watched[n]`; the last is the eventfd's: calls come first. */
  #poll!: Pinned;
  #pollEntries!: Int32Array;
  #watched: readonly Watched[] = [];
  /** How many listeners are left to the main thread just now. */
  #asideCount = 0;
  #isTurning = false;
  #isStopped = false;

  constructor(port: MessagePort, start: ThreadStart) {
    this.#port = port;
    this.#start = start;
    libc();
    Atomics.store(start.bound, 0, 1);
    Atomics.notify(start.bound, 0);
    this.#layOutPoll();
    if (start.handlerModule === undefined) this.#listen();
    else void this.#load(start.handlerModule);
  }

  async #load(href: string): Promise<void> {
    useOwnConsole();
    try {
      this.#handler = await loadHandler(href);
    } catch (error) {
      this.#post({ kind: 'not-loaded', message: messageOf(error), cause: asError((error as Error).cause ?? error) });
      return;
    }
    this.#post({ kind: 'loaded' });
    this.#listen();
  }

  #listen(): void {
    this.#port.on('message', (message: ToThread) => {
      this.#handle(message);
      if (!this.#isTurning) this.#run();
    });
  }

  #run(): void {
    const hasModule = this.#handler !== undefined;
    const wait = hasModule ? IDLE_MILLISECONDS : MAX_WAIT_MILLISECONDS;
    for (let polls = 0; this.#watched.length > 0; polls++) {
      const entries = this.#pollEntries;
      const isAside = this.#asideCount > 0;
      const ready = this.#c.poll(this.#poll.address, entries.length / 2, isAside ? ASIDE_MILLISECONDS : wait);
      if (ready > 0) this.#answerReady(entries);
      else if (isAside) this.#lookAgain();
      if (this.#isStopped) return;
      if (hasModule && (ready === 0 || polls >= POLLS_A_TURN)) {
        this.#turn();
        return;
      }
    }
  }

  /** Let the event loop of this thread go round once. */
  #turn(): void {
    this.#isTurning = true;
    setImmediate(() => {
      this.#isTurning = false;
      this.#run();
    });
  }

  #answerReady(entries: Int32Array): void {
    // The list changes while this goes on: only entries of this poll count.
    const watched = this.#watched;
    for (let index = 0; index < watched.length; index++) {
      const events = returnedEvents(entries[2 * index + 1]!);
      if (events !== 0) this.#ready(watched[index]!, events);
    }
    if (returnedEvents(entries[2 * watched.length + 1]!) !== 0) this.#readMessages();
  }

  #readMessages(): void {
    this.#c.readEventfd(this.#start.wakeUp);
    if (this.#asideCount > 0) this.#includeAll();
    this.#isStopped = Atomics.load(this.#start.stop, 0) !== 0;
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#handle(next.message as ToThread);
    }
  }

  #handle(message: ToThread): void {
    if (message.kind === 'unwatch') {
      this.#end(message.id);
      return;
    }
    const { watch } = message;
    this.#watched = [...this.#watched, { watch, listener: this.#listenerOf(watch) }];
    this.#layOutPoll();
  }

  #listenerOf(watch: Watch): ListenerWatch | undefined {
    if (watch.kind !== 'listener') return undefined;
    const { id } = watch;
    const packet = new Int32Array(1 + NOTIFICATION_WORDS);
    packet[0] = id;
    return new ListenerWatch(this.#c, watch, this.#handler && { handler: this.#handler, work: this.#start.work }, {
      passOn: (words) => {
        for (let word = 0; word < NOTIFICATION_WORDS; word++) packet[word + 1] = words[word]!;
        this.#post(packet);
      },
      failed: (words, error) => this.#post({ kind: 'failed', id, words, error: asError(error), code: codeOf(error) }),
    });
  }

  #layOutPoll(): void {
    this.#asideCount = 0;
    const fds = [...this.#watched.map(({ watch }) => watch.fd), this.#start.wakeUp];
    this.#poll = this.#c.pin(8 * fds.length);
    this.#pollEntries = new Int32Array(this.#poll.buffer, 0, 2 * fds.length);
    this.#pollEntries.set(fds.flatMap(pollEntry));
  }

  /** The main thread receives: poll(2) leaves out a negative descriptor. */
  #setAside(id: number): void {
    this.#asideCount++;
    this.#pollEntries[2 * this.#watched.findIndex(({ watch }) => watch.id === id)] = -1;
  }

  /** Look again at listeners that were left to the main thread, or take them back. */
  #lookAgain(): void {
    for (const { watch } of this.#watched) if (watch.kind === 'listener' && watch.reception) takeBack(watch.reception);
    this.#includeAll();
  }

  #includeAll(): void {
    this.#asideCount = 0;
    for (const [index, { watch }] of this.#watched.entries()) this.#pollEntries[2 * index] = watch.fd;
  }

  #end(id: number, errno?: string): void {
    const ended = this.#watched.find(({ watch }) => watch.id === id);
    this.#watched = this.#watched.filter((watched) => watched !== ended);
    this.#layOutPoll();
    const tallied = ended?.listener?.tallied();
    this.#post({ kind: 'ended', id, ...(errno === undefined ? {} : { errno }), ...(tallied ? { tallied } : {}) });
  }

  #post(message: FromThread): void {
    this.#port.postMessage(message);
  }

  #ready({ watch, listener }: Watched, events: number): void {
    if (events & POLLNVAL) this.#end(watch.id, 'EBADF');
    else if (listener) this.#answer(watch.id, listener, events);
    else if (watch.kind === 'socket') this.#receiveData(watch);
    else this.#accept(watch);
  }

  #answer(id: number, listener: ListenerWatch, events: number): void {
    // Nobody is left under the filter. A listener stays readable then, so this comes first.
    if (events & (POLLHUP | POLLERR)) {
      this.#end(id);
      return;
    }
    const errno = listener.next();
    if (errno === false) this.#setAside(id);
    else if (errno !== undefined) this.#end(id, errno);
  }

  #receiveData({ id, fd }: Watch): void {
    const received = this.#c.receiveMessage(fd);
    if (typeof received === 'number') {
      if (received !== -EAGAIN && received !== -EINTR) this.#end(id, errnoName(-received));
    } else if (received.bytes.length === 0 && received.fds.length === 0) {
      this.#end(id);
    } else {
      this.#post({ kind: 'received', id, ...received });
    }
  }

  #accept({ id, fd: server }: Watch): void {
    const fd = this.#c.accept(server);
    if (fd >= 0) this.#post({ kind: 'accepted', id, fd });
    else if (fd !== -EAGAIN && fd !== -EINTR && fd !== -ECONNABORTED) this.#end(id, errnoName(-fd));
  }
}
