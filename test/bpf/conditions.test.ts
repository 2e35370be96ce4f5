import { describe, expect, it } from 'vitest';
import { ALL_64_BITS, type Condition, type DnfTerms, dnfDiagram, LOW_HALF } from '../../src/bpf/decisions/condition.js';
import { buildDecisionDiagram } from '../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore, FALSE, type Node, TRUE } from '../../src/bpf/decisions/diagram-store.js';
import { formatConditions } from '../../src/bpf/decisions/format-conditions.js';
import { type Field, Level } from '../../src/bpf/decisions/input-variables.js';
import { recoverConditions } from '../../src/bpf/decisions/recover-conditions.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import fc from '../fast-check.js';
import { arbitraryCondition, arbitraryTerms } from './arbitrary-conditions.js';
import { doubleWord } from './programs.js';

function holds(condition: Condition, values: readonly bigint[]): boolean {
  const value = (values[condition.field] as bigint) & condition.mask;
  if (condition.kind === 'between') return value >= condition.from && value <= condition.to;
  return (value === condition.value) === (condition.kind === 'equal');
}

/** The value of a boolean function of arguments and instruction pointer. */
function evaluate(store: DiagramStore, root: Node, values: readonly bigint[]): boolean {
  let node = root;
  while (!store.isTerminal(node)) {
    const at = store.level(node) - Level.ARGUMENTS;
    const bit = ((values[at >> 6] as bigint) >> BigInt(63 - (at & 63))) & 1n;
    node = bit ? store.high(node) : store.low(node);
  }
  return node === TRUE;
}

it('a condition’s diagram holds where the condition does', () => {
  fc.assert(
    fc.property(arbitraryCondition, fc.array(doubleWord, { minLength: 7, maxLength: 7 }), (condition, values) => {
      const store = new DiagramStore();
      const node = dnfDiagram(store, [[condition]]);
      const ends = condition.kind === 'between' ? [condition.from, condition.to, condition.to + 1n] : [condition.value];
      for (const end of ends) {
        const near = values.map(() => BigInt.asUintN(64, end));
        for (const tried of [values, near]) expect(evaluate(store, node, tried)).toBe(holds(condition, tried));
      }
    }),
    { numRuns: 300 },
  );
});

it('the diagram of several terms holds where one of them does, those on one field and mask among them', () => {
  const list = fc
    .tuple(arbitraryCondition, fc.array(doubleWord, { maxLength: 4 }), fc.boolean())
    .map(([condition, more, isHeld]): DnfTerms => {
      const { field, mask } = condition;
      const kind = isHeld ? 'equal' : 'notEqual';
      const values = more.map((value): Condition => ({ kind, field, mask, value: value & mask }));
      return isHeld ? [[condition], ...values.map((each) => [each])] : [[condition, ...values]];
    });
  const inputs = fc.array(doubleWord, { minLength: 7, maxLength: 7 });
  let held = 0;
  fc.assert(
    fc.property(list, list, inputs, (one, other, values) => {
      const store = new DiagramStore();
      const terms = [...one, ...other];
      const [node, ofOne, ofOther] = [terms, one, other].map((each) => dnfDiagram(store, each)) as [Node, Node, Node];
      const ends = terms.flat().map((condition) => (condition.kind === 'between' ? condition.from : condition.value));
      for (const tried of [values, ...ends.map((end) => values.map(() => end))]) {
        const expected = terms.some((term) => term.every((condition) => holds(condition, tried)));
        expect(evaluate(store, node, tried)).toBe(expected);
        if (expected) held++;
      }
      const without = store.without(ofOne, ofOther);
      expect(store.overlap(ofOne, ofOther)).toBe(store.and(ofOne, ofOther) !== FALSE);
      expect(store.implies(ofOne, ofOther)).toBe(without === FALSE);
      expect(without).toBe(store.and(ofOne, store.not(ofOther)));
    }),
    { numRuns: 200 },
  );
  expect(held).toBeGreaterThan(100);
});

it('recovered conditions decide as the diagram does, on every input', () => {
  let readable = 0;
  const RUNS = 400;
  fc.assert(
    fc.property(arbitraryTerms(3), (terms) => {
      const store = new DiagramStore();
      const node = dnfDiagram(store, terms);
      const recovered = recoverConditions(store, node);
      if (recovered === undefined) return;
      readable++;
      // equal nodes, equal functions
      expect(dnfDiagram(store, recovered)).toBe(node);
    }),
    { numRuns: RUNS },
  );
  // the others mix masks at random
  expect(readable).toBeGreaterThan(RUNS / 2);
});

describe('recovered conditions are those that were meant', () => {
  const text = (terms: DnfTerms) => {
    const store = new DiagramStore();
    return formatConditions(recoverConditions(store, dnfDiagram(store, terms)) ?? []);
  };
  const equal = (field: Field, value: bigint, mask = ALL_64_BITS): Condition => ({ kind: 'equal', field, mask, value });
  const between = (field: Field, from: bigint, to: bigint, mask = ALL_64_BITS): Condition => ({
    kind: 'between',
    field,
    mask,
    from,
    to,
  });

  it.each<[string, DnfTerms]>([
    ['arg0 == 5', [[equal(0, 5n)]]],
    ['arg0 in {5, 7}', [[equal(0, 7n)], [equal(0, 5n)]]],
    ['5 <= arg0 <= 7', [[equal(0, 6n)], [equal(0, 5n)], [equal(0, 7n)]]],
    ['arg0 != 5', [[between(0, 0n, 4n)], [between(0, 6n, ALL_64_BITS)]]],
    ['arg0 not in {0, 5}', [[between(0, 1n, 4n)], [between(0, 6n, ALL_64_BITS)]]],
    ['arg2 <= 0xffffffff', [[equal(2, 0n, ALL_64_BITS ^ LOW_HALF)]]],
    ['arg2 >= 0x500000005', [[between(2, 0x500000005n, ALL_64_BITS)]]],
    ['(arg0 & 0x7e020000) == 0', [[equal(0, 0n, 0x7e020000n)]]],
    ['(arg0 & 0xffffffff) <= 9', [[between(0, 0n, 9n, LOW_HALF)]]],
    ['arg0 == 2 and arg1 == 3', [[equal(1, 3n), equal(0, 2n)]]],
    ['arg0 == 1, or arg1 == 2', [[equal(0, 1n)], [equal(1, 2n)]]],
    [
      'arg0 >= 0x100000000 and (arg0 & 0xf0) != 0x10',
      [
        [
          { kind: 'notEqual', field: 0, mask: ALL_64_BITS ^ LOW_HALF, value: 0n },
          { kind: 'notEqual', field: 0, mask: 0xf0n, value: 0x10n },
        ],
      ],
    ],
    ['(arg0 & 0xfe) != 0x70', [[{ kind: 'notEqual', field: 0, mask: 0xfen, value: 0x70n }]]],
    ['arg0 in {0, 8, 0x20000, 0x20008}', [[equal(0, 0n)], [equal(0, 8n)], [equal(0, 0x20000n)], [equal(0, 0x20008n)]]],
    ['arg0 != 0', [[between(0, 1n, ALL_64_BITS)]]],
    ['instruction_pointer == 0x10000', [[equal(6, 0x10000n)]]],
    ['', [[equal(0, 5n)], [between(0, 0n, 4n)], [between(0, 6n, ALL_64_BITS)]]],
    ['never', [[equal(0, 5n), equal(0, 6n)]]],
  ])('%s', (expected, terms) => {
    expect(text(terms)).toBe(expected);
  });

  it('a 16-bit parity, which has 32768 intervals and no masks, is not put into words', () => {
    const store = new DiagramStore();
    let parity: Node = FALSE;
    for (let bit = 0; bit < 16; bit++) parity = store.xor(parity, store.node(Level.ARGUMENTS + 63 - bit, FALSE, TRUE));
    expect(recoverConditions(store, parity)).toBeUndefined();
  });
});

describe('conditions are found again in what libseccomp compiles', () => {
  /** The argument conditions under which getcwd is denied. */
  function denied(arch: string, ...args: { index: number; op: string; value: number | bigint; valueTwo?: bigint }[]) {
    const spelt = args.map((each) => ({
      ...each,
      value: Number(each.value),
      ...(each.valueTwo === undefined ? {} : { valueTwo: Number(each.valueTwo) }),
    }));
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['getcwd'], action: 'SCMP_ACT_ERRNO', args: spelt }],
    };
    const { store, root } = buildDecisionDiagram(compileProfileSync(profile, { arch }));
    const deny = store.terminal(0x50001);
    // where some call is denied: only getcwd's are, and only on that architecture
    let node = root;
    while (store.level(node) < Level.ARGUMENTS) {
      const hasDenial = (side: Node) => store.reachable(side).has(deny);
      node = hasDenial(store.low(node)) ? store.low(node) : store.high(node);
    }
    const where = store.map(node, (terminal) => (terminal === deny ? TRUE : FALSE));
    return formatConditions(recoverConditions(store, where) ?? [], {
      registerBits: arch === 'x86' || arch === 'mips' ? 32 : 64,
    });
  }

  it.each(['x86_64', 's390x', 'x86', 'mips'])('on %s', (arch) => {
    const on = (op: string, value: number | bigint, valueTwo?: bigint) =>
      denied(arch, { index: 1, op: `SCMP_CMP_${op}`, value, ...(valueTwo === undefined ? {} : { valueTwo }) });
    expect(on('EQ', 5)).toBe('arg1 == 5');
    expect(on('NE', 5)).toBe('arg1 != 5');
    expect(on('LT', 70000)).toBe('arg1 <= 0x1116f');
    expect(on('LE', 5)).toBe('arg1 <= 5');
    expect(on('GT', 5)).toBe('arg1 >= 6');
    expect(on('GE', 5)).toBe('arg1 >= 5');
    expect(on('MASKED_EQ', 0xf0n, 0x10n)).toBe('(arg1 & 0xf0) == 0x10');
    expect(denied(arch, { index: 0, op: 'SCMP_CMP_NE', value: 1 }, { index: 2, op: 'SCMP_CMP_EQ', value: 3 })).toBe(
      'arg0 != 1 and arg2 == 3',
    );
  });
});

it('names are what the caller says', () => {
  const values = new Map([[2n, 'AF_INET']]);
  const equal = (field: Field, value: bigint, mask = ALL_64_BITS): Condition => ({ kind: 'equal', field, mask, value });
  const names = {
    field: (field: Field) => ['domain', 'type'][field],
    value: (field: Field, value: bigint) => (field === 0 ? values.get(value) : undefined),
  };
  expect(formatConditions([[equal(0, 2n), equal(1, 1n, 0xfn)], [equal(2, 9n)]], names)).toBe(
    'domain == AF_INET and (type & 0xf) == 0x1, or arg2 == 9',
  );
  expect(formatConditions([[equal(0, 2n, LOW_HALF)]], { registerBits: 32 })).toBe('arg0 == 2');
  expect(formatConditions([[equal(0, 2n, LOW_HALF)]])).toBe('(arg0 & 0xffffffff) == 2');
});
