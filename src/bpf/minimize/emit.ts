import { type Instruction, Opcode } from '../program/instruction.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';

/** The farthest a conditional jump reaches: 8 bits. */
const MAX_JUMP = 255;

/** Which branch of a test gets its place first, and so is farther away. */
type First = 'taken' | 'passed' | 'larger' | 'smaller';
interface VisitingOrder {
  readonly first: First;
  /** Whether all returns are at the end, or each right after the last node that leads to it. */
  readonly returnsLast: boolean;
}

const ORDERS: readonly VisitingOrder[] = (['passed', 'taken', 'larger', 'smaller'] as const).flatMap((first) => [
  { first, returnsLast: true },
  { first, returnsLast: false },
]);

/** The shortest program of a graph among several orders; the first of equally short ones. */
export function emitShortest(graph: ProgramGraph, root: GraphNode): Instruction[] {
  const [first, ...others] = ORDERS;
  let best = emit(graph, root, first!);
  // no order is shorter than one where no jump was too long
  if (best.length === graph.length(root)) return best;
  for (const order of others) {
    const made = emit(graph, root, order);
    if (made.length < best.length) best = made;
  }
  return best;
}

/**
 * Give the instructions of a graph their places. It works from the program's end: every node is placed before those
 * that it leads to, so that all jumps go forward. A target that is too far gets a stand-in right after the jump: a copy
 * of a return, or an unconditional jump.
 */
function emit(graph: ProgramGraph, root: GraphNode, order: VisitingOrder): Instruction[] {
  return new Emission(graph, order).run(root);
}

/** An instruction with a place, and those it leads to; -1 where it continues with the next, or ends. */
interface Placed {
  code: number;
  k: number;
  taken: number;
  passed: number;
}

class Emission {
  /** From the last instruction to the first, so that a place is a distance from the end. */
  readonly #reversed: Placed[] = [];
  /** The nearest place so far at which execution can go on as from a node. */
  readonly #places = new Map<GraphNode, number>();

  constructor(
    readonly graph: ProgramGraph,
    readonly order: VisitingOrder,
  ) {}

  run(root: GraphNode): Instruction[] {
    const { graph, order } = this;
    const nodes = this.#postorder(root);
    if (order.returnsLast) for (const node of nodes) if (graph.isReturn(node)) this.#placeReturn(node);
    for (const node of nodes) if (!this.#places.has(node)) this.#place(node);
    return this.#instructions(this.#places.get(root)!);
  }

  /**
   * From the place of the root to the end, without nodes that nothing leads to any more because their stand-ins are
   * nearer.
   */
  #instructions(root: number): Instruction[] {
    const reversed = this.#reversed;
    const isUsed = new Uint8Array(reversed.length);
    isUsed[root] = 1;
    for (let place = root; place >= 0; place--) {
      const { code, taken, passed } = reversed[place]!;
      if (isUsed[place] === 0 || code === Opcode.RET_K) continue;
      if (taken < 0) isUsed[place - 1] = 1;
      else isUsed[taken] = isUsed[passed] = 1;
    }
    /** The number of used instructions before each, from the end. */
    const before = new Uint32Array(reversed.length + 1);
    for (const [place, used] of isUsed.entries()) before[place + 1] = before[place]! + used;
    return reversed
      .flatMap(({ code, k, taken, passed }, place): Instruction[] => {
        if (isUsed[place] === 0) return [];
        const away = (target: number) => before[place]! - before[target + 1]!;
        if (code === Opcode.JA) return [{ code, jt: 0, jf: 0, k: away(taken) }];
        return [taken < 0 ? { code, jt: 0, jf: 0, k } : { code, jt: away(taken), jf: away(passed), k }];
      })
      .reverse();
  }

  #postorder(root: GraphNode): GraphNode[] {
    const done = new Set<GraphNode>();
    const visit = (node: GraphNode): void => {
      if (done.has(node)) return;
      for (const next of this.#inOrder(node)) visit(next);
      done.add(node);
    };
    visit(root);
    return [...done];
  }

  #inOrder(node: GraphNode): readonly GraphNode[] {
    const [taken, passed] = this.graph.successors(node);
    if (taken === undefined) return [];
    if (passed === undefined) return [taken];
    return this.#isTakenFirst(taken, passed) ? [taken, passed] : [passed, taken];
  }

  #isTakenFirst(taken: GraphNode, passed: GraphNode): boolean {
    const { first } = this.order;
    if (first === 'taken' || first === 'passed') return first === 'taken';
    const isLarger = this.#size(taken) > this.#size(passed);
    return isLarger === (first === 'larger');
  }

  readonly #sizes = new Map<GraphNode, number>();

  /**
   * The number of nodes on all paths from a node on. Shared nodes count each time, which is good enough for an order.
   */
  #size(node: GraphNode): number {
    const known = this.#sizes.get(node);
    if (known !== undefined) return known;
    const size = this.graph.successors(node).reduce((sum, next) => sum + this.#size(next), 1);
    this.#sizes.set(node, size);
    return size;
  }

  #add(code: number, k: number, taken = -1, passed = taken): number {
    return this.#reversed.push({ code, k, taken, passed }) - 1;
  }

  #placeReturn(node: GraphNode): void {
    this.#places.set(node, this.#add(Opcode.RET_K, this.graph.operands[node]!));
  }

  #place(node: GraphNode): void {
    const { graph } = this;
    if (graph.isReturn(node)) this.#placeReturn(node);
    else if (graph.isTest(node)) this.#placeTest(node);
    else {
      this.#follow(graph.taken[node]!);
      this.#places.set(node, this.#add(graph.codes[node]!, graph.operands[node]!));
    }
  }

  /** Make sure that the next instruction to be placed continues with a node. */
  #follow(next: GraphNode): void {
    const { graph } = this;
    if (this.#places.get(next) === this.#reversed.length - 1) return;
    if (graph.isReturn(next)) this.#placeReturn(next);
    // a copy of a test is no longer than a jump to it, and takes no time
    else if (graph.isTest(next)) this.#placeTest(next);
    else this.#add(Opcode.JA, 0, this.#places.get(next)!);
  }

  #placeTest(node: GraphNode): void {
    const { graph } = this;
    const [taken, passed] = [graph.taken[node]!, graph.passed[node]!];
    // a stand-in for one may push the other out of reach
    while (!this.#isNear(taken) || !this.#isNear(passed)) this.#standIn(this.#isNear(taken) ? passed : taken);
    const ways = [this.#places.get(taken)!, this.#places.get(passed)!] as const;
    this.#places.set(node, this.#add(graph.codes[node]!, graph.operands[node]!, ...ways));
  }

  #isNear(node: GraphNode): boolean {
    return this.#reversed.length - 1 - this.#places.get(node)! <= MAX_JUMP;
  }

  #standIn(node: GraphNode): void {
    if (this.graph.isReturn(node)) this.#placeReturn(node);
    else this.#places.set(node, this.#add(Opcode.JA, 0, this.#places.get(node)!));
  }
}
