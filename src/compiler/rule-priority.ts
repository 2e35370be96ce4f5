import { compareStrictness, isSameAction, isStricter } from '../action.js';
import { ALL_64_BITS, LOW_HALF } from '../bpf/decisions/condition.js';
import type { ArgumentCondition, CompareOperator } from '../policy.js';
import type { ExpectedRule } from './expected-decisions.js';

// Conditional rules of one number may hold at once with different actions. seccomp_rule_add(3) does not say which
// decides. In libseccomp's program the order of its tree does. This is that order, worked out from the rules.

/**
 * The rules of a number in the order in which the first that holds decides. It depends on nothing but the rules:
 *
 * - Rules are compared condition by condition, by ascending argument, the high half before the low one. The
 *   higher-numbered argument goes first (db.c, `_db_chain_lt`). On one argument EQ, NE and MASKED_EQ go before LT and
 *   LE, and those before GT and GE. Then the larger value goes first, with LT and LE the smaller one; then the
 *   profile's order decides.
 * - A rule that begins with all the conditions of another goes after it, and so has no effect (db.c, `_db_tree_add`).
 *   Where it comes first in the profile, libseccomp refuses the pair (EEXIST), as it does rules with the same
 *   conditions. The stricter action goes first then.
 */
export function firstMatchOrder(rules: readonly ExpectedRule[], bits: 32 | 64): readonly ExpectedRule[] {
  // Among rules of one action the order makes no difference.
  const [first] = rules;
  if (first === undefined || rules.every(({ action }) => isSameAction(action, first.action))) return rules;
  const chains = rules.map((rule, index): Chain => ({ rule, index, tests: testsOf(rule.conditions, bits) }));
  return inOrder(chains, 0).map(({ rule }) => rule);
}

/** A comparison of one half of an argument, as libseccomp's tree has a node for it. */
interface Test {
  /** The argument, its half and the comparison: equal keys share a node. */
  key: string;
  word: number;
  rank: number;
  value: number;
}

interface Chain {
  rule: ExpectedRule;
  /** In the profile. */
  index: number;
  tests: readonly Test[];
}

function inOrder(chains: readonly Chain[], depth: number): readonly Chain[] {
  if (chains.length < 2) return chains;
  const ending = chains.filter(({ tests }) => tests.length === depth);
  const going = chains.filter(({ tests }) => tests.length > depth);
  const bySharedTest = new Map<string, Chain[]>();
  for (const chain of going) {
    const { key } = chain.tests[depth] as Test;
    const sharing = bySharedTest.get(key) ?? [];
    bySharedTest.set(key, sharing);
    sharing.push(chain);
  }
  // Groups are in the profile's order, which a stable sort keeps among equals.
  const groups = [...bySharedTest.values()].sort((a, b) => compareTests(testAt(a, depth), testAt(b, depth)));
  const longer = groups.flatMap((group) => inOrder(group, depth + 1));
  if (ending.length === 0) return longer;
  const isBefore = (one: Chain) =>
    ending.some((other) => one.index < other.index && isStricter(one.rule.action, other.rule.action));
  const strictestFirst = [...ending].sort((a, b) => compareStrictness(a.rule.action, b.rule.action));
  return [...longer.filter(isBefore), ...strictestFirst, ...longer.filter((chain) => !isBefore(chain))];
}

const testAt = (group: readonly Chain[], depth: number) => (group[0] as Chain).tests[depth] as Test;

/** Negative where the first goes first. */
function compareTests(a: Test, b: Test): number {
  if (a.word !== b.word) return b.word - a.word;
  if (a.rank !== b.rank) return b.rank - a.rank;
  return a.rank === RANKS.LT ? a.value - b.value : b.value - a.value;
}

/** db.c, `__db_chain_op_priority` */
const RANKS: Readonly<Record<CompareOperator, number>> = { MASKED_EQ: 3, EQ: 3, NE: 3, LE: 2, LT: 2, GE: 1, GT: 1 };

/** The tests of the high and of the low half for an operator (db.c, `_db_rule_gen_64`). */
const TESTS: Readonly<Record<CompareOperator, readonly [high: string, low: string]>> = {
  EQ: ['==', '=='],
  NE: ['==', '=='],
  MASKED_EQ: ['&', '&'],
  GT: ['>', '>'],
  LE: ['>', '>'],
  GE: ['>', '>='],
  LT: ['>', '>='],
};

function testsOf(conditions: readonly ArgumentCondition[], bits: 32 | 64): Test[] {
  const sorted = [...conditions].sort((a, b) => a.index - b.index);
  return sorted.flatMap(({ index, op, value, valueTwo }) => {
    const isMasked = op === 'MASKED_EQ';
    const mask = isMasked ? value : ALL_64_BITS;
    const datum = isMasked ? valueTwo & value : value;
    const [high, low] = TESTS[op];
    const test = (word: number, by: string, shift: bigint): Test => {
      const compared = Number((datum >> shift) & LOW_HALF);
      const key = `${word} ${by} ${compared} ${(mask >> shift) & LOW_HALF}`;
      return { key, word, rank: RANKS[op], value: compared };
    };
    const lower = test(2 * index, low, 0n);
    return bits === 32 ? [lower] : [test(2 * index + 1, high, 32n), lower];
  });
}
