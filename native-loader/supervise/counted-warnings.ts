import { printable } from '../../src/text.js';

/**
 * Warnings of the process about what a supervised program can make happen as often as it likes. It must not fill a log:
 * the first of each kind is printed, and at the end how many there were.
 */
export class CountedWarnings {
  readonly #type: string;
  readonly #counts = new Map<string, number>();

  /** `type`: the name of the warnings, as of process.emitWarning. */
  constructor(type: string) {
    this.#type = type;
  }

  /** The message may hold foreign text. */
  add(kind: string, message: string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count === 1) this.#warn(`${printable(message)} (more of this kind are counted, and reported at the end)`);
  }

  /** Nothing more comes. */
  sum(): void {
    for (const [kind, count] of this.#counts) if (count > 1) this.#warn(`${kind}: ${count} times in all`);
    this.#counts.clear();
  }

  #warn(message: string): void {
    process.emitWarning(message, this.#type);
  }
}
