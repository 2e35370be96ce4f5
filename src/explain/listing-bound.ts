import type { DnfTerms } from '../bpf/decisions/condition.js';
import { ProgramTooComplexError } from '../bpf/decisions/diagram-store.js';

/** Decisions and their conditions, for each call by name: hundreds of megabytes of text are no answer. */
const MAX_ITEMS = 2 ** 17;

/**
 * Counts the decisions and conditions that an answer lists by name.
 *
 * @throws {ProgramTooComplexError} when there are more than anybody reads
 */
export class ListingBound {
  #left = MAX_ITEMS;

  /** A decision, on these conditions. */
  count(conditions: DnfTerms | undefined): void {
    this.#left -= 1 + (conditions ?? []).reduce((sum, term) => sum + term.length, 0);
    if (this.#left >= 0) return;
    throw new ProgramTooComplexError(`too complex to list: it takes more than ${MAX_ITEMS} decisions and conditions`);
  }
}
