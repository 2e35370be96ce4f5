import { ALL_64_BITS, type Condition, type DnfTerms, LOW_HALF } from '../../src/bpf/decisions/condition.js';
import { type Field, INSTRUCTION_POINTER_FIELD } from '../../src/bpf/decisions/input-variables.js';
import fc from '../fast-check.js';
import { doubleWord } from './programs.js';

const mask = fc.oneof(
  fc.constantFrom(ALL_64_BITS, LOW_HALF, ALL_64_BITS ^ LOW_HALF, 0x7e020000n, 0xfffffffffffffffen, 1n, 3n),
  doubleWord.filter((value) => value !== 0n),
);
const field = fc.constantFrom<Field>(0, 1, 5, INSTRUCTION_POINTER_FIELD);

/** Conditions on some of the fields, of every kind. */
export const arbitraryCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc
    .tuple(fc.constantFrom('equal' as const, 'notEqual' as const), field, mask, doubleWord)
    .map(([kind, field, mask, value]): Condition => ({ kind, field, mask, value: value & mask })),
  fc.tuple(field, mask, doubleWord, doubleWord).map(([field, mask, a, b]): Condition => {
    const [from, to] = [a & mask, b & mask].sort((x, y) => (x < y ? -1 : 1)) as [bigint, bigint];
    return { kind: 'between', field, mask, from, to };
  }),
);

/** Up to `most` terms of up to three conditions. */
export const arbitraryTerms = (most: number): fc.Arbitrary<DnfTerms> =>
  fc.array(fc.array(arbitraryCondition, { minLength: 1, maxLength: 3 }), { maxLength: most });
