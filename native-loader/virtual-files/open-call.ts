import { constants } from 'node:os';
import { parseArchitecture } from '../../src/architecture.js';
import { syscallName } from '../../src/syscalls/syscall-name.js';
import * as fcntl from '../libc/fcntl.js';
import { thisHost } from '../libc/host.js';
import type { Notification } from '../supervise/notification.js';
import { SupervisorError } from '../supervise/supervisor-error.js';

const { EAGAIN, E2BIG, EFAULT, EINVAL, ENAMETOOLONG } = constants.errno;

// openat2(2), linux/openat2.h
export const RESOLVE_NO_XDEV = 1;
export const RESOLVE_NO_MAGICLINKS = 2;
export const RESOLVE_NO_SYMLINKS = 4;
export const RESOLVE_BENEATH = 8;
export const RESOLVE_IN_ROOT = 16;
const RESOLVE_CACHED = 32;
const RESOLVE_FLAGS = 63n;

/** What a call asks for, copied once. Paths are bytes, as latin1 text. */
export interface OpenCall {
  readonly dirfd: number;
  readonly path: string;
  readonly flags: number;
  readonly mode: number;
  /** RESOLVE_… */
  readonly resolve: number;
  /** Of a 32-bit program without O_LARGEFILE: larger files are EOVERFLOW. */
  readonly maxSize: bigint | undefined;
}

/** The call fails with this errno, as the kernel says before it looks at any file. */
export class OpenFailure {
  constructor(readonly errno: number) {}
}

const { AT_FDCWD, O_ACCMODE, O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK, O_DSYNC, O_SYNC, O_ASYNC } =
  fcntl;
const { O_DIRECT, O_LARGEFILE, O_DIRECTORY, O_NOFOLLOW, O_NOATIME, O_CLOEXEC, O_PATH, O_TMPFILE_BIT } = fcntl;
const VALID_FLAGS =
  O_ACCMODE |
  O_CREAT |
  O_EXCL |
  O_NOCTTY |
  O_TRUNC |
  O_APPEND |
  O_NONBLOCK |
  O_DSYNC |
  O_SYNC |
  O_ASYNC |
  O_DIRECT |
  O_LARGEFILE |
  O_DIRECTORY |
  O_NOFOLLOW |
  O_NOATIME |
  O_CLOEXEC |
  O_PATH |
  O_TMPFILE_BIT;
const PATH_FLAGS = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
/** S_IALLUGO */
const MODE_BITS = 0o7777;
/** OPEN_HOW_SIZE_VER0 */
const HOW_SIZE = 24;
/** No machine's pages are smaller; the kernel's own limit is its page size. */
const MAX_HOW_SIZE = 4096;
const MAX_NARROW_SIZE = 0x7fffffffn;

/**
 * What the call asks for, as build_open_how and build_open_flags of the kernel (fs/open.c) read it. Undefined for a
 * call that opens nothing.
 *
 * @throws {SupervisorError} NOTIFICATION_GONE or TARGET_ACCESS, when the memory cannot be read
 */
export function readOpenCall(call: Notification): OpenCall | OpenFailure | undefined {
  const name = call.architecture && syscallName(call.number, call.architecture);
  if (name === 'open') return withPath(call, AT_FDCWD, 0, call.int32(1), call.uint32(2));
  if (name === 'creat') return withPath(call, AT_FDCWD, 0, O_CREAT | fcntl.O_WRONLY | O_TRUNC, call.uint32(1));
  if (name === 'openat') return withPath(call, call.int32(0), 1, call.int32(2), call.uint32(3));
  return name === 'openat2' ? readOpenAt2(call) : undefined;
}

/** openat(2) ignores what it does not know. */
function withPath(call: Notification, dirfd: number, pathAt: number, asked: number, mode: number) {
  const flags = asked & (asked & O_PATH ? PATH_FLAGS : VALID_FLAGS);
  const creates = flags & (O_CREAT | O_TMPFILE_BIT);
  return complete(call, dirfd, pathAt, { flags, mode: creates ? mode & MODE_BITS : 0, resolve: 0 });
}

function complete(
  call: Notification,
  dirfd: number,
  pathAt: number,
  how: Pick<OpenCall, 'flags' | 'mode' | 'resolve'>,
): OpenCall | OpenFailure {
  const { flags } = how;
  if (flags & O_TMPFILE_BIT) {
    const whole = (flags & O_DIRECTORY) !== 0 && (flags & O_CREAT) === 0;
    if (!whole || (flags & (fcntl.O_WRONLY | fcntl.O_RDWR)) === 0) return new OpenFailure(EINVAL);
  }
  // Since Linux 6.4; before, it made a file.
  if (flags & O_CREAT && flags & O_DIRECTORY) return new OpenFailure(EINVAL);
  const path = readPath(call, pathAt);
  if (typeof path !== 'string') return path;
  const { wordSize, name } = parseArchitecture(call.architecture!);
  // x32 is the one whose open(2) is that of 64-bit programs.
  const narrow = wordSize === 32 && name !== 'x32' && (flags & O_LARGEFILE) === 0;
  return { dirfd, path, ...how, maxSize: narrow ? MAX_NARROW_SIZE : undefined };
}

/** openat2(2) refuses what it does not know. */
function readOpenAt2(call: Notification): OpenCall | OpenFailure {
  const size = call.uint64(3);
  if (size < BigInt(HOW_SIZE)) return new OpenFailure(EINVAL);
  if (size > BigInt(MAX_HOW_SIZE)) return new OpenFailure(E2BIG);
  const bytes = copied(() => call.readMemory(call.uint64(2), Number(size)));
  if (bytes instanceof OpenFailure) return bytes;
  if (bytes.subarray(HOW_SIZE).some((byte) => byte !== 0)) return new OpenFailure(E2BIG);
  const words = new DataView(bytes.buffer, bytes.byteOffset);
  const word = (offset: number) => words.getBigUint64(offset, thisHost.endianness === 'little');
  const [flags, mode, resolve] = [word(0), word(8), word(16)];
  const unknown = (flags & ~BigInt(VALID_FLAGS >>> 0)) | (resolve & ~RESOLVE_FLAGS);
  const known = Number(flags & BigInt(VALID_FLAGS >>> 0));
  const rules = Number(resolve & RESOLVE_FLAGS);
  const creates = known & (O_CREAT | O_TMPFILE_BIT);
  const invalid =
    unknown !== 0n ||
    mode > BigInt(creates ? MODE_BITS : 0) ||
    (rules & RESOLVE_BENEATH && rules & RESOLVE_IN_ROOT) ||
    (known & O_PATH && known & ~PATH_FLAGS);
  if (invalid) return new OpenFailure(EINVAL);
  const request = complete(call, call.int32(0), 1, { flags: known, mode: Number(mode), resolve: rules });
  // "Not in the cache", on which the caller asks again without this flag, is always a right answer.
  return rules & RESOLVE_CACHED && !(request instanceof OpenFailure) ? new OpenFailure(EAGAIN) : request;
}

function readPath(call: Notification, index: number): string | OpenFailure {
  const bytes = copied(() => call.readCString(call.uint64(index)));
  return bytes instanceof OpenFailure ? bytes : Buffer.from(bytes).toString('latin1');
}

function copied(read: () => Uint8Array): Uint8Array | OpenFailure {
  try {
    return read();
  } catch (error) {
    if (error instanceof SupervisorError && error.code === 'TARGET_MEMORY') return new OpenFailure(EFAULT);
    if (error instanceof SupervisorError && error.code === 'TARGET_STRING') return new OpenFailure(ENAMETOOLONG);
    throw error;
  }
}
