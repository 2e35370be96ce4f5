import { describe, expect, it } from 'vitest';
import { type Condition, type DnfTerms, dnfDiagram, LOW_HALF } from '../../../src/bpf/decisions/condition.js';
import { actionTerminal } from '../../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore, FALSE, type Node, TRUE } from '../../../src/bpf/decisions/diagram-store.js';
import { Level, WORD_BITS } from '../../../src/bpf/decisions/input-variables.js';
import { disassemble, type Endianness, X32_SYSCALL_BIT } from '../../../src/bpf/index.js';
import type { CallWeights } from '../../../src/bpf/minimize/index.js';
import { minimize } from '../../../src/bpf/minimize/minimize.js';
import { AUDIT_ARCH_I386, AUDIT_ARCH_X86_64 } from '../programs.js';

/** Numbers, and by argument conditions the action; what is named last wins. */
type Rule = [numbers: string, action: 'ALLOW' | 'LOG' | 'TRAP', when?: DnfTerms];

/** `5`, `5-9`. */
function numbersDiagram(store: DiagramStore, level: number, ranges: string): Node {
  return ranges.split(' ').reduce((some, range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return store.or(some, store.and(atLeast(store, level, from), store.not(atLeast(store, level, to + 1))));
  }, FALSE);
}

function atLeast(store: DiagramStore, level: number, value: number): Node {
  if (value > 0xffffffff) return FALSE;
  let node = TRUE;
  for (let bit = 0; bit < WORD_BITS; bit++) {
    const at = level + WORD_BITS - 1 - bit;
    node = (value >>> bit) & 1 ? store.node(at, FALSE, node) : store.node(at, node, TRUE);
  }
  return node;
}

function decisions(store: DiagramStore, rules: readonly Rule[]): Node {
  return rules.reduce(
    (root, [numbers, kind, when]) => {
      const where = numbersDiagram(store, Level.NR, numbers);
      return store.ite(when ? store.and(where, dnfDiagram(store, when)) : where, actionTerminal(store, { kind }), root);
    },
    actionTerminal(store, { kind: 'ERRNO', data: 1 }),
  );
}

/** As often as each other, the numbers below a hundred. */
const UNIFORM: CallWeights = {
  architectures: [AUDIT_ARCH_X86_64, AUDIT_ARCH_I386],
  numbers: () => Array.from({ length: 100 }, (_, nr) => nr),
  of: (arch) => (arch === AUDIT_ARCH_X86_64 ? 1 : 0.01),
};

interface Given {
  /** Instead of rules for any architecture. */
  perArchitecture?: Record<string, readonly Rule[]>;
  weights?: CallWeights;
  endianness?: Endianness;
}

/** The minimised program, an instruction a line, without its returns at the end. */
function listing(rules: readonly Rule[], given: Given = {}): string[] {
  const store = new DiagramStore();
  const { perArchitecture, weights = UNIFORM, endianness = 'little' } = given;
  let root = perArchitecture ? actionTerminal(store, { kind: 'KILL_THREAD' }) : decisions(store, rules);
  for (const [arch, own] of Object.entries(perArchitecture ?? {})) {
    root = store.ite(numbersDiagram(store, Level.ARCH, arch), decisions(store, own), root);
  }
  const { program } = minimize({ store, root }, { endianness, weights });
  const lines = disassemble(program, { endianness });
  const returned = new Map(lines.map(({ index, text }) => [index, text]));
  const named = (target: string) => returned.get(Number(target))?.match(/^return (.*)/)?.[1] ?? `${Number(target)}`;
  return lines
    .filter(({ text }) => !text.startsWith('return'))
    .map(
      ({ index, text }) =>
        `${index}: ${text.replaceAll(/goto (\d+)/g, (_, target: string) => `goto ${named(target)}`)}`,
    );
}

const equals = (field: 0 | 1 | 2, value: bigint, mask = 0xffffffffffffffffn): Condition => {
  return { kind: 'equal', field, mask, value };
};
const between = (field: 0 | 1 | 2, from: bigint, to: bigint): Condition => {
  return { kind: 'between', field, mask: 0xffffffffffffffffn, from, to };
};

/** Only the first number ever happens, so that for others nothing but length counts. */
const RARE: CallWeights = { architectures: [AUDIT_ARCH_X86_64], numbers: () => [0], of: () => 1 };

describe('numbers are told apart', () => {
  it('by splits, where ranges are wide', () => {
    expect(listing([['0-9 20-29 40-49 60-69', 'ALLOW']])).toEqual([
      '0: A = nr',
      '1: if (A < 50) goto 4',
      '2: if (A >= 70) goto ERRNO(EPERM)',
      '3: if (A >= 60) goto ALLOW else goto ERRNO(EPERM)',
      '4: if (A < 30) goto 6',
      '5: if (A >= 40) goto ALLOW else goto ERRNO(EPERM)',
      '6: if (A >= 20) goto ALLOW',
      '7: if (A < 10) goto ALLOW',
    ]);
  });

  it('by chains over what surrounds single numbers, and a threshold where the surroundings end', () => {
    const chain: Rule[] = [
      ['0-59', 'ALLOW'],
      ['7', 'LOG'],
    ];
    expect(listing(chain)).toEqual([
      '0: A = nr',
      '1: if (A >= 60) goto ERRNO(EPERM)',
      '2: if (A == 7) goto LOG else goto ALLOW',
    ]);
  });

  it('the frequent ones first', () => {
    const rules: Rule[] = [
      ['0-4294967295', 'ALLOW'],
      ['7 30 50', 'LOG'],
    ];
    const first = (frequent: number) =>
      listing(rules, { weights: { ...UNIFORM, of: (_, nr) => (nr === frequent ? 900 : 1) } })[1];
    expect(first(30)).toMatch(/A == 30/);
    expect(first(50)).toMatch(/A == 50/);
  });

  it('an even number and the next by one test, where there are two such pairs', () => {
    const rules = (pairs: string): Rule[] => [
      ['0-4294967295', 'ALLOW'],
      [pairs, 'LOG'],
    ];
    expect(listing(rules('10-11 30-31 54-55'), { weights: RARE })).toEqual([
      '0: A = nr',
      '1: if (A < 10) goto ALLOW',
      '2: if (A < 12) goto LOG',
      '3: A &= 0xfffffffe',
      '4: if (A == 0x1e) goto LOG',
      '5: if (A != 0x36) goto ALLOW',
    ]);
    expect(listing(rules('11-12 31-32 55-56'), { weights: RARE }).join()).not.toContain('A &=');
  });

  it('of another architecture by the tests of the native one, after its own exceptions', () => {
    const native: Rule[] = [['0-9 20-29 40-49 60-69', 'ALLOW']];
    const perArchitecture = {
      [AUDIT_ARCH_X86_64]: native,
      [AUDIT_ARCH_I386]: [...native, ['71', 'ALLOW'], ['45', 'TRAP']] satisfies Rule[],
    };
    expect(listing([], { perArchitecture })).toEqual([
      '0: A = arch',
      '1: if (A == x86_64) goto 6',
      '2: if (A != x86) goto KILL_THREAD',
      '3: A = nr',
      '4: if (A == 45) goto TRAP',
      '5: if (A == 71) goto ALLOW else goto 7',
      '6: A = nr',
      '7: if (A >= 50) goto 12',
      '8: if (A >= 30) goto 11',
      '9: if (A >= 20) goto ALLOW',
      '10: if (A >= 10) goto ERRNO(EPERM) else goto ALLOW',
      '11: if (A >= 40) goto ALLOW else goto ERRNO(EPERM)',
      '12: if (A >= 70) goto ERRNO(EPERM)',
      '13: if (A >= 60) goto ALLOW else goto ERRNO(EPERM)',
    ]);
  });
});

describe('x32’s numbers', () => {
  const low = '0-9 20-29 40-49 60-69';
  const withX32 = `${low} ${low.replaceAll(/\d+/g, (number) => `${Number(number) + X32_SYSCALL_BIT}`)}`;
  const folded = 'A &= 0xbfffffff';

  it('go where x86_64’s go once their bit is taken away, which native calls pay nothing for', () => {
    const lines = listing([[withX32, 'ALLOW']]);
    expect(lines).toEqual([
      '0: A = nr',
      '1: if (A < 50) goto 8',
      '2: if (A < 70) goto 7',
      '3: if (A < 0x40000000) goto ERRNO(EPERM)',
      `4: ${folded}`,
      '5: if (A < 0x32) goto 8',
      '6: if (A >= 0x46) goto ERRNO(EPERM)',
      '7: if (A >= 0x3c) goto ALLOW else goto ERRNO(EPERM)',
      '8: if (A < 0x1e) goto 10',
      '9: if (A >= 0x28) goto ALLOW else goto ERRNO(EPERM)',
      '10: if (A >= 0x14) goto ALLOW',
      '11: if (A < 0xa) goto ALLOW',
    ]);
  });

  it('leave -1 alone, which is told apart before', () => {
    const lines = listing([[`${withX32} 4294967295`, 'ALLOW']]);
    const at = (part: string) => lines.findIndex((line) => line.includes(part));
    expect(at('A == -1) goto ALLOW')).toBeGreaterThan(0);
    expect(at('A == -1) goto ALLOW')).toBeLessThan(at(folded));
  });

  it('stay as they are where too many numbers with bit 31 depend on bit 30', () => {
    const high = '3221225473 3221225475 3221225477 3221225479 3221225481 3221225483';
    expect(listing([[`${withX32} ${high}`, 'ALLOW']]).join()).not.toContain(folded);
  });
});

describe('arguments are told apart', () => {
  const when = (...terms: DnfTerms): string[] => listing([['5', 'ALLOW', terms]]).slice(2);

  it('by halves', () => {
    expect(when([equals(0, 7n)])).toEqual([
      '2: A = args[0].high',
      '3: if (A >= 0x1) goto ERRNO(EPERM)',
      '4: A = args[0].low',
      '5: if (A != 0x7) goto ERRNO(EPERM)',
    ]);
  });

  it('by ranges', () => {
    expect(when([between(0, 10n, 20n)]).slice(2)).toEqual([
      '4: A = args[0].low',
      '5: if (A < 0xa) goto ERRNO(EPERM)',
      '6: if (A >= 0x15) goto ERRNO(EPERM)',
    ]);
  });

  it('by any of some bits', () => {
    expect(when([equals(0, 0n, 0x7e02n)])).toEqual(['2: A = args[0].low', '3: if (A & 0x7e02) goto ERRNO(EPERM)']);
  });

  it('by masks, one load for values under one mask', () => {
    expect(when([equals(0, 0x10n, 0xffn)], [equals(0, 0x20n, 0xffn)])).toEqual([
      '2: A = args[0].low',
      '3: A &= 0xff',
      '4: if (A == 0x10) goto ALLOW',
      '5: if (A != 0x20) goto ERRNO(EPERM)',
    ]);
  });

  it('by masks with a load between, where one is not within the other', () => {
    expect(when([equals(0, 0x10n, 0xffn)], [equals(0, 0x2000n, 0xff00n)])).toEqual([
      '2: A = args[0].low',
      '3: A &= 0xff00',
      '4: if (A == 0x2000) goto ALLOW',
      '5: A = args[0].low',
      '6: A &= 0xff',
      '7: if (A != 0x10) goto ERRNO(EPERM)',
    ]);
  });

  it('in the order that is shortest, not that of the arguments', () => {
    const last = equals(2, 3n, LOW_HALF);
    const low = (field: 0 | 1, value: bigint) => [equals(field, value, LOW_HALF), last];
    expect(when(low(0, 1n), low(0, 2n), low(1, 9n))).toEqual([
      '2: A = args[2].low',
      '3: if (A != 0x3) goto ERRNO(EPERM)',
      '4: A = args[0].low',
      '5: if (A < 0x1) goto 7',
      '6: if (A < 0x3) goto ALLOW',
      '7: A = args[1].low',
      '8: if (A != 0x9) goto ERRNO(EPERM)',
    ]);
  });

  it('in the order that leaves most in common with other calls', () => {
    const rules = ['5', '15', '25'].map((nr, index): Rule => [nr, 'ALLOW', [[equals(0, BigInt(7 + index))]]]);
    const lines = listing(rules);
    expect(lines.filter((line) => line.includes('A = args[0].low'))).toHaveLength(3);
    expect(lines.filter((line) => line.includes('A = args[0].high'))).toHaveLength(1);
  });

  it('of big-endian machines at the offsets that those have', () => {
    const decided: Rule[] = [['5', 'ALLOW', [[equals(0, 7n, LOW_HALF)]]]];
    expect(listing(decided, { endianness: 'big' })).toEqual(listing(decided));
  });
});
