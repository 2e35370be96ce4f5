import { describe, expect, it } from 'vitest';
import { allocateProgram, allocateString, allocateStrings } from '../../native-loader/libc/c-memory.js';
import type { Memory } from '../../native-loader/libc/libc.js';
import fc from '../fast-check.js';

const base = 0x12345670n;

/** Memory at one fixed address, and what was laid out there last. */
function recordingMemory(pointerSize: 4 | 8, endianness: 'little' | 'big') {
  const memory: Memory & { bytes: Uint8Array } = {
    bytes: new Uint8Array(),
    pointerSize,
    endianness,
    allocate(size, layOut) {
      memory.bytes = layOut(base);
      expect(memory.bytes).toHaveLength(size);
      return base;
    },
    free() {},
  };
  return memory;
}

const ret = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f);

describe('allocateProgram', () => {
  it('lays out struct sock_fprog of a 64-bit machine', () => {
    const memory = recordingMemory(8, 'little');
    expect(allocateProgram(memory, ret)).toBe(base);
    expect([...memory.bytes]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x56, 0x34, 0x12, 0, 0, 0, 0, ...ret]);
  });

  it('lays it out of a 32-bit machine, and big-endian', () => {
    const little = recordingMemory(4, 'little');
    allocateProgram(little, ret);
    expect([...little.bytes]).toEqual([1, 0, 0, 0, 0x78, 0x56, 0x34, 0x12, ...ret]);
    const big = recordingMemory(8, 'big');
    allocateProgram(big, ret);
    expect([...big.bytes]).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x80, ...ret]);
  });
});

describe('allocateStrings', () => {
  it('makes a NULL-terminated array of NUL-terminated strings', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((s) => !s.includes('\0'));
    fc.assert(
      fc.property(fc.array(text), fc.constantFrom(4 as const, 8 as const), (strings, pointerSize) => {
        const memory = recordingMemory(pointerSize, 'little');
        allocateStrings(memory, strings);
        const view = new DataView(memory.bytes.buffer);
        const read = (index: number) =>
          pointerSize === 8 ? view.getBigUint64(index * 8, true) : BigInt(view.getUint32(index * 4, true));
        const texts = strings.map((_, index) => {
          const start = Number(read(index) - base);
          return Buffer.from(memory.bytes.subarray(start, memory.bytes.indexOf(0, start))).toString();
        });
        expect(texts).toEqual(strings);
        expect(read(strings.length)).toBe(0n);
      }),
    );
  });
});

describe('allocateString', () => {
  it('ends a string with NUL', () => {
    const memory = recordingMemory(8, 'little');
    allocateString(memory, 'aä');
    expect([...memory.bytes]).toEqual([0x61, 0xc3, 0xa4, 0]);
  });
});
