import { X32_SYSCALL_BIT } from '../../architecture.js';
import type { DiagramStore, Node } from '../decisions/diagram-store.js';
import { Level, WORD_BITS } from '../decisions/input-variables.js';
import { boundedPartition, type Part } from '../decisions/partition.js';
import { ArgumentTests } from './argument-tests.js';
import { Effort } from './effort.js';
import type { MachineWeights } from './machine-weights.js';
import { numberTests } from './number-tests.js';
import type { NumberWeights } from './number-weights.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import { RangeTree } from './range-tree.js';
import { joinNeighbours, type NodeRange } from './ranges.js';
import { wordTests } from './word-tests.js';

/** Filters have some; past this the word is split without regard to architectures. */
export const MAX_ARCHITECTURES = 64;
const MAX_NUMBER_RANGES = 1 << 12;

/** What is decided for one value of `seccomp_data.arch`, or for several alike. */
interface ArchitectureDecisions {
  node: Node;
  weights: NumberWeights;
  /** The code that follows, by number; undefined where numbers are not split by ranges. */
  ranges: readonly NodeRange[] | undefined;
}

/** A choice of how to build, of which several are tried. */
export interface Attempt {
  /** What one instruction of length may cost in executed instructions. */
  lengthCost: number;
  /** Whether x32's numbers may join x86_64's after their bit 30 is cleared. */
  foldsX32: boolean;
}

/**
 * The whole program: it tests architectures first, then numbers, then arguments. Parts that do not change between
 * attempts are made once.
 */
export class ArchitectureTests {
  readonly #parts: readonly Part[] | undefined;
  readonly args: ArgumentTests;
  readonly effort: Effort;
  /** The heaviest first, which is the native one. */
  readonly #architectures: ArchitectureDecisions[] = [];

  constructor(
    readonly store: DiagramStore,
    readonly root: Node,
    readonly graph: ProgramGraph,
    readonly machine: MachineWeights,
  ) {
    this.#parts = boundedPartition(store, root, Level.ARCH, MAX_ARCHITECTURES);
    this.effort = new Effort(store);
    this.args = new ArgumentTests(this.effort, new Effort(store), graph, store.cut(root, Level.ARGUMENTS));
    for (const { node, from, to } of this.#parts ?? []) {
      const weights = machine.ofRange({ from, to });
      const same = this.#architectures.find((each) => each.node === node);
      if (!same) this.#architectures.push({ node, weights, ranges: this.#rangesOf(node) });
      else if (weights.total > same.weights.total) same.weights = weights;
    }
    this.#architectures.sort((a, b) => b.weights.total - a.weights.total);
  }

  /** How many ranges of numbers with x32's bit are distinguished beyond one, at most. */
  get x32Ranges(): number {
    const counts = this.#architectures.map(({ ranges = [] }) => {
      return ranges.filter(({ to }) => to >= X32_SYSCALL_BIT && to < 2 * X32_SYSCALL_BIT).length;
    });
    return Math.max(0, ...counts);
  }

  build(attempt: Attempt): GraphNode {
    const { store, root, graph, machine } = this;
    if (!this.#parts) {
      const targets = new Map<Node, GraphNode>();
      for (const node of store.cut(root, Level.NR)) targets.set(node, this.#withoutRanges(node));
      return graph.load(
        Level.ARCH,
        wordTests(this.effort, graph, { node: root, level: Level.ARCH, word: Level.ARCH, targets }),
      );
    }
    const built = new Map<Node, GraphNode>();
    const others: GraphNode[] = [];
    for (const { node, weights, ranges } of this.#architectures) {
      if (!ranges) {
        built.set(node, this.#withoutRanges(node));
        continue;
      }
      const tests = numberTests(graph, { ranges, weights, others, ...attempt });
      others.push(...tests);
      built.set(node, graph.load(Level.NR, tests[0]));
    }
    const ranges = this.#parts.map(({ from, to, node }) => {
      return { from, to, target: built.get(node)!, weight: machine.ofRange({ from, to }).total };
    });
    const joined = joinNeighbours(ranges);
    if (joined.length === 1) return joined[0]!.target;
    return graph.load(Level.ARCH, new RangeTree(joined, attempt.lengthCost).build(graph));
  }

  #rangesOf(node: Node): NodeRange[] | undefined {
    const parts = boundedPartition(this.store, node, Level.NR, MAX_NUMBER_RANGES);
    if (!parts || parts.length === 1) return undefined;
    return parts.map(({ from, to, node: behind }) => ({ from, to, target: this.args.targetOf(behind), weight: 0 }));
  }

  /** The code of a function of number and arguments that does not depend on the number, or not by ranges of it. */
  #withoutRanges(node: Node): GraphNode {
    const { store, graph, args } = this;
    if (store.level(node) >= Level.NR + WORD_BITS) return args.targetOf(node);
    const targets = new Map<Node, GraphNode>();
    for (const behind of store.cut(node, Level.ARGUMENTS)) targets.set(behind, args.targetOf(behind));
    return graph.load(Level.NR, wordTests(this.effort, graph, { node, level: Level.NR, word: Level.NR, targets }));
  }
}
