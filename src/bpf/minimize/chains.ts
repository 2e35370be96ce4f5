import { Opcode } from '../program/instruction.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import type { NodeRange } from './ranges.js';

/**
 * The end of a chain of tests: a node of the graph that decides most of the ranges correctly. It is the target of some
 * of them, or a node of number tests that was made for another architecture.
 */
export interface Background {
  readonly node: GraphNode;
  /** Per range: 1 where the node decides it correctly. */
  readonly agrees: Uint8Array;
  /** Per range: how many tests of the number are executed from the node on. Absent where the node tests no number. */
  readonly steps?: Float64Array;
}

/** Longer chains are nearly always slower than a split, and cost time to find. */
const MAX_TESTS = 12;
/** Where only length counts, any chain may be the shortest. */
const MAX_TESTS_OF_SHORTEST = 512;
const ONLY_LENGTH = 1;

/** A test of a chain at which some values leave it: one number, or all below or from a number on. */
interface Exit {
  code: number;
  operand: number;
  target: GraphNode;
  /** Whether the values that leave are those for which the test holds. */
  leavesWhenHolds: boolean;
  weight: number;
}

/** Without this bit an even number and the next are one. */
const WITHOUT_LAST_BIT = 0xfffffffe;

/** Whether a range is an even number and the next, which leave by one test after AND. */
function isPair({ from, to }: NodeRange): boolean {
  return to === from + 1 && from % 2 === 0;
}

/** The weights of a chain's tests, heaviest first: values that leave early save the later tests. */
class Exits {
  count = 0;
  sum = 0;
  /** The weighted cost of the later tests, which values that leave are spared. */
  #saved = 0;
  readonly #weights = new Float64Array(MAX_TESTS_OF_SHORTEST + 3);

  clear(): void {
    this.count = 0;
    this.sum = 0;
    this.#saved = 0;
  }

  add(weight: number): void {
    const weights = this.#weights;
    const count = this.count++;
    let at = count;
    for (; at > 0 && weights[at - 1]! < weight; at--) weights[at] = weights[at - 1]!;
    weights[at] = weight;
    this.#saved += weight * (count - at);
    for (let before = 0; before < at; before++) this.#saved += weights[before]!;
    this.sum += weight;
  }

  remove(weight: number): void {
    const weights = this.#weights;
    const count = --this.count;
    const at = weights.indexOf(weight);
    this.#saved -= weight * (count - at);
    for (let before = 0; before < at; before++) this.#saved -= weights[before]!;
    for (let behind = at; behind < count; behind++) weights[behind] = weights[behind + 1]!;
    this.sum -= weight;
  }

  /** The cost: values of this weight come to the first test, and each test has a cost for its place. */
  cost(weight: number, lengthCost: number): number {
    return this.count * (weight + lengthCost) - this.#saved;
  }
}

/** One of each is enough: chains are tried one after the other. */
const singles = new Exits();
const pairs = new Exits();

/**
 * The costs of all chains from a range on: `visit` gets the last range of each, and its cost. The cost is `lengthCost`
 * per test, and one per executed test, by weight.
 */
export function visitChains(
  ranges: readonly NodeRange[],
  first: number,
  { agrees, steps }: Background,
  lengthCost: number,
  visit: (last: number, cost: number) => void,
): void {
  singles.clear();
  pairs.clear();
  const most = lengthCost < ONLY_LENGTH ? MAX_TESTS : MAX_TESTS_OF_SHORTEST;
  let total = 0;
  let behind = 0;
  const costNow = (): number => {
    const cost = singles.cost(total, lengthCost) + behind;
    if (pairs.count === 0) return cost;
    const rest = total - singles.sum;
    return cost + rest + lengthCost + pairs.cost(rest, lengthCost);
  };
  for (let last = first; last < ranges.length; last++) {
    const range = ranges[last]!;
    const { weight } = range;
    total += weight;
    if (agrees[last] === 1) {
      if (steps) behind += weight * steps[last]!;
      visit(last, costNow());
      continue;
    }
    // the values of a range at an end leave by one test
    if (singles.count + pairs.count >= most) return;
    singles.add(weight);
    visit(last, costNow());
    const size = range.to - range.from + 1;
    if (size === 1 || last === first) continue;
    if (size > 2) return;
    singles.remove(weight);
    if (isPair(range) && !steps) {
      pairs.add(weight);
    } else {
      singles.add(weight / 2);
      singles.add(weight / 2);
    }
  }
}

/** The nodes of the chain over ranges `first` to `last`. */
export function buildChain(
  graph: ProgramGraph,
  ranges: readonly NodeRange[],
  first: number,
  last: number,
  { node, agrees, steps }: Background,
): GraphNode {
  const exits: Exit[] = [];
  const ofPairs: Exit[] = [];
  for (let at = first; at <= last; at++) {
    if (agrees[at]) continue;
    const isInside = at > first && at < last;
    if (isInside && isPair(ranges[at]!) && !steps) ofPairs.push(leaving(ranges[at]!));
    else exits.push(...exitsOf(ranges, at, first, last));
  }
  // one pair may also leave by two tests without AND, and one of them is executed less
  if (ofPairs.length === 1) exits.push(...splitPair(ofPairs.pop()!));
  const end = buildExits(graph, ofPairs, node);
  return buildExits(graph, exits, ofPairs.length > 0 ? graph.and(WITHOUT_LAST_BIT, end) : end);
}

function buildExits(graph: ProgramGraph, exits: readonly Exit[], end: GraphNode): GraphNode {
  return [...exits]
    .sort((a, b) => b.weight - a.weight)
    .reduceRight(
      (next, { code, operand, target, leavesWhenHolds }) =>
        leavesWhenHolds ? graph.test(code, operand, target, next) : graph.test(code, operand, next, target),
      end,
    );
}

function leaving({ from, target, weight }: NodeRange): Exit {
  return { code: Opcode.JEQ_K, operand: from, target, leavesWhenHolds: true, weight };
}

function splitPair(exit: Exit): Exit[] {
  return [0, 1].map((index) => ({ ...exit, operand: exit.operand + index, weight: exit.weight / 2 }));
}

function exitsOf(ranges: readonly NodeRange[], at: number, first: number, last: number): Exit[] {
  const range = ranges[at]!;
  const { from, to, target, weight } = range;
  if (from === to) return [leaving(range)];
  if (at === first) {
    return [{ code: Opcode.JGE_K, operand: ranges[at + 1]?.from ?? to, target, leavesWhenHolds: false, weight }];
  }
  if (at === last) return [{ code: Opcode.JGE_K, operand: from, target, leavesWhenHolds: true, weight }];
  return splitPair(leaving(range));
}
