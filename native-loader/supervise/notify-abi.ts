import { thisHost } from '../libc/host.js';

// `linux/seccomp.h`: the structures are the same on every architecture, in its byte order, and without padding. A newer
// kernel may have longer ones, as SECCOMP_GET_NOTIF_SIZES says. We ignore what it adds at their end. Here they are
// 32-bit words, as typed arrays have them: numbers of 64 bits are made only for whoever asks.

/** `sizeof(struct seccomp_notif)` */
export const NOTIFICATION_SIZE = 80;
/** `sizeof(struct seccomp_notif_resp)` */
export const RESPONSE_SIZE = 24;
/** `sizeof(struct seccomp_notif_addfd)` */
export const ADD_FD_SIZE = 24;

export const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
export const SECCOMP_ADDFD_FLAG_SETFD = 1;
export const SECCOMP_ADDFD_FLAG_SEND = 2;
export const SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;

/** `SECCOMP_IOCTL_NOTIF_…`, the requests of ioctl(2) on a listener. */
export interface NotifyRequests {
  readonly RECV: number;
  readonly SEND: number;
  readonly ID_VALID: number;
  readonly ADDFD: number;
  /** Linux 6.6. The argument is the number itself, not an address. */
  readonly SET_FLAGS: number;
}

/** asm-generic/ioctl.h; powerpc, mips and others have one size bit less, and other bits for the direction. */
export function notifyRequests(nodeArch: string): NotifyRequests {
  const other = /^(ppc|mips)/.test(nodeArch);
  const write = other ? 4 : 1;
  const read = 2;
  const request = (direction: number, number: number, size: number) =>
    ((direction << (other ? 29 : 30)) | (size << 16) | ('!'.charCodeAt(0) << 8) | number) >>> 0;
  return {
    RECV: request(read | write, 0, NOTIFICATION_SIZE),
    SEND: request(read | write, 1, RESPONSE_SIZE),
    ID_VALID: request(write, 2, 8),
    ADDFD: request(write, 3, ADD_FD_SIZE),
    SET_FLAGS: request(write, 4, 8),
  };
}

/** `struct seccomp_notif`: a system call that waits for an answer, as {@link NOTIFICATION_WORDS} signed words. */
export type NotificationWords = Int32Array | readonly number[];

export const NOTIFICATION_WORDS = NOTIFICATION_SIZE / 4;

/** Which word a member begins with. Those of 64 bits have two. */
export const MEMBER = { id: 0, pid: 2, number: 4, auditArch: 5, instructionPointer: 6, args: 8 } as const;

/** Of the two words of a 64-bit number, the one with the low half. */
export const LOW_WORD = thisHost.endianness === 'little' ? 0 : 1;

const whole = new BigUint64Array(1);
const halves = new Int32Array(whole.buffer);

/** The 64-bit number that begins with word `at`. */
export function uint64At(words: NotificationWords, at: number): bigint {
  halves[0] = words[at]!;
  halves[1] = words[at + 1]!;
  return whole[0]!;
}

/** `struct seccomp_notif_resp`; `error` is a positive errno or 0. */
export interface RawResponse {
  readonly value: bigint;
  readonly error: number;
  readonly flags: number;
}

/** `struct seccomp_notif_addfd` */
export interface RawAddFd {
  /** SECCOMP_ADDFD_FLAG_… */
  readonly flags: number;
  /** The descriptor here. */
  readonly source: number;
  /** Its number in the target, with SECCOMP_ADDFD_FLAG_SETFD; else 0. */
  readonly target: number;
  /** O_CLOEXEC or 0. */
  readonly targetFlags: number;
}
