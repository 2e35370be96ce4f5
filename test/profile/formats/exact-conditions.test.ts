import { describe, expect, it } from 'vitest';
import {
  type BitComparison,
  type ExactRule,
  exactRules,
  MAX_RULES,
} from '../../../src/profile/formats/exact-conditions.js';
import type { SeccompArgument } from '../../../src/profile/model/schema.js';
import fc from '../../fast-check.js';

const ALL = 2n ** 64n - 1n;

/** What a comparison says, from its definition. */
function holds({ index, bits, op, value, mask }: BitComparison, args: readonly bigint[]): boolean {
  const low = BigInt.asUintN(bits, args[index]!);
  const datum = mask === undefined ? low : low & mask;
  switch (op) {
    case 'EQ':
      return datum === value;
    case 'NE':
      return datum !== value;
    case 'LT':
      return datum < value;
    case 'LE':
      return datum <= value;
    case 'GT':
      return datum > value;
    case 'GE':
      return datum >= value;
  }
}

/** What libseccomp makes of an argument's condition; on a 32-bit architecture it looks at low halves alone. */
function libseccompHolds({ index, op, value, valueTwo }: SeccompArgument, args: readonly bigint[], wordSize: 32 | 64) {
  const cut = (datum: bigint) => BigInt.asUintN(wordSize, datum);
  const [argument, datum] = [cut(args[Number(index)]!), cut(value)];
  switch (op) {
    case 'SCMP_CMP_EQ':
      return argument === datum;
    case 'SCMP_CMP_NE':
      return argument !== datum;
    case 'SCMP_CMP_LT':
      return argument < datum;
    case 'SCMP_CMP_LE':
      return argument <= datum;
    case 'SCMP_CMP_GT':
      return argument > datum;
    case 'SCMP_CMP_GE':
      return argument >= datum;
    case 'SCMP_CMP_MASKED_EQ':
      return (argument & datum) === cut(valueTwo ?? 0n);
  }
}

function matching(rules: readonly ExactRule[], args: readonly bigint[], wordSize: 32 | 64): number {
  return rules.filter(
    (rule) =>
      (rule.wordSize === undefined || rule.wordSize === wordSize) &&
      rule.args.every((argument) => libseccompHolds(argument, args, wordSize)),
  ).length;
}

const bits = fc.constantFrom(8, 16, 32, 64);
// Near zero, near a power of two, or anywhere: where the boundaries of comparisons meet.
const word = fc.oneof(
  fc.bigInt({ min: 0n, max: 20n }),
  fc
    .tuple(fc.integer({ min: 0, max: 63 }), fc.bigInt({ min: -2n, max: 2n }))
    .map(([at, by]) => (2n ** BigInt(at) + by) & ALL),
  fc.bigInt({ min: 0n, max: ALL }),
);
const operators = ['EQ', 'NE', 'LT', 'LE', 'GT', 'GE'] as const;
const comparison: fc.Arbitrary<BitComparison> = fc
  .record({
    index: fc.integer({ min: 0, max: 1 }),
    bits,
    op: fc.constantFrom(...operators),
    value: word,
    mask: fc.option(word, { nil: undefined }),
  })
  .map((made) => ({
    ...made,
    value: BigInt.asUintN(made.bits, made.value),
    op: made.mask === undefined || made.op === 'NE' ? made.op : 'EQ',
  }));

describe('exactRules', () => {
  it('holds for the same arguments as the comparisons, and one rule at a time', () => {
    const cases = { both: 0, refused: 0, hit: 0 };
    fc.assert(
      fc.property(
        fc.array(comparison, { minLength: 1, maxLength: 3 }),
        fc.array(word, { maxLength: 8 }),
        (all, extra) => {
          const rules = exactRules(all);
          if (rules === undefined) {
            cases.refused++;
            return;
          }
          const values = [...extra, ...all.flatMap(({ value }) => [value, value - 1n, value + 1n, value + 2n ** 32n])];
          for (const a0 of values) {
            for (const a1 of values) {
              for (const wordSize of [32, 64] as const) {
                // A 32-bit architecture's registers, as seccomp_data has them, have no high half.
                const args = [a0, a1].map((value) => BigInt.asUintN(wordSize, value));
                const right = all.every((each) => holds(each, args));
                expect(matching(rules, args, wordSize)).toBe(right ? 1 : 0);
                if (right) cases.hit++;
              }
            }
          }
          cases.both++;
        },
      ),
      { numRuns: 1500 },
    );
    expect(cases.both).toBeGreaterThan(700);
    expect(cases.hit).toBeGreaterThan(5000);
  });

  it('leaves one comparison of all bits to libseccomp', () => {
    const args = [{ index: 2n, op: 'SCMP_CMP_GT', value: 7n }];
    expect(exactRules([{ index: 2, bits: 64, op: 'GT', value: 7n }])).toEqual([{ args }]);
  });

  it('compares an int with a mask', () => {
    expect(exactRules([{ index: 0, bits: 32, op: 'EQ', value: 1n }])).toEqual([
      { args: [{ index: 0n, op: 'SCMP_CMP_MASKED_EQ', value: 0xffffffffn, valueTwo: 1n }] },
    ]);
    expect(exactRules([{ index: 0, bits: 32, op: 'LT', value: 100n }])).toHaveLength(3);
    expect(exactRules([{ index: 0, bits: 32, op: 'NE', value: 1n }])).toHaveLength(32);
  });

  it('gives no rule for what cannot be, and one without arguments for what must be', () => {
    const below = { index: 0, bits: 32, op: 'LT', value: 5n } as const;
    expect(exactRules([below, { ...below, op: 'GT' }])).toEqual([]);
    expect(exactRules([{ ...below, op: 'GE', value: 0n }])).toEqual([{ args: [] }]);
  });

  it('asks for bits that a 32-bit architecture lacks on 64-bit ones alone', () => {
    const wide = { index: 0, bits: 64, op: 'EQ', value: 2n ** 40n } as const;
    expect(exactRules([wide])).toMatchObject([{ wordSize: 64 }]);
    expect(exactRules([{ ...wide, op: 'LT' }])).toMatchObject([{ wordSize: 64 }, { args: [], wordSize: 32 }]);
  });

  it('refuses what takes too many rules', () => {
    const unlike = (index: number) => ({ index, bits: 32, op: 'NE', value: 1n }) as const;
    expect(exactRules([unlike(0), unlike(1)])).toBeUndefined();
    expect(32 * 32).toBeGreaterThan(MAX_RULES);
  });
});
