import { Opcode, operationWithK } from '../program/instruction.js';
import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { levelIn, WORD_BITS } from './input-variables.js';

/** The content of a 32-bit register as a function of the input. It is a number: equal numbers are equal functions. */
export type SymbolicWord = number;

/** In steps, by the memory that a word's bits and their key take. */
const COST_OF_WORD = 32;

/**
 * 32-bit words whose bits are boolean functions of the input, and the operations of classic BPF on them. Each word is kept
 * once, so that words compare by number.
 */
export class SymbolicWords {
  /** The bits of constants are made when they are needed: most constants are only compared with each other. */
  readonly #words: (readonly Node[] | undefined)[] = [];
  readonly #values: (number | undefined)[] = [];
  readonly #numbers = new Map<string, SymbolicWord>();
  readonly #constants = new Map<number, SymbolicWord>();
  readonly #results = new Map<string, SymbolicWord>();
  readonly #inputs = new Map<number, SymbolicWord>();
  readonly #equal = new Map<string, Node>();

  constructor(readonly store: DiagramStore) {}

  /** The bits, least significant first. */
  bits(word: SymbolicWord): readonly Node[] {
    const bits = this.#words[word] ?? bitsOfConstant(this.#values[word]!);
    this.#words[word] = bits;
    return bits;
  }

  constant(value: number): SymbolicWord {
    const known = this.#constants.get(value | 0);
    if (known !== undefined) return known;
    const word = this.#values.push(value | 0) - 1;
    this.#constants.set(value | 0, word);
    return word;
  }

  /** The word of the input whose most significant bit is the variable of `level`. */
  input(level: number): SymbolicWord {
    const known = this.#inputs.get(level);
    if (known !== undefined) return known;
    const last = level + WORD_BITS - 1;
    const { store } = this;
    const variable = (bit: number) => store.node(levelIn(store.order, last - bit), FALSE, TRUE);
    const word = this.#intern(Array.from({ length: WORD_BITS }, (_, bit) => variable(bit)));
    this.#inputs.set(level, word);
    return word;
  }

  /** The word's value where it does not depend on the input, as signed 32 bits. */
  valueOf(word: SymbolicWord): number | undefined {
    return this.#values[word];
  }

  /** Where the words are equal. */
  equal(a: SymbolicWord, b: SymbolicWord): Node {
    const key = `${a},${b}`;
    const known = this.#equal.get(key);
    if (known !== undefined) return known;
    const { store } = this;
    const one = this.bits(a);
    const other = this.bits(b);
    let equal: Node = TRUE;
    // From the last variable to the first, so that each step adds one node on top.
    for (let bit = 0; bit < WORD_BITS; bit++) {
      equal = store.choose(one[bit]!, store.and(other[bit]!, equal), store.ite(other[bit]!, FALSE, equal));
    }
    this.#equal.set(key, equal);
    return equal;
  }

  /** Where `a` is greater than `b`, or equal too with `orEqual`; unsigned. */
  greater(a: SymbolicWord, b: SymbolicWord, orEqual: boolean): Node {
    const { store } = this;
    const one = this.bits(a);
    const other = this.bits(b);
    let greater: Node = orEqual ? TRUE : FALSE;
    for (let bit = 0; bit < WORD_BITS; bit++) {
      const [mine, theirs] = [one[bit]!, other[bit]!];
      if (theirs === TRUE) greater = store.choose(mine, greater, FALSE);
      else if (theirs === FALSE) greater = store.choose(mine, TRUE, greater);
      else greater = store.ite(store.xor(mine, theirs), mine, greater);
    }
    return greater;
  }

  /** Where the words have a bit in common. */
  intersects(a: SymbolicWord, b: SymbolicWord): Node {
    const { store } = this;
    const other = this.bits(b);
    return this.bits(a).reduce((some, bit, at) => store.choose(store.and(bit, other[at]!), TRUE, some), FALSE);
  }

  /**
   * The result of an operation of class ALU on A and its second operand. NEG ignores that operand, and DIV needs it not
   * to be 0.
   */
  compute(code: number, a: SymbolicWord, b: SymbolicWord): SymbolicWord {
    const key = `${operationWithK(code)},${a},${b}`; // K and X compute alike
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const result = this.#intern(this.#bitsOf(operationWithK(code), this.bits(a), b));
    this.#results.set(key, result);
    return result;
  }

  #bitsOf(code: number, one: readonly Node[], b: SymbolicWord): readonly Node[] {
    const { store } = this;
    const other = this.bits(b);
    switch (code) {
      case Opcode.AND_K:
        return one.map((bit, at) => store.and(bit, other[at]!));
      case Opcode.OR_K:
        return one.map((bit, at) => store.or(bit, other[at]!));
      case Opcode.XOR_K:
        return one.map((bit, at) => store.xor(bit, other[at]!));
      case Opcode.ADD_K:
        return this.#add(one, other, FALSE);
      case Opcode.SUB_K:
        return this.#subtract(one, other);
      case Opcode.NEG:
        return this.#subtract(ZERO, one);
      case Opcode.MUL_K:
        return this.#multiply(one, other);
      case Opcode.DIV_K:
        return this.#divide(one, other);
      case Opcode.LSH_K:
        return this.#shift(one, other, (bits, by) => bits.map((_, at) => bits[at - by] ?? FALSE));
      case Opcode.RSH_K:
        return this.#shift(one, other, (bits, by) => bits.map((_, at) => bits[at + by] ?? FALSE));
      default:
        throw new Error(`0x${code.toString(16)} computes nothing`);
    }
  }

  #add(one: readonly Node[], other: readonly Node[], carryIn: Node): Node[] {
    const { store } = this;
    let carry = carryIn;
    return one.map((bit, at) => {
      const differ = store.xor(bit, other[at]!);
      const sum = store.xor(differ, carry);
      carry = store.ite(differ, carry, bit);
      return sum;
    });
  }

  #subtract(one: readonly Node[], other: readonly Node[]): Node[] {
    return this.#add(one, this.#complement(other), TRUE);
  }

  #complement(bits: readonly Node[]): Node[] {
    return bits.map((bit) => this.store.not(bit));
  }

  #multiply(one: readonly Node[], other: readonly Node[]): Node[] {
    let product: Node[] = ZERO;
    other.forEach((factor, at) => {
      if (factor === FALSE) return;
      const shifted = one.map((_, bit) => this.store.and(factor, one[bit - at] ?? FALSE));
      product = this.#add(product, shifted, FALSE);
    });
    return product;
  }

  /** Long division, a bit of the quotient at a time; a remainder has one bit more than a word. */
  #divide(one: readonly Node[], other: readonly Node[]): Node[] {
    const { store } = this;
    const quotient: Node[] = [...ZERO];
    const minusDivisor = this.#complement([...other, FALSE]);
    let remainder: Node[] = [...ZERO, FALSE];
    for (let bit = WORD_BITS - 1; bit >= 0; bit--) {
      const next = [one[bit]!, ...remainder.slice(0, WORD_BITS)];
      const less = this.#add(next, minusDivisor, TRUE);
      // `next` is below twice the divisor, so the difference, where it is not negative, is below 2^32.
      const fits = store.not(less[WORD_BITS]!);
      quotient[bit] = fits;
      remainder = next.map((each, at) => store.ite(fits, less[at]!, each));
    }
    return quotient;
  }

  /** Shift by the low five bits of the amount, as eBPF does; the kernel refuses larger constants. */
  #shift(
    one: readonly Node[],
    amount: readonly Node[],
    by: (bits: readonly Node[], amount: number) => readonly Node[],
  ): readonly Node[] {
    let bits = one;
    for (let at = 0; at < 5; at++) {
      const shifted = by(bits, 1 << at);
      bits = bits.map((bit, place) => this.store.ite(amount[at]!, shifted[place]!, bit));
    }
    return bits;
  }

  #intern(bits: readonly Node[]): SymbolicWord {
    if (bits.every((bit) => bit <= TRUE)) return this.constant(bits.reduce((value, bit, at) => value | (bit << at), 0));
    const key = bits.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.store.spend(COST_OF_WORD);
    const word = this.#values.push(undefined) - 1;
    this.#words[word] = bits;
    this.#numbers.set(key, word);
    return word;
  }
}

function bitsOfConstant(value: number): readonly Node[] {
  return Array.from({ length: WORD_BITS }, (_, bit) => ((value >>> bit) & 1 ? TRUE : FALSE));
}

const ZERO: Node[] = new Array<Node>(WORD_BITS).fill(FALSE);
