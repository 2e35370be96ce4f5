import { closeSync, fstatSync } from 'node:fs';
import { constants } from 'node:os';
import { O_CLOEXEC } from '../libc/fcntl.js';
import { errnoName } from '../libc/libc.js';
import type { SupervisorCalls } from '../libc/supervisor-calls.js';
import type { FdAnswer } from './answer.js';
import {
  encodeAddFd,
  encodeResponse,
  type NotifyRequests,
  notifyRequests,
  type RawAddFd,
  type RawResponse,
  SECCOMP_ADDFD_FLAG_SEND,
  SECCOMP_ADDFD_FLAG_SETFD,
  SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP,
} from './notify-abi.js';
import { SupervisorError } from './supervisor-error.js';

const { ENOENT, EINVAL, EBADF, EMFILE, ESRCH, EINTR, EINPROGRESS } = constants.errno;

/**
 * The file descriptor of a listener (seccomp_unotify(2)) and its operations. It owns the descriptor: after
 * {@link close} every operation fails as for a call that is gone. None reaches another file that got the same number.
 */
export class Listener {
  readonly calls: SupervisorCalls;
  readonly #requests: NotifyRequests = notifyRequests(process.arch);
  #fd: number | undefined;

  constructor(calls: SupervisorCalls, fd: number) {
    this.calls = calls;
    this.#fd = fd;
  }

  /** Wake target and supervisor on one CPU in turn, which is faster; before Linux 6.6 without effect. */
  useSyncWakeUp(): void {
    this.#ioctl(this.#requests.SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
  }

  /** Whether the call is still waiting: then its thread lives, and the thread id is still that thread's. */
  isPending(id: bigint): boolean {
    return this.#ioctl(this.#requests.ID_VALID, new Uint8Array(new BigUint64Array([id]).buffer)) === 0;
  }

  /** Answer a call. False if it is no longer waiting, which is normal: it was killed or interrupted. */
  send(id: bigint, response: RawResponse): boolean {
    const bytes = encodeResponse(id, response, this.calls.endianness);
    return !this.#gone('SECCOMP_IOCTL_NOTIF_SEND', this.#ioctl(this.#requests.SEND, bytes));
  }

  /** Put a descriptor into the target, which goes on waiting. Returns its number there; undefined if the call is gone. */
  addFd(id: bigint, addFd: RawAddFd): number | undefined {
    const bytes = encodeAddFd(id, addFd, this.calls.endianness);
    const result = this.#ioctl(this.#requests.ADDFD, bytes);
    return this.#gone('SECCOMP_IOCTL_NOTIF_ADDFD', result, addFd) ? undefined : result;
  }

  /** Answer a call with a new descriptor. False if it is no longer waiting. */
  sendFd(id: bigint, { fd, closeOnExec = false, closeSource = false }: FdAnswer): boolean {
    const request = { source: fd, target: 0, targetFlags: closeOnExec ? O_CLOEXEC : 0 };
    try {
      const bytes = encodeAddFd(id, { ...request, flags: SECCOMP_ADDFD_FLAG_SEND }, this.calls.endianness);
      const result = this.#ioctl(this.#requests.ADDFD, bytes);
      if (result !== -EINVAL) return !this.#gone('SECCOMP_IOCTL_NOTIF_ADDFD', result, { ...request, flags: 0 });
      // Before Linux 5.14: in two steps.
      const added = this.addFd(id, { ...request, flags: 0 });
      return added !== undefined && this.send(id, { value: BigInt(added), error: 0, flags: 0 });
    } finally {
      if (closeSource) closeSync(fd);
    }
  }

  /** Calls that wait, and all that come, fail with ENOSYS, unless another process holds the listener too. */
  close(): void {
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    this.calls.close(fd);
  }

  /** ADDFD waits for the target to take the descriptor, and a signal to us interrupts that: EINTR. */
  #ioctl(request: number, argument: Uint8Array | bigint): number {
    if (this.#fd === undefined) return -ENOENT;
    let result: number;
    do result = this.calls.ioctl(this.#fd, request, argument);
    while (result === -EINTR);
    return result;
  }

  #gone(what: string, result: number, added?: RawAddFd): boolean {
    if (result >= 0) return false;
    // ENOENT: nobody waits with this id. EINPROGRESS: it was answered already. ESRCH: it died while it took a descriptor.
    if (result === -ENOENT || result === -EINPROGRESS || result === -ESRCH) return true;
    const errno = errnoName(-result);
    const why = added && whyNotAdded(result, added);
    throw new SupervisorError('LISTENER', `${what}: ${errno}${why ? `: ${why}` : ''}`, { errno });
  }
}

/**
 * EBADF means two things: our descriptor is not open (`fget`), or the number is at or past the target's limit
 * (`replace_fd`, fs/file.c).
 */
function whyNotAdded(result: number, { source, target, flags }: RawAddFd): string | undefined {
  if (result === -EMFILE) return 'the target has no file descriptor left (its RLIMIT_NOFILE)';
  if (result !== -EBADF) return undefined;
  if (!isOpen(source)) return `descriptor ${source} is not open here`;
  return flags & SECCOMP_ADDFD_FLAG_SETFD ? `${target} is past the target's RLIMIT_NOFILE` : undefined;
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
