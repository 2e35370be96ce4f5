import { setPointer } from './c-memory.js';
import type { Memory, Pointer } from './libc.js';

/** What one recvmsg(2) brought. */
export interface Received {
  /** Empty at the end of the stream. */
  bytes: Uint8Array;
  /** Descriptors that came along; the caller has to close them. */
  fds: number[];
  /** MSG_CTRUNC: there were more descriptors than {@link MAX_FDS}; the kernel has closed the others. */
  truncated: boolean;
}

/** How much one message may bring: enough for what runtimes send (one descriptor, some kilobytes of JSON). */
const MAX_BYTES = 64 * 1024;
const MAX_FDS = 32;

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 8;

/**
 * A `struct msghdr` (sendmsg(2)) for a unix socket with all it points to, in one block of memory: one iovec, and one
 * control message of SCM_RIGHTS (unix(7), cmsg(3)) with descriptors. glibc's fields and musl's fall together, since the
 * ones that musl declares shorter have zero padding.
 */
export class MessageBlock {
  readonly address: Pointer;
  readonly size: number;
  readonly #memory: Memory;
  readonly #controlAt: number;
  readonly #dataAt: number;

  /** With bytes and descriptors to be sent, or with room to receive. */
  constructor(memory: Memory, bytes?: Uint8Array, fds?: readonly number[]) {
    const word = memory.pointerSize;
    const little = memory.endianness === 'little';
    const headerSize = 7 * word;
    const iovecAt = headerSize;
    const controlAt = iovecAt + 2 * word;
    const cmsgHeader = word + 8;
    const controlLength = align(cmsgHeader + 4 * (fds ? fds.length : MAX_FDS), word);
    const dataAt = controlAt + controlLength;
    const dataLength = bytes ? bytes.length : MAX_BYTES;

    this.#memory = memory;
    this.#controlAt = controlAt;
    this.#dataAt = dataAt;
    this.size = dataAt + dataLength;
    this.address = memory.allocate(this.size, (base) => {
      const block = new Uint8Array(this.size);
      const view = new DataView(block.buffer);
      const set = (offset: number, value: number | bigint) => setPointer(memory, view, offset, BigInt(value));
      // msg_name, msg_namelen: none; then msg_iov, msg_iovlen, msg_control, msg_controllen, msg_flags
      set(2 * word, base + BigInt(iovecAt));
      set(3 * word, 1);
      set(iovecAt, base + BigInt(dataAt));
      set(iovecAt + word, dataLength);
      if (!fds || fds.length > 0) {
        set(4 * word, base + BigInt(controlAt));
        set(5 * word, controlLength);
      }
      if (fds && fds.length > 0) {
        set(controlAt, cmsgHeader + 4 * fds.length);
        view.setInt32(controlAt + word, SOL_SOCKET, little);
        view.setInt32(controlAt + word + 4, SCM_RIGHTS, little);
        for (const [index, fd] of fds.entries()) view.setInt32(controlAt + cmsgHeader + 4 * index, fd, little);
      }
      if (bytes) block.set(bytes, dataAt);
      return block;
    });
  }

  /** Read the block, as recvmsg(2) left it after it returned `length`. */
  received(block: Uint8Array, length: number): Received {
    const { pointerSize: word, endianness } = this.#memory;
    const little = endianness === 'little';
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    const size = (offset: number) =>
      word === 8 ? Number(view.getBigUint64(offset, little)) : view.getUint32(offset, little);
    const fds: number[] = [];
    const controlEnd = this.#controlAt + size(5 * word);
    let at = this.#controlAt;
    while (at + word + 8 <= controlEnd) {
      const cmsgLength = size(at);
      if (cmsgLength < word + 8 || at + cmsgLength > controlEnd) break;
      const rights =
        view.getInt32(at + word, little) === SOL_SOCKET && view.getInt32(at + word + 4, little) === SCM_RIGHTS;
      for (let fd = at + word + 8; rights && fd + 4 <= at + cmsgLength; fd += 4) fds.push(view.getInt32(fd, little));
      at += align(cmsgLength, word);
    }
    return {
      bytes: block.slice(this.#dataAt, this.#dataAt + length),
      fds,
      truncated: (view.getInt32(6 * word, little) & MSG_CTRUNC) !== 0,
    };
  }

  free(): void {
    this.#memory.free(this.address);
  }
}

function align(size: number, to: number): number {
  return Math.ceil(size / to) * to;
}
