import { type Instruction, Opcode } from '../bpf/instruction.js';
import type { ProgramGraph, Target } from './program-graph.js';

/** The farthest a conditional jump reaches: 8 bits. */
const MAX_JUMP = 255;

/** Which way of a test gets its place first, and so the one farther from it. */
export type VisitingOrder = 'takenFirst' | 'passedFirst';

const ORDERS: readonly VisitingOrder[] = ['passedFirst', 'takenFirst'];

/** The shortest program of a graph that several orders give; the first of those that are as short. */
export function emitShortest(graph: ProgramGraph, root: Target): Instruction[] {
  const [first, ...others] = ORDERS.map((order) => emit(graph, root, order));
  return others.reduce((best, each) => (each.length < best.length ? each : best), first!);
}

/**
 * Give the instructions of a graph their places. It works from the program's end: returns first, then every node after those
 * it leads to, so that all jumps go forward. A target that is too far gets a stand-in right behind the jump: a copy, of a
 * return, or an unconditional jump.
 */
export function emit(graph: ProgramGraph, root: Target, order: VisitingOrder): Instruction[] {
  return new Emission(graph, order).run(root);
}

class Emission {
  /** From the last instruction to the first, so a place is a distance from the end. */
  readonly #reversed: { code: number; k: number; taken: number; passed: number }[] = [];
  /** The nearest place so far at which execution can go on as from a node. */
  readonly #places = new Map<Target, number>();

  constructor(
    readonly graph: ProgramGraph,
    readonly order: VisitingOrder,
  ) {}

  run(root: Target): Instruction[] {
    const nodes = this.#postorder(root);
    for (const node of nodes) if (this.graph.isReturn(node)) this.#placeReturn(node);
    for (const node of nodes) if (!this.graph.isReturn(node)) this.#place(node);
    const last = this.#reversed.length - 1;
    return this.#reversed
      .map(({ code, k, taken, passed }, place) => {
        const away = (target: number) => place - 1 - target;
        if (code === Opcode.JA) return { code, jt: 0, jf: 0, k: away(taken) };
        return taken < 0 ? { code, jt: 0, jf: 0, k } : { code, jt: away(taken), jf: away(passed), k };
      })
      .reverse()
      .slice(last - this.#places.get(root)!);
  }

  #postorder(root: Target): Target[] {
    const { graph, order } = this;
    const done = new Set<Target>();
    const visit = (node: Target): void => {
      if (done.has(node)) return;
      const successors = graph.successors(node);
      for (const next of order === 'takenFirst' ? successors : [...successors].reverse()) visit(next);
      done.add(node);
    };
    visit(root);
    return [...done];
  }

  #add(code: number, k: number, taken = -1, passed = -1): number {
    return this.#reversed.push({ code, k, taken, passed }) - 1;
  }

  #placeReturn(node: Target): void {
    this.#places.set(node, this.#add(Opcode.RET_K, this.graph.operands[node]!));
  }

  #place(node: Target): void {
    const { graph } = this;
    const operand = graph.operands[node]!;
    const code = graph.codes[node]!;
    if (graph.isTest(node)) {
      this.#placeTest(node);
      return;
    }
    this.#follow(graph.taken[node]!);
    this.#places.set(node, this.#add(code, operand));
  }

  /** See to it that the next instruction to be placed runs into a node. */
  #follow(next: Target): void {
    const { graph } = this;
    if (this.#places.get(next) === this.#reversed.length - 1) return;
    if (graph.isReturn(next)) this.#placeReturn(next);
    // a copy of a test is no longer than a jump to it, and takes no time
    else if (graph.isTest(next)) this.#placeTest(next);
    else this.#add(Opcode.JA, 0, this.#places.get(next)!);
  }

  #placeTest(node: Target): void {
    const { graph } = this;
    const [taken, passed] = [graph.taken[node]!, graph.passed[node]!];
    // a stand-in for one may push the other out of reach
    while (!this.#isNear(taken) || !this.#isNear(passed)) this.#standIn(this.#isNear(taken) ? passed : taken);
    const ways = [this.#places.get(taken)!, this.#places.get(passed)!] as const;
    this.#places.set(node, this.#add(graph.codes[node]!, graph.operands[node]!, ...ways));
  }

  #isNear(node: Target): boolean {
    return this.#reversed.length - 1 - this.#places.get(node)! <= MAX_JUMP;
  }

  #standIn(node: Target): void {
    if (this.graph.isReturn(node)) this.#placeReturn(node);
    else this.#places.set(node, this.#add(Opcode.JA, 0, this.#places.get(node)!));
  }
}
