import type { CallWeights } from './weights.js';

/** The weights of ranges of numbers, of one architecture. */
export class NumberWeights {
  /** Of all numbers before each. */
  readonly #sums: readonly number[];

  private constructor(
    readonly auditArch: number,
    readonly numbers: readonly number[],
    readonly weights: readonly number[],
  ) {
    const sums = [0];
    for (const [at, weight] of weights.entries()) sums.push(sums[at]! + weight);
    this.#sums = sums;
  }

  static of(weights: CallWeights, auditArch: number, factor: number): NumberWeights {
    const numbers = weights.numbers(auditArch);
    return new NumberWeights(
      auditArch,
      numbers,
      numbers.map((nr) => factor * weights.of(auditArch, nr)),
    );
  }

  /** Of calls that never happen. */
  static none(): NumberWeights {
    return new NumberWeights(0, [], []);
  }

  get total(): number {
    return this.#sums.at(-1)!;
  }

  /** Of the numbers from `from` to `to`, both included. */
  of(from: number, to: number): number {
    return this.#sums[this.#firstFrom(to + 1)]! - this.#sums[this.#firstFrom(from)]!;
  }

  #firstFrom(number: number): number {
    let [low, high] = [0, this.numbers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.numbers[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
