import { describe, expect, it } from 'vitest';
import { analyzeFlow, createSimulator, type Instruction, Opcode } from '../../src/bpf/index.js';
import fc from '../fast-check.js';
import { ALLOW, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, anySeccompData, endianness, op, validProgram } from './programs.js';

const ret = op(Opcode.RET_K, ALLOW);
const LOAD_ARCH = op(Opcode.LD_ABS, 4);
const LOAD_NR = op(Opcode.LD_ABS, 0);
const only = (...values: number[]) => ({ kind: 'only', values: new Set(values) });
const except = (...values: number[]) => ({ kind: 'except', values: new Set(values) });

it('every instruction that a run executes is reachable with the architecture it ran under', () => {
  const ARCH_HEAVY = [Opcode.LD_ABS, Opcode.JEQ_K, Opcode.JEQ_K, Opcode.JGE_K, Opcode.JSET_K, Opcode.JA, Opcode.RET_K];
  const programs = fc.oneof(
    validProgram(),
    validProgram(ARCH_HEAVY).map((body) => [LOAD_ARCH, ...body]),
  );
  fc.assert(
    fc.property(programs, endianness, anySeccompData, (instructions, order, data) => {
      const states = analyzeFlow(instructions);
      const { path = [] } = createSimulator({ instructions, endianness: order }).simulate(data, { trace: true });
      for (const index of path) {
        const state = states[index];
        expect(state).toBeDefined();
        expect(state!.arch.values.has(data.arch)).toBe(state!.arch.kind === 'only');
        if (state!.nr) expect(state!.nr).toContain(data.nr >>> 0);
      }
    }),
    { numRuns: 500 },
  );
});

describe('architectures', () => {
  it('are split by comparisons of arch and joined where paths meet', () => {
    const states = analyzeFlow([
      LOAD_ARCH,
      op(Opcode.JEQ_K, AUDIT_ARCH_X86_64, 2, 0),
      op(Opcode.JEQ_K, AUDIT_ARCH_I386, 1, 0),
      ret,
      LOAD_NR,
      ret,
    ]);
    expect(states.map((state) => state?.arch)).toEqual([
      except(),
      except(),
      except(AUDIT_ARCH_X86_64),
      except(AUDIT_ARCH_X86_64, AUDIT_ARCH_I386),
      only(AUDIT_ARCH_X86_64, AUDIT_ARCH_I386),
      only(AUDIT_ARCH_X86_64, AUDIT_ARCH_I386),
    ]);
  });

  it('make a contradictory branch unreachable', () => {
    const states = analyzeFlow([
      LOAD_ARCH,
      op(Opcode.JEQ_K, AUDIT_ARCH_X86_64, 0, 4),
      op(Opcode.JEQ_K, AUDIT_ARCH_I386, 0, 1),
      ret,
      op(Opcode.JSET_K, 0x80000000, 1, 0),
      ret,
      ret,
    ]);
    const reachable = [true, true, true, false, true, false, true];
    expect(states.map((state) => state !== undefined)).toEqual(reachable);
    expect(states[4]!.arch).toEqual(only(AUDIT_ARCH_X86_64));
  });

  it('are known all again where what one branch shuts out comes in by the other', () => {
    const states = analyzeFlow([LOAD_ARCH, op(Opcode.JEQ_K, AUDIT_ARCH_X86_64, 1, 0), LOAD_NR, ret]);
    expect(states[3]).toMatchObject({ arch: except(), a: undefined });
  });
});

describe('the field a register holds', () => {
  const finalState = (...body: Instruction[]) => analyzeFlow([...body, ret]).at(-1);

  it('goes along with copies', () => {
    const copied = finalState(LOAD_ARCH, op(Opcode.ST, 3), LOAD_NR, op(Opcode.LDX_MEM, 3), op(Opcode.STX, 4));
    expect(copied).toMatchObject({ a: 0, x: 4 });
    expect(copied!.scratch[4]).toBe(4);
    expect(finalState(LOAD_ARCH, op(Opcode.TAX), LOAD_NR, op(Opcode.TXA))).toMatchObject({ a: 4, x: 4 });
  });

  it('is lost in arithmetic and constants', () => {
    expect(finalState(LOAD_ARCH, op(Opcode.AND_K, 0xff))).toMatchObject({ a: undefined });
    expect(finalState(LOAD_ARCH, op(Opcode.TAX), op(Opcode.LDX_IMM, 1), op(Opcode.LD_LEN))).toMatchObject({
      a: undefined,
      x: undefined,
    });
  });
});

it('takes broken programs as they are', () => {
  expect(analyzeFlow([])).toEqual([]);
  const states = analyzeFlow([op(Opcode.JA, 0xffffffff), op(0xffff), op(Opcode.ST, 99)]);
  expect(states.map((state) => state !== undefined)).toEqual([true, false, false]);
  expect(analyzeFlow([op(0xffff), op(Opcode.ST, 99), op(Opcode.LD_MEM, 99)])[2]).toBeDefined();
});

describe('system call numbers', () => {
  const numbers = (instructions: Instruction[]) => analyzeFlow(instructions).map((state) => state?.nr);

  it('are known behind comparisons for equality, also of several', () => {
    const jumps = [op(Opcode.JEQ_K, 41, 2, 0), op(Opcode.JEQ_K, 53, 1, 0)];
    const states = numbers([LOAD_NR, ...jumps, ret, op(Opcode.LD_ABS, 16), ret]);
    expect(states.slice(2)).toEqual([undefined, undefined, new Set([41, 53]), new Set([41, 53])]);
  });

  it('are any where too many or none were compared, or A holds something else', () => {
    const many = Array.from({ length: 9 }, (_, nr) => op(Opcode.JEQ_K, nr, 9 - nr, 0));
    expect(numbers([LOAD_NR, ...many, ret, ret])[11]).toBeUndefined();
    expect(numbers([LOAD_NR, op(Opcode.JEQ_K, 1, 0, 0), ret])[2]).toBeUndefined();
    expect(numbers([op(Opcode.LD_ABS, 16), op(Opcode.JEQ_K, 1, 0, 1), ret, ret])[2]).toBeUndefined();
  });
});
