import { O_CLOEXEC } from './fcntl.js';
import { type Host, thisHost } from './host.js';
import type { Memory, Pointer } from './libc.js';
import { allocator, type Koffi, loadKoffi, orErrno } from './load-koffi.js';
import { MessageBlock, type Received } from './socket-message.js';

/**
 * The C library's functions that supervisors call. As in `Libc`, numbers are C's results, or `-errno` for -1. Only
 * {@link poll} waits, unless a flag says so. The others are safe on Node's main thread.
 */
export interface SupervisorCalls extends Memory {
  ioctl(fd: number, request: number, argument: Uint8Array | Pointer): number;
  /** poll(2) of `struct pollfd`s as pairs: the descriptor; the events asked for, and `revents` in the upper half. */
  poll(entries: Int32Array, timeoutMilliseconds: number): number;
  /** sched_yield(2) */
  yieldProcessor(): void;
  close(fd: number): number;
  /** eventfd(2), close-on-exec, not blocking. */
  eventfd(): number;
  readEventfd(fd: number): number;
  writeEventfd(fd: number): number;
  /** memfd_create(2), close-on-exec. */
  memoryFile(name: string): number;
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
  /** process_vm_readv(2) of one piece; the number of bytes read into `into`. */
  readProcessMemory(pid: number, address: Pointer, into: Uint8Array): number;
  pidfdOpen(pid: number): number;
  pidfdGetfd(pidfd: number, fd: number): number;
}

const AF_UNIX = 1;
// mips, which differs, has no koffi.
const SOCK_STREAM = 1;
const EFD_NONBLOCK = 0o4000;
const MFD_CLOEXEC = 1;
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
  const ioctl = symbols.func('int ioctl(int, unsigned long, void *)');
  const poll = symbols.func('int poll(void *, unsigned long, int)');
  const schedYield = symbols.func('int sched_yield()');
  const close = symbols.func('int close(int)');
  const eventfd = symbols.func('int eventfd(unsigned int, int)');
  const read = symbols.func('long read(int, void *, size_t)');
  const write = symbols.func('long write(int, void *, size_t)');
  const memfd = symbols.func('int memfd_create(const char *, unsigned int)');
  const socketpair = symbols.func('int socketpair(int, int, int, void *)');
  const socket = symbols.func('int socket(int, int, int)');
  const connect = symbols.func('int connect(int, void *, unsigned int)');
  const bind = symbols.func('int bind(int, void *, unsigned int)');
  const listen = symbols.func('int listen(int, int)');
  const accept4 = symbols.func('int accept4(int, void *, void *, int)');
  const sendmsg = symbols.func('long sendmsg(int, void *, int)');
  const recvmsg = symbols.func('long recvmsg(int, void *, int)');
  const readv = symbols.func('long process_vm_readv(int, void *, unsigned long, void *, unsigned long, unsigned long)');
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
  const counter = new Uint8Array(8);
  const one = new Uint8Array(new BigUint64Array([1n]).buffer);

  return {
    ...memory,
    ioctl: (fd, request, argument) => result(ioctl(fd, request, argument)),
    poll: (entries, timeout) => result(poll(entries, entries.length / 2, timeout)),
    yieldProcessor: () => schedYield(),
    close: (fd) => result(close(fd)),
    eventfd: () => result(eventfd(0, O_CLOEXEC | EFD_NONBLOCK)),
    readEventfd: (fd) => result(read(fd, counter, 8)),
    writeEventfd: (fd) => result(write(fd, one, 8)),
    memoryFile: (name) => result(memfd(name, MFD_CLOEXEC)),
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
    readProcessMemory: (pid, address, into) => {
      const word = memory.pointerSize;
      const block = memory.allocate(4 * word + into.length, (base) => {
        const bytes = new Uint8Array(4 * word + into.length);
        const words = word === 8 ? new BigUint64Array(bytes.buffer, 0, 4) : new Uint32Array(bytes.buffer, 0, 4);
        const values = [base + BigInt(4 * word), BigInt(into.length), address, BigInt(into.length)];
        for (const [index, value] of values.entries()) words[index] = word === 8 ? value : Number(value);
        return bytes;
      });
      try {
        const count = result(readv(pid, block, 1, block + BigInt(2 * word), 1, 0));
        if (count > 0) memcpy(into, block + BigInt(4 * word), count);
        return count;
      } finally {
        memory.free(block);
      }
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
