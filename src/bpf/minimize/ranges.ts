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
