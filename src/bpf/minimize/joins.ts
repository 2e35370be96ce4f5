import type { Background } from './chains.js';
import { type Segment, segmentsOf } from './number-decisions.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import type { NodeRange } from './ranges.js';

/**
 * The nodes of number tests in the code of `roots` as backgrounds for other ranges. Another architecture's chain may
 * end in them, so that the tail exists once. Nodes that lead to `never` are left out: they would make a cycle.
 */
export function joinableNodes(
  graph: ProgramGraph,
  roots: readonly GraphNode[],
  ranges: readonly NodeRange[],
  never: GraphNode | undefined,
): Background[] {
  const found: Background[] = [];
  for (const node of numberNodes(graph, roots)) {
    if (never !== undefined && graph.reachable([node]).has(never)) continue;
    const background = agreement(node, segmentsOf(graph, node), ranges);
    if (background) found.push(background);
  }
  return found;
}

/** The tests that are reached by tests of the number alone. */
function numberNodes(graph: ProgramGraph, roots: readonly GraphNode[]): Set<GraphNode> {
  const found = new Set<GraphNode>(roots.filter((root) => graph.isTest(root)));
  for (const node of found) {
    for (const next of graph.successors(node)) if (graph.isTest(next)) found.add(next);
  }
  return found;
}

/** The ranges that a node decides correctly; undefined where there are too few. */
function agreement(node: GraphNode, parts: readonly Segment[], ranges: readonly NodeRange[]): Background | undefined {
  const agrees = new Uint8Array(ranges.length);
  const steps = new Float64Array(ranges.length);
  const targets = new Set<GraphNode>();
  let at = 0;
  ranges.forEach(({ from, to, target }, index) => {
    while (parts[at]!.to < from) at++;
    let isAlike = true;
    let [most, count] = [0, at];
    for (; isAlike && count < parts.length && parts[count]!.from <= to; count++) {
      isAlike = parts[count]!.target === target;
      most = Math.max(most, parts[count]!.steps);
    }
    if (!isAlike) return;
    agrees[index] = 1;
    steps[index] = most;
    targets.add(target);
  });
  return targets.size > 1 ? { node, agrees, steps } : undefined;
}
