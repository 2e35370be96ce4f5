import { describe, expect, it } from 'vitest';
import {
  decodeProgram,
  detectEndianness,
  encodeProgram,
  InvalidProgramError,
  Opcode,
  readProgram,
  UnknownByteOrderError,
} from '../../src/bpf/index.js';
import { InvalidArgumentError } from '../../src/errors.js';
import fc from '../fast-check.js';
import { ALLOW, endianness, op, validProgram, word } from './programs.js';

const LITTLE = Uint8Array.of(0x20, 0, 0, 0, 4, 0, 0, 0, 0x15, 0, 1, 2, 0x3e, 0, 0, 0xc0, 6, 0, 0, 0, 0, 0, 0xff, 0x7f);
const BIG = Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 4, 0, 0x15, 1, 2, 0xc0, 0, 0, 0x3e, 0, 6, 0, 0, 0x7f, 0xff, 0, 0);
const INSTRUCTIONS = [op(Opcode.LD_ABS, 4), op(Opcode.JEQ_K, 0xc000003e, 1, 2), op(Opcode.RET_K, ALLOW)];

describe('decodeProgram and encodeProgram', () => {
  it('read and write struct sock_filter in both byte orders', () => {
    expect(decodeProgram(LITTLE, 'little')).toEqual(INSTRUCTIONS);
    expect(decodeProgram(BIG, 'big')).toEqual(INSTRUCTIONS);
    expect(encodeProgram(INSTRUCTIONS, 'little')).toEqual(LITTLE);
    expect(encodeProgram(INSTRUCTIONS, 'big')).toEqual(BIG);
  });

  it('are each other’s reverse on any instructions', () => {
    const byte = fc.nat({ max: 255 });
    const instruction = fc.record({ code: fc.nat({ max: 0xffff }), jt: byte, jf: byte, k: word });
    fc.assert(
      fc.property(fc.array(instruction), endianness, (instructions, order) => {
        expect(decodeProgram(encodeProgram(instructions, order), order)).toEqual(instructions);
      }),
    );
  });

  it('are each other’s reverse on any bytes, wherever these lie in their buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), endianness, (all, order) => {
        const bytes = all.subarray(all.length % 8);
        expect(encodeProgram(decodeProgram(bytes, order), order)).toEqual(new Uint8Array(bytes));
      }),
    );
  });

  it('refuse bytes that are no whole number of instructions', () => {
    for (const length of [1, 7, 9, 23]) {
      expect(() => decodeProgram(new Uint8Array(length), 'little')).toThrow(
        expect.objectContaining({ code: 'INVALID_PROGRAM', reason: 'LENGTH' }),
      );
    }
  });

  it.each([
    ['code', { code: 0x10000 }],
    ['code', { code: -1 }],
    ['jt', { jt: 256 }],
    ['jf', { jf: 1.5 }],
    ['k', { k: 2 ** 32 }],
    ['k', { k: -1 }],
    ['k', { k: Number.NaN }],
  ])('refuse to truncate %s (%o)', (name, wrong) => {
    const instructions = [op(Opcode.RET_K), { ...op(Opcode.RET_K), ...wrong }];
    expect(() => encodeProgram(instructions, 'little')).toThrow(InvalidArgumentError);
    expect(() => encodeProgram(instructions, 'little')).toThrow(`instruction 1: ${name} is`);
  });
});

describe('detectEndianness', () => {
  it('tells the byte order of every valid program', () => {
    fc.assert(
      fc.property(validProgram(), endianness, (instructions, order) => {
        expect(detectEndianness(encodeProgram(instructions, order))).toBe(order);
      }),
    );
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['zeros', new Uint8Array(16)],
    ['text', new TextEncoder().encode('{"defaultAction"')],
    ['both orders mixed', Uint8Array.of(...LITTLE, ...BIG)],
  ])('refuses to guess: %s', (_, bytes) => {
    expect(() => detectEndianness(bytes)).toThrow(UnknownByteOrderError);
  });

  it('refuses bytes that are no whole number of instructions', () => {
    expect(() => detectEndianness(LITTLE.subarray(1))).toThrow(InvalidProgramError);
  });
});

describe('readProgram', () => {
  it('takes the byte order from the architectures of a FilterProgram', () => {
    const expected = { instructions: INSTRUCTIONS, endianness: 'big' };
    expect(readProgram({ program: BIG, arches: ['s390x', 's390'] })).toEqual(expected);
  });

  it('detects that of bare bytes, or takes what it is told', () => {
    expect(readProgram(BIG).endianness).toBe('big');
    expect(readProgram({ program: LITTLE, arches: [] }).endianness).toBe('little');
    expect(readProgram(BIG, 'little').instructions[0]?.code).toBe(0x2000);
  });

  it('passes decoded programs through', () => {
    const decoded = { instructions: INSTRUCTIONS, endianness: 'little' } as const;
    expect(readProgram(decoded)).toBe(decoded);
  });

  it('refuses architectures of both byte orders, and unknown ones', () => {
    expect(() => readProgram({ program: LITTLE, arches: ['x86_64', 's390x'] })).toThrow(InvalidArgumentError);
    expect(() => readProgram({ program: LITTLE, arches: ['vax' as 'x86'] })).toThrow(InvalidArgumentError);
  });
});
