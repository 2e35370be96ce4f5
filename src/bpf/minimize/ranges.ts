import type { NumberRange } from '../decisions/partition.js';
import type { GraphNode } from './program-graph.js';

/** Values of a word, and the code that follows for them. `weight` is how often they come, relative to others. */
export interface NodeRange extends NumberRange {
  target: GraphNode;
  weight: number;
}

/** One range for neighbours that go on alike. They need not touch: the values between two ranges never come. */
export function joinNeighbours(ranges: readonly NodeRange[]): NodeRange[] {
  const joined: NodeRange[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last?.target === range.target) {
      last.to = range.to;
      last.weight += range.weight;
    } else {
      joined.push({ ...range });
    }
  }
  return joined;
}

/** The parts of ranges from one number to another, both included. */
export function clip<T extends NumberRange>(ranges: readonly T[], from: number, to: number): T[] {
  return ranges
    .filter((range) => range.to >= from && range.from <= to)
    .map((range) => ({ ...range, from: Math.max(range.from, from), to: Math.min(range.to, to) }));
}

/** The numbers of several ranges as ranges in ascending order, which do not touch. */
export function union(ranges: readonly NumberRange[]): NumberRange[] {
  const joined: NumberRange[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && from <= last.to + 1) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}
