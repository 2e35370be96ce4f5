import { type DiagramStore, type Node, ProgramTooComplexError } from './diagram-store.js';
import { WORD_BITS } from './input-variables.js';

/** 32-bit numbers, both ends included. */
export interface NumberRange {
  from: number;
  to: number;
}

/** Numbers after which a function goes on with the same node. */
export interface Part extends NumberRange {
  node: Node;
}

/** Filters distinguish some hundreds. */
export const MAX_PARTS = 1 << 13;

/**
 * Split a function by the 32-bit number that its first variables, from `level` on, make. The ranges go from 0 to 2^32 -
 * 1, ascending, and no two neighbours are alike.
 */
export function partition(store: DiagramStore, root: Node, level: number): Part[] {
  const parts = boundedPartition(store, root, level, MAX_PARTS);
  if (parts) return parts;
  throw new ProgramTooComplexError(`too complex to list: it tells apart more than ${MAX_PARTS} ranges of numbers`);
}

/** As {@link partition}; undefined where there are more parts than `limit`. */
export function boundedPartition(store: DiagramStore, root: Node, level: number, limit: number): Part[] | undefined {
  const parts: Part[] = [];
  const visit = (node: Node, at: number, from: number): void => {
    if (parts.length > limit) return;
    const size = 2 ** (WORD_BITS - (at - level));
    if (at === level + WORD_BITS || store.level(node) >= level + WORD_BITS) {
      const last = parts.at(-1);
      if (last?.node === node) last.to = from + size - 1;
      else parts.push({ from, to: from + size - 1, node });
      return;
    }
    const isTested = store.level(node) === at;
    visit(isTested ? store.low(node) : node, at + 1, from);
    visit(isTested ? store.high(node) : node, at + 1, from + size / 2);
  };
  visit(root, level, 0);
  return parts.length > limit ? undefined : parts;
}

/** The function that {@link partition} splits. Parts cover all numbers, ascending; neighbours may be alike. */
export function joinParts(store: DiagramStore, level: number, parts: readonly Part[]): Node {
  // The numbers from `from` on whose first variables are known; they begin in part `first`.
  const visit = (at: number, from: number, first: number): Node => {
    const size = 2 ** (WORD_BITS - (at - level));
    const part = parts[first]!;
    if (part.to >= from + size - 1) return part.node;
    const low = visit(at + 1, from, first);
    const middle = from + size / 2;
    let next = first;
    for (let above = parts.length; above - next > 1; ) {
      const between = (next + above) >>> 1;
      if (parts[between]!.from <= middle) next = between;
      else above = between;
    }
    return store.node(at, low, visit(at + 1, middle, next));
  };
  return visit(level, 0, 0);
}

/** The ranges of each node, in the order in which the nodes appear. */
export function rangesByNode(parts: readonly Part[]): Map<Node, NumberRange[]> {
  const byNode = new Map<Node, NumberRange[]>();
  for (const { node, from, to } of parts) {
    const ranges = byNode.get(node) ?? [];
    ranges.push({ from, to });
    byNode.set(node, ranges);
  }
  return byNode;
}
