import type { NumberRange } from '../decisions/partition.js';
import { Opcode } from '../program/instruction.js';
import type { GraphShape } from './graph-shape.js';
import type { Segment } from './number-decisions.js';
import type { Path } from './number-paths.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import { clip } from './ranges.js';

/** What may stand in the place of a node: the program stays equal. */
export interface Replacement {
  node: GraphNode;
  by: GraphNode;
  /** What it saves, about: executed instructions, and those of length by what they cost. */
  gain: number;
}

/** More tests in front of somebody else's tail are hardly ever worth it. */
const MAX_EXITS = 4;

/**
 * Nodes of number tests that another node can stand in for. It decides alike all numbers that come to the first,
 * whatever it makes of others. Or it does so for all but a few, which leave by tests before. Then the code that only the
 * first leads to is not needed.
 */
export function tailMerges(code: NumberCode, paths: readonly Path[], lengthCost: number): Replacement[] {
  const { shape, values, segmentsOf } = code;
  const found: Replacement[] = [];
  const waysFrom = remainders(paths);
  const nodes = [...values.keys()];
  for (const [node, come] of values) {
    if (shape.countSpared(node, []) < 2) continue;
    const wanted = come.flatMap(({ from, to }) => clip(segmentsOf(node), from, to));
    const ways = waysFrom.get(node) ?? [];
    const targets = new Set(wanted.map(({ target }) => target));
    for (const end of [...nodes, ...targets]) {
      const most = shape.countSpared(node, [end]);
      if (most < 2 || shape.leadsTo(end, node)) continue;
      const exits = exitsBefore(wanted, segmentsOf(end), Math.min(MAX_EXITS, most - 1));
      if (!exits) continue;
      const slower = moreSteps(ways, segmentsOf(end), exits.length);
      if (most * lengthCost <= slower) continue;
      const { by, made, kept } = build(code, exits, end);
      const gain = (shape.countSpared(node, kept) - made) * lengthCost - slower;
      if (gain > 0) found.push({ node, by, gain });
    }
  }
  return found;
}

/** The comparisons of numbers in a program. */
export interface NumberCode {
  graph: ProgramGraph;
  shape: GraphShape;
  /** The values of A that come to each. */
  values: ReadonlyMap<GraphNode, readonly NumberRange[]>;
  segmentsOf(node: GraphNode): readonly Segment[];
}

/** The way of a number from a node on. */
interface Way {
  number: number;
  weight: number;
  steps: number;
}

function remainders(paths: readonly Path[]): ReadonlyMap<GraphNode, readonly Way[]> {
  const ways = new Map<GraphNode, Way[]>();
  for (const { number, weight, nodes } of paths) {
    for (const [at, node] of nodes.entries()) {
      const list = ways.get(node);
      const way = { number, weight, steps: nodes.length - at };
      if (list) list.push(way);
      else ways.set(node, [way]);
    }
  }
  return ways;
}

/** How many more instructions numbers execute when they go another way, after some tests. */
function moreSteps(ways: readonly Way[], segments: readonly Segment[], tests: number): number {
  let more = 0;
  for (const { number, weight, steps } of ways) {
    let [low, high] = [0, segments.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (segments[middle]!.to < number) low = middle + 1;
      else high = middle;
    }
    more += weight * (tests + segments[low]!.steps - steps);
  }
  return more;
}

/** A test at which numbers leave that the tail decides otherwise. */
interface Exit {
  code: number;
  operand: number;
  target: GraphNode;
  leavesWhenHolds: boolean;
}

/** Tests before an end: their first, how many the program does not have, and what of the program they lead to. */
function build({ graph, shape }: NumberCode, exits: readonly Exit[], end: GraphNode) {
  let [by, made, kept] = [end, 0, [end]];
  for (const { code, operand, target, leavesWhenHolds } of [...exits].reverse()) {
    by = leavesWhenHolds ? graph.test(code, operand, target, by) : graph.test(code, operand, by, target);
    if (shape.has(by)) [made, kept] = [0, [by]];
    else [made, kept] = [made + 1, [...kept, target]];
  }
  return { by, made, kept };
}

/** The tests for all numbers that a tail decides otherwise than wanted; undefined where they are more than `most`. */
function exitsBefore(wanted: readonly Segment[], has: readonly Segment[], most: number): readonly Exit[] | undefined {
  const wrong = differences(wanted, has, most);
  if (!wrong) return undefined;
  const [lowest, highest] = [wanted[0]!.from, wanted.at(-1)!.to];
  const exits: Exit[] = [];
  for (const { from, to, target } of wrong) {
    if (from === lowest && from < to) {
      exits.push({ code: Opcode.JGE_K, operand: to + 1, target, leavesWhenHolds: false });
    } else if (to === highest && from < to) {
      exits.push({ code: Opcode.JGE_K, operand: from, target, leavesWhenHolds: true });
    } else {
      if (exits.length + to - from >= most) return undefined;
      for (let operand = from; operand <= to; operand++) {
        exits.push({ code: Opcode.JEQ_K, operand, target, leavesWhenHolds: true });
      }
    }
  }
  return exits.length <= most ? exits : undefined;
}

/** The numbers that are decided otherwise, in at most `most` ranges. */
function differences(
  wanted: readonly Segment[],
  has: readonly Segment[],
  most: number,
): readonly Omit<Segment, 'steps'>[] | undefined {
  const found: Omit<Segment, 'steps'>[] = [];
  let first = 0;
  for (const want of wanted) {
    while (has[first]!.to < want.from) first++;
    for (let at = first; at < has.length && has[at]!.from <= want.to; at++) {
      const { from, to, target } = has[at]!;
      if (target === want.target) continue;
      const last = found.at(-1);
      const begin = Math.max(from, want.from);
      const end = Math.min(to, want.to);
      if (last && last.target === want.target && last.to + 1 === begin) last.to = end;
      else if (found.push({ from: begin, to: end, target: want.target }) > most) return undefined;
    }
  }
  return found;
}
