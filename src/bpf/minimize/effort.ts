import type { DiagramStore } from '../decisions/diagram-store.js';

/** The steps of its store for what is tried on one program: some tenths of a second. */
const STEPS = 1 << 20;
/** The same where the store has more nodes than this, of thousands of rules: their steps take longer. */
const STEPS_OF_LARGE = 1 << 19;
const LARGE = 50_000;

/**
 * Bounds what is tried as an improvement: past it, the first result is taken. Necessary work is not counted, so that
 * only the store's own budget decides what is too complex.
 */
export class Effort {
  #left: number;

  constructor(readonly store: DiagramStore) {
    this.#left = store.nodes > LARGE ? STEPS_OF_LARGE : STEPS;
  }

  /** The result of a trial of at most this many steps; undefined where they are not enough, or none are left. */
  attempt<T>(steps: number, trial: () => T): T | undefined {
    if (this.#left <= 0) return undefined;
    const { result, taken } = this.store.attempt(Math.min(steps, this.#left), trial);
    this.#left -= taken;
    return result;
  }

  /** Count work that is not the store's. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return this.#left > 0;
  }
}
