import type { DiagramStore, Node } from '../decisions/diagram-store.js';
import { WORD_BITS } from '../decisions/input-variables.js';
import type { Effort } from './effort.js';
import { type Beginning, SharedCost } from './shared-cost.js';
import { FIRST_WORD, moveToFront, type WordLevel, wordOf, wordsOf } from './words.js';

/** The steps for one trial: enough to move a word to the front of any function but a hopeless one. */
const STEPS_OF_TRIAL = 1 << 15;
/** Trying a word costs some work, however early it fails. */
const STEPS_OF_START = 1 << 6;
const MAX_PASSES = 3;
/** Sums of costs in another order differ by less. */
const NEGLIGIBLE = 1e-6;

/**
 * Chooses the word with which each function of the arguments begins. The choice changes that function's code, and what
 * can be shared: code for a function that is left of several exists once. So it depends on the other functions'
 * choices. Two choices are made: as if nothing were shared, and as if everything possible were. Then, for one word
 * after another, all functions that can begin with it do so. Single ones are changed as long as that makes the whole
 * shorter.
 */
export class WordOrders {
  readonly #beginnings = new Map<Node, readonly Beginning[]>();

  constructor(
    readonly store: DiagramStore,
    readonly effort: Effort,
    readonly costOf: (beginning: Omit<Beginning, 'cost'>) => number,
  ) {}

  choose(wanted: readonly Node[]): ReadonlyMap<Node, Beginning> {
    const [one, other] = [new Map<Node, number>(), this.#possibleUses(wanted)].map((uses) => {
      const choice = new Map<Node, Beginning>();
      const costs = new Map<Node, number>();
      for (const node of wanted) this.#chooseAlone(node, uses, choice, costs);
      const shared = new SharedCost(choice, wanted, () => this.effort.spend(1));
      this.#improve(shared);
      return shared;
    });
    const best = other!.total < one!.total ? other! : one!;
    this.#changeTogether(best);
    return best.choice;
  }

  /** The cheapest beginning of a function, where several functions share the cost of what is left of them. */
  #chooseAlone(
    node: Node,
    uses: ReadonlyMap<Node, number>,
    choice: Map<Node, Beginning>,
    costs: Map<Node, number>,
  ): number {
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

  /** Change single beginnings as long as that makes the whole cheaper. */
  #improve(shared: SharedCost): void {
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const before = shared.total;
      for (const [node, chosen] of shared.choice) {
        if (!shared.isNeeded(node)) continue;
        let [best, least] = [chosen, shared.total];
        for (const beginning of this.beginningsOf(node)) {
          if (beginning === chosen || !this.effort.spend(1)) continue;
          shared.change(node, beginning);
          if (shared.total < least - NEGLIGIBLE) [best, least] = [beginning, shared.total];
        }
        shared.change(node, best);
      }
      if (shared.total >= before - NEGLIGIBLE) return;
    }
  }

  /** Let all functions that can begin with a word do so, then others where that is better; otherwise undo it. */
  #changeTogether(shared: SharedCost): void {
    const words = new Set([...this.#beginnings.values()].flat().map(({ word }) => word));
    for (const word of [...words].sort((a, b) => a - b)) {
      const [before, total] = [new Map(shared.choice), shared.total];
      for (const node of before.keys()) {
        const beginning = this.beginningsOf(node).find((each) => each.word === word);
        if (beginning && this.effort.spend(1)) shared.change(node, beginning);
      }
      this.#improve(shared);
      if (shared.total < total - NEGLIGIBLE) continue;
      for (const [node, beginning] of before) shared.change(node, beginning);
    }
  }

  /**
   * For each function, the number of functions that it may be left of, among those wanted and all that may be left of
   * them.
   */
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
