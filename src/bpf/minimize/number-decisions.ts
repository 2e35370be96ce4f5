import type { NumberRange } from '../decisions/partition.js';
import { Opcode } from '../program/instruction.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';

/** Numbers that a node of number tests decides alike, and how many tests that takes. */
export interface Segment extends NumberRange {
  /** The code behind the tests: a return, a load, or an AND. */
  target: GraphNode;
  steps: number;
}

export const LAST_NUMBER = 0xffffffff;

/** Whether a node is a comparison. In code that tests numbers each is one of the number in A. */
export function isComparison(graph: ProgramGraph, node: GraphNode): boolean {
  const code = graph.codes[node];
  return graph.isTest(node) && (code === Opcode.JGE_K || code === Opcode.JEQ_K);
}

/** What a node of number tests decides for every number, ascending. */
export function segmentsOf(graph: ProgramGraph, root: GraphNode): Segment[] {
  const found: Segment[] = [];
  const visit = (node: GraphNode, from: number, to: number, steps: number): void => {
    if (from > to) return;
    const operand = graph.operands[node]!;
    if (!isComparison(graph, node)) {
      found.push({ from, to, target: node, steps });
    } else if (graph.codes[node] === Opcode.JGE_K) {
      visit(graph.passed[node]!, from, Math.min(to, operand - 1), steps + 1);
      visit(graph.taken[node]!, Math.max(from, operand), to, steps + 1);
    } else {
      visit(graph.passed[node]!, from, Math.min(to, operand - 1), steps + 1);
      if (operand >= from && operand <= to) visit(graph.taken[node]!, operand, operand, steps + 1);
      visit(graph.passed[node]!, Math.max(from, operand + 1), to, steps + 1);
    }
  };
  visit(root, 0, LAST_NUMBER, 0);
  return found;
}
