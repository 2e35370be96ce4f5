import { Level, offsetOfLevel } from '../decisions/input-variables.js';
import { Opcode } from '../program/instruction.js';
import { isComparison } from './number-decisions.js';
import type { NumberWeights } from './number-weights.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';

/** The way of a call through comparisons of its number. An AND begins another. */
export interface Path {
  /** The value of A. */
  number: number;
  weight: number;
  /** The comparisons, in order. */
  nodes: readonly GraphNode[];
  /** The code behind them. */
  target: GraphNode;
}

/** The ways of all calls that have a weight. */
export function numberPaths(graph: ProgramGraph, root: GraphNode, weights: readonly NumberWeights[]): Path[] {
  const paths: Path[] = [];
  for (const { auditArch, numbers, weights: each } of weights) {
    const begin = behindArchitecture(graph, root, auditArch);
    if (begin === undefined) continue;
    for (const [at, nr] of numbers.entries()) addPaths(graph, begin, nr, each[at]!, paths);
  }
  return paths;
}

/** What follows the load of the number, for an architecture; undefined where none does. */
function behindArchitecture(graph: ProgramGraph, root: GraphNode, auditArch: number): GraphNode | undefined {
  const number = offsetOfLevel(Level.NR, graph.endianness);
  let node = root;
  while (!graph.isReturn(node)) {
    if (isComparison(graph, node)) node = next(graph, node, auditArch);
    else if (graph.codes[node] !== Opcode.LD_ABS) return undefined;
    else if (graph.operands[node] === number) return graph.taken[node]!;
    else node = graph.taken[node]!;
  }
  return undefined;
}

function addPaths(graph: ProgramGraph, begin: GraphNode, nr: number, weight: number, paths: Path[]): void {
  let [node, number] = [begin, nr];
  for (;;) {
    const nodes: GraphNode[] = [];
    for (; isComparison(graph, node); node = next(graph, node, number)) nodes.push(node);
    if (nodes.length > 0) paths.push({ number, weight, nodes, target: node });
    if (graph.codes[node] !== Opcode.AND_K) return;
    number = (number & graph.operands[node]!) >>> 0;
    node = graph.taken[node]!;
  }
}

function next(graph: ProgramGraph, node: GraphNode, value: number): GraphNode {
  const operand = graph.operands[node]!;
  const holds = graph.codes[node] === Opcode.JEQ_K ? value === operand : value >= operand;
  return holds ? graph.taken[node]! : graph.passed[node]!;
}
