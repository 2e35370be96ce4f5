import { describe, expect, it } from 'vitest';
import {
  createSimulator,
  type Endianness,
  encodeProgram,
  type Instruction,
  InvalidProgramError,
  Opcode,
  type SeccompData,
  seccompDataWords,
  simulate,
} from '../../src/bpf/index.js';
import { InvalidArgumentError } from '../../src/errors.js';
import fc from '../fast-check.js';
import { ALLOW, anySeccompData, EPERM, endianness, op, seccompData, validProgram } from './programs.js';

/** `return` what A is after the given instructions. */
function evaluate(instructions: Instruction[], data: Partial<SeccompData> = {}, order: Endianness = 'little'): number {
  const program = { instructions: [...instructions, op(Opcode.RET_A)], endianness: order };
  return simulate(program, seccompData(data)).returnValue;
}

describe('loads', () => {
  const ARGS = [0x1111111122222222n, 0n, 0x3333333344444444n, 0n, 0n, 0xffffffff00000001n] as const;
  it.each([
    [0, 'little', 39],
    [4, 'big', 0xc000003e],
    [8, 'little', 0x76543210],
    [12, 'little', 0xfedcba98],
    [8, 'big', 0xfedcba98],
    [16, 'little', 0x22222222],
    [20, 'little', 0x11111111],
    [16, 'big', 0x11111111],
    [20, 'big', 0x22222222],
    [36, 'little', 0x33333333],
    [56, 'big', 0xffffffff],
    [60, 'big', 1],
  ] as const)('from offset %i, %s-endian', (offset, order, expected) => {
    const data = { nr: 39, instructionPointer: 0xfedcba9876543210n, args: ARGS };
    expect(evaluate([op(Opcode.LD_ABS, offset)], data, order)).toBe(expected);
  });

  it('of the length are sizeof(struct seccomp_data)', () => {
    expect(evaluate([op(Opcode.LD_LEN, 5)])).toBe(64);
    expect(evaluate([op(Opcode.LDX_LEN, 5), op(Opcode.TXA)])).toBe(64);
  });

  it('a negative system call number is its two’s complement', () => {
    expect(evaluate([op(Opcode.LD_ABS, 0)], { nr: -1 })).toBe(0xffffffff);
    expect(evaluate([op(Opcode.LD_ABS, 0)], { nr: 0xffffffff })).toBe(0xffffffff);
  });
});

describe('arithmetic wraps at 32 bits', () => {
  it.each([
    ['ADD', Opcode.ADD_X, 0xffffffff, 2, 1],
    ['SUB', Opcode.SUB_X, 1, 2, 0xffffffff],
    ['MUL', Opcode.MUL_X, 0xffffffff, 0xffffffff, 1],
    ['DIV is unsigned', Opcode.DIV_X, 0xfffffffe, 2, 0x7fffffff],
    ['DIV by a large X', Opcode.DIV_X, 0xffffffff, 0x80000000, 1],
    ['OR', Opcode.OR_X, 0x80000000, 1, 0x80000001],
    ['AND', Opcode.AND_X, 0xf0f0f0f0, 0xff00ff00, 0xf000f000],
    ['XOR', Opcode.XOR_X, 0xffffffff, 0x0000ffff, 0xffff0000],
    ['LSH', Opcode.LSH_X, 3, 31, 0x80000000],
    ['LSH takes X modulo 32', Opcode.LSH_X, 3, 33, 6],
    ['RSH is unsigned', Opcode.RSH_X, 0x80000000, 31, 1],
    ['RSH takes X modulo 32', Opcode.RSH_X, 0x80000000, 32, 0x80000000],
    ['NEG', Opcode.NEG, 0x80000000, 0, 0x80000000],
  ] as const)('%s', (_, operation, a, x, expected) => {
    expect(evaluate([op(Opcode.LD_IMM, a), op(Opcode.LDX_IMM, x), op(operation)])).toBe(expected);
  });

  it('division by an X of 0 ends the program with KILL_THREAD', () => {
    const instructions = [op(Opcode.LD_IMM, 5), op(Opcode.DIV_X), op(Opcode.RET_K, ALLOW)];
    const simulation = simulate({ instructions, endianness: 'little' }, seccompData(), { trace: true });
    expect(simulation).toEqual({ action: { kind: 'KILL_THREAD' }, returnValue: 0, path: [0, 1] });
  });
});

describe('jumps compare unsigned', () => {
  const taken = (jump: number, a: number, k: number) =>
    evaluate([op(Opcode.LD_IMM, a), op(jump, k, 0, 1), op(Opcode.RET_K, 1), op(Opcode.LD_IMM, 0)]) === 1;
  it.each([
    ['JGT', Opcode.JGT_K, 0x80000000, 0x7fffffff, true],
    ['JGT', Opcode.JGT_K, 0x7fffffff, 0x80000000, false],
    ['JGT', Opcode.JGT_K, 5, 5, false],
    ['JGE', Opcode.JGE_K, 0xffffffff, 0, true],
    ['JGE', Opcode.JGE_K, 5, 5, true],
    ['JGE', Opcode.JGE_K, 0, 0x80000000, false],
    ['JEQ', Opcode.JEQ_K, 0xffffffff, 0xffffffff, true],
    ['JSET', Opcode.JSET_K, 0x80000001, 0x80000000, true],
    ['JSET', Opcode.JSET_K, 0x7fffffff, 0x80000000, false],
  ] as const)('%s %i against %i', (_, jump, a, k, expected) => {
    expect(taken(jump, a, k)).toBe(expected);
  });
});

describe('simulate', () => {
  const program = encodeProgram(
    [op(Opcode.LD_ABS, 0), op(Opcode.JEQ_K, 59, 1, 0), op(Opcode.RET_K, ALLOW), op(Opcode.RET_K, EPERM)],
    'little',
  );

  it('takes bytes and FilterPrograms, and gives action, return value and path', () => {
    const data = seccompData({ nr: 59 });
    const expected = { action: { kind: 'ERRNO', data: 1 }, returnValue: EPERM };
    expect(simulate(program, data)).toEqual(expected);
    expect(simulate({ program, arches: ['x86_64'] }, data, { trace: true })).toEqual({ ...expected, path: [0, 1, 3] });
    expect(simulate(program, seccompData(), { trace: true }).path).toEqual([0, 1, 2]);
  });

  it('treats an unknown action as the kernel does', () => {
    const unknown = { instructions: [op(Opcode.RET_K, 0x12345678)], endianness: 'little' } as const;
    expect(simulate(unknown, seccompData())).toEqual({ action: { kind: 'KILL_PROCESS' }, returnValue: 0x12345678 });
  });

  it('refuses programs that the kernel refuses', () => {
    expect(() => simulate({ instructions: [op(Opcode.LD_IMM)], endianness: 'little' }, seccompData())).toThrow(
      InvalidProgramError,
    );
  });

  it.each<[string, Partial<SeccompData>]>([
    ['nr', { nr: 2 ** 32 }],
    ['nr', { nr: 0.5 }],
    ['arch', { arch: -1 }],
    ['instruction pointer', { instructionPointer: 1n << 64n }],
    ['argument', { args: [0n, 0n, 0n, 0n, 0n, -1n] }],
    ['too few arguments', { args: [0n] as unknown as SeccompData['args'] }],
  ])('refuses to truncate: %s', (_, wrong) => {
    expect(() => simulate(program, seccompData(wrong))).toThrow(InvalidArgumentError);
  });

  it('refuses word arrays of another size', () => {
    expect(() => createSimulator(program).returnValue(new Int32Array(15))).toThrow(InvalidArgumentError);
  });
});

/**
 * Classic BPF as filter(4) and net/core/filter.c describe it, over BigInt and a byte buffer, with none of the simulator's
 * tables: the operation is taken apart by its fields (linux/bpf_common.h).
 */
function interpret(instructions: readonly Instruction[], order: Endianness, data: SeccompData): bigint {
  const bytes = new DataView(new ArrayBuffer(64));
  const little = order === 'little';
  bytes.setInt32(0, data.nr, little);
  bytes.setUint32(4, data.arch, little);
  for (const [i, value] of [data.instructionPointer, ...data.args].entries())
    bytes.setBigUint64(8 + 8 * i, value, little);
  const scratch = new Map<bigint, bigint>();
  let a = 0n;
  let x = 0n;
  for (let pc = 0; ; pc++) {
    const { code, jt, jf, k: operand } = instructions[pc]!;
    const k = BigInt(operand);
    const source = code & 0x08 ? x : k;
    const mode = code & 0xe0;
    const load = () => {
      if (mode === 0x20) return BigInt(bytes.getUint32(operand, little));
      if (mode === 0x60) return scratch.get(k)!;
      return mode === 0x80 ? 64n : k;
    };
    const compute = () => {
      const operation = code >> 4;
      if (operation === 0) return a + source;
      if (operation === 1) return a - source;
      if (operation === 2) return a * source;
      if (operation === 3) return a / source;
      if (operation === 4) return a | source;
      if (operation === 5) return a & source;
      if (operation === 6) return a << (source & 31n);
      if (operation === 7) return a >> (source & 31n);
      return operation === 8 ? -a : a ^ source;
    };
    const holds = () => [a === source, a > source, a >= source, (a & source) !== 0n][(code >> 4) - 1];
    switch (code & 0x07) {
      case 0:
        a = load();
        break;
      case 1:
        x = load();
        break;
      case 2:
        scratch.set(k, a);
        break;
      case 3:
        scratch.set(k, x);
        break;
      case 4:
        if (code >> 4 === 3 && source === 0n) return 0n;
        a = BigInt.asUintN(32, compute());
        break;
      case 5:
        pc += code >> 4 === 0 ? operand : holds() ? jt : jf;
        break;
      case 6:
        return code & 0x10 ? a : k;
      case 7:
        if (code & 0x80) a = x;
        else x = a;
        break;
    }
  }
}

it('decides as a plain BigInt interpreter does, on valid programs of all operations', () => {
  fc.assert(
    fc.property(
      validProgram(),
      endianness,
      fc.array(anySeccompData, { minLength: 4, maxLength: 4 }),
      (instructions, order, inputs) => {
        const simulator = createSimulator({ instructions, endianness: order });
        for (const data of inputs) {
          const { returnValue } = simulator.simulate(data);
          expect(BigInt(returnValue)).toBe(interpret(instructions, order, data));
        }
      },
    ),
    { numRuns: 1000 },
  );
});

it('the path goes forward from the first instruction to the one that returns, and the fast way agrees', () => {
  fc.assert(
    fc.property(validProgram(), endianness, anySeccompData, (instructions, order, data) => {
      const simulator = createSimulator({ instructions, endianness: order });
      const { returnValue, path = [] } = simulator.simulate(data, { trace: true });
      expect(path[0]).toBe(0);
      expect(path.every((index, step) => step === 0 || index > path[step - 1]!)).toBe(true);
      const last = instructions[path.at(-1)!]!.code;
      expect([Opcode.RET_A, Opcode.RET_K, Opcode.DIV_X]).toContain(last);
      expect(simulator.returnValue(seccompDataWords(data, order))).toBe(returnValue);
    }),
  );
});
