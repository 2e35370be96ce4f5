import { Opcode } from '../bpf/instruction.js';
import type { ProgramGraph, Target } from './program-graph.js';
import type { TargetRange } from './ranges.js';

/**
 * Where a chain of tests ends: a node of the graph that decides most of the ranges as they should be. It is the target of
 * some of them, or a node of number tests that was made for another architecture.
 */
export interface Background {
  readonly node: Target;
  /** Per range: 1 where the node does with it what should be done. */
  readonly agrees: Uint8Array;
  /** Per range: how many tests are executed from the node on. Absent: none. */
  readonly steps?: Float64Array;
}

/** Longer chains are slower than a split nearly always, and cost time to find. */
const MAX_TESTS = 12;

/** A test of a chain that leaves it: for one number, or for all below or from a number on. */
interface Exit {
  code: number;
  operand: number;
  target: Target;
  /** Whether the values that leave are those for which the test holds. */
  leavesWhenHolds: boolean;
  weight: number;
}

/**
 * The costs of all chains from a range on: `visit` is given the last range of each and its cost, which is `lengthCost` a test
 * and one a test that is executed, by weight.
 */
export function visitChains(
  ranges: readonly TargetRange[],
  first: number,
  background: Background,
  lengthCost: number,
  visit: (last: number, cost: number) => void,
): void {
  const { agrees, steps } = background;
  // of the tests so far, heaviest first; each that leaves earlier saves those behind it
  let count = 0;
  let saved = 0;
  let total = 0;
  let behind = 0;
  const insert = (weight: number): void => {
    let at = count;
    for (; at > 0 && exits[at - 1]! < weight; at--) exits[at] = exits[at - 1]!;
    exits[at] = weight;
    saved += weight * (count - at);
    for (let before = 0; before < at; before++) saved += exits[before]!;
    count++;
  };
  for (let last = first; last < ranges.length; last++) {
    const { from, to, weight } = ranges[last]!;
    total += weight;
    if (agrees[last] === 1) {
      if (steps) behind += weight * steps[last]!;
      visit(last, count * (total + lengthCost) - saved + behind);
      continue;
    }
    if (count === MAX_TESTS) return;
    const size = to - from + 1;
    if (size === 2 && last > first) {
      // at the end one test leaves with both, further inside it takes two
      const before = [count, saved, exits.slice(0, count)] as const;
      insert(weight);
      visit(last, count * (total + lengthCost) - saved + behind);
      [count, saved] = before;
      exits.set(before[2]);
      if (count + 2 > MAX_TESTS) return;
      insert(weight / 2);
      insert(weight / 2);
      continue;
    }
    insert(weight);
    visit(last, count * (total + lengthCost) - saved + behind);
    if (size > 2 && last > first) return;
  }
}

/** Room for the weights of one chain's tests. */
const exits = new Float64Array(MAX_TESTS + 1);

/** The nodes of the chain over ranges `first` to `last`. */
export function buildChain(
  graph: ProgramGraph,
  ranges: readonly TargetRange[],
  first: number,
  last: number,
  { node, agrees }: Background,
): Target {
  const exits: Exit[] = [];
  for (let at = first; at <= last; at++) {
    if (!agrees[at]) exits.push(...exitsOf(ranges, at, first, last));
  }
  exits.sort((a, b) => b.weight - a.weight);
  return exits.reduceRight(
    (next, { code, operand, target, leavesWhenHolds }) =>
      leavesWhenHolds ? graph.test(code, operand, target, next) : graph.test(code, operand, next, target),
    node,
  );
}

function exitsOf(ranges: readonly TargetRange[], at: number, first: number, last: number): Exit[] {
  const { from, to, target, weight } = ranges[at]!;
  const size = to - from + 1;
  if (size > 1 && at === first) {
    return [{ code: Opcode.JGE_K, operand: ranges[at + 1]?.from ?? to, target, leavesWhenHolds: false, weight }];
  }
  if (size > 1 && at === last) {
    return [{ code: Opcode.JGE_K, operand: from, target, leavesWhenHolds: true, weight }];
  }
  return Array.from({ length: size }, (_, index) => ({
    code: Opcode.JEQ_K,
    operand: from + index,
    target,
    leavesWhenHolds: true,
    weight: weight / size,
  }));
}
