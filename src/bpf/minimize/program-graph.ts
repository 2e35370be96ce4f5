import { offsetOfLevel } from '../decisions/input-variables.js';
import type { Endianness } from '../program/instruction.js';
import { Opcode } from '../program/instruction.js';

/** A node of a {@link ProgramGraph}, as a number: equal numbers, equal code. */
export type GraphNode = number;

/**
 * A program before its instructions have places: an acyclic graph whose nodes are instructions that say where to go on by
 * node. Each node is kept once, so that equal tails are one; a test of which both ways lead to the same node is that node.
 */
export class ProgramGraph {
  readonly codes: number[] = [];
  readonly operands: number[] = [];
  /** Where a test leads when it holds, and any other instruction but a return leads at all. */
  readonly taken: GraphNode[] = [];
  /** Where a test leads when it does not hold; as `taken` for any other instruction but a return. */
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

  /** As {@link and}, of which is not known yet where it goes on: see {@link finish}. */
  unfinishedAnd(mask: number): GraphNode {
    return this.#append(Opcode.AND_K, mask >>> 0, -1, -1);
  }

  /** Say where an {@link unfinishedAnd} goes on, which must not lead to it. */
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

  /** Where it goes on: a test's two ways, another instruction's one, none after a return. */
  successors(node: GraphNode): readonly GraphNode[] {
    if (this.taken[node]! < 0) return [];
    return this.isTest(node) ? [this.taken[node]!, this.passed[node]!] : [this.taken[node]!];
  }

  /** How many nodes are reached from some, returns aside, and none at or behind `stops`. */
  size(from: readonly GraphNode[], stops?: ReadonlySet<GraphNode>): number {
    let count = 0;
    for (const node of this.reachable(from, stops)) if (!this.isReturn(node)) count++;
    return count;
  }

  /** How many instructions a program from a node on has, where no jump is too long. */
  length(root: GraphNode): number {
    return this.reachable([root]).size;
  }

  /** Every node that is reached from some, each once, and none at or behind `stops`. */
  reachable(from: readonly GraphNode[], stops?: ReadonlySet<GraphNode>): Set<GraphNode> {
    const found = new Set<GraphNode>(stops ? from.filter((node) => !stops.has(node)) : from);
    for (const node of found) {
      for (const next of this.successors(node)) if (!stops?.has(next)) found.add(next);
    }
    return found;
  }

  /** How many instructions are executed from a node on, returns included, up to `stops`, if both ways of a test are as likely. */
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
