import { describe, expect, it } from 'vitest';
import { ALL_64_BITS, type Condition, type DnfTerms, dnfDiagram, LOW_HALF } from '../../src/bpf/decisions/condition.js';
import { DiagramStore, type Node } from '../../src/bpf/decisions/diagram-store.js';
import { factorConditions, formulaDiagram } from '../../src/bpf/decisions/factor-conditions.js';
import { formatConditions } from '../../src/bpf/decisions/format-conditions.js';
import { type Field, fieldLevel } from '../../src/bpf/decisions/input-variables.js';
import { recoverConditions } from '../../src/bpf/decisions/recover-conditions.js';
import fc from '../fast-check.js';
import { arbitraryCondition, arbitraryTerms } from './arbitrary-conditions.js';

/** Every bit may be a flag, some are. */
const FLAGS = 0x80801n;
const isFlag = (_: Field, bit: bigint) => (bit & FLAGS) !== 0n;

/** Terms that share conditions, as those of one call do, and differ in flags. */
const related: fc.Arbitrary<DnfTerms> = fc
  .array(arbitraryCondition, { minLength: 2, maxLength: 5 })
  .chain((conditions) => fc.array(fc.subarray(conditions, { minLength: 1 }), { maxLength: 8 }))
  .map((terms) =>
    terms.flatMap((term) =>
      term.some(({ kind }) => kind === 'equal')
        ? [
            term,
            term.map((each) => (each.kind === 'equal' ? { ...each, value: each.value ^ (0x800n & each.mask) } : each)),
          ]
        : [term],
    ),
  );

it('a formula holds where its terms do', () => {
  fc.assert(
    fc.property(fc.oneof(arbitraryTerms(6), related), fc.boolean(), (terms, hasFlags) => {
      const store = new DiagramStore();
      const formula = factorConditions(terms, hasFlags ? isFlag : undefined);
      expect(formulaDiagram(store, formula)).toBe(dnfDiagram(store, terms));
    }),
    { numRuns: 600 },
  );
});

it('any function of a few bits of two arguments is recovered and written as it is', () => {
  // The bits of a word that matter: low ones, a flag, the sign, and two of the upper half.
  const places = [0, 1, 31, 32, 52, 61, 62, 63];
  const levels = ([0, 1] as const).flatMap((field) => places.map((place) => fieldLevel(field) + place));
  fc.assert(
    fc.property(fc.array(fc.nat(255), { minLength: 4, maxLength: 12 }), (choices) => {
      const store = new DiagramStore();
      // From the last level to the first: each makes nodes of those before, so that the diagram is a random one.
      const nodes: Node[] = [0, 1];
      for (const [index, choice] of choices.entries()) {
        const level = levels[levels.length - 1 - Math.floor((index * levels.length) / choices.length)]!;
        const [low, high] = [nodes[choice % nodes.length]!, nodes[(choice >> 4) % nodes.length]!];
        nodes.push(store.level(low) > level && store.level(high) > level ? store.node(level, low, high) : low);
      }
      const node = nodes.at(-1)!;
      const terms = recoverConditions(store, node);
      expect(terms).toBeDefined();
      expect(dnfDiagram(store, terms!)).toBe(node);
      expect(formulaDiagram(store, factorConditions(terms!, isFlag))).toBe(node);
    }),
    { numRuns: 400 },
  );
});

describe('formulas are as their author would write them', () => {
  const equal = (field: Field, value: bigint, mask = ALL_64_BITS): Condition => ({ kind: 'equal', field, mask, value });
  const notEqual = (field: Field, value: bigint, mask = ALL_64_BITS): Condition => ({
    kind: 'notEqual',
    field,
    mask,
    value,
  });
  const int = (value: Node, store: DiagramStore): Node => {
    const [zero, ones] = [equal(0, 0n, ALL_64_BITS ^ LOW_HALF), equal(0, 0xffffffff80000000n, 0xffffffff80000000n)];
    return store.and(value, dnfDiagram(store, [[zero], [ones]]));
  };
  const text = (node: (store: DiagramStore) => Node) => {
    const store = new DiagramStore();
    return formatConditions(recoverConditions(store, node(store)) ?? [], { isFlag });
  };

  it.each<[string, (store: DiagramStore) => Node]>([
    [
      'arg0 in {1, 5..8, 15}',
      (store) =>
        dnfDiagram(
          store,
          [1n, 5n, 6n, 7n, 8n, 15n].map((value) => [equal(0, value)]),
        ),
    ],
    ['arg0 not in {1, 5, 15}', (store) => dnfDiagram(store, [[1n, 5n, 15n].map((value) => notEqual(0, value))])],
    [
      'arg0 == 1 and arg1 in {8, 15}, or arg0 == 2 and arg1 in {6, 15}',
      (store) =>
        dnfDiagram(store, [
          [equal(0, 1n), equal(1, 8n)],
          [equal(0, 1n), equal(1, 15n)],
          [equal(0, 2n), equal(1, 6n)],
          [equal(0, 2n), equal(1, 15n)],
        ]),
    ],
    ['arg0 fits 32 bits', (store) => int(1, store)],
    ['arg0 does not fit 32 bits', (store) => store.not(int(1, store))],
    ['arg0 fits 32 bits and arg0 != 5', (store) => int(dnfDiagram(store, [[notEqual(0, 5n)]]), store)],
    [
      'arg0 fits 32 bits and (arg0 & 0xfffffffffffd1212) != 0',
      (store) => int(dnfDiagram(store, [[notEqual(0, 0n, 0xfffd1212n)]]), store),
    ],
    [
      'arg0 <= 7, or arg0 fits 32 bits and (arg0 & 0x7) == 0x6',
      (store) => int(dnfDiagram(store, [[equal(0, 0n, 0xfffffff8n)], [equal(0, 6n, 7n)]]), store),
    ],
    [
      'arg0 != 0 and (arg0 & 0x7e020080) == 0',
      (store) => dnfDiagram(store, [[notEqual(0, 0n), equal(0, 0n, 0x7e020080n)]]),
    ],
    [
      '(arg0 & 0xfffffffffff7f7ff) in {0x2, 0x4}',
      (store) => dnfDiagram(store, [[equal(0, 2n, ALL_64_BITS ^ 0x80800n)], [equal(0, 4n, ALL_64_BITS ^ 0x80800n)]]),
    ],
    [
      'arg1 <= 1, or arg1 == 7 and arg2 == 3',
      (store) => dnfDiagram(store, [[equal(1, 0n)], [equal(1, 1n)], [equal(1, 7n), equal(2, 3n)]]),
    ],
  ])('%s', (expected, node) => {
    expect(text(node)).toBe(expected);
  });
});
