import { INSTRUCTION_SIZE } from '../../src/bpf/program/instruction.js';
import type { Memory, Pointer } from './libc.js';

/** `struct sock_fprog` (u16 len, then a pointer at its own alignment) and its instructions, in one block. */
export function allocateProgram(memory: Memory, program: Uint8Array): Pointer {
  const headerSize = 2 * memory.pointerSize;
  return memory.allocate(headerSize + program.length, (base) => {
    const block = new Uint8Array(headerSize + program.length);
    const header = new DataView(block.buffer);
    header.setUint16(0, program.length / INSTRUCTION_SIZE, memory.endianness === 'little');
    setPointer(memory, header, memory.pointerSize, base + BigInt(headerSize));
    block.set(program, headerSize);
    return block;
  });
}

/** Store an address, or any number of C's `size_t`. */
export function setPointer(
  memory: Pick<Memory, 'pointerSize' | 'endianness'>,
  view: DataView,
  offset: number,
  pointer: Pointer,
): void {
  if (memory.pointerSize === 8) view.setBigUint64(offset, pointer, memory.endianness === 'little');
  else view.setUint32(offset, Number(pointer), memory.endianness === 'little');
}

/** A NULL-terminated array of pointers to strings, and the strings, in one block. */
export function allocateStrings(memory: Memory, strings: readonly string[]): Pointer {
  const encoded = strings.map(toCString);
  const textAt = (encoded.length + 1) * memory.pointerSize;
  const size = encoded.reduce((sum, text) => sum + text.length, textAt);
  return memory.allocate(size, (base) => {
    const block = new Uint8Array(size);
    const pointers = new DataView(block.buffer);
    let at = textAt;
    for (const [index, text] of encoded.entries()) {
      setPointer(memory, pointers, index * memory.pointerSize, base + BigInt(at));
      block.set(text, at);
      at += text.length;
    }
    return block;
  });
}

/** A NUL-terminated string in UTF-8. */
export function allocateString(memory: Memory, text: string): Pointer {
  const bytes = toCString(text);
  return memory.allocate(bytes.length, () => bytes);
}

function toCString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`);
}
