import { Opcode } from '../program/instruction.js';
import { type Background, buildChain, visitChains } from './chains.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import type { NodeRange } from './ranges.js';

/** Up to here every boundary is tried as the place of a split. */
const MAX_EXACT = 256;
const SLACK = 8;

/**
 * The cheapest tree of tests that distinguishes ranges of a word's values. It is found by a dynamic programme over all
 * runs of neighbours, as for optimal alphabetic trees. A run is split in two at a boundary (JGE), or it is a chain of
 * tests that ends in a background ({@link Background}). A test costs `lengthCost` for its place in the program, and the
 * weight of the values that come to it.
 */
export class RangeTree {
  readonly #count: number;
  /**
   * The cost of the run from i to j, at i * count + j; and at j * count + i, so that the inner loop reads neighbours.
   */
  readonly #costs: Float64Array;
  readonly #transposed: Float64Array;
  /** The last range before the split; for a chain, -1 - the number of its background. */
  readonly #choices: Int32Array;

  constructor(
    readonly ranges: readonly NodeRange[],
    readonly lengthCost: number,
    /** Nodes that chains may end in beside the ranges' own targets. */
    others: readonly Background[] = [],
  ) {
    const count = ranges.length;
    this.#count = count;
    this.#costs = new Float64Array(count * count).fill(Number.POSITIVE_INFINITY);
    this.#transposed = new Float64Array(count * count).fill(Number.POSITIVE_INFINITY);
    this.#choices = new Int32Array(count * count);
    this.#backgrounds = [...ownTargets(ranges), ...others];
    this.#findChains();
    this.#findSplits();
  }

  readonly #backgrounds: readonly Background[];

  build(graph: ProgramGraph): GraphNode {
    const visit = (first: number, last: number): GraphNode => {
      const choice = this.#choices[first * this.#count + last]!;
      if (choice < 0) return buildChain(graph, this.ranges, first, last, this.#backgrounds[-1 - choice]!);
      const next = this.ranges[choice + 1]!;
      return graph.test(Opcode.JGE_K, next.from, visit(choice + 1, last), visit(first, choice));
    };
    return visit(0, this.#count - 1);
  }

  #findChains(): void {
    const { ranges, lengthCost } = this;
    const count = this.#count;
    const costs = this.#costs;
    for (let first = 0; first < count; first++) {
      this.#backgrounds.forEach((background, number) => {
        // a chain that begins with several exits is one after a split, too
        const { agrees } = background;
        if (agrees[first] !== 1 && agrees[first + 1] !== 1 && agrees[first + 2] !== 1) return;
        visitChains(ranges, first, background, lengthCost, (last, cost) => {
          if (cost >= costs[first * count + last]!) return;
          this.#setCost(first, last, cost);
          this.#choices[first * count + last] = -1 - number;
        });
      });
    }
  }

  #setCost(first: number, last: number, cost: number): void {
    this.#costs[first * this.#count + last] = cost;
    this.#transposed[last * this.#count + first] = cost;
  }

  #findSplits(): void {
    const count = this.#count;
    const costs = this.#costs;
    const transposed = this.#transposed;
    const choices = this.#choices;
    // Where the best split of a run is. For trees of splits alone it is between those of the runs one shorter (Knuth,
    // "Optimum Binary Search Trees", 1971). With chains it is only near, so this is for many ranges.
    const splits = count > MAX_EXACT ? new Int32Array(count * count) : undefined;
    for (let first = count - 1; first >= 0; first--) {
      let weight = this.ranges[first]!.weight;
      const row = first * count;
      if (splits) splits[row + first] = first;
      for (let last = first + 1; last < count; last++) {
        weight += this.ranges[last]!.weight;
        const run = row + last;
        let best = Number.POSITIVE_INFINITY;
        let at = first;
        const [from, to] = splits ? around(splits[run - 1]!, splits[run + count]!, first, last) : [first, last];
        const column = last * count + 1;
        for (let split = from; split < to; split++) {
          const cost = costs[row + split]! + transposed[column + split]!;
          if (cost < best) {
            best = cost;
            at = split;
          }
        }
        if (splits) splits[run] = at;
        const cost = best + weight + this.lengthCost;
        if (cost < costs[run]!) {
          costs[run] = cost;
          choices[run] = at;
        }
        transposed[last * count + first] = costs[run]!;
      }
    }
  }
}

/**
 * The places that are tried for a split of the run from `first` to `last`, given the best ones of the runs one shorter.
 */
function around(one: number, other: number, first: number, last: number): [from: number, to: number] {
  return [Math.max(first, Math.min(one, other) - SLACK), Math.min(last, Math.max(one, other) + 1 + SLACK)];
}

/** Larger runs are cut in halves before they are solved exactly. */
export const MAX_RUN = 800;
const RUN_OF_MANY = 64;

/** Tests that distinguish ranges, however many: see {@link RangeTree}. */
export function buildRangeTree(graph: ProgramGraph, ranges: readonly NodeRange[], lengthCost: number): GraphNode {
  const visit = (run: readonly NodeRange[], most: number): GraphNode => {
    if (run.length <= most) return new RangeTree(run, lengthCost).build(graph);
    const middle = run.length >> 1;
    const [low, high] = [run.slice(0, middle), run.slice(middle)];
    return graph.test(Opcode.JGE_K, high[0]!.from, visit(high, RUN_OF_MANY), visit(low, RUN_OF_MANY));
  };
  return visit(ranges, MAX_RUN);
}

function ownTargets(ranges: readonly NodeRange[]): Background[] {
  const byTarget = new Map<GraphNode, Uint8Array>();
  ranges.forEach(({ target }, at) => {
    const agrees = byTarget.get(target) ?? new Uint8Array(ranges.length);
    agrees[at] = 1;
    byTarget.set(target, agrees);
  });
  return [...byTarget].map(([node, agrees]) => ({ node, agrees }));
}
