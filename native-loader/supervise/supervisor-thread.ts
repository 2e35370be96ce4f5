import { Worker } from 'node:worker_threads';
import { errnoName } from '../libc/libc.js';
import { supervisorCalls } from '../libc/supervisor-calls.js';
import type { TalliedCall } from './call-tally.js';
import { SupervisorError } from './supervisor-error.js';
import { TurnBudget } from './turn-budget.js';
import type {
  FromThread,
  ListenerRequest,
  NotificationPacket,
  ThreadStart,
  ToThread,
  Watch,
} from './watch-protocol.js';
import { createWork, WorkWatchdog } from './work-in-progress.js';
import { workerFile } from './worker-file.js';

/** The events of a watched descriptor; `onEnd` is the last, with an error if something failed. */
export interface WatchEvents {
  onNotification?(words: Int32Array): void;
  /** The module's handler failed at this call. */
  onFailed?(words: readonly number[], error: Error): void;
  onReceived?(received: { bytes: Uint8Array; fds: number[]; truncated: boolean }): void;
  onAccepted?(fd: number): void;
  onEnd(error?: SupervisorError, tallied?: TalliedCall[]): void;
}

type WatchRequest = ListenerRequest | { kind: 'socket'; fd: number } | { kind: 'server'; fd: number };

/** How to stop watching; `onEnd` still comes afterwards. */
export interface Watching {
  stop(): void;
  /** The call that the module's handler has been at for `milliseconds`, as far as this was asked so long ago too. */
  overdue(milliseconds: number): readonly number[] | undefined;
}

/** Binding takes a few milliseconds; this is for a thread that failed before. */
const MAX_BIND_MILLISECONDS = 1000;

/**
 * A thread that waits for listeners and sockets, started on first use. It keeps the process alive while it has
 * something to watch. Descriptors still belong to their owners, who may close them after `onEnd`, not before.
 */
class SupervisorThread {
  /** Fulfilled when the handler's module is there. */
  readonly loaded: Promise<void>;
  readonly #c = supervisorCalls();
  readonly #wakeUp: number;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  /** Calls that came in one turn of the event loop, and wait for the next. */
  readonly #queue: NotificationPacket[] = [];
  readonly #work = createWork();
  readonly #watches = new Map<number, WatchEvents>();
  readonly #onGone: () => void;
  #onLoaded: (error?: SupervisorError) => void = () => {};
  #lastId = 0;

  constructor(handlerModule: string | undefined, onGone: () => void) {
    this.#onGone = onGone;
    this.loaded = new Promise((resolve, reject) => {
      this.#onLoaded = (error) => (error ? reject(error) : resolve());
    });
    // Whoever watches gets the error too.
    this.loaded.catch(() => {});
    this.#wakeUp = this.#c.eventfd();
    if (this.#wakeUp < 0) {
      const errno = errnoName(-this.#wakeUp);
      throw new SupervisorError('SUPERVISOR_THREAD', `no eventfd for the supervisor thread: ${errno}`, { errno });
    }
    const bound = new Int32Array(new SharedArrayBuffer(4));
    const workerData: ThreadStart = {
      role: 'supervisor',
      handlerModule,
      wakeUp: this.#wakeUp,
      stop: this.#stop,
      bound,
      work: this.#work,
    };
    this.#worker = new Worker(workerFile(), {
      workerData,
      name: 'seccomp supervisor',
      // The thread writes to neither: its console is one of its own. Node would open this process's as streams instead,
      // which makes them non-blocking for the command as well, in the middle of its run.
      stdout: true,
      stderr: true,
      // Descriptors come from pidfd_getfd(2) and others that Node does not know, and may be closed by either thread.
      trackUnmanagedFds: false,
      // The options of the host program's own Node are for its module too: loaders, conditions.
      ...(handlerModule === undefined ? { execArgv: [] } : {}),
    });
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    // Node waits for its threads when the process ends, and this one may be waiting in C.
    const stop = () => {
      this.#interrupt(1);
      // koffi aborts the process (FATAL ERROR, napi_throw) when its thread is ended while it binds functions.
      Atomics.wait(bound, 0, 0, MAX_BIND_MILLISECONDS);
    };
    process.on('exit', stop);
    let failure: unknown;
    this.#worker.on('error', (error) => {
      failure = error;
    });
    this.#worker.on('exit', () => {
      process.off('exit', stop);
      this.#endAll(new SupervisorError('SUPERVISOR_THREAD', 'the supervisor thread has ended', { cause: failure }));
      this.#c.close(this.#wakeUp);
    });
    // After the listeners: each takes a reference. Whoever waits for the module keeps the process alive.
    if (handlerModule === undefined) this.#worker.unref();
  }

  /** Watch a descriptor. */
  watch(request: WatchRequest, events: WatchEvents): Watching {
    const id = ++this.#lastId;
    this.#watches.set(id, events);
    this.#worker.ref();
    this.#post({ kind: 'watch', watch: { ...request, id } as Watch });
    const watchdog = new WorkWatchdog(this.#work, id);
    return {
      stop: () => {
        if (this.#watches.has(id)) this.#post({ kind: 'unwatch', id });
      },
      overdue: (milliseconds) => watchdog.overdue(milliseconds),
    };
  }

  /** Give the thread up: its handler does not return. Nothing of it runs any more, as soon as it leaves C. */
  abandon(error: SupervisorError): void {
    this.#endAll(error);
    void this.#worker.terminate();
  }

  #endAll(error: SupervisorError): void {
    this.#onGone();
    this.#onLoaded(error);
    const events = [...this.#watches.values()];
    this.#watches.clear();
    for (const { onEnd } of events) onEnd(error);
  }

  /** Have the thread look at all its listeners. */
  wake(): void {
    this.#c.writeEventfd(this.#wakeUp);
  }

  /** One after another: handlers that answer in promises do so in between, and within the turn's time. */
  #notifyNext(): void {
    const next = () => this.#notifyNext();
    if (!turnBudget.isLeft) {
      setImmediate(next);
      return;
    }
    try {
      this.#notify(this.#queue.shift()!);
    } finally {
      if (this.#queue.length > 0) queueMicrotask(next);
    }
  }

  #notify(packet: NotificationPacket): void {
    this.#watches.get(packet[0]!)?.onNotification?.(packet.subarray(1));
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
    this.#interrupt(0);
  }

  #interrupt(stop: 0 | 1): void {
    Atomics.store(this.#stop, 0, stop);
    this.#c.writeEventfd(this.#wakeUp);
  }

  #receive(message: FromThread): void {
    if (message instanceof Int32Array) {
      // One that waits already has its own turn.
      if (this.#queue.push(message) === 1) this.#notifyNext();
      return;
    }
    if (message.kind === 'loaded') {
      this.#onLoaded();
      if (this.#watches.size === 0) this.#worker.unref();
      return;
    }
    if (message.kind === 'not-loaded') {
      this.#endAll(new SupervisorError('HANDLER_MODULE', message.message, { cause: message.cause }));
      return;
    }
    const events = this.#watches.get(message.id);
    if (message.kind === 'failed') {
      events?.onFailed?.(
        message.words,
        Object.assign(message.error, message.code === undefined ? {} : { code: message.code }),
      );
    } else if (message.kind === 'received') {
      if (events?.onReceived) events.onReceived(message);
      else for (const fd of message.fds) this.#c.close(fd);
    } else if (message.kind === 'accepted') {
      if (events?.onAccepted) events.onAccepted(message.fd);
      else this.#c.close(message.fd);
    } else {
      this.#watches.delete(message.id);
      if (this.#watches.size === 0) this.#worker.unref();
      events?.onEnd(message.errno === undefined ? undefined : receiveError(message.errno), message.tallied);
    }
  }
}

function receiveError(errno: string): SupervisorError {
  return new SupervisorError('LISTENER', `nothing more can be received: ${errno}`, { errno });
}

/** Of this process's main thread, whatever supervisors there are. */
export const turnBudget = new TurnBudget();

/** By the address of the handler's module; undefined: the thread without one. */
const running = new Map<string | undefined, SupervisorThread>();

/**
 * This process's supervisor thread, or the one of a handler's module: a handler that takes its time holds up only calls
 * that the same module answers.
 */
export function supervisorThread(
  handlerModule?: string,
): Pick<SupervisorThread, 'watch' | 'wake' | 'loaded' | 'abandon'> {
  let thread = running.get(handlerModule);
  if (!thread) {
    thread = new SupervisorThread(handlerModule, () => {
      if (running.get(handlerModule) === thread) running.delete(handlerModule);
    });
    running.set(handlerModule, thread);
  }
  return thread;
}
