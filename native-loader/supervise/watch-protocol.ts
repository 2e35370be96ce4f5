import type { TalliedCall, TallyMasks } from './call-tally.js';
import type { RawResponse } from './notify-abi.js';
import type { SharedReception } from './reception.js';
import type { SharedWork } from './work-in-progress.js';

// The messages between the process's main thread and its supervisor thread.

/** What the thread watches a descriptor for; `id` names it in all messages, since descriptors' numbers come again. */
export type Watch =
  | (ListenerRequest & { id: number })
  /** A connected unix stream socket, from which data and descriptors are received up to its end. */
  | { kind: 'socket'; id: number; fd: number }
  /** A listening unix socket. */
  | { kind: 'server'; id: number; fd: number };

/**
 * Watch a seccomp listener. The thread itself answers the calls that the table answers. The others it gives to the
 * handler of its module, or passes them on if it has none. With `tally` it counts all of them first.
 */
export interface ListenerRequest {
  readonly kind: 'listener';
  readonly fd: number;
  readonly answers: AnswerTable;
  /** Where the module's handler answers nothing, and where it fails. */
  readonly unhandled: RawResponse;
  readonly failure: RawResponse;
  readonly tally: TallyMasks | undefined;
  /** Where the main thread may receive too. */
  readonly reception: SharedReception | undefined;
}

export interface AnswerTable {
  /** By AUDIT_ARCH_… and the number of the system call. */
  readonly bySyscall: ReadonlyMap<number, ReadonlyMap<number, RawResponse>>;
  /** For every other call; undefined: a handler answers. */
  readonly otherwise: RawResponse | undefined;
}

export type ToThread =
  | { kind: 'watch'; watch: Watch }
  /** Answered with `ended`, after which the thread does not use the descriptor any more. */
  | { kind: 'unwatch'; id: number };

/**
 * A call that waits: the watch's id, then the words of `struct seccomp_notif`. It is no object as the other messages
 * are: those take a third longer, and this one comes often.
 */
export type NotificationPacket = Int32Array;

export type FromThread =
  | NotificationPacket
  /** The handler's module was loaded, or could not be: then nothing is watched, ever. */
  | { kind: 'loaded' }
  | { kind: 'not-loaded'; message: string; cause: Error }
  /** The module's handler failed, and the call was answered with `failure`. */
  | { kind: 'failed'; id: number; words: readonly number[]; error: Error; code: string | undefined }
  | { kind: 'received'; id: number; bytes: Uint8Array; fds: number[]; truncated: boolean }
  | { kind: 'accepted'; id: number; fd: number }
  /** Nothing more comes from this descriptor; `errno` if that is due to a failure. The thread has not closed it. */
  | { kind: 'ended'; id: number; errno?: string; tallied?: TalliedCall[] };

export interface ThreadStart {
  readonly role: 'supervisor';
  /** The address (URL) of the module whose handler answers. */
  readonly handlerModule: string | undefined;
  /** An eventfd that interrupts the thread's waiting. */
  readonly wakeUp: number;
  /** One number; not 0 when the thread shall end. */
  readonly stop: Int32Array;
  /** One number; not 0 once the thread has bound the C library's functions. Until then it must not be ended. */
  readonly bound: Int32Array;
  readonly work: SharedWork;
}
