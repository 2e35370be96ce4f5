import { ACTION_GLYPHS } from './action-style.js';
import type { ActionLabel, ListingLine } from './engine/protocol.js';

/** Where a branch ends at once: the action of a return that is drawn as a badge beside the jump to it. */
export interface GraphEnd {
  kind: 'end';
  /** The instruction control goes to: it may be a jump that leads on, which is not drawn. */
  entry: number;
  index: number;
  action: ActionLabel;
}
export interface GraphEdge {
  kind: 'edge';
  entry: number;
  to: GraphNode;
}

export type GraphBranch = GraphEdge | GraphEnd;

/** Instructions that are always executed one after the other. */
export interface GraphNode {
  /** Indices of instructions, the last one exclusive. */
  first: number;
  end: number;
  /** In words, one a line. */
  text: readonly string[];
  /** What follows when the comparison holds, then what follows when it does not; one where there is no choice. */
  branches: readonly GraphBranch[];
  /** The nodes that are drawn as this one: tests of one number after the other, all with the same answer. */
  folded?: readonly GraphNode[] | undefined;
  /** The first instruction of the run that it belongs to, folded or not. */
  run?: number | undefined;
  /** The node that its row belongs to. */
  parent: GraphNode | undefined;
  x: number;
  y: number;
  height: number;
}

export interface GraphLayout {
  nodes: readonly GraphNode[];
  width: number;
  height: number;
}

export const NODE_WIDTH = 224;
export const LINE_HEIGHT = 16;
const INDENT = 36;
const ROW_GAP = 14;
const PADDING = 20;
/** Room beside a node for where its branches end. */
const BADGES = 190;

/**
 * The program as a graph that reads like an outline, one node per row. The branch that holds is below its comparison
 * and indented; the other branch is straight below that. A chain of comparisons is a column, and a search is a tree.
 * However large the program is, it scrolls in one direction. Returns are badges at the jumps to them: otherwise every
 * edge would lead to the same few places. Jumps to a node with a row elsewhere are badges too (`parent` is another
 * then).
 */
export function layOutGraph(
  lines: readonly ListingLine[],
  isFolded: (run: number) => boolean = () => false,
): GraphLayout {
  const nodes: GraphNode[] = [];
  const [root] = foldRuns(blocksOf(lines), isFolded);
  let y = PADDING;
  const isPlaced = new Set<GraphNode>();
  const pending: { node: GraphNode; parent: GraphNode | undefined; indent: number }[] = [];
  if (root) pending.push({ node: root, parent: undefined, indent: 0 });
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, parent, indent } = next;
    if (isPlaced.has(node)) continue;
    isPlaced.add(node);
    nodes.push(node);
    node.parent = parent;
    node.x = PADDING + indent * INDENT;
    node.y = y;
    y += node.height + ROW_GAP;
    // Last in, first out: the branch that holds is placed right below.
    for (const [at, branch] of [...node.branches.entries()].reverse()) {
      if (branch.kind === 'end') continue;
      const isHolding = at === 0 && node.branches.length > 1;
      const hasSibling = node.branches.some((other) => other !== branch && other.kind === 'edge');
      pending.push({ node: branch.to, parent: node, indent: isHolding && hasSibling ? indent + 1 : indent });
    }
  }
  const width = nodes.reduce((most, node) => Math.max(most, node.x + NODE_WIDTH + BADGES, endOfBadges(node)), 0);
  return { nodes, width, height: y + PADDING };
}

/** Between a node and its first badge. */
export const BADGE_WIRE = 14;
export const BADGE_GAP = 8;

/** The branches that are badges beside the node: where they end, or go on elsewhere. */
export function badgesOf(node: GraphNode): readonly GraphBranch[] {
  return node.branches.filter((branch) => branch.kind === 'end' || branch.to.parent !== node);
}

/** The text of a badge, and its width in the graph's units. */
export function badgeText({ branches }: GraphNode, branch: GraphBranch): { text: string; width: number } {
  const label =
    branch.kind === 'end' ? `${ACTION_GLYPHS[branch.action.kind]} ${branch.action.text}` : `→ ${branch.to.first}`;
  // Labels for the branches where both are badges.
  const isHolding = branch === branches[0];
  const text = branches.length > 1 && !isHolding ? `else ${label}` : label;
  return { text, width: text.length * 7.4 + 14 };
}

function endOfBadges(node: GraphNode): number {
  const widths = badgesOf(node).map((branch) => badgeText(node, branch).width + BADGE_GAP);
  return node.x + NODE_WIDTH + BADGE_WIRE + widths.reduce((sum, width) => sum + width, PADDING);
}

/** A run shorter than this is read as quickly as its sum. */
const LEAST_RUN = 4;

/** Draw a run of equal tests ("is it read? is it write? …", all answered alike) as one node. */
function foldRuns(blocks: readonly GraphNode[], isFolded: (run: number) => boolean): readonly GraphNode[] {
  const entrances = new Map<GraphNode, number>();
  for (const { branches } of blocks) {
    for (const branch of branches) {
      if (branch.kind === 'edge') entrances.set(branch.to, (entrances.get(branch.to) ?? 0) + 1);
    }
  }
  const replaced = new Map<GraphNode, GraphNode>();
  const isTaken = new Set<GraphNode>();
  for (const block of blocks) {
    if (isTaken.has(block)) continue;
    const run: GraphNode[] = [];
    const answer = numberTest(block)?.answer.action.text;
    for (let next: GraphNode | undefined = block; next && answer !== undefined; ) {
      const test = numberTest(next);
      if (test?.answer.action.text !== answer || (run.length > 0 && entrances.get(next) !== 1)) break;
      run.push(next);
      isTaken.add(next);
      next = test.otherwise.kind === 'edge' ? test.otherwise.to : undefined;
    }
    if (run.length < LEAST_RUN) continue;
    for (const member of run) member.run = block.first;
    if (!isFolded(block.first)) continue;
    const last = run.at(-1) as GraphNode;
    const names = run.map(({ text }) => /[!=]= (.*)\)$/.exec(text[0] ?? '')?.[1] ?? '?');
    const [answered, otherwise] = [numberTest(block)?.answer, numberTest(last)?.otherwise];
    replaced.set(block, {
      first: block.first,
      end: last.end,
      text: [`one of ${run.length} calls`, names.join(', ')],
      branches: [answered, otherwise].filter((branch) => branch !== undefined),
      folded: run,
      run: block.first,
      parent: undefined,
      x: 0,
      y: 0,
      height: 2 * LINE_HEIGHT + 12,
    });
  }
  const shown = (node: GraphNode) => replaced.get(node) ?? node;
  for (const node of [...blocks, ...replaced.values()]) {
    node.branches = node.branches.map((branch) =>
      branch.kind === 'edge' ? { ...branch, to: shown(branch.to) } : branch,
    );
  }
  return blocks.map(shown);
}

/**
 * A node that only compares the number with one, and answers where it is equal: the answer, and where it goes on
 * otherwise.
 */
export function numberTest({ text, branches }: GraphNode): { answer: GraphEnd; otherwise: GraphBranch } | undefined {
  const operator = text.length === 1 && /^if \(A ([!=]=) [^()]+\)$/.exec(text[0] ?? '')?.[1];
  const [holds, fails] = branches;
  if (!operator || !holds || !fails) return undefined;
  const [answer, otherwise] = operator === '==' ? [holds, fails] : [fails, holds];
  return answer.kind === 'end' ? { answer, otherwise } : undefined;
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
    // A node that only returns is drawn at the jump to it.
    const isReturn = end === first + 1 && lines[first]?.action !== undefined && first > 0;
    const isJump = end === first + 1 && lines[first]?.text.startsWith('goto') === true && first > 0;
    if (lines[first]?.reachable && !isReturn && !isJump) {
      const text = lines.slice(first, end).map((line) => line.text.replace(/ (else )?goto \d+/g, ''));
      byFirst.set(first, {
        first,
        end,
        text,
        branches: [],
        parent: undefined,
        x: 0,
        y: 0,
        height: text.length * LINE_HEIGHT + 12,
      });
    }
    first = end;
  }
  for (const node of byFirst.values()) {
    const { successors = [], text = '' } = lines[node.end - 1] ?? {};
    // A listing has "A != 5" where the program has "A == 5" and goes on: the text's condition counts.
    const written = Number(/\bgoto (\d+)/.exec(text)?.[1] ?? Number.NaN);
    const inOrder = successors.includes(written) ? [written, ...successors] : successors;
    node.branches = [...new Set(inOrder)].flatMap((entry): GraphBranch[] => {
      let target = entry;
      // Jumps go forward only.
      while (!byFirst.has(target) && !lines[target]?.action) {
        const [next] = lines[target]?.successors ?? [];
        if (next === undefined) return [];
        target = next;
      }
      const to = byFirst.get(target);
      if (to) return [{ kind: 'edge', entry, to }];
      const action = lines[target]?.action;
      return action ? [{ kind: 'end', entry, index: target, action }] : [];
    });
  }
  return [...byFirst.values()];
}
