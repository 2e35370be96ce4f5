import type { DecisionDiagram } from '../bpf/decision-diagram.js';
import { Level } from '../bpf/input-variables.js';
import { boundedPartition, partition } from '../bpf/partition.js';
import { ArgumentTests } from './argument-tests.js';
import { NumberWeights } from './number-weights.js';
import { ProgramGraph } from './program-graph.js';
import { splitsOnly } from './range-tree.js';
import { joinNeighbours } from './ranges.js';
import { StepCounter } from './step-counter.js';
import type { CallWeights } from './weights.js';

/**
 * The fewest instructions per call that a program can execute, by weight, which tells the numbers of one architecture apart
 * by thresholds and has no care for its length: an optimal tree over the ranges that are decided alike, the loads of
 * architecture and number, the test of the architecture, and the code of arguments as {@link ArgumentTests} has it.
 */
export function informationBound({ store, root }: DecisionDiagram, weights: CallWeights, auditArch: number): number {
  const graph = new ProgramGraph('little');
  const args = new ArgumentTests(store, graph);
  const counter = new StepCounter(graph, []);
  const numbers = NumberWeights.of(weights, auditArch, 1);
  const parts = partition(store, root, Level.ARCH);
  const { node } = parts.find(({ from, to }) => from <= auditArch && auditArch <= to)!;
  const ranges = joinNeighbours(
    (boundedPartition(store, node, Level.NR, 2048) ?? []).map(({ from, to, node: behind }) => {
      return { from, to, target: args.targetOf(behind), weight: numbers.of(from, to) };
    }),
  );
  const behind = ranges.reduce((sum, { target, weight }) => sum + weight * counter.mean(target), 0);
  const loads = parts.length > 1 ? 3 : 1;
  return loads + (splitsOnly(ranges) + behind) / numbers.total;
}
