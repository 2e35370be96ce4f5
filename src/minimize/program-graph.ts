import { offsetOfLevel } from '../bpf/input-variables.js';
import type { Endianness } from '../bpf/instruction.js';
import { Opcode } from '../bpf/instruction.js';

/** A node of a {@link ProgramGraph}, as a number: equal numbers, equal code. */
export type Target = number;

/**
 * A program before its instructions have places: an acyclic graph whose nodes are instructions that say where to go on by
 * node. Each node is kept once, so that equal tails are one; a test of which both ways lead to the same node is that node.
 */
export class ProgramGraph {
  readonly codes: number[] = [];
  readonly operands: number[] = [];
  /** Where a test leads when it holds, and any other instruction but a return leads at all. */
  readonly taken: Target[] = [];
  /** Where a test leads when it does not hold; as `taken` for any other instruction but a return. */
  readonly passed: Target[] = [];
  readonly #known = new Map<string, Target>();

  constructor(readonly endianness: Endianness) {}

  returns(value: number): Target {
    return this.#node(Opcode.RET_K, value, -1, -1);
  }

  /** Load the word of the input whose most significant bit is the variable of `level`. */
  load(level: number, next: Target): Target {
    return this.#node(Opcode.LD_ABS, offsetOfLevel(level, this.endianness), next, next);
  }

  and(mask: number, next: Target): Target {
    return this.#node(Opcode.AND_K, mask >>> 0, next, next);
  }

  test(code: number, operand: number, holds: Target, fails: Target): Target {
    return holds === fails ? holds : this.#node(code, operand >>> 0, holds, fails);
  }

  isReturn(node: Target): boolean {
    return this.codes[node] === Opcode.RET_K;
  }

  isTest(node: Target): boolean {
    return this.taken[node] !== this.passed[node];
  }

  /** Where it goes on: a test's two ways, another instruction's one, none after a return. */
  successors(node: Target): readonly Target[] {
    if (this.isReturn(node)) return [];
    return this.isTest(node) ? [this.taken[node]!, this.passed[node]!] : [this.taken[node]!];
  }

  #node(code: number, operand: number, taken: Target, passed: Target): Target {
    const key = `${code},${operand},${taken},${passed}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const node = this.codes.push(code) - 1;
    this.operands.push(operand);
    this.taken.push(taken);
    this.passed.push(passed);
    this.#known.set(key, node);
    return node;
  }
}
