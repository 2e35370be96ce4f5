import { F_ADD_SEALS, F_SEAL_EVERYTHING, O_CLOEXEC } from './fcntl.js';
import { type Host, thisHost } from './host.js';
import type { Memory, Pointer } from './libc.js';
import { allocator, type Koffi, loadKoffi, orErrno } from './load-koffi.js';
import { memoryFileCall } from './memory-file.js';
import { MessageBlock, type Received } from './socket-message.js';
import { AF_UNIX } from './unix-address.js';

/**
 * The C library's functions that supervisors call. As in `Libc`, numbers are C's results, or `-errno` for -1. Only
 * {@link poll} waits, unless a flag says so. The others are safe on Node's main thread.
 */
export interface SupervisorCalls extends Memory {
  /** Zeroed memory, to be read and written here, that C gets by its address. */
  pin(size: number): Pinned;
  /** `argument`: an address of {@link pin}, or a number where the request takes one. */
  ioctl(fd: number, request: number, argument: Address): number;
  /** poll(2) of `count` `struct pollfd`s. */
  poll(entries: Address, count: number, timeoutMilliseconds: number): number;
  /** ppoll(2) of one `struct pollfd`. */
  pollBriefly(entry: Address, timeoutNanoseconds: number): number;
  close(fd: number): number;
  /** eventfd(2), close-on-exec, not blocking. */
  eventfd(): number;
  readEventfd(fd: number): number;
  writeEventfd(fd: number): number;
  /** {@link memoryFileCall} */
  memoryFile(name: string): number;
  /** F_ADD_SEALS of fcntl(2), for good: nobody writes to the memory file, or changes its size or its seals. */
  seal(fd: number): number;
  /** A pair of connected unix stream sockets, close-on-exec; or -errno. */
  socketPair(): [number, number] | number;
  /** A unix stream socket, close-on-exec and blocking. */
  streamSocket(): number;
  /** `address` is a `struct sockaddr_un`. */
  connect(fd: number, address: Uint8Array): number;
  bind(fd: number, address: Uint8Array): number;
  listen(fd: number): number;
  /** accept4(2): close-on-exec. The listening socket blocks: poll it first. */
  accept(fd: number): number;
  /** sendmsg(2), all bytes and descriptors at once; no SIGPIPE. */
  sendMessage(fd: number, bytes: Uint8Array, fds: readonly number[]): number;
  /** recvmsg(2) without waiting, descriptors close-on-exec; -errno for failures. */
  receiveMessage(fd: number): Received | number;
  /** process_vm_readv(2) of one piece; the number of bytes read to `into`. */
  readProcessMemory(pid: number, address: Pointer, into: Address, length: number): number;
  pidfdOpen(pid: number): number;
  pidfdGetfd(pidfd: number, fd: number): number;
}

/** An address in this process as koffi takes it fastest: a number where it is one without loss. */
export type Address = number | bigint;

/** Memory of JavaScript's that stays where it is, as long as this object is kept. */
export interface Pinned {
  readonly buffer: ArrayBuffer;
  readonly address: Address;
}

// mips, which differs, has no koffi.
const SOCK_STREAM = 1;
const EFD_NONBLOCK = 0o4000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
// Numbered alike on all architectures since Linux 5.1.
const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;

/**
 * Bind the functions.
 *
 * @throws {UnsupportedHostError} when there is no Linux or no koffi
 */
function openSupervisorCalls(host: Host, load?: () => Koffi): SupervisorCalls {
  const k = loadKoffi(host, load);
  const symbols = k.load(null);
  // Addresses as numbers: koffi takes about as long as the kernel does for looking into a typed array.
  const ioctl = symbols.func('int ioctl(int, unsigned long, uintptr_t)');
  const poll = symbols.func('int poll(uintptr_t, unsigned long, int)');
  const ppoll = symbols.func('int ppoll(uintptr_t, unsigned long, uintptr_t, void *)');
  const close = symbols.func('int close(int)');
  const eventfd = symbols.func('int eventfd(unsigned int, int)');
  const read = symbols.func('long read(int, void *, size_t)');
  const write = symbols.func('long write(int, void *, size_t)');
  const fcntl = symbols.func('int fcntl(int, int, long)');
  const socketpair = symbols.func('int socketpair(int, int, int, void *)');
  const socket = symbols.func('int socket(int, int, int)');
  const connect = symbols.func('int connect(int, void *, unsigned int)');
  const bind = symbols.func('int bind(int, void *, unsigned int)');
  const listen = symbols.func('int listen(int, int)');
  const accept4 = symbols.func('int accept4(int, void *, void *, int)');
  const sendmsg = symbols.func('long sendmsg(int, void *, int)');
  const recvmsg = symbols.func('long recvmsg(int, void *, int)');
  const readv = symbols.func(
    'long process_vm_readv(int, uintptr_t, unsigned long, uintptr_t, unsigned long, unsigned long)',
  );
  const syscall = symbols.func('long syscall(long, long, long, long)');
  const memcpy = symbols.func('void *memcpy(void *, void *, size_t)');

  const result = (value: number) => orErrno(k, value);
  const memory: Memory = {
    allocate: allocator(k),
    free: (pointer) => k.free(pointer),
    pointerSize: k.sizeof('void *') === 4 ? 4 : 8,
    endianness: host.endianness,
  };
  const copyOut = (from: Pointer, size: number) => {
    const bytes = new Uint8Array(size);
    if (size > 0) memcpy(bytes, from, size);
    return bytes;
  };
  const pin = (size: number): Pinned => {
    // One that is this short might be inside V8's heap, which moves.
    const buffer = new ArrayBuffer(Math.max(size, 128));
    const address: bigint = k.address(buffer);
    return { buffer, address: address <= Number.MAX_SAFE_INTEGER ? Number(address) : address };
  };
  // Two `struct iovec`: of this process, of the other.
  const vectors = pin(4 * memory.pointerSize);
  const words = memory.pointerSize === 8 ? new BigUint64Array(vectors.buffer) : new Uint32Array(vectors.buffer);
  const theirVector =
    typeof vectors.address === 'bigint'
      ? vectors.address + BigInt(2 * memory.pointerSize)
      : vectors.address + 2 * memory.pointerSize;
  // `struct timespec`: two numbers as wide as a pointer, also where time_t is wider (glibc's and musl's ppoll of old).
  const timeout = pin(2 * memory.pointerSize);
  const timeoutView = new DataView(timeout.buffer);
  const counter = new Uint8Array(8);
  const one = new Uint8Array(new BigUint64Array([1n]).buffer);

  return {
    ...memory,
    pin,
    ioctl: (fd, request, argument) => result(ioctl(fd, request, argument)),
    poll: (entries, count, timeout) => result(poll(entries, count, timeout)),
    pollBriefly: (entry, nanoseconds) => {
      // Less than a second, which is the first member.
      const little = memory.endianness === 'little';
      timeoutView.setUint32(little ? memory.pointerSize : 2 * memory.pointerSize - 4, nanoseconds, little);
      return result(ppoll(entry, 1, timeout.address, null));
    },
    close: (fd) => result(close(fd)),
    eventfd: () => result(eventfd(0, O_CLOEXEC | EFD_NONBLOCK)),
    readEventfd: (fd) => result(read(fd, counter, 8)),
    writeEventfd: (fd) => result(write(fd, one, 8)),
    memoryFile: memoryFileCall(k),
    seal: (fd) => result(fcntl(fd, F_ADD_SEALS, F_SEAL_EVERYTHING)),
    socketPair: () => {
      const pair = new Int32Array(2);
      const outcome = result(socketpair(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0, pair));
      return outcome < 0 ? outcome : [pair[0]!, pair[1]!];
    },
    streamSocket: () => result(socket(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0)),
    connect: (fd, address) => result(connect(fd, address, address.length)),
    bind: (fd, address) => result(bind(fd, address, address.length)),
    listen: (fd) => result(listen(fd, 128)),
    accept: (fd) => result(accept4(fd, null, null, O_CLOEXEC)),
    sendMessage: (fd, bytes, fds) => {
      const block = new MessageBlock(memory, bytes, fds);
      try {
        return result(sendmsg(fd, block.address, MSG_NOSIGNAL));
      } finally {
        block.free();
      }
    },
    receiveMessage: (fd) => {
      const block = new MessageBlock(memory);
      try {
        const length = result(recvmsg(fd, block.address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
        return length < 0 ? length : block.received(copyOut(block.address, block.size), length);
      } finally {
        block.free();
      }
    },
    readProcessMemory: (pid, address, into, length) => {
      for (const [index, value] of [into, length, address, length].entries()) {
        words[index] = memory.pointerSize === 8 ? BigInt(value) : Number(value);
      }
      return result(readv(pid, vectors.address, 1, theirVector, 1, 0));
    },
    pidfdOpen: (pid) => result(syscall(PIDFD_OPEN, pid, 0, 0)),
    pidfdGetfd: (pidfd, fd) => result(syscall(PIDFD_GETFD, pidfd, fd, 0)),
  };
}

let opened: SupervisorCalls | undefined;

/**
 * This thread's functions, bound on first use.
 *
 * @throws {UnsupportedHostError} when there is no Linux or no koffi
 */
export function supervisorCalls(): SupervisorCalls {
  opened ??= openSupervisorCalls(thisHost);
  return opened;
}
