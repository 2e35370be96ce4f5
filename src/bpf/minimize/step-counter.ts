import { Level, offsetOfLevel } from '../decisions/input-variables.js';
import { Opcode } from '../program/instruction.js';
import type { NumberWeights } from './number-weights.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';

/**
 * How many instructions a graph executes per call, as a weighted mean. It is exact while the path depends on
 * architecture and number alone. From the first load of anything else on, both branches of a test count as equally
 * likely.
 */
export class StepCounter {
  readonly #means = new Map<GraphNode, number>();
  readonly #arch: number;
  readonly #nr: number;

  constructor(
    readonly graph: ProgramGraph,
    readonly weights: readonly NumberWeights[],
  ) {
    this.#arch = offsetOfLevel(Level.ARCH, graph.endianness);
    this.#nr = offsetOfLevel(Level.NR, graph.endianness);
  }

  mean(root: GraphNode): number {
    let [sum, total] = [0, 0];
    for (const each of this.weights) {
      for (const [at, nr] of each.numbers.entries()) {
        const weight = each.weights[at]!;
        sum += weight * this.#steps(root, each.auditArch, nr);
        total += weight;
      }
    }
    return total === 0 ? this.#mean(root) : sum / total;
  }

  #steps(root: GraphNode, arch: number, nr: number): number {
    const { codes, operands, taken, passed } = this.graph;
    let a = 0;
    let node = root;
    for (let steps = 1; ; steps++) {
      const operand = operands[node]!;
      switch (codes[node]) {
        case Opcode.RET_K:
          return steps;
        case Opcode.LD_ABS:
          if (operand !== this.#arch && operand !== this.#nr) return steps - 1 + this.#mean(node);
          a = operand === this.#arch ? arch : nr;
          node = taken[node]!;
          break;
        case Opcode.AND_K:
          a = (a & operand) >>> 0;
          node = taken[node]!;
          break;
        case Opcode.JEQ_K:
          node = a === operand ? taken[node]! : passed[node]!;
          break;
        case Opcode.JGE_K:
          node = a >= operand ? taken[node]! : passed[node]!;
          break;
        default:
          node = (a & operand) !== 0 ? taken[node]! : passed[node]!;
      }
    }
  }

  #mean(node: GraphNode): number {
    const known = this.#means.get(node);
    if (known !== undefined) return known;
    const successors = this.graph.successors(node);
    const steps = successors.reduce((sum, next) => sum + this.#mean(next) / successors.length, 1);
    this.#means.set(node, steps);
    return steps;
  }
}
