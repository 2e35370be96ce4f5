import type { Node } from '../decisions/diagram-store.js';
import type { WordLevel } from './words.js';

/** A way to begin with a function of the arguments: the word that is tested first. */
export interface Beginning {
  word: WordLevel;
  /** The function with the word's variables at `level`, before all others. */
  node: Node;
  level: number;
  /** The functions of the other words that are left. */
  rest: ReadonlySet<Node>;
  /** How much code the tests of the word take. */
  cost: number;
}

/**
 * The cost of the code for some functions together, where shared code exists once. Each function has a chosen
 * beginning. The effect of changing one is found by counting the functions that need each.
 */
export class SharedCost {
  total = 0;
  /** How many functions need each, among those that are needed themselves; one more for each wanted function. */
  readonly #users = new Map<Node, number>();

  constructor(
    readonly choice: Map<Node, Beginning>,
    wanted: readonly Node[],
    /** Called for each function that becomes needed. */
    readonly onWork: () => void,
  ) {
    for (const node of wanted) this.#need(node);
  }

  /** Whether a function is needed with the current choices. */
  isNeeded(node: Node): boolean {
    return (this.#users.get(node) ?? 0) > 0;
  }

  /** Change the beginning of a function. */
  change(node: Node, beginning: Beginning): void {
    const before = this.choice.get(node)!;
    this.choice.set(node, beginning);
    if (before === beginning || !this.isNeeded(node)) return;
    this.total += beginning.cost - before.cost;
    for (const each of beginning.rest) this.#need(each);
    for (const each of before.rest) this.#drop(each);
  }

  #need(node: Node): void {
    const users = this.#users.get(node) ?? 0;
    this.#users.set(node, users + 1);
    const beginning = this.choice.get(node);
    if (users > 0 || !beginning) return;
    this.onWork();
    this.total += beginning.cost;
    for (const each of beginning.rest) this.#need(each);
  }

  #drop(node: Node): void {
    const users = this.#users.get(node)! - 1;
    this.#users.set(node, users);
    const beginning = this.choice.get(node);
    if (users > 0 || !beginning) return;
    this.total -= beginning.cost;
    for (const each of beginning.rest) this.#drop(each);
  }
}
