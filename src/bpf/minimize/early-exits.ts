import { Opcode } from '../program/instruction.js';
import type { Path } from './number-paths.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import type { Replacement } from './tail-merges.js';

/**
 * Tests of single frequent numbers before others, which spare them the rest of the way. No other number needs such a
 * test, and each that comes to it pays for it.
 */
export function earlyExits(graph: ProgramGraph, paths: readonly Path[], lengthCost: number): Replacement[] {
  const flows = new Map<GraphNode, number>();
  for (const { nodes, weight } of paths) for (const node of nodes) flows.set(node, (flows.get(node) ?? 0) + weight);
  const found: Replacement[] = [];
  for (const { number, weight, nodes, target } of paths) {
    for (const [at, node] of nodes.entries()) {
      const spared = weight * (nodes.length - at - 1);
      const gain = spared - (flows.get(node)! - weight) - lengthCost;
      if (gain > 0) found.push({ node, gain, by: graph.test(Opcode.JEQ_K, number, target, node) });
    }
  }
  return found;
}
