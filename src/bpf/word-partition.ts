import { type DiagramStore, type Node, ProgramTooComplexError } from './diagram-store.js';
import { WORD_BITS } from './input-variables.js';

/** Values of a 32-bit word, both ends included, for which one function of the rest of the input decides. */
export interface WordRange {
  from: number;
  to: number;
  node: Node;
}

/** Far more than real filters have; a filter that tests the lowest bit of a number has 2^32. */
const MAX_RANGES = 1 << 16;

/** The values of the word whose most significant bit is at `level`, in ascending ranges that decide alike. */
export function partitionWord(store: DiagramStore, root: Node, level: number): WordRange[] {
  const end = level + WORD_BITS;
  const ranges: WordRange[] = [];
  const visit = (node: Node, from: number, size: number) => {
    if (store.level(node) >= end) {
      const last = ranges.at(-1);
      if (last?.node === node) last.to = from + size - 1;
      else ranges.push({ from, to: from + size - 1, node });
      if (ranges.length > MAX_RANGES) {
        throw new ProgramTooComplexError(`decides on more than ${MAX_RANGES} ranges of one word, too many to list`);
      }
      return;
    }
    // Bits between two nodes do not matter: all the values that they make are one range.
    const half = 2 ** (end - 1 - store.level(node));
    for (let start = from; start < from + size; start += 2 * half) {
      visit(store.low(node), start, half);
      visit(store.high(node), start + half, half);
      if (ranges.length > MAX_RANGES) break;
    }
  };
  visit(root, 0, 2 ** WORD_BITS);
  return ranges;
}
