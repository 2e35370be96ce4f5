import { constants as fileConstants } from 'node:fs';
import { constants } from 'node:os';
import * as fcntl from '../libc/fcntl.js';
import type { FileCalls, FileFacts } from '../libc/file-calls.js';
import type { OpenCall } from './open-call.js';
import type { OpenOutcome, Viewpoint } from './opener-protocol.js';
import { type AsOurselves, isDirectory, isSameFile, PathWalk, type Place, type VirtualPaths } from './path-walk.js';
import { mayOpenInProc, PROC_SUPER_MAGIC } from './proc-files.js';

const { S_IFMT, S_IFREG, S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK } = fileConstants;
const { EACCES, EAGAIN, EEXIST, EISDIR, ELOOP, ENOENT, ENOTDIR, ENXIO, EOPNOTSUPP, EOVERFLOW } = constants.errno;
const { O_ACCMODE, O_CREAT, O_EXCL, O_NOCTTY, O_NONBLOCK, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH } = fcntl;

/** How often a name may become another file between two looks at it. */
const MAX_CHANGES = 20;

// linux/Documentation/admin-guide/devices.txt
const MEMORY_DEVICES = 1;
/** null, zero, full, random, urandom */
const HARMLESS_MINORS: ReadonlySet<number> = new Set([3, 5, 7, 8, 9]);
const ALTERNATE_TTY = 5;
const TTY = 0;
const PTMX = 2;
const FIRST_UNIX98_PTY = 136;
const LAST_UNIX98_PTY = 143;

export interface OpenContext {
  /** Open what is not virtual; else only say that it is not. */
  readonly openOthers: boolean;
  /** The session of this process. */
  readonly session: number;
  readonly asOurselves: AsOurselves;
}

/** linux/magic.h: cgroup, cgroup2, sysfs, debugfs, tracefs, securityfs, selinuxfs, smackfs, bpf, efivarfs. To write acts. */
const CONTROL_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x27e0eb, 0x63677270, 0x62656572, 0x64626720, 0x74726163, 0x73636673, 0xf97cff8c, 0x43415d53, 0xcafe4a11, 0xde5e81e4,
]);

/** Open a file as the caller would. */
export function openFile(
  c: FileCalls,
  call: OpenCall,
  viewpoint: Viewpoint,
  virtual: VirtualPaths,
  { openOthers, session, asOurselves }: OpenContext,
): OpenOutcome {
  for (let changes = 0; changes < MAX_CHANGES; changes++) {
    const walk = new PathWalk(c, call, viewpoint, virtual, asOurselves);
    try {
      const place = walk.resolve();
      if (place.kind === 'virtual') return place;
      if (!openOthers) return { kind: 'other' };
      if (place.kind === 'errno') return place;
      const outcome = place.kind === 'free' ? create(c, call, place) : openFound(c, call, place, viewpoint, session);
      if (outcome) return outcome;
    } finally {
      walk.close();
    }
  }
  return failure(EAGAIN);
}

const failure = (errno: number): OpenOutcome => ({ kind: 'errno', errno });

/** Undefined: somebody else has created it meanwhile. */
function create(c: FileCalls, call: OpenCall, place: Place & { kind: 'free' }): OpenOutcome | undefined {
  // A terminal is no new file, so that O_NOCTTY has nothing to say.
  const flags = call.flags | O_CREAT | O_EXCL | O_CLOEXEC;
  const fd = c.openAt(place.directory, place.name, flags, call.mode);
  if (fd === -EEXIST && (call.flags & O_EXCL) === 0) return undefined;
  return fd < 0 ? failure(-fd) : { kind: 'opened', fd, awaitsWriter: false };
}

/** Undefined: it is another file meanwhile. */
function openFound(
  c: FileCalls,
  call: OpenCall,
  place: Place & { kind: 'found' },
  viewpoint: Viewpoint,
  session: number,
): OpenOutcome | undefined {
  const { flags, mode } = call;
  const { facts, entry } = place;
  const type = facts.mode & S_IFMT;
  if (!mayOpenOnSystem(c, call, place, viewpoint)) return failure(EACCES);
  if (flags & fcntl.O_TMPFILE_BIT) return opened(c, call, facts, c.openAt(place.fd, '.', flags | O_CLOEXEC, mode));
  if (flags & O_CREAT) {
    if (flags & O_EXCL) return failure(EEXIST);
    if (isDirectory(facts)) return failure(EISDIR);
  }
  if (flags & O_DIRECTORY && !isDirectory(facts)) return failure(ENOTDIR);
  // The kernel puts no O_PATH descriptor into another process. A directory that is open for reading does all of it.
  if (flags & O_PATH) {
    return isDirectory(facts) ? reopen(c, { ...call, flags: O_DIRECTORY }, place) : failure(EOPNOTSUPP);
  }
  if (type === S_IFSOCK) return failure(ENXIO);
  if (type === S_IFBLK) return failure(EACCES);
  if (type === S_IFCHR) {
    const errno = refusedDevice(facts, viewpoint.session === session);
    if (errno) return failure(errno);
  }
  if (!(flags & O_CREAT) || !entry) return reopen(c, call, place);

  // By its name: protected_regular and protected_fifos of proc_sys_fs(5) ask for O_CREAT and the directory.
  const fd = c.openAt(entry.directory, entry.name, careful(flags) | O_NOFOLLOW, mode);
  if (fd === -ELOOP || fd === -ENOENT) return undefined;
  if (fd >= 0) {
    const now = c.facts(fd);
    if (typeof now === 'number' || !isSameFile(now, facts)) {
      c.close(fd);
      return undefined;
    }
  }
  return opened(c, call, facts, fd);
}

/** Some of the kernel's own file systems look at who opens, and that is we. */
function mayOpenOnSystem(
  c: FileCalls,
  { flags }: OpenCall,
  { fd, facts, entry }: Place & { kind: 'found' },
  viewpoint: Viewpoint,
): boolean {
  const system = c.fileSystem(fd);
  if (typeof system === 'number') return false;
  if (CONTROL_FILE_SYSTEMS.has(system.type)) return (flags & (O_ACCMODE | fcntl.O_TRUNC)) === 0;
  if (system.type !== PROC_SUPER_MAGIC) return true;
  // Where the directory of a file is not known, nobody knows whose it is.
  const directory = isDirectory(facts) ? fd : entry?.directory;
  return directory !== undefined && mayOpenInProc(c, directory, entry?.name, flags, viewpoint);
}

/** By the descriptor that the walk has ended with, which no other file takes the place of. */
function reopen(c: FileCalls, call: OpenCall, { fd, facts }: Place & { kind: 'found' }): OpenOutcome {
  return opened(c, call, facts, c.openAt(-1, `/proc/self/fd/${fd}`, careful(call.flags) & ~(O_CREAT | O_NOFOLLOW)));
}

/** Never wait, and never become anybody's terminal. */
const careful = (flags: number): number => flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

function opened(c: FileCalls, { flags, maxSize }: OpenCall, facts: FileFacts, fd: number): OpenOutcome {
  const type = facts.mode & S_IFMT;
  const waits = (flags & O_NONBLOCK) === 0;
  if (fd < 0) {
    const leased = fd === -EAGAIN && type === S_IFREG;
    const unread = fd === -ENXIO && type === S_IFIFO;
    return waits && (leased || unread) ? { kind: 'would-wait' } : failure(-fd);
  }
  if (maxSize !== undefined && type === S_IFREG && facts.size > maxSize) {
    c.close(fd);
    return failure(EOVERFLOW);
  }
  if (waits) c.fcntl(fd, fcntl.F_SETFL, c.fcntl(fd, fcntl.F_GETFL, 0) & ~O_NONBLOCK);
  return { kind: 'opened', fd, awaitsWriter: waits && type === S_IFIFO && (flags & O_ACCMODE) === 0 };
}

/**
 * Devices may wait, may act when they are opened, and may be forbidden to the caller by its cgroup, which we do not see.
 * So only those that every program may have.
 */
function refusedDevice({ rdev: { major, minor } }: FileFacts, sameSession: boolean): number | undefined {
  if (major === MEMORY_DEVICES && HARMLESS_MINORS.has(minor)) return undefined;
  // /dev/tty is the terminal of whoever opens it.
  if (major === ALTERNATE_TTY && minor === TTY) return sameSession ? undefined : ENXIO;
  if (major === ALTERNATE_TTY && minor === PTMX) return undefined;
  if (major >= FIRST_UNIX98_PTY && major <= LAST_UNIX98_PTY) return undefined;
  return EACCES;
}
