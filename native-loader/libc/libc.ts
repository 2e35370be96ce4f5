import { constants } from 'node:os';
import { type Host, seccompNumber, sigactionNumber, thisHost } from './host.js';
import { allocator, type Koffi, loadKoffi, orErrno as orErrnoOf } from './load-koffi.js';

/** An address in this process. */
export type Pointer = bigint;

/** Memory for C. */
export interface Memory {
  /**
   * Memory that no garbage collector moves or frees. `layOut` gets the block's address and returns its `size` bytes;
   * it may store addresses inside the block in them. The caller frees it, once.
   */
  allocate(size: number, layOut: (base: Pointer) => Uint8Array): Pointer;
  free(pointer: Pointer): void;
  /** Bytes of a pointer. */
  readonly pointerSize: 4 | 8;
  readonly endianness: Host['endianness'];
}

/**
 * The C library's functions that the loader calls, on the calling thread. Those that return a number return what C
 * returns, or `-errno` where C returns -1.
 */
export interface Libc extends Memory {
  /** seccomp(2), which has no function of its own in libc: syscall(2). */
  seccomp(operation: number, flags: number, args: Pointer | Uint8Array | null): number;
  /** prctl(2) with the unused arguments zero, as most options demand. */
  prctl(option: number, value: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  /** signal(3p) with a raw handler (0 is SIG_DFL, 1 is SIG_IGN); returns the handler there was. */
  signal(signal: number, handler: Pointer): Pointer;
  /** What a signal does now (sigaction(2)): its handler, and whether it has SA_RESTART. Undefined: the kernel refuses. */
  signalAction(signal: number): { handler: Pointer; restarts: boolean } | undefined;
  /** sigprocmask(2) with SIG_SETMASK: `set` and `previous` are a whole sigset_t, {@link SIGNAL_SET_SIZE} bytes. */
  setSignalMask(set: Uint8Array, previous: Uint8Array): number;
  /** setrlimit(2) of RLIMIT_NOFILE. */
  setOpenFilesLimit(soft: bigint, hard: bigint): number;
  write(fd: number, bytes: Uint8Array): number;
  /** execve(2). Returns only if it failed. */
  execve(path: Pointer | null, argv: Pointer | null, envp: Pointer | null): number;
  /** _exit(2): no atexit handlers, nothing flushed. */
  exit(status: number): never;
  /** A pthread_spin_lock(3) that is held; to be freed with {@link Memory.free}. */
  heldSpinLock(): Pointer;
  /** Wait for the lock without any system call: the one way to wait for a thread under a filter that forbids futex(2). */
  spinLock(lock: Pointer): void;
  spinUnlock(lock: Pointer): void;
  /** environ(7): the environment as it is, including bytes that are not UTF-8. */
  environment(): Pointer;
}

/** glibc's and musl's sigset_t: 1024 bits, of which the kernel reads the first 64. */
export const SIGNAL_SET_SIZE = 128;

// The same on every architecture that koffi has a binary for (mips, which differs, is not among them).
const SIG_SETMASK = 2;
const RLIMIT_NOFILE = 7;
const SA_RESTART = 0x10000000;
/** The kernel's sigset_t, in bytes. */
const KERNEL_SIGNAL_SET_SIZE = 8;

// pthread_spinlock_t is an int in glibc and musl.
const SPIN_LOCK_SIZE = 8;
const PTHREAD_PROCESS_PRIVATE = 0;

/**
 * Bind the C library of this process. The package's types leave it out, and with it koffi's, which need not be
 * installed.
 *
 * @throws {UnsupportedHostError} when {@link loadKoffi} does
 * @internal
 */
export function openLibc(host: Host = thisHost, load?: () => Koffi): Libc {
  const k = loadKoffi(host, load);
  const seccompSystemCall = seccompNumber(host);
  const sigactionSystemCall = sigactionNumber(host);
  const pointerSize = k.sizeof('void *') === 4 ? 4 : 8;

  // The symbols of the process itself: glibc or musl, whichever Node was linked with. Integers and pointers only, for
  // which Linux's calling conventions pass variadic arguments (syscall, prctl, fcntl) as they pass fixed ones.
  const symbols = k.load(null);
  const syscall = symbols.func('long syscall(long number, unsigned long a, unsigned long b, void *c)');
  const rtSigaction = symbols.func('long syscall(long number, long signal, void *, void *, unsigned long size)');
  const prctl = symbols.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)');
  const fcntl = symbols.func('int fcntl(int, int, long)');
  const signal = symbols.func('uintptr_t signal(int, uintptr_t)');
  const sigprocmask = symbols.func('int sigprocmask(int, void *, void *)');
  const setrlimit = bindSetrlimit(symbols);
  const write = symbols.func('long write(int, void *, size_t)');
  const execve = symbols.func('int execve(void *, void *, void *)');
  const exit = symbols.func('void _exit(int)');
  const spinInit = symbols.func('int pthread_spin_init(void *, int)');
  const spinLock = symbols.func('int pthread_spin_lock(void *)');
  const spinUnlock = symbols.func('int pthread_spin_unlock(void *)');

  const orErrno = (result: number) => orErrnoOf(k, result);

  return {
    seccomp: (operation, flags, args) => orErrno(syscall(seccompSystemCall, operation, flags, args)),
    prctl: (option, value) => orErrno(prctl(option, value, 0, 0, 0)),
    fcntl: (fd, command, argument) => orErrno(fcntl(fd, command, argument)),
    signal: (number, handler) => BigInt(signal(number, handler)),
    signalAction: (number) => {
      // The kernel's structure, for the C library's has its fields in an order of its own on each machine: the handler,
      // then the flags as an unsigned long.
      const action = new Uint8Array(4 * pointerSize + KERNEL_SIGNAL_SET_SIZE);
      if (rtSigaction(sigactionSystemCall, number, null, action, KERNEL_SIGNAL_SET_SIZE) !== 0) return undefined;
      const [handler = 0n, flags = 0n] =
        pointerSize === 8
          ? new BigUint64Array(action.buffer, 0, 2)
          : [...new Uint32Array(action.buffer, 0, 2)].map(BigInt);
      return { handler, restarts: (flags & BigInt(SA_RESTART)) !== 0n };
    },
    setSignalMask: (set, previous) => orErrno(sigprocmask(SIG_SETMASK, set, previous)),
    setOpenFilesLimit: (soft, hard) => orErrno(setrlimit(RLIMIT_NOFILE, new BigUint64Array([soft, hard]))),
    write: (fd, bytes) => orErrno(write(fd, bytes, bytes.length)),
    execve: (path, argv, envp) => orErrno(execve(path, argv, envp)),
    exit: (status) => exit(status) as never,
    heldSpinLock: () => {
      const lock: Pointer = k.alloc('uint8_t', SPIN_LOCK_SIZE);
      spinInit(lock, PTHREAD_PROCESS_PRIVATE);
      spinLock(lock);
      return lock;
    },
    spinLock: (lock) => spinLock(lock),
    spinUnlock: (lock) => spinUnlock(lock),
    environment: () => k.decode(symbols.symbol('environ'), 'void *'),
    allocate: allocator(k),
    free: (pointer) => k.free(pointer),
    pointerSize,
    endianness: host.endianness,
  };
}

/** A `struct rlimit` of 64-bit numbers on 32-bit machines too: glibc calls that function setrlimit64, musl setrlimit. */
function bindSetrlimit(symbols: ReturnType<Koffi['load']>) {
  try {
    return symbols.func('int setrlimit64(int, void *)');
  } catch {
    return symbols.func('int setrlimit(int, void *)');
  }
}

let opened: Libc | undefined;

/** This process's C library, bound on first use; see {@link openLibc} for the errors. */
export function libc(): Libc {
  opened ??= openLibc();
  return opened;
}

// Reversed, so that of two names for one number the first stays: EAGAIN, not EWOULDBLOCK.
const errnoNames = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** `EACCES` for 13. A number libuv has no name for is given as a number. */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? `errno ${errno}`;
}
