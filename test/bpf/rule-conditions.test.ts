import { describe, expect, it } from 'vitest';
import { ALL_64_BITS, type Condition, type DnfTerms, dnfDiagram, LOW_HALF } from '../../src/bpf/decisions/condition.js';
import { DiagramStore, FALSE, type Node, TRUE } from '../../src/bpf/decisions/diagram-store.js';
import { formatConditions } from '../../src/bpf/decisions/format-conditions.js';
import type { Field } from '../../src/bpf/decisions/input-variables.js';
import { Level } from '../../src/bpf/decisions/input-variables.js';
import { ruleConditions } from '../../src/bpf/decisions/rule-conditions.js';
import fc from '../fast-check.js';
import { arbitraryTerms } from './arbitrary-conditions.js';

/** What one entry of a profile can say of one argument. */
function isOneComparison(condition: Condition): boolean {
  switch (condition.kind) {
    case 'equal':
      return true;
    case 'notEqual':
      return condition.mask === ALL_64_BITS;
    case 'between':
      return condition.mask === ALL_64_BITS && (condition.from === 0n || condition.to === ALL_64_BITS);
  }
}

it('terms for rules decide as the diagram does, compare each argument once, and as libseccomp can', () => {
  let found = 0;
  const RUNS = 300;
  fc.assert(
    fc.property(arbitraryTerms(3), (terms) => {
      const store = new DiagramStore();
      const node = dnfDiagram(store, terms);
      const rules = ruleConditions(store, node);
      if (rules === undefined) return;
      found++;
      expect(dnfDiagram(store, rules)).toBe(node);
      for (const term of rules) {
        expect(new Set(term.map(({ field }) => field)).size).toBe(term.length);
        expect(term.filter((condition) => !isOneComparison(condition))).toEqual([]);
      }
    }),
    { numRuns: RUNS },
  );
  // the others mix masks at random
  expect(found).toBeGreaterThan(RUNS / 2);
});

describe('terms for rules are few', () => {
  const equal = (field: Field, value: bigint, mask = ALL_64_BITS): Condition => ({ kind: 'equal', field, mask, value });
  const between = (field: Field, from: bigint, to: bigint): Condition => ({
    kind: 'between',
    field,
    mask: ALL_64_BITS,
    from,
    to,
  });
  const notEqual = (field: Field, value: bigint, mask = ALL_64_BITS): Condition => ({
    kind: 'notEqual',
    field,
    mask,
    value,
  });

  it.each<[string, DnfTerms, string[]]>([
    ['a value', [[equal(0, 5n)]], ['arg0 == 5']],
    ['all but a value', [[notEqual(0, 5n)]], ['arg0 != 5']],
    ['a value of the lower half', [[equal(0, 5n, LOW_HALF)]], ['(arg0 & 0xffffffff) == 5']],
    ['all but two values', [[notEqual(0, 5n), notEqual(0, 6n)]], ['arg0 <= 4', 'arg0 >= 7']],
    ['a range, by masks', [[between(0, 8n, 15n)]], ['(arg0 & 0xfffffffffffffff8) == 0x8']],
    ['some of two bits', [[notEqual(0, 0n, 0x30n)]], ['(arg0 & 0x10) == 0x10', '(arg0 & 0x20) == 0x20']],
    [
      'what does not depend on an argument has no condition on it',
      [[equal(0, 1n), equal(1, 2n)], [notEqual(0, 1n), equal(1, 2n)], [equal(2, 3n)]],
      ['arg1 == 2', 'arg2 == 3'],
    ],
  ])('%s', (_, terms, expected) => {
    const store = new DiagramStore();
    const rules = ruleConditions(store, dnfDiagram(store, terms));
    expect(rules?.map((term) => formatConditions([term]))).toEqual(expected);
  });

  it('a 16-bit parity, which has 32768 ranges and no masks, has no rules', () => {
    const store = new DiagramStore();
    let parity: Node = FALSE;
    for (let bit = 0; bit < 16; bit++) parity = store.xor(parity, store.node(Level.ARGUMENTS + 63 - bit, FALSE, TRUE));
    expect(ruleConditions(store, parity)).toBeUndefined();
  });
});
