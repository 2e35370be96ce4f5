import { offsetOfLevel } from '../decisions/input-variables.js';
import type { Endianness } from '../program/instruction.js';
import { Opcode } from '../program/instruction.js';

/** A node of a {@link ProgramGraph}. It is a number: equal numbers are equal code. */
export type GraphNode = number;

/**
 * A program before its instructions have places: an acyclic graph of instructions, which name their successors. Each
 * node is kept once, so that equal tails are shared. A test with the same successor on both branches is that successor.
 */
export class ProgramGraph {
  readonly codes: number[] = [];
  readonly operands: number[] = [];
  /** The successor of a test that holds, and of any other instruction but a return. */
  readonly taken: GraphNode[] = [];
  /** The successor of a test that does not hold; as `taken` for any other instruction but a return. */
  readonly passed: GraphNode[] = [];
  readonly #known = new Map<string, GraphNode>();

  constructor(readonly endianness: Endianness) {}

  returns(value: number): GraphNode {
    return this.#node(Opcode.RET_K, value, -1, -1);
  }

  /** Load the word of the input whose most significant bit is the variable of `level`. */
  load(level: number, next: GraphNode): GraphNode {
    return this.#node(Opcode.LD_ABS, offsetOfLevel(level, this.endianness), next, next);
  }

  and(mask: number, next: GraphNode): GraphNode {
    return this.#node(Opcode.AND_K, mask >>> 0, next, next);
  }

  /** As {@link and}, with a successor that is not known yet: see {@link finish}. */
  unfinishedAnd(mask: number): GraphNode {
    return this.#append(Opcode.AND_K, mask >>> 0, -1, -1);
  }

  /** Set the successor of an {@link unfinishedAnd}, which must not lead back to it. */
  finish(node: GraphNode, next: GraphNode): void {
    this.taken[node] = next;
    this.passed[node] = next;
  }

  test(code: number, operand: number, holds: GraphNode, fails: GraphNode): GraphNode {
    return holds === fails ? holds : this.#node(code, operand >>> 0, holds, fails);
  }

  isReturn(node: GraphNode): boolean {
    return this.codes[node] === Opcode.RET_K;
  }

  isTest(node: GraphNode): boolean {
    return this.taken[node] !== this.passed[node];
  }

  /** The successors: two of a test, one of another instruction, none of a return. */
  successors(node: GraphNode): readonly GraphNode[] {
    if (this.taken[node]! < 0) return [];
    return this.isTest(node) ? [this.taken[node]!, this.passed[node]!] : [this.taken[node]!];
  }

  /** How many nodes are reached from some, without returns, and none at or after `stops`. */
  size(from: readonly GraphNode[], stops?: ReadonlySet<GraphNode>): number {
    let count = 0;
    for (const node of this.reachable(from, stops)) if (!this.isReturn(node)) count++;
    return count;
  }

  /** How many instructions a program from a node on has, where no jump is too long. */
  length(root: GraphNode): number {
    return this.reachable([root]).size;
  }

  /** Every node that is reached from some, each once, and none at or after `stops`. */
  reachable(from: readonly GraphNode[], stops?: ReadonlySet<GraphNode>): Set<GraphNode> {
    const found = new Set<GraphNode>(stops ? from.filter((node) => !stops.has(node)) : from);
    for (const node of found) {
      for (const next of this.successors(node)) if (!stops?.has(next)) found.add(next);
    }
    return found;
  }

  /**
   * How many instructions are executed from a node on, with returns, up to `stops`, if both branches of a test are
   * equally likely.
   */
  meanSteps(root: GraphNode, stops?: ReadonlySet<GraphNode>): number {
    const known = new Map<GraphNode, number>();
    const visit = (node: GraphNode): number => {
      if (stops?.has(node)) return 0;
      const seen = known.get(node);
      if (seen !== undefined) return seen;
      const successors = this.successors(node);
      const steps = successors.reduce((sum, next) => sum + visit(next) / successors.length, 1);
      known.set(node, steps);
      return steps;
    };
    return visit(root);
  }

  #node(code: number, operand: number, taken: GraphNode, passed: GraphNode): GraphNode {
    const key = `${code},${operand},${taken},${passed}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const node = this.#append(code, operand, taken, passed);
    this.#known.set(key, node);
    return node;
  }

  #append(code: number, operand: number, taken: GraphNode, passed: GraphNode): GraphNode {
    this.codes.push(code);
    this.operands.push(operand);
    this.taken.push(taken);
    return this.passed.push(passed) - 1;
  }
}
