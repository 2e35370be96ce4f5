import type { Node } from '../decisions/diagram-store.js';
import type { WordLevel } from './words.js';

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

/**
 * What the code for some functions costs together, where code for a function that is left of several is there once. Each
 * function has a chosen beginning; what a change of one does to the whole is found by counting who needs what.
 */
export class SharedCost {
  total = 0;
  /** How many functions need each, of those that are needed themselves; one more for each that is wanted. */
  readonly #users = new Map<Node, number>();

  constructor(
    readonly choice: Map<Node, Beginning>,
    wanted: readonly Node[],
    /** Called for each function that is needed anew. */
    readonly onWork: () => void,
  ) {
    for (const node of wanted) this.#need(node);
  }

  /** Whether a function is needed, as things are chosen. */
  isNeeded(node: Node): boolean {
    return (this.#users.get(node) ?? 0) > 0;
  }

  /** Begin with a function otherwise. */
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
