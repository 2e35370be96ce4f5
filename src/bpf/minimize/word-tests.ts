import type { DiagramStore, Node } from '../decisions/diagram-store.js';
import { WORD_BITS } from '../decisions/input-variables.js';
import { boundedPartition } from '../decisions/partition.js';
import { Opcode } from '../program/instruction.js';
import { cubeChains, type WordFunction } from './cube-tests.js';
import type { Effort } from './effort.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import { buildRangeTree } from './range-tree.js';
import { joinNeighbours } from './ranges.js';

/** Up to here ranges are tried before cubes: a mask of many bits makes thousands. */
const FEW_RANGES = 128;
const MANY_RANGES = 1 << 13;
/** All ranges of an argument word are equally likely. Together they weigh half of what a test's length costs. */
const WEIGHT_OF_WORD = 0.5;
/** Results with more tests than this are tried again in a better way. */
const FEW_TESTS = 2;
const STEPS_FOR_CUBES = 1 << 14;

/** The tests of a loaded word for a function: the best of ranges, cubes, and one bit after the other. */
export function wordTests(effort: Effort, graph: ProgramGraph, given: WordFunction): GraphNode {
  const { store } = effort;
  const { node, level, targets } = given;
  const stops = new Set(targets.values());
  const bits = countBits(store, node, level);
  const found: GraphNode[] = [];
  const few = rangeTests(store, graph, given, FEW_RANGES);
  if (few !== undefined) {
    found.push(few);
    if (graph.size([few], stops) <= FEW_TESTS) return few;
  }
  found.push(...(effort.attempt(STEPS_FOR_CUBES, () => cubeChains(store, graph, given)) ?? []));
  if (found.length === 0) {
    const many = rangeTests(store, graph, given, MANY_RANGES);
    if (many !== undefined) found.push(many);
  }
  const shortest = Math.min(...found.map((target) => graph.size([target], stops)));
  if (bits < shortest) found.push(bitTests(store, graph, given));
  return cheapest(graph, found, stops);
}

function cheapest(graph: ProgramGraph, found: readonly GraphNode[], stops: ReadonlySet<GraphNode>): GraphNode {
  let best = found[0]!;
  let least = Number.POSITIVE_INFINITY;
  for (const target of found) {
    const cost = graph.size([target], stops) + WEIGHT_OF_WORD * graph.meanSteps(target, stops);
    if (cost >= least) continue;
    least = cost;
    best = target;
  }
  return best;
}

function rangeTests(
  store: DiagramStore,
  graph: ProgramGraph,
  { node, level, targets }: WordFunction,
  limit: number,
): GraphNode | undefined {
  const parts = boundedPartition(store, node, level, limit);
  if (!parts) return undefined;
  const weight = WEIGHT_OF_WORD / parts.length;
  const ranges = parts.map(({ from, to, node: behind }) => ({ from, to, target: targets.get(behind)!, weight }));
  return buildRangeTree(graph, joinNeighbours(ranges), 1);
}

/** How many nodes a function has in its word. */
function countBits(store: DiagramStore, root: Node, level: number): number {
  const seen = new Set<Node>([root]);
  let bits = 0;
  for (const node of seen) {
    if (store.level(node) >= level + WORD_BITS) continue;
    store.spend(1);
    bits++;
    seen.add(store.low(node)).add(store.high(node));
  }
  return bits;
}

function bitTests(store: DiagramStore, graph: ProgramGraph, { node, level, targets }: WordFunction): GraphNode {
  const known = new Map<Node, GraphNode>();
  const visit = (each: Node): GraphNode => {
    const at = store.level(each) - level;
    if (at >= WORD_BITS) return targets.get(each)!;
    const seen = known.get(each);
    if (seen !== undefined) return seen;
    const bit = 2 ** (WORD_BITS - 1 - at);
    const target = graph.test(Opcode.JSET_K, bit, visit(store.high(each)), visit(store.low(each)));
    known.set(each, target);
    return target;
  };
  return visit(node);
}
