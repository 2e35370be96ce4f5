import type { GraphNode, ProgramGraph } from './program-graph.js';

/** How the nodes of one program hang together. */
export class GraphShape {
  /** All nodes, each before those that it leads to. */
  readonly nodes: readonly GraphNode[];
  readonly #at: ReadonlyMap<GraphNode, number>;
  /** For every node a row of this many words, with one bit for each node. */
  readonly #words: number;
  /** Those that it leads to, and itself. */
  readonly #reached: Uint32Array;
  /** Those that nothing would lead to without it, itself included. Returns are in no row. */
  readonly #owned: Uint32Array;

  /** For {@link countSpared}, which is asked often. */
  readonly #spared: Uint32Array;

  constructor(graph: ProgramGraph, root: GraphNode) {
    const nodes = topological(graph, root);
    const at = new Map(nodes.map((node, index) => [node, index]));
    this.nodes = nodes;
    this.#at = at;
    const words = (nodes.length >>> 5) + 1;
    this.#words = words;
    this.#spared = new Uint32Array(words);
    const reached = new Uint32Array(words * nodes.length);
    const owned = new Uint32Array(words * nodes.length);
    const dominators = immediateDominators(graph, nodes, at);
    for (let index = nodes.length - 1; index >= 0; index--) {
      const row = index * words;
      const bit = 1 << (index & 31);
      reached[row + (index >>> 5)]! |= bit;
      for (const next of graph.successors(nodes[index]!)) join(reached, row, at.get(next)! * words, words);
      if (!graph.isReturn(nodes[index]!)) owned[row + (index >>> 5)]! |= bit;
      if (index > 0) join(owned, dominators[index]! * words, row, words);
    }
    this.#reached = reached;
    this.#owned = owned;
  }

  has(node: GraphNode): boolean {
    return this.#at.has(node);
  }

  leadsTo(from: GraphNode, to: GraphNode): boolean {
    const bit = this.#at.get(to)!;
    return (this.#reached[this.#at.get(from)! * this.#words + (bit >>> 5)]! & (1 << (bit & 31))) !== 0;
  }

  /** How many nodes nothing leads to when `kept` are there in the place of a node. Returns are not counted. */
  countSpared(node: GraphNode, kept: readonly GraphNode[]): number {
    const words = this.#words;
    const row = this.#at.get(node)! * words;
    const bits = this.#spared;
    for (let word = 0; word < words; word++) bits[word] = this.#owned[row + word]!;
    for (const each of kept) {
      const from = this.#at.get(each)! * words;
      for (let word = 0; word < words; word++) bits[word]! &= ~this.#reached[from + word]!;
    }
    let count = 0;
    for (let word = 0; word < words; word++) count += countBits(bits[word]!);
    return count;
  }
}

function join(rows: Uint32Array, into: number, from: number, words: number): void {
  for (let word = 0; word < words; word++) rows[into + word]! |= rows[from + word]!;
}

function countBits(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}

function topological(graph: ProgramGraph, root: GraphNode): GraphNode[] {
  const done = new Set<GraphNode>();
  const order: GraphNode[] = [];
  const visit = (node: GraphNode): void => {
    if (done.has(node)) return;
    done.add(node);
    for (const next of graph.successors(node)) visit(next);
    order.push(node);
  };
  visit(root);
  return order.reverse();
}

/**
 * For each node but the first, the last one that every way to it goes through: by Cooper, Harvey and Kennedy, "A Simple,
 * Fast Dominance Algorithm" (2001). All are places in `nodes`.
 */
function immediateDominators(
  graph: ProgramGraph,
  nodes: readonly GraphNode[],
  at: ReadonlyMap<GraphNode, number>,
): Int32Array {
  const dominators = new Int32Array(nodes.length).fill(-1);
  dominators[0] = 0;
  for (const [index, node] of nodes.entries()) {
    for (const next of graph.successors(node)) {
      const target = at.get(next)!;
      let [one, other] = [index, dominators[target]!];
      if (other < 0) other = index;
      while (one !== other) {
        if (one > other) one = dominators[one]!;
        else other = dominators[other]!;
      }
      dominators[target] = one;
    }
  }
  return dominators;
}
