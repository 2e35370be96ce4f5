import { describe, expect, it } from 'vitest';
import { type Instruction, InvalidProgramError, isOpcode, Opcode, verifyProgram } from '../../src/bpf/index.js';
import { InvalidArgumentError } from '../../src/errors.js';
import fc from '../fast-check.js';
import { ALLOW, op, validProgram } from './programs.js';

const ret = op(Opcode.RET_K, ALLOW);
const rets = (length: number) => new Array<Instruction>(length).fill(ret);

describe('accepts', () => {
  it.each<[string, Instruction[]]>([
    ['one return', [ret]],
    ['a return of A', [op(Opcode.RET_A)]],
    ['4096 instructions', rets(4096)],
    ['the last word of seccomp_data', [op(Opcode.LD_ABS, 60), ret]],
    ['a shift by 31', [op(Opcode.LSH_K, 31), ret]],
    ['division by X, whatever X is', [op(Opcode.DIV_X), ret]],
    ['shifts by X, whatever X is', [op(Opcode.RSH_X), ret]],
    ['a jump to the last instruction', [op(Opcode.JA, 1), ret, ret]],
    ['the longest conditional jump', [op(Opcode.JEQ_K, 0, 255, 255), ...rets(256)]],
    ['a load from a stored slot', [op(Opcode.ST, 15), op(Opcode.LD_MEM, 15), ret]],
    [
      'a load behind stores on both branches',
      [op(Opcode.JEQ_K, 0, 0, 2), op(Opcode.ST, 1), op(Opcode.JA, 1), op(Opcode.STX, 1), op(Opcode.LDX_MEM, 1), ret],
    ],
    // check_load_and_stores() lets what was stored before a return count for the instruction behind it.
    ['an unreachable load behind a store and a return', [op(Opcode.ST), ret, op(Opcode.LD_MEM), ret]],
    ['an operand where none is used', [op(Opcode.NEG, 0xffffffff, 255, 255), op(Opcode.TAX, 9), ret]],
  ])('%s', (_, program) => {
    expect(() => verifyProgram(program)).not.toThrow();
  });

  it('whatever the generator of valid programs makes', () => {
    fc.assert(
      fc.property(validProgram(), (program) => {
        verifyProgram(program);
      }),
    );
  });
});

describe('rejects', () => {
  it.each<[string, Instruction[], string, number | undefined]>([
    ['no instructions', [], 'LENGTH', undefined],
    ['4097 instructions', rets(4097), 'LENGTH', undefined],
    ['BPF_MOD, which socket filters have', [op(0x94, 3), ret], 'OPERATION', 0],
    ['a half-word load', [op(0x28, 0), ret], 'OPERATION', 0],
    ['an indirect load', [ret, op(0x40, 0), ret], 'OPERATION', 1],
    ['LDX ABS, which the kernel uses inside', [op(0x21, 0), ret], 'OPERATION', 0],
    ['a return of X', [op(0x0e)], 'OPERATION', 0],
    ['a code past 8 bits', [op(0x0106, ALLOW)], 'OPERATION', 0],
    ['an unaligned load', [op(Opcode.LD_ABS, 2), ret], 'LOAD_OFFSET', 0],
    ['a load past seccomp_data', [op(Opcode.LD_ABS, 64), ret], 'LOAD_OFFSET', 0],
    ['an ancillary load (SKF_AD_CPU)', [op(Opcode.LD_ABS, 0xfffff024), ret], 'LOAD_OFFSET', 0],
    ['a jump one too far', [op(Opcode.JA, 1), ret], 'JUMP_TARGET', 0],
    ['a jump that would wrap round', [ret, op(Opcode.JA, 0xffffffff), ret], 'JUMP_TARGET', 1],
    ['a true branch too far', [op(Opcode.JGT_X, 0, 1, 0), ret], 'JUMP_TARGET', 0],
    ['a false branch too far', [op(Opcode.JSET_K, 0, 0, 1), ret], 'JUMP_TARGET', 0],
    ['no return at the end', [ret, op(Opcode.LD_IMM)], 'NO_RETURN', 1],
    ['division by the constant 0', [op(Opcode.DIV_K, 0), ret], 'DIVISION_BY_ZERO', 0],
    ['a left shift by 32', [op(Opcode.LSH_K, 32), ret], 'SHIFT', 0],
    ['a right shift by 2^32-1', [op(Opcode.RSH_K, 0xffffffff), ret], 'SHIFT', 0],
    ['a store to slot 16', [op(Opcode.ST, 16), ret], 'SCRATCH_SLOT', 0],
    ['an index load from slot 16', [op(Opcode.LDX_MEM, 16), ret], 'SCRATCH_SLOT', 0],
    ['a load from a slot never stored', [op(Opcode.ST, 1), op(Opcode.LD_MEM, 0), ret], 'SCRATCH_UNSET', 1],
    [
      'a load behind a store on one branch only',
      [op(Opcode.JEQ_K, 0, 0, 1), op(Opcode.ST, 1), op(Opcode.LD_MEM, 1), ret],
      'SCRATCH_UNSET',
      2,
    ],
    ['such a load though it cannot be reached', [ret, op(Opcode.LD_MEM), ret], 'SCRATCH_UNSET', 1],
  ])('%s', (_, program, reason, index) => {
    const expected = index === undefined ? { reason } : { reason, index };
    expect(() => verifyProgram(program)).toThrow(InvalidProgramError);
    expect(() => verifyProgram(program)).toThrow(expect.objectContaining({ code: 'INVALID_PROGRAM', ...expected }));
  });
});

it('refuses instructions that bytes could not hold, before they can do harm', () => {
  for (const instruction of [op(Opcode.JA, -1), op(Opcode.LD_ABS, -4), op(Opcode.JEQ_K, 0, -1), op(Opcode.ST, 0.5)]) {
    expect(() => verifyProgram([ret, instruction, ret])).toThrow(InvalidArgumentError);
  }
});

it('the operations are those of seccomp_check_filter() in kernel/seccomp.c', () => {
  const [LD, LDX, ST, STX, ALU, JMP, RET, MISC] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [IMM, ABS, MEM, LEN] = [0x00, 0x20, 0x60, 0x80];
  const arithmetic = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0];
  const comparison = [0x10, 0x20, 0x30, 0x40];
  const [K, X, A] = [0x00, 0x08, 0x10];
  const kernel = [
    ...[ABS, LEN, IMM, MEM].map((mode) => LD | mode),
    ...[LEN, IMM, MEM].map((mode) => LDX | mode),
    ...[ST, STX, MISC, MISC | 0x80, ALU | 0x80, JMP, RET | K, RET | A],
    ...arithmetic.flatMap((operation) => [ALU | operation | K, ALU | operation | X]),
    ...comparison.flatMap((operation) => [JMP | operation | K, JMP | operation | X]),
  ];
  const ours = Array.from({ length: 0x10000 }, (_, code) => code).filter(isOpcode);
  expect(ours).toEqual(kernel.sort((a, b) => a - b));
});
