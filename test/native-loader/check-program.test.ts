import { describe, expect, it } from 'vitest';
import { comparedArchitectures, describeFault } from '../../native-loader/install/check-program.js';
import { encodeProgram, Opcode } from '../../src/bpf/index.js';

type Short = readonly [code: number, k: number, jt?: number, jf?: number];

const program = (instructions: readonly Short[], endianness: 'little' | 'big' = 'little') =>
  encodeProgram(
    instructions.map(([code, k, jt = 0, jf = 0]) => ({ code, jt, jf, k })),
    endianness,
  );

const { LD_ABS, LD_IMM, LD_MEM, LDX_IMM, ST, TAX, AND_K, JEQ_K, JGE_K, JA, RET_K, RET_A } = Opcode;
const X86_64 = 0xc000003e;
const X86 = 0x40000003;
const end: Short = [RET_K, 0];

describe('comparedArchitectures', () => {
  const compared = (...instructions: Short[]) => {
    const found = comparedArchitectures(program(instructions), 'little');
    return found && [...found];
  };

  it('finds every constant the architecture is compared with', () => {
    expect(compared([LD_ABS, 4], [JEQ_K, X86_64, 1], [JEQ_K, X86, 0], end)).toEqual([X86_64, X86]);
  });

  it('reads big-endian programs', () => {
    const bytes = program([[LD_ABS, 4], [JEQ_K, 22], end], 'big');
    expect(comparedArchitectures(bytes, 'big')).toEqual(new Set([22]));
  });

  it('is not misled by comparisons of other values', () => {
    expect(compared([LD_ABS, 0], [JEQ_K, 59], end)).toBeUndefined();
    expect(compared([LD_ABS, 4], [JEQ_K, X86], [LD_ABS, 0], [JEQ_K, 59], end)).toEqual([X86]);
    expect(compared([LD_ABS, 4], [JEQ_K, X86], [LD_IMM, 7], [JEQ_K, 59], end)).toEqual([X86]);
  });

  it('follows jumps, and operations that leave A alone', () => {
    expect(compared([LD_ABS, 4], [JA, 1], [LD_ABS, 0], [LDX_IMM, 3], [JEQ_K, X86], end)).toEqual([X86]);
  });

  it('says nothing when the architecture is not looked at, or not only for equality', () => {
    expect(compared(end)).toBeUndefined();
    expect(compared([LD_ABS, 4], [JEQ_K, X86, 0, 1], end, [JGE_K, X86_64], end)).toBeUndefined();
    expect(compared([LD_ABS, 4], [JEQ_K, X86], [AND_K, 0xffff], end)).toBeUndefined();
    expect(compared([LD_ABS, 4], [JEQ_K, X86], [TAX, 0], end)).toBeUndefined();
    expect(compared([LD_ABS, 4], [JEQ_K, X86], [ST, 0], end)).toBeUndefined();
    expect(compared([LD_ABS, 4], [JEQ_K, X86], [RET_A, 0])).toBeUndefined();
  });

  it('takes programs that are not valid', () => {
    expect(compared([LD_ABS, 4], [JEQ_K, X86, 200, 200])).toEqual([X86]);
    expect(compared([LD_ABS, 4], [JA, 0xffffffff], [0xffff, 0])).toBeUndefined();
  });
});

describe('describeFault', () => {
  it('names the instruction', () => {
    expect(describeFault(program([[LD_MEM, 3], end]), 'little')).toContain('instruction 0');
    expect(describeFault(program([end]), 'little')).toBeUndefined();
  });
});
