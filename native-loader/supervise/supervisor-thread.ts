import { Worker } from 'node:worker_threads';
import { errnoName } from '../libc/libc.js';
import { supervisorCalls } from '../libc/supervisor-calls.js';
import type { TalliedCall, TallyMasks } from './call-tally.js';
import { createMailbox, MailboxReader } from './mailbox.js';
import { NOTIFICATION_SIZE } from './notify-abi.js';
import { SupervisorError } from './supervisor-error.js';
import {
  type AnswerTable,
  type FromThread,
  type NotificationPacket,
  PACKET_HEADER,
  type ThreadStart,
  type ToThread,
  type Watch,
} from './watch-protocol.js';
import { workerFile } from './worker-file.js';

/** The events of a watched descriptor; `onEnd` is the last, with an error if something failed. */
export interface WatchEvents {
  onNotification?(bytes: Uint8Array): void;
  onReceived?(received: { bytes: Uint8Array; fds: number[]; truncated: boolean }): void;
  onAccepted?(fd: number): void;
  onEnd(error?: SupervisorError, tallied?: TalliedCall[]): void;
}

type WatchRequest =
  | { kind: 'listener'; fd: number; answers: AnswerTable; tally: TallyMasks | undefined }
  | { kind: 'socket'; fd: number }
  | { kind: 'server'; fd: number };

/**
 * The one thread of this process that waits for listeners and sockets, started on first use. It keeps the process alive
 * while it has something to watch. Descriptors still belong to their owners, who may close them after `onEnd`, not
 * before.
 */
class SupervisorThread {
  readonly #c = supervisorCalls();
  readonly #wakeUp: number;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  readonly #mailbox: MailboxReader;
  readonly #watches = new Map<number, WatchEvents>();
  #lastId = 0;

  constructor(onGone: () => void) {
    this.#wakeUp = this.#c.eventfd();
    if (this.#wakeUp < 0) {
      const errno = errnoName(-this.#wakeUp);
      throw new SupervisorError('SUPERVISOR_THREAD', `no eventfd for the supervisor thread: ${errno}`, { errno });
    }
    const mailbox = createMailbox(PACKET_HEADER + NOTIFICATION_SIZE);
    this.#mailbox = new MailboxReader(mailbox, (packet) => this.#notify(packet), this.#c.yieldProcessor);
    const workerData: ThreadStart = { role: 'supervisor', wakeUp: this.#wakeUp, stop: this.#stop, mailbox };
    // `stdout` and `stderr` are the thread's own, and it writes to neither. Node would open this process's as streams
    // instead, which makes them non-blocking for the command as well, in the middle of its run.
    const options = { execArgv: [], stdout: true, stderr: true, name: 'seccomp supervisor' };
    this.#worker = new Worker(workerFile(), { workerData, ...options });
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    // Node waits for its threads when the process ends, and this one may be waiting in C.
    const stop = () => this.#interrupt(1);
    process.on('exit', stop);
    let failure: unknown;
    this.#worker.on('error', (error) => {
      failure = error;
    });
    this.#worker.on('exit', () => {
      process.off('exit', stop);
      onGone();
      this.#c.close(this.#wakeUp);
      const error = new SupervisorError('SUPERVISOR_THREAD', 'the supervisor thread has ended', { cause: failure });
      const events = [...this.#watches.values()];
      this.#watches.clear();
      for (const { onEnd } of events) onEnd(error);
    });
    // After the listeners: each takes a reference.
    this.#worker.unref();
  }

  /** Watch a descriptor; returns how to stop, after which `onEnd` still comes. */
  watch(request: WatchRequest, events: WatchEvents): () => void {
    const id = ++this.#lastId;
    this.#watches.set(id, events);
    this.#worker.ref();
    this.#post({ kind: 'watch', watch: { ...request, id } as Watch });
    return () => {
      if (this.#watches.has(id)) this.#post({ kind: 'unwatch', id });
    };
  }

  /** A call was answered, and the next may come at once. */
  answered(): void {
    this.#mailbox.look();
  }

  #notify(packet: NotificationPacket): void {
    const id = new BigUint64Array(packet.buffer, packet.byteOffset, 1)[0];
    this.#watches.get(Number(id))?.onNotification?.(packet.subarray(PACKET_HEADER));
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
    if (message instanceof Uint8Array) {
      this.#notify(message);
      return;
    }
    const events = this.#watches.get(message.id);
    if (message.kind === 'received') {
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

let running: SupervisorThread | undefined;

/** This process's supervisor thread. */
export function supervisorThread(): Pick<SupervisorThread, 'watch' | 'answered'> {
  running ??= new SupervisorThread(() => {
    running = undefined;
  });
  return running;
}
