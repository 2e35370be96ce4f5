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
  readonly #known = new NodeTable();

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

  /** A program in which `by` stands in the place of a node. */
  replace(root: GraphNode, node: GraphNode, by: GraphNode): GraphNode {
    const made = new Map<GraphNode, GraphNode>([[node, by]]);
    const visit = (each: GraphNode): GraphNode => {
      const known = made.get(each);
      if (known !== undefined) return known;
      const [taken, passed] = [this.taken[each]!, this.passed[each]!];
      let result = each;
      if (taken >= 0) {
        const [next, other] = [visit(taken), visit(passed)];
        if (next !== taken || other !== passed) result = this.#again(each, next, other);
      }
      made.set(each, result);
      return result;
    };
    return visit(root);
  }

  /** The same instruction with other successors. */
  #again(node: GraphNode, taken: GraphNode, passed: GraphNode): GraphNode {
    const [code, operand] = [this.codes[node]!, this.operands[node]!];
    return this.isTest(node) ? this.test(code, operand, taken, passed) : this.#node(code, operand, taken, taken);
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
    const { codes, operands, taken: holds, passed: fails } = this;
    return this.#known.find(
      hash(code, operand, taken, passed),
      (at) => codes[at] === code && operands[at] === operand && holds[at] === taken && fails[at] === passed,
      () => this.#append(code, operand, taken, passed),
    );
  }

  #append(code: number, operand: number, taken: GraphNode, passed: GraphNode): GraphNode {
    this.codes.push(code);
    this.operands.push(operand);
    this.taken.push(taken);
    return this.passed.push(passed) - 1;
  }
}

function hash(...parts: readonly number[]): number {
  let mixed = 0;
  for (const part of parts) {
    mixed = Math.imul(mixed ^ part, 0x9e3779b1);
    mixed ^= mixed >>> 15;
  }
  return mixed;
}

/** Nodes by a hash of what they are: open addressing. Keys made of text would take most of the time of a search. */
class NodeTable {
  /** -1 where there is none. */
  #slots = new Int32Array(1 << 10).fill(-1);
  #hashes = new Int32Array(1 << 10);
  #count = 0;

  /** The node of this hash for which `isIt` holds; else the one made. */
  find(hashed: number, isIt: (node: GraphNode) => boolean, make: () => GraphNode): GraphNode {
    if (2 * this.#count >= this.#slots.length) this.#grow();
    const slot = this.#slotOf(hashed, isIt);
    if (this.#slots[slot]! >= 0) return this.#slots[slot]!;
    this.#count++;
    this.#hashes[slot] = hashed;
    this.#slots[slot] = make();
    return this.#slots[slot]!;
  }

  #slotOf(hashed: number, isIt: (node: GraphNode) => boolean): number {
    const mask = this.#slots.length - 1;
    let slot = hashed & mask;
    while (this.#slots[slot]! >= 0 && !(this.#hashes[slot] === hashed && isIt(this.#slots[slot]!))) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [slots, hashes] = [this.#slots, this.#hashes];
    this.#slots = new Int32Array(2 * slots.length).fill(-1);
    this.#hashes = new Int32Array(2 * slots.length);
    for (const [slot, node] of slots.entries()) {
      if (node < 0) continue;
      const into = this.#slotOf(hashes[slot]!, () => false);
      this.#slots[into] = node;
      this.#hashes[into] = hashes[slot]!;
    }
  }
}
