import { endianness as hostEndianness } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  encodeProgram,
  type Instruction,
  InvalidProgramError,
  MAX_INSTRUCTIONS,
  Opcode,
  verifyProgram,
} from '../../src/bpf/index.js';
import { ALLOW, op, validProgram, word } from '../bpf/programs.js';
import fc from '../fast-check.js';
import { type CProgram, compileC, hostWords } from './c-program.js';
import { describeKernel } from './child.js';

const order = hostEndianness() === 'LE' ? 'little' : 'big';
const ret = op(Opcode.RET_K, ALLOW);
const rets = (count: number) => new Array<Instruction>(count).fill(ret);

function ours(program: readonly Instruction[]): 'loads' | 'EINVAL' {
  try {
    verifyProgram(program);
    return 'loads';
  } catch (error) {
    if (error instanceof InvalidProgramError) return 'EINVAL';
    throw error;
  }
}

/** One property run of fast-check's generator is cheap and one process is not: generate many, ask once. */
const samples = <T>(arbitrary: fc.Arbitrary<T>, count: number) => fc.sample(arbitrary, count);

const anyCode = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...Object.values(Opcode)) },
  { weight: 1, arbitrary: fc.nat({ max: 0xff }) },
  { weight: 1, arbitrary: fc.nat({ max: 0xffff }) },
);
const anyOperand = fc.oneof(
  word,
  fc.nat({ max: 70 }),
  fc.constantFrom(15, 16, 31, 32, 60, 64, 0xfffff000, 0xfffff024, 0xfffffff8),
);
const anyDistance = fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 60 }), fc.constantFrom(254, 255));

/** A program that was valid, with one to three fields set to something else. */
const mutated = fc
  .tuple(
    validProgram(),
    fc.array(
      fc.oneof(
        fc.record({ at: fc.nat(), code: anyCode }),
        fc.record({ at: fc.nat(), k: anyOperand }),
        fc.record({ at: fc.nat(), jt: anyDistance }),
        fc.record({ at: fc.nat(), jf: anyDistance }),
        fc.record({ at: fc.nat(), last: fc.boolean(), code: fc.constantFrom<number>(...Object.values(Opcode)) }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([program, changes]) => {
    const result = [...program];
    for (const { at, ...change } of changes) {
      const { last = false, ...fields } = change as Partial<Instruction> & { last?: boolean };
      const index = last ? result.length - 1 : at % result.length;
      result[index] = { ...result[index]!, ...fields };
    }
    return result;
  });

/** Stores and loads of few slots among jumps: what check_load_and_stores() is about. */
const scratchTraffic = fc
  .array(
    fc.record({
      code: fc.constantFrom<number>(
        Opcode.ST,
        Opcode.STX,
        Opcode.ST,
        Opcode.LD_MEM,
        Opcode.LDX_MEM,
        Opcode.JEQ_K,
        Opcode.JSET_X,
        Opcode.JA,
        Opcode.RET_A,
        Opcode.TAX,
      ),
      k: fc.nat({ max: 2 }),
      jt: fc.nat({ max: 3 }),
      jf: fc.nat({ max: 3 }),
    }),
    { maxLength: 12 },
  )
  .map((body) => [...body, ret, ret, ret, ret]);

const anything = fc.array(fc.record({ code: anyCode, k: anyOperand, jt: anyDistance, jf: anyDistance }), {
  maxLength: 8,
});

describeKernel('verifyProgram, asked beside this kernel', () => {
  let kernel: CProgram;
  beforeAll(() => {
    kernel = compileC('try-filters');
  });
  afterAll(() => kernel?.remove());

  /** Every program where the two disagree; also how many loaded, so that no test is of one answer only. */
  function compare(programs: readonly (readonly Instruction[])[]) {
    const input = programs.flatMap((program) => [hostWords(program.length), encodeProgram(program, order)]);
    const theirs = kernel.lines(Buffer.concat(input));
    expect(theirs.length).toBe(programs.length);
    const disagreements = programs.flatMap((program, index) =>
      ours(program) === theirs[index] ? [] : [{ program, kernel: theirs[index], verifyProgram: ours(program) }],
    );
    return { disagreements: disagreements.slice(0, 3), loaded: theirs.filter((answer) => answer === 'loads').length };
  }

  it('agrees on every operation code there could be', () => {
    const programs = Array.from({ length: 0x10000 }, (_, code) => [
      [op(Opcode.ST, 4), op(code, 4), ...rets(5)],
      [op(code, 0), ret],
    ]).flat();
    const { disagreements, loaded } = compare(programs);
    expect(disagreements).toEqual([]);
    // All operations load in the first form; of the second, division by 0 and two loads of an unset slot do not.
    expect(loaded).toBe(2 * Object.keys(Opcode).length - 3);
  });

  it('agrees on lengths', () => {
    const lengths = [0, 1, 2, MAX_INSTRUCTIONS - 1, MAX_INSTRUCTIONS, MAX_INSTRUCTIONS + 1, 65535];
    expect(compare(lengths.map(rets))).toEqual({ disagreements: [], loaded: 4 });
  });

  it('agrees on every operand near a limit', () => {
    const offsets = Array.from({ length: 140 }, (_, k) => k).concat([0xfffff000, 0xfffff024, 0xfffffffc]);
    const operations = [Opcode.LD_ABS, Opcode.ST, Opcode.STX, Opcode.LSH_K, Opcode.RSH_K, Opcode.DIV_K, Opcode.JA];
    const programs = operations.flatMap((code) => offsets.map((k) => [op(code, k), ...rets(40)]));
    const stored = Array.from({ length: 20 }, (_, slot) => [op(Opcode.ST, slot % 16), op(Opcode.LDX_MEM, slot), ret]);
    const jumps = [0, 1, 254, 255].flatMap((jt) => [0, 1, 254, 255].map((jf) => op(Opcode.JGE_X, 0, jt, jf)));
    const jumped = jumps.flatMap((jump) => [1, 2, 255, 256].map((count) => [jump, ...rets(count)]));
    const { disagreements, loaded } = compare([...programs, ...stored, ...jumped]);
    expect(disagreements).toEqual([]);
    // 16 words, 2 x 16 slots, 2 x 32 shifts, 142 divisors, 40 jumps; 16 slots; and the 1 + 4 + 9 + 16 jumps with room.
    expect(loaded).toBe(16 + 32 + 64 + 142 + 40 + 16 + 30);
  });

  it('agrees on valid, mutated and random programs', () => {
    const valid = samples(validProgram(), 2000);
    expect(compare(valid)).toEqual({ disagreements: [], loaded: valid.length });

    for (const [arbitrary, count] of [
      [mutated, 12_000],
      [scratchTraffic, 12_000],
      [anything, 12_000],
    ] as const) {
      const { disagreements, loaded } = compare(samples(arbitrary, count));
      expect(disagreements).toEqual([]);
      expect(loaded).toBeGreaterThan(count / 200);
      expect(loaded).toBeLessThan(count * 0.95);
    }
  });
});
