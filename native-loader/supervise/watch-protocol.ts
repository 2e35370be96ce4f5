import type { TalliedCall, TallyMasks } from './call-tally.js';
import type { SharedMailbox } from './mailbox.js';
import type { RawResponse } from './notify-abi.js';

// The messages between the process's main thread and its supervisor thread.

/** What the thread watches a descriptor for; `id` names it in all messages, since descriptors' numbers come again. */
export type Watch =
  /**
   * A seccomp listener. The thread itself answers the calls that the table answers, and passes the others on. With
   * `tally` it counts all of them first.
   */
  | { kind: 'listener'; id: number; fd: number; answers: AnswerTable; tally: TallyMasks | undefined }
  /** A connected unix stream socket, from which data and descriptors are received up to its end. */
  | { kind: 'socket'; id: number; fd: number }
  /** A listening unix socket. */
  | { kind: 'server'; id: number; fd: number };

export interface AnswerTable {
  /** By AUDIT_ARCH_… and the number of the system call. */
  readonly bySyscall: ReadonlyMap<number, ReadonlyMap<number, RawResponse>>;
  /** For every other call; undefined: pass it on. */
  readonly otherwise: RawResponse | undefined;
}

export type ToThread =
  | { kind: 'watch'; watch: Watch }
  /** Answered with `ended`, after which the thread does not use the descriptor any more. */
  | { kind: 'unwatch'; id: number };

/**
 * A call that waits: the watch's id as a 64-bit number in this machine's byte order, then `struct seccomp_notif`. It is
 * no object as the other messages are: those take a third longer, and this one comes often.
 */
export type NotificationPacket = Uint8Array;

/** Where `struct seccomp_notif` begins in a packet. */
export const PACKET_HEADER = 8;

export type FromThread =
  | NotificationPacket
  | { kind: 'received'; id: number; bytes: Uint8Array; fds: number[]; truncated: boolean }
  | { kind: 'accepted'; id: number; fd: number }
  /** Nothing more comes from this descriptor; `errno` if that is due to a failure. The thread has not closed it. */
  | { kind: 'ended'; id: number; errno?: string; tallied?: TalliedCall[] };

export interface ThreadStart {
  readonly role: 'supervisor';
  /** An eventfd that interrupts the thread's waiting. */
  readonly wakeUp: number;
  /** One number; not 0 when the thread shall end. */
  readonly stop: Int32Array;
  readonly mailbox: SharedMailbox;
}
