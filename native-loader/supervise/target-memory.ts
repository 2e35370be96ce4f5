import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { errnoName } from '../libc/libc.js';
import type { SupervisorCalls } from '../libc/supervisor-calls.js';
import { SupervisorError } from './supervisor-error.js';

/** What reads the memory of other processes: process_vm_readv(2), or ENOSYS to read /proc/PID/mem. */
export type ProcessMemory = Pick<SupervisorCalls, 'readProcessMemory'>;

/** The smallest page of any architecture: memory is there or not by whole pages. */
const PAGE = 4096;
/** The kernel's PATH_MAX includes the NUL. */
export const MAX_STRING = 4095;
const MAX_LENGTH = 64 * 1024 * 1024;

/**
 * Copy bytes out of a thread's memory, by process_vm_readv(2), or by /proc/PID/mem where that call is forbidden or
 * missing. Both need the right to ptrace(2) the target. Returns fewer bytes where the rest is not mapped.
 */
function readSome(c: ProcessMemory, pid: number, address: bigint, into: Uint8Array): number {
  const count = c.readProcessMemory(pid, address, into);
  if (count === -constants.errno.ENOSYS || count === -constants.errno.EPERM) return readFromProc(pid, address, into);
  return count;
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

/** Exactly `length` bytes. */
export function readBytes(c: ProcessMemory, pid: number, address: bigint, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > MAX_LENGTH) {
    throw new SupervisorError('TARGET_MEMORY', `${length} is no number of bytes to read (0 to ${MAX_LENGTH})`);
  }
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSome(c, pid, address + BigInt(done), bytes.subarray(done));
    if (count <= 0) throw unreadable(pid, address + BigInt(done), count);
    done += count;
  }
  return bytes;
}

/** The bytes up to a NUL, without it. They are read page by page, since the string may end where memory does. */
export function readUntilNul(c: ProcessMemory, pid: number, address: bigint, maxLength: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let at = address;
  let room = maxLength + 1;
  while (room > 0) {
    const chunk = new Uint8Array(Math.min(PAGE - Number(at % BigInt(PAGE)), room));
    const count = readSome(c, pid, at, chunk);
    if (count <= 0) throw unreadable(pid, at, count);
    const nul = chunk.subarray(0, count).indexOf(0);
    chunks.push(chunk.subarray(0, nul === -1 ? count : nul));
    if (nul !== -1) return Buffer.concat(chunks);
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
