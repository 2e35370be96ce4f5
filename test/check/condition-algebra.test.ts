import { expect, it } from 'vitest';
import { areSameConditions, coverAll, overlap, truthOf } from '../../src/check/condition-algebra.js';
import type { ArgumentCondition, CompareOperator } from '../../src/policy.js';
import fc from '../fast-check.js';

const MAX_VALUE = 2n ** 64n - 1n;
const OPERATORS: CompareOperator[] = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'];

/** Few distinct values, so that conditions meet: small ones, and those at the top. */
const value = fc.oneof(fc.bigInt(0n, 5n), fc.bigInt(MAX_VALUE - 3n, MAX_VALUE), fc.constantFrom(2n ** 32n, 2n ** 63n));
const condition: fc.Arbitrary<ArgumentCondition> = fc.record({
  index: fc.constant(0),
  op: fc.constantFrom(...OPERATORS),
  value,
  valueTwo: value,
});

function holds({ op, value: datum, valueTwo }: ArgumentCondition, argument: bigint): boolean {
  switch (op) {
    case 'NE':
      return argument !== datum;
    case 'LT':
      return argument < datum;
    case 'LE':
      return argument <= datum;
    case 'EQ':
      return argument === datum;
    case 'GE':
      return argument >= datum;
    case 'GT':
      return argument > datum;
    case 'MASKED_EQ':
      return (argument & datum) === (valueTwo & datum);
  }
}

/** Values on and beside every boundary, and what each mask lets through, so that none of the cases is missed. */
function candidates(...conditions: ArgumentCondition[]): bigint[] {
  const near = conditions.flatMap(({ value: v, valueTwo }) => [
    v,
    v - 1n,
    v + 1n,
    valueTwo,
    valueTwo & v,
    (valueTwo & v) | (MAX_VALUE ^ v),
  ]);
  const [a, b] = conditions as [ArgumentCondition, ArgumentCondition];
  const both = (a.valueTwo & a.value) | (b.valueTwo & b.value);
  return [...near, both, 0n, 6n, 2n ** 40n, MAX_VALUE].filter((each) => each >= 0n && each <= MAX_VALUE);
}

it('truthOf', () => {
  fc.assert(
    fc.property(condition, (one) => {
      const met = candidates(one, one).map((argument) => holds(one, argument));
      const truth = truthOf(one);
      expect(truth === 'always').toBe(met.every(Boolean));
      expect(truth === 'never').toBe(!met.some(Boolean));
    }),
    { numRuns: 2000 },
  );
});

it('overlap says that some value meets both, and where it knows, that none does', () => {
  let unknown = 0;
  fc.assert(
    fc.property(condition, condition, (a, b) => {
      const met = candidates(a, b).some((argument) => holds(a, argument) && holds(b, argument));
      const said = overlap(a, b);
      if (said === undefined) unknown++;
      else expect(said).toBe(met);
    }),
    { numRuns: 5000 },
  );
  expect(unknown).toBeLessThan(500);
});

it('coverAll is never said where a value is left out, and always said of intervals that leave none', () => {
  fc.assert(
    fc.property(condition, condition, (a, b) => {
      const isComplete = candidates(a, b).every((argument) => holds(a, argument) || holds(b, argument));
      const hasMask = a.op === 'MASKED_EQ' || b.op === 'MASKED_EQ';
      if (hasMask) expect(coverAll(a, b) && !isComplete).toBe(false);
      else expect(coverAll(a, b)).toBe(isComplete);
    }),
    { numRuns: 5000 },
  );
});

it('the order of conditions, and bits beside a mask, make no other list', () => {
  const one: ArgumentCondition = { index: 0, op: 'MASKED_EQ', value: 0xfn, valueTwo: 0x13n };
  const same: ArgumentCondition = { ...one, valueTwo: 0x3n };
  const other: ArgumentCondition = { index: 1, op: 'EQ', value: 1n, valueTwo: 0n };
  expect(areSameConditions([one, other], [other, same])).toBe(true);
  expect(areSameConditions([one, other], [{ ...other, index: 2 }, same])).toBe(false);
  expect(areSameConditions([one], [one, other])).toBe(false);
});
