import type { ActionLabel, ListingLine } from './engine/protocol.js';

/** Where a branch ends at once: the action of a return that is drawn as a badge beside the jump to it. */
export interface GraphEnd {
  kind: 'end';
  index: number;
  action: ActionLabel;
}
export interface GraphEdge {
  kind: 'edge';
  to: GraphNode;
}

/** Instructions that are always executed one after the other. */
export interface GraphNode {
  /** Indices of instructions, the last one exclusive. */
  first: number;
  end: number;
  /** In words, one a line. */
  text: readonly string[];
  /** A jump's "holds" before its "does not hold"; one branch where there is no choice. */
  branches: readonly (GraphEdge | GraphEnd)[];
  column: number;
  x: number;
  y: number;
  height: number;
}

export interface GraphLayout {
  nodes: readonly GraphNode[];
  width: number;
  height: number;
}

export const NODE_WIDTH = 220;
export const LINE_HEIGHT = 16;
const COLUMN_GAP = 130;
const ROW_GAP = 22;
const PADDING = 24;

/**
 * The program as a graph from top to bottom. Returns are badges at the jumps to them and not nodes, or every edge of a filter
 * would lead to the same few places. A node stands below all that lead to it; the way on when a comparison fails goes
 * straight down, the way aside when it holds to the right, so that a chain of comparisons is a column and a search a tree.
 */
export function layOutGraph(lines: readonly ListingLine[]): GraphLayout {
  const nodes = blocksOf(lines);
  const rows: GraphNode[][] = [];
  const depth = new Map<GraphNode, number>();
  // In the program's order, which all jumps follow: a node's depth is settled before it is read.
  for (const node of nodes) {
    const own = depth.get(node) ?? 0;
    rows[own] ??= [];
    rows[own].push(node);
    node.branches.forEach((branch, at) => {
      if (branch.kind === 'end') return;
      depth.set(branch.to, Math.max(depth.get(branch.to) ?? 0, own + 1));
      const aside = at === 0 && node.branches.length > 1 ? 1 : 0;
      // The leftmost of those that lead to it says where it would like to be.
      branch.to.column = Math.min(branch.to.column, (Number.isFinite(node.column) ? node.column : 0) + aside);
    });
  }
  let y = PADDING;
  let width = 0;
  for (const row of rows) {
    if (!row) continue;
    let next = 0;
    for (const node of row.sort((a, b) => a.column - b.column || a.first - b.first)) {
      node.column = Math.max(Number.isFinite(node.column) ? node.column : 0, next);
      next = node.column + 1;
      node.x = PADDING + node.column * (NODE_WIDTH + COLUMN_GAP);
      node.y = y;
      width = Math.max(width, node.x + NODE_WIDTH + COLUMN_GAP);
    }
    y += Math.max(...row.map(({ height }) => height)) + ROW_GAP;
  }
  return { nodes, width, height: y + PADDING };
}

function blocksOf(lines: readonly ListingLine[]): GraphNode[] {
  const isLeader = new Uint8Array(lines.length + 1);
  isLeader[0] = 1;
  lines.forEach(({ successors }, index) => {
    if (successors.length === 1 && successors[0] === index + 1) return;
    isLeader[index + 1] = 1;
    for (const target of successors) isLeader[target] = 1;
  });
  const byFirst = new Map<number, GraphNode>();
  for (let first = 0; first < lines.length; ) {
    let end = first + 1;
    while (end < lines.length && !isLeader[end]) end++;
    // What only returns is drawn where the jump to it is.
    const isReturn = end === first + 1 && lines[first]?.action !== undefined && first > 0;
    if (lines[first]?.reachable && !isReturn) {
      const text = lines.slice(first, end).map((line) => line.text.replace(/ (else )?goto \d+/g, ''));
      byFirst.set(first, {
        first,
        end,
        text,
        branches: [],
        column: first === 0 ? 0 : Number.POSITIVE_INFINITY,
        x: 0,
        y: 0,
        height: text.length * LINE_HEIGHT + 12,
      });
    }
    first = end;
  }
  for (const node of byFirst.values()) {
    const { successors = [] } = lines[node.end - 1] ?? {};
    node.branches = [...new Set(successors)].flatMap((target): (GraphEdge | GraphEnd)[] => {
      const to = byFirst.get(target);
      if (to) return [{ kind: 'edge', to }];
      const action = lines[target]?.action;
      return action ? [{ kind: 'end', index: target, action }] : [];
    });
  }
  return [...byFirst.values()];
}
