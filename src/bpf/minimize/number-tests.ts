import { X32_SYSCALL_BIT } from '../../architecture.js';
import { joinableNodes } from './joins.js';
import type { NumberWeights } from './number-weights.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import { buildRangeTree, MAX_RUN, RangeTree } from './range-tree.js';
import { clip, joinNeighbours, type NodeRange } from './ranges.js';

/** An architecture's decision for each number, and how numbers may be tested. */
interface NumberTask {
  ranges: readonly NodeRange[];
  weights: NumberWeights;
  /** What one instruction of length may cost in executed instructions, by the weights. */
  lengthCost: number;
  /** Trees of other architectures whose nodes may be used. */
  others: readonly GraphNode[];
  /** Whether numbers with bit 30 may join those without. */
  foldsX32: boolean;
}

/** All bits of a number but x32's. */
export const WITHOUT_X32 = ~X32_SYSCALL_BIT >>> 0;
const SIGN_BIT = 0x80000000;
/** Numbers with bits 30 and 31 that are decided otherwise than those with bit 31 alone; -1 may be one. */
const MAX_EXCEPTIONS = 4;

/** Tests of a loaded number: their root, and that of x32's where they are a tree of their own. */
export function numberTests(graph: ProgramGraph, task: NumberTask): [root: GraphNode, ...x32: GraphNode[]] {
  const folded = task.foldsX32 ? foldX32(task.ranges) : undefined;
  if (!folded) return [rangeTests(graph, task, task.ranges, task.others, undefined)];
  const fold = graph.unfinishedAnd(WITHOUT_X32);
  const native = [...folded.native, ...around(folded.exceptions, fold)];
  const root = rangeTests(graph, task, native, task.others, undefined);
  const x32 = rangeTests(graph, task, folded.x32, [root, ...task.others], fold);
  graph.finish(fold, x32);
  return [root, x32];
}

function rangeTests(
  graph: ProgramGraph,
  { weights, lengthCost }: NumberTask,
  given: readonly NodeRange[],
  others: readonly GraphNode[],
  never: GraphNode | undefined,
): GraphNode {
  // numbers without their bit 30 have the weights of those with it
  const by = never === undefined ? 0 : X32_SYSCALL_BIT;
  const ranges = joinNeighbours(
    given.map((range) => ({ ...range, weight: weights.of(range.from + by, range.to + by) })),
  );
  if (ranges.length > MAX_RUN) return buildRangeTree(graph, ranges, lengthCost);
  return new RangeTree(ranges, lengthCost, joinableNodes(graph, others, ranges, never)).build(graph);
}

interface Folded {
  /** Below bit 30. */
  native: NodeRange[];
  /** Numbers with bit 30, after it is cleared. */
  x32: NodeRange[];
  /** Numbers that must be tested before. */
  exceptions: NodeRange[];
}

/**
 * Clear bit 30 of numbers that have it. Each number with bit 31 then stands for two, which must be decided alike.
 * Undefined where too few are, or where nothing would be gained.
 */
function foldX32(ranges: readonly NodeRange[]): Folded | undefined {
  const native = clip(ranges, 0, X32_SYSCALL_BIT - 1);
  const x32 = moved(clip(ranges, X32_SYSCALL_BIT, SIGN_BIT - 1), -X32_SYSCALL_BIT);
  if (native.length < 3 || x32.length < 3) return undefined;
  const negative = clip(ranges, SIGN_BIT, SIGN_BIT + X32_SYSCALL_BIT - 1);
  const both = clip(ranges, SIGN_BIT + X32_SYSCALL_BIT, 0xffffffff);
  const exceptions: NodeRange[] = [];
  for (const range of moved(both, -X32_SYSCALL_BIT)) {
    for (const other of clip(negative, range.from, range.to)) {
      if (other.target === range.target) continue;
      exceptions.push({ ...range, from: other.from + X32_SYSCALL_BIT, to: other.to + X32_SYSCALL_BIT });
    }
  }
  if (exceptions.length > MAX_EXCEPTIONS) return undefined;
  return { native, x32: [...x32, ...negative], exceptions };
}

/** Everything from bit 30 on goes to `fold`, except the exceptions. */
function around(exceptions: readonly NodeRange[], fold: GraphNode): NodeRange[] {
  const found: NodeRange[] = [];
  let next = X32_SYSCALL_BIT;
  for (const exception of exceptions) {
    if (exception.from > next) found.push({ from: next, to: exception.from - 1, target: fold, weight: 0 });
    found.push(exception);
    next = exception.to + 1;
  }
  if (next <= 0xffffffff) found.push({ from: next, to: 0xffffffff, target: fold, weight: 0 });
  return found;
}

function moved(ranges: readonly NodeRange[], by: number): NodeRange[] {
  return ranges.map((range) => ({ ...range, from: range.from + by, to: range.to + by }));
}
