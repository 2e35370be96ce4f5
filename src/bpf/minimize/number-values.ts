import { X32_SYSCALL_BIT } from '../../architecture.js';
import { Level, offsetOfLevel } from '../decisions/input-variables.js';
import type { NumberRange } from '../decisions/partition.js';
import { Opcode } from '../program/instruction.js';
import { isComparison, LAST_NUMBER } from './number-decisions.js';
import { WITHOUT_X32 } from './number-tests.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import { clip, union } from './ranges.js';

const ALL: readonly NumberRange[] = [{ from: 0, to: LAST_NUMBER }];

/**
 * The values of A with which each comparison of the number is reached, in the order in which they are executed. `nodes`
 * are those of a program, each before those it leads to.
 */
export function numberValues(graph: ProgramGraph, nodes: readonly GraphNode[]): Map<GraphNode, readonly NumberRange[]> {
  const number = offsetOfLevel(Level.NR, graph.endianness);
  const values = new Map<GraphNode, readonly NumberRange[]>();
  const found = new Map<GraphNode, readonly NumberRange[]>();
  const come = (node: GraphNode, more: readonly NumberRange[]): void => {
    const before = values.get(node);
    values.set(node, before ? union([...before, ...more]) : more);
  };
  for (const node of nodes) {
    const [code, operand, taken, passed] = [
      graph.codes[node]!,
      graph.operands[node]!,
      graph.taken[node]!,
      graph.passed[node]!,
    ];
    if (code === Opcode.LD_ABS && operand === number) come(taken, ALL);
    const here = values.get(node);
    if (!here) continue;
    if (isComparison(graph, node)) {
      found.set(node, here);
      const isEqual = code === Opcode.JEQ_K;
      const above = operand < LAST_NUMBER ? clip(here, operand + 1, LAST_NUMBER) : [];
      const [at, below] = [clip(here, operand, operand), operand > 0 ? clip(here, 0, operand - 1) : []];
      come(taken, isEqual ? at : [...at, ...above]);
      come(passed, isEqual ? [...below, ...above] : below);
    } else if (code === Opcode.AND_K) {
      come(taken, operand === WITHOUT_X32 ? withoutX32(here) : ALL);
    }
  }
  return found;
}

/** Values after bit 30 is cleared. */
function withoutX32(values: readonly NumberRange[]): NumberRange[] {
  const blocks = [0, 1, 2, 3].map((block) => block * X32_SYSCALL_BIT);
  return union(
    blocks.flatMap((block, index) => {
      const by = index % 2 === 1 ? X32_SYSCALL_BIT : 0;
      return clip(values, block, block + X32_SYSCALL_BIT - 1).map(({ from, to }) => ({ from: from - by, to: to - by }));
    }),
  );
}
