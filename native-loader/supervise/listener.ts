import { closeSync, fstatSync } from 'node:fs';
import { constants } from 'node:os';
import { O_CLOEXEC } from '../libc/fcntl.js';
import { errnoName, libc } from '../libc/libc.js';
import { SECCOMP_GET_NOTIF_SIZES } from '../libc/seccomp-abi.js';
import type { Address, Pinned, SupervisorCalls } from '../libc/supervisor-calls.js';
import type { FdAnswer } from './answer.js';
import {
  ADD_FD_SIZE,
  NOTIFICATION_SIZE,
  NOTIFICATION_WORDS,
  type NotificationWords,
  notifyRequests,
  type RawAddFd,
  type RawResponse,
  RESPONSE_SIZE,
  SECCOMP_ADDFD_FLAG_SEND,
  SECCOMP_ADDFD_FLAG_SETFD,
  SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP,
} from './notify-abi.js';
import { SupervisorError } from './supervisor-error.js';

const { ENOENT, EINVAL, EBADF, EMFILE, ESRCH, EINTR, EINPROGRESS } = constants.errno;

/** What a thread's ioctls read and write, used again for every call: as long as this kernel's structures. */
class NotifyBuffers {
  readonly #received: Pinned;
  readonly received: Int32Array;
  readonly receivedAddress: Address;
  readonly #argument: Pinned;
  /** Of SEND, ADDFD and ID_VALID, which all begin with a call's id. */
  readonly words: Int32Array;
  readonly value: BigInt64Array;
  readonly address: Address;

  constructor(calls: SupervisorCalls) {
    const sizes = new Uint16Array(3);
    libc().seccomp(SECCOMP_GET_NOTIF_SIZES, 0, new Uint8Array(sizes.buffer));
    this.#received = calls.pin(Math.max(sizes[0]!, NOTIFICATION_SIZE));
    this.received = new Int32Array(this.#received.buffer);
    this.receivedAddress = this.#received.address;
    this.#argument = calls.pin(Math.max(sizes[1]!, RESPONSE_SIZE, ADD_FD_SIZE));
    this.words = new Int32Array(this.#argument.buffer);
    this.value = new BigInt64Array(this.#argument.buffer);
    this.address = this.#argument.address;
  }
}

let ofThisThread: NotifyBuffers | undefined;

/**
 * The file descriptor of a listener (seccomp_unotify(2)) and its operations. After {@link close} every operation fails
 * as for a call that is gone: none reaches another file that got the same number.
 */
export class Listener {
  readonly calls: SupervisorCalls;
  readonly #requests = notifyRequests(process.arch);
  readonly #buffers: NotifyBuffers;
  #fd: number | undefined;

  constructor(calls: SupervisorCalls, fd: number) {
    this.calls = calls;
    ofThisThread ??= new NotifyBuffers(calls);
    this.#buffers = ofThisThread;
    this.#fd = fd;
  }

  /** Wake target and supervisor on one CPU in turn, which is faster; before Linux 6.6 without effect. */
  useSyncWakeUp(): void {
    this.#ioctl(this.#requests.SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
  }

  /** Waits for a call, if poll(2) did not see one. 0, or -errno; then the call is {@link received}. */
  receive(): number {
    if (this.#fd === undefined) return -ENOENT;
    const { received, receivedAddress } = this.#buffers;
    // The kernel takes a zeroed structure only.
    for (let word = 0; word < NOTIFICATION_WORDS; word++) received[word] = 0;
    return this.calls.ioctl(this.#fd, this.#requests.RECV, receivedAddress);
  }

  /** The words of what was received last by this thread, from whichever listener: to be copied by who keeps them. */
  get received(): Int32Array {
    return this.#buffers.received;
  }

  /** Whether the call is still waiting: then its thread lives, and the thread id is still that thread's. */
  isPending(call: NotificationWords): boolean {
    return this.#ioctl(this.#requests.ID_VALID, this.#argumentFor(call)) === 0;
  }

  /** Answer a call. False if it is no longer waiting, which is normal: it was killed or interrupted. */
  send(call: NotificationWords, { value, error, flags }: RawResponse): boolean {
    const address = this.#argumentFor(call);
    const { words } = this.#buffers;
    this.#buffers.value[1] = value;
    words[4] = -error;
    words[5] = flags;
    const result = this.#ioctl(this.#requests.SEND, address);
    return result >= 0 || !this.#gone('SECCOMP_IOCTL_NOTIF_SEND', result);
  }

  /** Put a descriptor into the target, which goes on waiting. Returns its number there; undefined if the call is gone. */
  addFd(call: NotificationWords, addFd: RawAddFd): number | undefined {
    const result = this.#addFd(call, addFd);
    return this.#gone('SECCOMP_IOCTL_NOTIF_ADDFD', result, addFd) ? undefined : result;
  }

  /**
   * Answer a call with a new descriptor, or with EMFILE where the target has no number left for it. False if it is no
   * longer waiting.
   */
  sendFd(call: NotificationWords, { fd, closeOnExec = false, closeSource = false }: FdAnswer): boolean {
    const request = { source: fd, target: 0, targetFlags: closeOnExec ? O_CLOEXEC : 0, flags: 0 };
    try {
      const result = this.#addFd(call, { ...request, flags: SECCOMP_ADDFD_FLAG_SEND });
      if (result === -EMFILE) return this.send(call, { value: 0n, error: EMFILE, flags: 0 });
      if (result !== -EINVAL) return !this.#gone('SECCOMP_IOCTL_NOTIF_ADDFD', result, request);
      // Before Linux 5.14: in two steps.
      const added = this.addFd(call, request);
      return added !== undefined && this.send(call, { value: BigInt(added), error: 0, flags: 0 });
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

  #argumentFor(call: NotificationWords): Address {
    const { words, address } = this.#buffers;
    words[0] = call[0]!;
    words[1] = call[1]!;
    return address;
  }

  #addFd(call: NotificationWords, { flags, source, target, targetFlags }: RawAddFd): number {
    const address = this.#argumentFor(call);
    this.#buffers.words.set([flags, source, target, targetFlags], 2);
    return this.#ioctl(this.#requests.ADDFD, address);
  }

  /** ADDFD waits for the target to take the descriptor, and a signal to us interrupts that: EINTR. */
  #ioctl(request: number, argument: Address): number {
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
