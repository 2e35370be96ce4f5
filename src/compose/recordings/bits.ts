/** A set of small numbers, a bit for each. */
export class Bits {
  #words = new Uint32Array(1);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(number: number): void {
    const word = number >>> 5;
    if (word >= this.#words.length) {
      const before = this.#words;
      this.#words = new Uint32Array(Math.max(word + 1, before.length * 2));
      this.#words.set(before);
    }
    const bit = 1 << (number & 31);
    if ((this.#words[word]! & bit) !== 0) return;
    this.#words[word]! |= bit;
    this.#size++;
  }

  addAll(other: Bits): void {
    for (const number of other) this.add(number);
  }

  /** From the smallest up. */
  [Symbol.iterator](): Iterator<number> & Iterable<number> {
    return this.#numbers()[Symbol.iterator]();
  }

  #numbers(): number[] {
    const numbers: number[] = [];
    for (let word = 0; word < this.#words.length; word++) {
      for (let left = this.#words[word]!; left !== 0; left &= left - 1) {
        numbers.push(word * 32 + (31 - Math.clz32(left & -left)));
      }
    }
    return numbers;
  }
}
