import type { DiagramStore, Node } from '../bpf/diagram-store.js';
import { WORD_BITS } from '../bpf/input-variables.js';
import type { ProgramGraph, Target } from './program-graph.js';
import { wordTests } from './word-tests.js';
import { FIRST_WORD, moveToFront, type WordLevel, wordOf, wordsOf } from './words.js';

/** How many orders of words are tried for all functions together; past it, the diagram's own order is taken. */
const MAX_TRIALS = 3000;
/** For one trial: what it takes to move a word to the front of any function but a hopeless one. */
const STEPS_OF_TRIAL = 1 << 15;

/**
 * Code for functions of the arguments and the instruction pointer: a word is loaded, told apart, and what is left of the
 * function goes on with the next. Which word comes first makes a difference, so each is tried.
 */
export class ArgumentTests {
  readonly #known = new Map<Node, Target>();
  #trialsLeft = MAX_TRIALS;

  constructor(
    readonly store: DiagramStore,
    readonly graph: ProgramGraph,
  ) {}

  /** The code of a function, which begins with a load unless it is a return. */
  targetOf(node: Node): Target {
    const { store, graph } = this;
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const target = store.isTerminal(node) ? graph.returns(store.valueOf(node)!) : this.#bestOrder(node);
    this.#known.set(node, target);
    return target;
  }

  #bestOrder(node: Node): Target {
    const { store, graph } = this;
    const first = wordOf(store.level(node));
    let best = this.#build(node, first, first);
    let least = graph.cost(best);
    const words = wordsOf(store, node);
    // each word takes a load and a test
    if (this.#trialsLeft <= 0 || graph.size([best]) === 2 * words.length) return best;
    for (const word of words) {
      if (word === first || this.#trialsLeft-- <= 0) continue;
      const { result } = store.attempt(STEPS_OF_TRIAL, () =>
        this.#build(moveToFront(store, node, word), FIRST_WORD, word),
      );
      if (result === undefined || graph.cost(result) >= least) continue;
      best = result;
      least = graph.cost(result);
    }
    return best;
  }

  /** A function that depends on the word whose variables are at `level` first. */
  #build(node: Node, level: number, word: WordLevel): Target {
    const { store, graph } = this;
    const targets = new Map<Node, Target>();
    for (const behind of store.cut(node, level + WORD_BITS)) targets.set(behind, this.targetOf(behind));
    return graph.load(word, wordTests(store, graph, { node, level, word, targets }));
  }
}
