import { constants } from 'node:os';
import { syscallNumber } from '../../src/syscalls/syscall-name.js';
import { hostArchitecture, thisHost } from './host.js';
import { loadKoffi, orErrno } from './load-koffi.js';
import { memoryFileCall } from './memory-file.js';
import { PR_GET_DUMPABLE, PR_SET_DUMPABLE } from './prctl.js';

/** What statx(2) says of a file. */
export interface FileFacts {
  readonly mode: number;
  readonly uid: number;
  readonly inode: bigint;
  readonly size: bigint;
  /** Major and minor number of the device that holds the file. */
  readonly device: string;
  /** Of a device file. */
  readonly rdev: { readonly major: number; readonly minor: number };
  /** Of the mount it was reached by; 0 before Linux 5.8. */
  readonly mount: bigint;
}

/** What fstatfs(2) says of a file system. */
export interface FileSystemFacts {
  readonly type: number;
  /** ST_… */
  readonly flags: number;
}

/** An identity of the calling thread, as far as access to files goes. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** CAP_…, a bit each. */
  readonly effective: bigint;
}

/**
 * The C library's functions for opening files in another process's stead. As in `Libc`, numbers are C's results, or
 * `-errno` for -1. Names are bytes as latin1 text, so that every name there can be goes through.
 */
export interface FileCalls {
  openAt(directory: number, name: string, flags: number, mode?: number): number;
  /** openat2(2) with O_PATH | O_CLOEXEC and RESOLVE_… flags. */
  lookUp(directory: number, name: string, resolve: bigint): number;
  /** The text of a symbolic link that is open with O_PATH. */
  readLink(fd: number): string | number;
  /** statx(2) of a descriptor. */
  facts(fd: number): FileFacts | number;
  fileSystem(fd: number): FileSystemFacts | number;
  fcntl(fd: number, command: number, argument: number): number;
  close(fd: number): number;
  /** umask(2) and unshare(2) of CLONE_FS: this thread gets a mask and directories of its own. */
  ownFileSystemState(): number;
  umask(mask: number): number;
  /** Become this in all that concerns files; the real and saved ids, and the permitted capabilities, stay. This thread only. */
  become(identity: Identity): number;
  /** {@link memoryFileCall} */
  memoryFile(name: string): number;
  /** Whether a FIFO that is open for reading has a writer; -errno for failures. */
  hasWriter(fifo: number): boolean | number;
}

const AT_EMPTY_PATH = 0x1000;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_MNT_ID = 0x1000;
const STATX_SIZE = 256;
const STATFS_SIZE = 256;
const OPENAT2 = 437;
const O_PATH_CLOEXEC = 0o12000000n;
const CLONE_FS = 0x200;
const CAPABILITY_VERSION_3 = 0x20080522;
const POLLIN = 1;
const POLLHUP = 16;
const SPLICE_F_NONBLOCK = 2;
const O_NONBLOCK_CLOEXEC = 0o2004000;
const { EAGAIN } = constants.errno;
const MAX_LINK = 4096;

const toC = (text: string): Buffer => Buffer.from(`${text}\0`, 'latin1');

/**
 * Bind the functions, for the calling thread.
 *
 * @throws {UnsupportedHostError} when there is no Linux or no koffi
 */
function openFileCalls(): FileCalls {
  const k = loadKoffi(thisHost);
  const symbols = k.load(null);
  const openat = symbols.func('int openat(int, void *, int, unsigned int)');
  const readlinkat = symbols.func('long readlinkat(int, void *, void *, size_t)');
  const statx = symbols.func('int statx(int, void *, int, unsigned int, void *)');
  const fstatfs = symbols.func(k.sizeof('void *') === 4 ? 'int fstatfs64(int, void *)' : 'int fstatfs(int, void *)');
  const fcntl = symbols.func('int fcntl(int, int, long)');
  const close = symbols.func('int close(int)');
  const unshare = symbols.func('int unshare(int)');
  const umask = symbols.func('int umask(int)');
  const prctl = symbols.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)');
  const capget = symbols.func('int capget(void *, void *)');
  const capset = symbols.func('int capset(void *, void *)');
  const poll = symbols.func('int poll(void *, unsigned long, int)');
  const pipe2 = symbols.func('int pipe2(void *, int)');
  const tee = symbols.func('long tee(int, int, size_t, unsigned int)');
  const syscall4 = symbols.func('long syscall(long, long, void *, void *, long)');
  const syscall3 = symbols.func('long syscall(long, long, long, long)');
  const syscallGroups = symbols.func('long syscall(long, long, void *)');

  const little = thisHost.endianness === 'little';
  const result = (value: number): number => orErrno(k, Number(value));
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The C library's functions of these names change all threads; the system calls change this one (nptl(7)). Machines
  // with 16-bit ids have the others beside them.
  const architecture = hostArchitecture();
  const numberOf = (name: string) => syscallNumber(`${name}32`, architecture) ?? syscallNumber(name, architecture)!;
  const [setresuid, setresgid, setgroups] = ['setresuid', 'setresgid', 'setgroups'].map(numberOf) as [
    number,
    number,
    number,
  ];
  // s390x and 32-bit machines have 32-bit words where the others have 64 (asm/statfs.h).
  const narrowStatfs = k.sizeof('void *') === 4 || process.arch === 's390x';

  const capabilities = (change?: (permitted: bigint) => bigint): number => {
    const header = new Uint8Array(8);
    view(header).setUint32(0, CAPABILITY_VERSION_3, little);
    const data = new Uint8Array(24);
    const got = result(capget(header, data));
    if (got < 0 || !change) return got;
    const words = view(data);
    const effective = change(BigInt(words.getUint32(4, little)) | (BigInt(words.getUint32(16, little)) << 32n));
    words.setUint32(0, Number(effective & 0xffffffffn), little);
    words.setUint32(12, Number(effective >> 32n), little);
    return result(capset(header, data));
  };

  const change = ({ uid, gid, groups, effective }: Identity): number => {
    const steps = [
      () => capabilities((permitted) => permitted),
      () => result(syscallGroups(setgroups, groups.length, Uint32Array.from(groups))),
      () => result(syscall3(setresgid, -1, gid, -1)),
      () => result(syscall3(setresuid, -1, uid, -1)),
      () => capabilities((permitted) => permitted & effective),
    ];
    for (const step of steps) {
      const outcome = step();
      if (outcome < 0) return outcome;
    }
    return 0;
  };

  return {
    openAt: (directory, name, flags, mode = 0) => result(openat(directory, toC(name), flags, mode)),
    lookUp: (directory, name, resolve) => {
      const how = new BigUint64Array([O_PATH_CLOEXEC, 0n, resolve]);
      return result(syscall4(OPENAT2, directory, toC(name), how, how.byteLength));
    },
    readLink: (fd) => {
      const bytes = Buffer.alloc(MAX_LINK);
      const length = result(readlinkat(fd, toC(''), bytes, bytes.length));
      return length < 0 ? length : bytes.toString('latin1', 0, length);
    },
    facts: (fd) => {
      const bytes = new Uint8Array(STATX_SIZE);
      const mask = STATX_BASIC_STATS | STATX_MNT_ID;
      const outcome = result(statx(fd, toC(''), AT_EMPTY_PATH | AT_STATX_DONT_SYNC, mask, bytes));
      if (outcome < 0) return outcome;
      const words = view(bytes);
      const word = (offset: number) => words.getUint32(offset, little);
      return {
        mode: words.getUint16(28, little),
        uid: word(20),
        inode: words.getBigUint64(32, little),
        size: words.getBigUint64(40, little),
        device: `${word(136)}:${word(140)}`,
        rdev: { major: word(128), minor: word(132) },
        mount: word(0) & STATX_MNT_ID ? words.getBigUint64(144, little) : 0n,
      };
    },
    fileSystem: (fd) => {
      const bytes = new Uint8Array(STATFS_SIZE);
      const outcome = result(fstatfs(fd, bytes));
      if (outcome < 0) return outcome;
      const words = view(bytes);
      return narrowStatfs
        ? { type: words.getUint32(0, little), flags: words.getUint32(64, little) }
        : { type: Number(words.getBigUint64(0, little)), flags: Number(words.getBigUint64(80, little)) };
    },
    fcntl: (fd, command, argument) => result(fcntl(fd, command, argument)),
    close: (fd) => result(close(fd)),
    ownFileSystemState: () => result(unshare(CLONE_FS)),
    umask: (mask) => umask(mask),
    become: (identity) => {
      // A change of ids makes the whole process undumpable (prctl(2)), which is not what we are here for. The real and
      // saved ids stay: nobody gains the right to trace it meanwhile.
      const dumpable = result(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
      const outcome = change(identity);
      if (dumpable === 1) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
      return outcome;
    },
    memoryFile: memoryFileCall(k),
    hasWriter: (fifo) => {
      const entry = Int32Array.of(fifo, little ? POLLIN : POLLIN << 16);
      const polled = result(poll(entry, 1, 0));
      if (polled < 0) return polled;
      const events = little ? entry[1]! >>> 16 : entry[1]! & 0xffff;
      if (events & (POLLIN | POLLHUP)) return true;
      // Of a FIFO that is empty, tee(2) says 0 if nobody can write, else EAGAIN. It takes nothing out.
      const ends = new Int32Array(2);
      const made = result(pipe2(ends, O_NONBLOCK_CLOEXEC));
      if (made < 0) return made;
      const count = result(tee(fifo, ends[1]!, 1, SPLICE_F_NONBLOCK));
      for (const end of ends) close(end);
      return count === -EAGAIN ? true : count < 0 ? count : count > 0;
    },
  };
}

let opened: FileCalls | undefined;

/**
 * This thread's functions, bound on first use.
 *
 * @throws {UnsupportedHostError} when there is no Linux or no koffi
 */
export function fileCalls(): FileCalls {
  opened ??= openFileCalls();
  return opened;
}
