import {
  type Endianness,
  type Instruction,
  isConditionalJump,
  jumpHolds,
  Opcode,
  successors,
  usesX,
} from '../program/instruction.js';
import { Level, levelOfOffset } from './input-variables.js';
import { MAX_PARTS, type NumberRange } from './partition.js';

// Most of a filter compares the architecture and the number with constants. What comes of that is worked out on ranges of
// numbers, a hundred times as fast as on the bits of either.

/** Calls that a program decides alike: it returns one value, or goes on with one instruction. */
export type CallRange = NumberRange &
  (
    | { returned: number; next?: undefined }
    /** The first instruction that looks at another word, and neither A nor what came before is read after it. */
    | { next: number; returned?: undefined }
  );

/** Values of the architecture word for which calls are decided alike, and the ranges of all 32-bit numbers, ascending. */
export interface ArchitectureRange extends NumberRange {
  calls: readonly CallRange[];
}

/** More than filters distinguish; each costs a pass. */
const MAX_ARCHITECTURES = 64;

/** A holds the number. */
const NUMBER = -1;

/** Numbers as `from, to, from, to`, ascending; both ends included. */
type Numbers = number[];

const LAST_NUMBER = 2 ** 32 - 1;

/**
 * What a verified program does with the calls of every architecture and number, up to where it looks at something else.
 * Undefined for a program that does more with them than compare them with constants, or that compares them again later.
 */
export function callRanges(
  instructions: readonly Instruction[],
  endianness: Endianness,
): ArchitectureRange[] | undefined {
  const levels = instructions.map(({ code, k }) => (code === Opcode.LD_ABS ? levelOfOffset(k, endianness) : undefined));
  const cuts = architectureCuts(instructions, levels);
  if (cuts === undefined || cuts.length >= MAX_ARCHITECTURES) return undefined;
  const looksAgain = looksAtCall(instructions, levels);
  const ranges: ArchitectureRange[] = [];
  for (const [index, from] of [0, ...cuts].entries()) {
    const calls = follow(
      instructions,
      (index) => levels[index],
      0,
      KNOWN_ZERO,
      (level, index) => {
        if (level === Level.ARCH) return { a: from };
        if (level === Level.NR) return { a: NUMBER };
        return looksAgain[index] === 0 ? 'end' : undefined;
      },
    );
    if (calls === undefined) return undefined;
    ranges.push({ from, to: (cuts[index] ?? 2 ** 32) - 1, calls });
  }
  return ranges;
}

type Levels = readonly (number | undefined)[];

/** From which values on of the architecture, other than 0, a comparison of it may come out otherwise. */
function architectureCuts(instructions: readonly Instruction[], levels: Levels): number[] | undefined {
  const cuts = new Set<number>();
  /** What A may hold before an instruction: bit 0 the architecture, bit 1 something else. */
  const contents = new Uint8Array(instructions.length);
  contents[0] = 2;
  for (let index = 0; index < instructions.length; index++) {
    const held = contents[index]!;
    if (held === 0) continue;
    const { code, jt, jf, k } = instructions[index]!;
    const level = levels[index];
    if (level === Level.ARCH) contents[index + 1]! |= 1;
    else if (level === Level.NR) contents[index + 1]! |= 2;
    else if (code === Opcode.JA) contents[index + 1 + k]! |= held;
    else if (isConditionalJump(code)) {
      contents[index + 1 + jt]! |= held;
      contents[index + 1 + jf]! |= held;
      if ((held & 1) === 0) continue;
      if (code === Opcode.JSET_K || usesX(code)) return undefined;
      if (code !== Opcode.JGT_K) cuts.add(k);
      if (code !== Opcode.JGE_K) cuts.add(k + 1);
    }
  }
  return [...cuts].filter((cut) => cut > 0 && cut < 2 ** 32).sort((a, b) => a - b);
}

/** Per instruction, whether it or one that may come after it loads the architecture or the number. */
function looksAtCall(instructions: readonly Instruction[], levels: Levels): Uint8Array {
  const looks = new Uint8Array(instructions.length);
  for (let index = instructions.length - 1; index >= 0; index--) {
    const level = levels[index];
    const { code, jt, jf } = instructions[index]!;
    if (level === Level.ARCH || level === Level.NR) looks[index] = 1;
    else if (isConditionalJump(code)) looks[index] = looks[index + 1 + jt]! | looks[index + 1 + jf]!;
    else looks[index] = successors(instructions[index]!, index).reduce((some, next) => some | looks[next]!, 0);
  }
  return looks;
}

/**
 * What a verified program does with the values of a word that A holds before an instruction, up to the next load. Undefined
 * where it does more with the word than compare it with constants, or tells apart too many ranges.
 */
export function wordRanges(
  instructions: readonly Instruction[],
  endianness: Endianness,
  first: number,
): readonly CallRange[] | undefined {
  const levelAt = (index: number) => {
    const { code, k } = instructions[index]!;
    return code === Opcode.LD_ABS ? levelOfOffset(k, endianness) : undefined;
  };
  return follow(instructions, levelAt, first, NUMBER, () => 'end');
}

/** A before the first instruction. */
const KNOWN_ZERO = 0;

/**
 * One pass: jumps go forward only, so by the time of an instruction all numbers that come to it are known. A holds the
 * number ({@link NUMBER}), or what is known. `load` says what it holds after the load of a word, or that the numbers
 * are followed up to there.
 */
function follow(
  instructions: readonly Instruction[],
  levelAt: (index: number) => number | undefined,
  first: number,
  before: number,
  load: (level: number, index: number) => { a: number } | 'end' | undefined,
): CallRange[] | undefined {
  /** The numbers that come to an instruction, counted from the first, by what A holds. */
  const withNumber: (Arriving | undefined)[] = [];
  const withKnown: (Arriving | undefined)[] = [];
  const found = new Found();
  let last = first;
  /** One more number comes to an instruction. */
  const enterOne = (index: number, number: number): boolean => {
    const there = withNumber[index - first];
    if (there === undefined) return enter(index, NUMBER, [number, number]);
    there.isInOrder = false;
    there.numbers.push(number, number);
    return true;
  };
  const enter = (index: number, a: number, numbers: Numbers, isInOrder = true): boolean => {
    if (numbers.length === 0) return true;
    if (index > last) last = index;
    const arrived = a === NUMBER ? withNumber : withKnown;
    const there = arrived[index - first];
    if (there === undefined) {
      arrived[index - first] = { a, numbers, isInOrder };
      return true;
    }
    there.isInOrder = false;
    for (const number of numbers) there.numbers.push(number);
    return there.a === a;
  };
  const step = (index: number, arriving: Arriving): boolean => {
    const { a, isInOrder } = arriving;
    const { code, jt, jf, k } = instructions[index]!;
    const level = levelAt(index);
    if (code === Opcode.RET_K) return found.add(arriving.numbers, { returned: k });
    if (level !== undefined) {
      const loaded = load(level, index);
      if (loaded === 'end') return found.add(arriving.numbers, { next: index });
      return loaded !== undefined && enter(index + 1, loaded.a, arriving.numbers, isInOrder);
    }
    if (code === Opcode.JA) return enter(index + 1 + k, a, arriving.numbers, isInOrder);
    if (!isConditionalJump(code) || usesX(code)) return false;
    if (a !== NUMBER)
      return enter(index + 1 + (jumpHolds(code, a | 0, k | 0) ? jt : jf), a, arriving.numbers, isInOrder);
    const numbers = isInOrder ? arriving.numbers : ordered(arriving.numbers);
    if (code === Opcode.JEQ_K) {
      return (!takeOne(numbers, k) || enterOne(index + 1 + jt, k)) && enter(index + 1 + jf, NUMBER, numbers);
    }
    const taken = takeMany(numbers, code, k);
    return taken !== undefined && enter(index + 1 + jt, NUMBER, taken) && enter(index + 1 + jf, NUMBER, numbers);
  };
  enter(first, before, [0, LAST_NUMBER]);
  for (let index = first; index <= last; index++) {
    const known = withKnown[index - first];
    if (known && !step(index, known)) return undefined;
    const numbers = withNumber[index - first];
    if (numbers && !step(index, numbers)) return undefined;
  }
  return found.inOrder();
}

interface Arriving {
  readonly a: number;
  readonly numbers: Numbers;
  isInOrder: boolean;
}

/** No two ranges have a number in common, so that the sorted beginnings go with the sorted ends. */
function ordered(numbers: Numbers): Numbers {
  const [froms, tos] = [0, 1].map((side) => Float64Array.from(numbers.filter((_, at) => at % 2 === side)).sort());
  return Array.from(numbers, (_, at) => (at % 2 === 0 ? froms : tos)![at >>> 1]!);
}

type Outcome = Pick<CallRange, 'returned' | 'next'>;

/** Ranges as they are found. */
class Found {
  readonly #froms: number[] = [];
  readonly #tos: number[] = [];
  readonly #outcomes: Outcome[] = [];

  /** Whether they are not too many. */
  add(numbers: Numbers, outcome: Outcome): boolean {
    for (let at = 0; at < numbers.length; at += 2) {
      this.#froms.push(numbers[at]!);
      this.#tos.push(numbers[at + 1]!);
      this.#outcomes.push(outcome);
    }
    return this.#froms.length <= MAX_PARTS;
  }

  /** Ascending, neighbours that are alike as one. */
  inOrder(): CallRange[] {
    const count = this.#froms.length;
    // Both in one number, which has 53 bits: typed arrays are sorted without calls of a function.
    const keys = new Float64Array(count);
    for (let index = 0; index < count; index++) keys[index] = this.#froms[index]! * 2 * MAX_PARTS + index;
    keys.sort();
    const calls: CallRange[] = [];
    let before: CallRange | undefined;
    for (const key of keys) {
      const index = key % (2 * MAX_PARTS);
      const { returned, next } = this.#outcomes[index]!;
      const to = this.#tos[index]!;
      if (before !== undefined && before.returned === returned && before.next === next) {
        before.to = to;
        continue;
      }
      before = { from: this.#froms[index]!, to, returned, next } as CallRange;
      calls.push(before);
    }
    return calls;
  }
}

/** Take a number out of a set, and say whether it was there. */
function takeOne(numbers: Numbers, number: number): boolean {
  const at = rangeFrom(numbers, number);
  const from = numbers[at];
  const to = numbers[at + 1];
  if (from === undefined || to === undefined || from > number) return false;
  if (from === to) numbers.splice(at, 2);
  else if (from === number) numbers[at] = number + 1;
  else if (to === number) numbers[at + 1] = number - 1;
  else numbers.splice(at + 1, 0, number - 1, number + 1);
  return true;
}

/** Take the numbers for which a jump's comparison holds out of a set; undefined where they are too many ranges. */
function takeMany(numbers: Numbers, code: number, k: number): Numbers | undefined {
  if (code !== Opcode.JSET_K) return takeFrom(numbers, code === Opcode.JGT_K ? k + 1 : k);
  if (k === 0) return []; // no number has a bit of none
  const period = (k & -k) >>> 0;
  // Of several bits the pieces are not alike.
  if (k !== period) return undefined;
  const taken: Numbers = [];
  const left: Numbers = [];
  for (let at = 0; at < numbers.length; at += 2) {
    const to = numbers[at + 1]!;
    for (let from = numbers[at]!; from <= to; ) {
      const end = Math.min(to, from - (from % period) + period - 1);
      (Math.floor(from / period) % 2 === 1 ? taken : left).push(from, end);
      from = end + 1;
      if (taken.length + left.length > 2 * MAX_PARTS) return undefined;
    }
  }
  numbers.splice(0, numbers.length, ...left);
  return taken;
}

/** Take the numbers from one on out of a set. */
function takeFrom(numbers: Numbers, first: number): Numbers {
  const at = rangeFrom(numbers, first);
  const taken = numbers.splice(at);
  const [from, to] = taken;
  if (from !== undefined && to !== undefined && from < first) {
    numbers.push(from, first - 1);
    taken[0] = first;
  }
  return taken;
}

/** Where the first range begins that ends at a number or past it. */
function rangeFrom(numbers: Numbers, number: number): number {
  let low = 0;
  for (let high = numbers.length / 2; low < high; ) {
    const middle = (low + high) >>> 1;
    if (numbers[2 * middle + 1]! < number) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}
