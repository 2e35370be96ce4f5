import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { errnoName } from '../libc/libc.js';
import type { Pinned, SupervisorCalls } from '../libc/supervisor-calls.js';
import { SupervisorError } from './supervisor-error.js';

/** What reads the memory of other processes. */
export type ProcessMemory = Pick<SupervisorCalls, 'pin' | 'readProcessMemory'>;

/** Reads /proc/PID/mem alone, without koffi. */
export const PROC_MEMORY: ProcessMemory = {
  pin: (size) => ({ buffer: new ArrayBuffer(size), address: 0 }),
  readProcessMemory: () => -constants.errno.ENOSYS,
};

/** The smallest page of any architecture: memory is there or not by whole pages. */
const PAGE = 4096;
/** The kernel's PATH_MAX includes the NUL. */
export const MAX_STRING = 4095;
const MAX_LENGTH = 64 * 1024 * 1024;

/**
 * Copy bytes out of a thread's memory, by process_vm_readv(2), or by /proc/PID/mem where that call is forbidden or
 * missing. Both need the right to ptrace(2) the target. Returns fewer bytes where the rest is not mapped.
 */
function readSome(c: ProcessMemory, pid: number, address: bigint, into: Pinned, length: number): number {
  const count = c.readProcessMemory(pid, address, into.address, length);
  if (count !== -constants.errno.ENOSYS && count !== -constants.errno.EPERM) return count;
  return readFromProc(pid, address, new Uint8Array(into.buffer, 0, length));
}

function readFromProc(pid: number, address: bigint, into: Uint8Array): number {
  let fd: number | undefined;
  try {
    fd = openSync(`/proc/${pid}/mem`, 'r');
    return readSync(fd, into, 0, into.length, address);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    // proc_pid_mem(5) says EIO for what is not mapped.
    return errno === -constants.errno.EIO ? -constants.errno.EFAULT : (errno ?? -constants.errno.EACCES);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** What strings are copied to first. */
const pages = new WeakMap<ProcessMemory, Pinned>();

/** Exactly `length` bytes. */
export function readBytes(c: ProcessMemory, pid: number, address: bigint, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > MAX_LENGTH) {
    throw new SupervisorError('TARGET_MEMORY', `${length} is no number of bytes to read (0 to ${MAX_LENGTH})`);
  }
  const memory = c.pin(length);
  const count = length === 0 ? 0 : readSome(c, pid, address, memory, length);
  // One piece is copied up to the first page that is not mapped.
  if (count < length) throw unreadable(pid, address + BigInt(Math.max(count, 0)), Math.min(count, 0));
  return new Uint8Array(memory.buffer, 0, length);
}

/** The bytes up to a NUL, without it. They are read page by page, since the string may end where memory does. */
export function readUntilNul(c: ProcessMemory, pid: number, address: bigint, maxLength: number): Uint8Array {
  const page = pages.get(c) ?? c.pin(PAGE);
  pages.set(c, page);
  const chunks: Uint8Array[] = [];
  let at = address;
  let room = maxLength + 1;
  while (room > 0) {
    const count = readSome(c, pid, at, page, Math.min(PAGE - Number(BigInt.asUintN(12, at)), room));
    if (count <= 0) throw unreadable(pid, at, count);
    const read = new Uint8Array(page.buffer, 0, count);
    const nul = read.indexOf(0);
    const chunk = read.slice(0, nul === -1 ? count : nul);
    if (nul !== -1) return chunks.length === 0 ? chunk : Buffer.concat([...chunks, chunk]);
    chunks.push(chunk);
    at += BigInt(count);
    room -= count;
  }
  throw new SupervisorError('TARGET_STRING', `no NUL within ${maxLength} bytes at 0x${address.toString(16)}`);
}

function unreadable(pid: number, address: bigint, result: number): SupervisorError {
  const errno = result === 0 ? 'EFAULT' : errnoName(-result);
  const where = `0x${address.toString(16)} of thread ${pid}`;
  if (errno === 'EFAULT') return new SupervisorError('TARGET_MEMORY', `nothing is mapped at ${where}`, { errno });
  if (errno === 'ESRCH' || errno === 'ENOENT') {
    return new SupervisorError('NOTIFICATION_GONE', `thread ${pid} has ended`, { errno });
  }
  return new SupervisorError(
    'TARGET_ACCESS',
    `the memory of thread ${pid} cannot be read: ${errno}. It takes the right to ptrace(2) the target: the same user or CAP_SYS_PTRACE, no Yama or LSM policy against it, and a visible PID namespace`,
    { errno },
  );
}
