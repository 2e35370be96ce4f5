import type { Node } from '../decisions/diagram-store.js';
import type { Effort } from './effort.js';
import type { GraphNode, ProgramGraph } from './program-graph.js';
import type { Beginning } from './shared-cost.js';
import { WordOrders } from './word-orders.js';
import { wordTests } from './word-tests.js';

/** Among code of equal length, the one that executes less is taken. */
const COST_OF_STEP = 1 / 16;

/**
 * Code for functions of the arguments and the instruction pointer. A word is loaded and tested, and the functions that
 * are left go on with the next word.
 */
export class ArgumentTests {
  readonly #targets = new Map<Node, GraphNode>();
  readonly #beginnings: ReadonlyMap<Node, Beginning>;
  readonly #orders: WordOrders;
  /** Placeholder nodes of the graph for the functions that are left, while the cost of testing a word is found. */
  readonly #placeholders = new Map<Node, GraphNode>();

  /** `wanted`: the functions that will be needed. */
  constructor(
    /** For tests of single words, */
    readonly effort: Effort,
    /** and for the order of words. */
    ordering: Effort,
    readonly graph: ProgramGraph,
    wanted: Iterable<Node>,
  ) {
    const { store } = effort;
    this.#orders = new WordOrders(store, ordering, (beginning) => this.#costOf(beginning));
    this.#beginnings = this.#orders.choose([...wanted].filter((node) => !store.isTerminal(node)));
  }

  /** The code of a function, which begins with a load unless it is a return. */
  targetOf(node: Node): GraphNode {
    const known = this.#targets.get(node);
    if (known !== undefined) return known;
    const { graph } = this;
    const { store } = this.effort;
    const target = store.isTerminal(node)
      ? graph.returns(store.valueOf(node)!)
      : this.#begin(this.#beginnings.get(node) ?? this.#orders.beginningsOf(node)[0]!, (each) => this.targetOf(each));
    this.#targets.set(node, target);
    return target;
  }

  #begin({ word, node, level, rest }: Omit<Beginning, 'cost'>, targetOf: (node: Node) => GraphNode): GraphNode {
    const { effort, graph } = this;
    const targets = new Map<Node, GraphNode>();
    for (const each of rest) targets.set(each, targetOf(each));
    return graph.load(word, wordTests(effort, graph, { node, level, word, targets }));
  }

  #costOf(beginning: Omit<Beginning, 'cost'>): number {
    const { graph } = this;
    const stops = new Set<GraphNode>();
    const target = this.#begin(beginning, (node) => {
      const placeholder = this.#placeholder(node);
      stops.add(placeholder);
      return placeholder;
    });
    return graph.size([target], stops) + COST_OF_STEP * graph.meanSteps(target, stops);
  }

  #placeholder(node: Node): GraphNode {
    const { graph } = this;
    const known = this.#placeholders.get(node);
    if (known !== undefined) return known;
    const value = this.effort.store.valueOf(node);
    const placeholder = value === undefined ? graph.unfinishedAnd(0) : graph.returns(value);
    this.#placeholders.set(node, placeholder);
    return placeholder;
  }
}
