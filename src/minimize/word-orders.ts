import type { DiagramStore, Node } from '../bpf/diagram-store.js';
import { WORD_BITS } from '../bpf/input-variables.js';
import type { Effort } from './effort.js';
import { FIRST_WORD, moveToFront, type WordLevel, wordOf, wordsOf } from './words.js';

/** For one trial: what it takes to move a word to the front of any function but a hopeless one. */
const STEPS_OF_TRIAL = 1 << 15;
/** To try a word that fails costs some work, however early it fails. */
const STEPS_OF_START = 1 << 6;
const MAX_PASSES = 3;

/** A way to begin with a function of the arguments: by the word that is told apart first. */
export interface Beginning {
  word: WordLevel;
  /** The function with the word's variables at `level`, before all others. */
  node: Node;
  level: number;
  /** The functions of the other words that are left. */
  rest: ReadonlySet<Node>;
  /** How much code it takes to tell the word apart. */
  cost: number;
}

type Choice = Map<Node, Beginning>;

/**
 * Chooses for functions of the arguments which word each begins with. Which it is makes a difference by itself, and by what is
 * left: code for a function that is left of several is there once. So it depends on what others begin with. Two choices are
 * made, one as if nothing were in common and one as if all were that may be; single words of each are changed as long as that
 * makes all of it shorter, and the shorter one is taken.
 */
export class WordOrders {
  readonly #beginnings = new Map<Node, readonly Beginning[]>();

  constructor(
    readonly store: DiagramStore,
    readonly effort: Effort,
    readonly costOf: (beginning: Omit<Beginning, 'cost'>) => number,
  ) {}

  choose(wanted: readonly Node[]): ReadonlyMap<Node, Beginning> {
    const choices = [new Map<Node, number>(), this.#possibleUses(wanted)].map((uses) => {
      const choice: Choice = new Map();
      for (const node of wanted) this.#chooseAlone(node, uses, choice, new Map());
      return { choice, total: this.#improve(wanted, choice) };
    });
    return choices.reduce((best, each) => (each.total < best.total ? each : best)).choice;
  }

  /** The cheapest beginning of a function, where what is left of several is paid for by all of them. */
  #chooseAlone(node: Node, uses: ReadonlyMap<Node, number>, choice: Choice, costs: Map<Node, number>): number {
    const known = costs.get(node);
    if (known !== undefined) return known;
    let least = this.store.isTerminal(node) ? 0 : Number.POSITIVE_INFINITY;
    for (const beginning of this.beginningsOf(node)) {
      let cost = beginning.cost;
      for (const each of beginning.rest) {
        cost += this.#chooseAlone(each, uses, choice, costs) / (uses.get(each) ?? 1);
      }
      if (cost >= least) continue;
      least = cost;
      choice.set(node, beginning);
    }
    costs.set(node, least);
    return least;
  }

  /** Change single beginnings for the better of all; the cost of all then. */
  #improve(wanted: readonly Node[], choice: Choice): number {
    let total = this.#total(wanted, choice);
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const before = total;
      for (const [node, chosen] of choice) {
        let best = chosen;
        for (const beginning of this.beginningsOf(node)) {
          if (beginning === best || !this.effort.spend(0)) continue;
          choice.set(node, beginning);
          const cost = this.#total(wanted, choice);
          if (cost < total) [best, total] = [beginning, cost];
        }
        choice.set(node, best);
      }
      if (total === before) break;
    }
    return total;
  }

  /** What all code together costs. */
  #total(wanted: readonly Node[], choice: Choice): number {
    let total = 0;
    const all = new Set(wanted);
    for (const node of all) {
      const beginning = choice.get(node);
      if (!beginning) continue;
      total += beginning.cost;
      for (const each of beginning.rest) all.add(each);
    }
    this.effort.spend(all.size);
    return total;
  }

  /** How many functions each may be left of, among those wanted and all that may be left of them. */
  #possibleUses(wanted: readonly Node[]): Map<Node, number> {
    const uses = new Map<Node, number>();
    const all = new Set(wanted);
    for (const node of all) {
      for (const each of new Set(this.beginningsOf(node).flatMap(({ rest }) => [...rest]))) {
        uses.set(each, (uses.get(each) ?? 0) + 1);
        all.add(each);
      }
    }
    return uses;
  }

  /** The ways to begin with a function, the diagram's own order first; none of a return. */
  beginningsOf(node: Node): readonly Beginning[] {
    const known = this.#beginnings.get(node);
    if (known) return known;
    const { store } = this;
    const beginnings: Beginning[] = [];
    if (!store.isTerminal(node)) {
      const first = wordOf(store.level(node));
      beginnings.push(this.#beginning(first, node, first));
      for (const word of wordsOf(store, node)) {
        if (word === first || !this.effort.spend(STEPS_OF_START)) continue;
        const result = this.effort.attempt(STEPS_OF_TRIAL, () =>
          this.#beginning(word, moveToFront(store, node, word), FIRST_WORD),
        );
        if (result) beginnings.push(result);
      }
    }
    this.#beginnings.set(node, beginnings);
    return beginnings;
  }

  #beginning(word: WordLevel, node: Node, level: number): Beginning {
    const made = { word, node, level, rest: this.store.cut(node, level + WORD_BITS) };
    return { ...made, cost: this.costOf(made) };
  }
}
