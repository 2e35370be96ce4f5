import type { DiagramStore } from '../decisions/diagram-store.js';

/** What is tried for one program, in steps of its store: some tenths of a second. */
const STEPS = 1 << 20;

/**
 * Bounds what is tried for the better: past it, what was found first is taken. Nothing that is needed is an effort, so that
 * the store's own budget alone says what is too complex.
 */
export class Effort {
  #left = STEPS;

  constructor(readonly store: DiagramStore) {}

  /** What a trial of at most so many steps gives; undefined where they do not do, or no more are left. */
  attempt<T>(steps: number, trial: () => T): T | undefined {
    if (this.#left <= 0) return undefined;
    const { result, taken } = this.store.attempt(Math.min(steps, this.#left), trial);
    this.#left -= taken;
    return result;
  }

  /** Count work that is none of the store's. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return this.#left > 0;
  }
}
