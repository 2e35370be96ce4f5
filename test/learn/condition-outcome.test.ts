import { describe, expect, it } from 'vitest';
import { createSimulator } from '../../src/bpf/index.js';
import { conditionsHold } from '../../src/learn/condition-outcome.js';
import { FilterContext, loadLibseccompSync } from '../../src/libseccomp/index.js';
import type { ArgumentCondition } from '../../src/policy.js';
import fc from '../fast-check.js';

const ALL = (1n << 64n) - 1n;
const value = fc.oneof(fc.bigInt(0n, 4n), fc.bigInt(0n, ALL), fc.constantFrom(ALL, 1n << 32n, 0xffffffffn));
const condition = (index: number): fc.Arbitrary<ArgumentCondition> =>
  fc.record({
    index: fc.constant(index),
    op: fc.constantFrom('NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'),
    value,
    valueTwo: value,
  });
const conditions = fc.tuple(condition(0), condition(1)).chain(([a, b]) => fc.subarray([a, b], { minLength: 1 }));
const libseccomp = loadLibseccompSync();

describe('conditionsHold', () => {
  it.each([
    [64, 'x86_64', 0xc000003e],
    [32, 'x86', 0x40000003],
  ] as const)('decides as libseccomp’s program does, on %d bits (property)', (wordSize, architecture, arch) => {
    fc.assert(
      fc.property(conditions, value, value, fc.bigInt(0n, 1n), (rules, a, b, near) => {
        using filter = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture });
        filter.addRule({ kind: 'ERRNO', data: 1 }, 0, rules);
        const { simulate } = createSimulator(filter.exportBpf(), { endianness: 'little' });
        const cut = (register: bigint) => (wordSize === 32 ? register & 0xffffffffn : register);
        // Half of the registers are a condition's own value, or one beside it.
        const args = [a, b].map((random, index) => {
          const own = rules.find((each) => each.index === index);
          return cut(own && random % 2n === 0n ? (own.value + near) & ALL : random);
        });
        const { returnValue } = simulate({
          nr: 0,
          arch,
          instructionPointer: 0n,
          args: [...args, 0n, 0n, 0n, 0n] as never,
        });
        const known = args.map((register, index) => ({ index, mask: ALL, value: register }));
        expect(conditionsHold(rules, known, wordSize)).toBe(returnValue !== 0x7fff0000);
      }),
      { numRuns: 400 },
    );
  });

  it('does not guess at bits that are not known', () => {
    const low = [{ index: 0, mask: 0xffffffffn, value: 5n }];
    const one = (op: ArgumentCondition['op'], data: bigint, valueTwo = 0n) => [{ index: 0, op, value: data, valueTwo }];
    expect(conditionsHold(one('EQ', 5n), low, 64)).toBe('unknown');
    expect(conditionsHold(one('EQ', 5n), low, 32)).toBe(true);
    expect(conditionsHold(one('MASKED_EQ', 0xffn, 5n), low, 64)).toBe(true);
    expect(conditionsHold(one('MASKED_EQ', 0x1_0000_0000n, 0n), low, 64)).toBe('unknown');
    // One condition that fails is enough, whatever the others.
    expect(conditionsHold([...one('EQ', 5n), ...one('MASKED_EQ', 1n, 0n)], low, 64)).toBe(false);
  });
});
