import type { Endianness } from '../../src/bpf/program/instruction.js';

// `linux/seccomp.h`: the structures are the same on every architecture, in its byte order, and without padding. A newer
// kernel may have longer ones, as SECCOMP_GET_NOTIF_SIZES says. We ignore what it adds at their end.

/** `sizeof(struct seccomp_notif)` */
export const NOTIFICATION_SIZE = 80;
/** `sizeof(struct seccomp_notif_resp)` */
export const RESPONSE_SIZE = 24;
/** `sizeof(struct seccomp_notif_addfd)` */
export const ADD_FD_SIZE = 24;

export const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
export const SECCOMP_ADDFD_FLAG_SETFD = 1;
export const SECCOMP_ADDFD_FLAG_SEND = 2;
export const SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1n;

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

/** `struct seccomp_notif`: a system call that waits for an answer. */
export interface RawNotification {
  /** Unique to this call, and never used again by this listener. */
  readonly id: bigint;
  /** The thread, as numbered in the supervisor's PID namespace; 0 where it is not visible there. */
  readonly pid: number;
  /** AUDIT_ARCH_… */
  readonly auditArch: number;
  readonly number: number;
  readonly instructionPointer: bigint;
  /** Six registers; a 32-bit program's are zero-extended. */
  readonly args: readonly bigint[];
}

export function decodeNotification(bytes: Uint8Array, endianness: Endianness): RawNotification {
  const little = endianness === 'little';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    id: view.getBigUint64(0, little),
    pid: view.getUint32(8, little),
    number: view.getInt32(16, little),
    auditArch: view.getUint32(20, little),
    instructionPointer: view.getBigUint64(24, little),
    args: Array.from({ length: 6 }, (_, index) => view.getBigUint64(32 + 8 * index, little)),
  };
}

/** `struct seccomp_notif_resp`; `error` is a positive errno or 0. */
export interface RawResponse {
  readonly value: bigint;
  readonly error: number;
  readonly flags: number;
}

/** The bytes of a `struct seccomp_notif_resp`. */
export function encodeResponse(id: bigint, { value, error, flags }: RawResponse, endianness: Endianness): Uint8Array {
  const little = endianness === 'little';
  const bytes = new Uint8Array(RESPONSE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, id, little);
  view.setBigInt64(8, value, little);
  view.setInt32(16, -error, little);
  view.setUint32(20, flags, little);
  return bytes;
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

export function encodeAddFd(id: bigint, addFd: RawAddFd, endianness: Endianness): Uint8Array {
  const little = endianness === 'little';
  const bytes = new Uint8Array(ADD_FD_SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, id, little);
  view.setUint32(8, addFd.flags, little);
  view.setUint32(12, addFd.source, little);
  view.setUint32(16, addFd.target, little);
  view.setUint32(20, addFd.targetFlags, little);
  return bytes;
}
