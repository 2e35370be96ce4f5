import { ACTION_GLYPHS, actionClass } from '../action-style.js';
import { element, svgElement } from '../dom.js';
import type { ListingLine } from '../engine/protocol.js';
import {
  type GraphBranch,
  type GraphEdge,
  type GraphLayout,
  type GraphNode,
  LINE_HEIGHT,
  layOutGraph,
  NODE_WIDTH,
} from '../graph-layout.js';
import { stepsOf } from '../state.js';

const MARGIN = 200;
/** Characters of a line that fit into a node. */
const MAX_CHARACTERS = 28;

/** The program as a graph. Only what is in view is drawn. */
export function createProgramGraph() {
  let layout: GraphLayout = { nodes: [], width: 0, height: 0 };
  let lines: readonly ListingLine[] | undefined;
  let lit: ReadonlyMap<number, number | undefined> = new Map();
  let scale = 1;

  const content = svgElement('g');
  const svg = svgElement('svg', { role: 'img' }, content);
  const scroller = element(
    'div',
    {
      class: 'scroller graph',
      attributes: { tabindex: '0', role: 'group', 'aria-label': 'Graph of the program' },
      on: { scroll: () => draw() },
    },
    svg,
  );
  new ResizeObserver(() => draw()).observe(scroller);

  function resize(): void {
    svg.setAttribute('width', String(layout.width * scale));
    svg.setAttribute('height', String(layout.height * scale));
    content.setAttribute('transform', `scale(${scale})`);
    draw();
  }

  function draw(): void {
    if (scroller.hidden) return;
    const left = scroller.scrollLeft / scale - MARGIN;
    const top = scroller.scrollTop / scale - MARGIN;
    const right = left + scroller.clientWidth / scale + 2 * MARGIN;
    const bottom = top + scroller.clientHeight / scale + 2 * MARGIN;
    const isIn = (x: number, y: number, x2: number, y2: number) => x2 >= left && x <= right && y2 >= top && y <= bottom;
    const edges: SVGElement[] = [];
    const boxes: SVGElement[] = [];
    for (const node of layout.nodes) {
      if (isIn(node.x, node.y, node.x + NODE_WIDTH + 190, node.y + node.height)) boxes.push(nodeElement(node));
      node.branches.forEach((branch, at) => {
        if (branch.kind === 'end' || branch.to.parent !== node) return;
        const { to } = branch;
        if (!isIn(node.x, node.y, to.x + NODE_WIDTH, to.y)) return;
        edges.push(edgeElement(node, branch, at === 0 && node.branches.length > 1));
      });
    }
    content.replaceChildren(...edges, ...boxes);
  }

  const isOnPath = (from: GraphNode, { entry }: GraphBranch) => lit.get(from.end - 1) === entry;

  function edgeElement(from: GraphNode, branch: GraphEdge, isHolding: boolean): SVGElement {
    const { to } = branch;
    // Straight down from the parent's left, and to the right where the child is indented.
    const x = from.x + 14;
    const isStraight = to.x === from.x;
    const end = isStraight ? to.y : to.y + Math.min(14, to.height / 2);
    const path = `M${x} ${from.y + from.height}V${end - (isStraight ? 0 : 6)}${isStraight ? '' : `Q${x} ${end} ${x + 6} ${end}H${to.x}`}`;
    const classes = ['edge', isHolding && 'is-holding', isOnPath(from, branch) && 'is-lit'];
    return svgElement('path', { d: path, class: classes.filter(Boolean).join(' ') });
  }

  function nodeElement(node: GraphNode): SVGElement {
    const { x, y, height, text, first, end } = node;
    const isLit = lit.has(first);
    const aside = node.branches.filter((branch) => branch.kind === 'end' || branch.to.parent !== node);
    let left = x + NODE_WIDTH + 14;
    const badges = aside.map((branch) => {
      const isHolding = branch === node.branches[0] && node.branches.length > 1;
      const badge = badgeElement(node, branch, left, isHolding);
      left += badge.width + 8;
      return badge.element;
    });
    const box = [
      svgElement('title', {}, `${first} to ${end - 1}\n${text.join('\n')}`),
      svgElement('rect', { x, y, width: NODE_WIDTH, height, rx: 5 }),
      ...text.map((line, at) =>
        svgElement(
          'text',
          { x: x + 10, y: y + 6 + (at + 0.75) * LINE_HEIGHT },
          line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS - 1)}…` : line,
        ),
      ),
    ];
    const wire = aside.length > 0 ? [wireElement(node, aside)] : [];
    return svgElement('g', { class: isLit ? 'node is-lit' : 'node' }, ...wire, ...box, ...badges);
  }

  function wireElement(node: GraphNode, aside: readonly GraphBranch[]): SVGElement {
    const y = node.y + node.height / 2;
    const isLit = aside.some((branch) => isOnPath(node, branch));
    return svgElement('path', {
      d: `M${node.x + NODE_WIDTH} ${y}h14`,
      class: isLit ? 'edge is-lit' : 'edge',
    });
  }

  /** Where a branch ends, or the number of the instruction that it goes on at. */
  function badgeElement(node: GraphNode, branch: GraphBranch, x: number, isHolding: boolean) {
    const y = node.y + node.height / 2 - 9;
    const label =
      branch.kind === 'end' ? `${ACTION_GLYPHS[branch.action.kind]} ${branch.action.text}` : `→ ${branch.to.first}`;
    // Labels for the branches where both are badges.
    const text = node.branches.length > 1 && !isHolding ? `else ${label}` : label;
    const width = text.length * 7.4 + 14;
    const kind = actionClass(branch.kind === 'end' ? branch.action.kind : 'mixed');
    const element = svgElement(
      'g',
      { class: `end ${kind}${isOnPath(node, branch) ? ' is-lit' : ''}` },
      svgElement('rect', { x, y, width, height: 18, rx: 4 }),
      svgElement('text', { x: x + 7, y: y + 13 }, text),
    );
    return { element, width };
  }

  return {
    element: scroller,
    update(next: readonly ListingLine[], path: readonly number[]) {
      lit = stepsOf(path);
      if (next !== lines) {
        lines = next;
        layout = layOutGraph(next);
        svg.setAttribute('aria-label', `${layout.nodes.length} blocks; the listing has the same as text`);
      }
      resize();
    },
    zoom(factor: number) {
      const middleX = (scroller.scrollLeft + scroller.clientWidth / 2) / scale;
      const middleY = (scroller.scrollTop + scroller.clientHeight / 2) / scale;
      scale = Math.min(2, Math.max(0.15, scale * factor));
      resize();
      scroller.scrollTo(middleX * scale - scroller.clientWidth / 2, middleY * scale - scroller.clientHeight / 2);
    },
    /** Bring the block of an instruction, or the one that jumps to it, into view. */
    reveal(index: number) {
      const node =
        layout.nodes.find(({ first, end }) => first <= index && index < end) ??
        layout.nodes.find(
          (each) => lit.has(each.end - 1) && each.branches.some((b) => b.kind === 'end' && b.index === index),
        );
      if (!node) return;
      scroller.scrollTo(
        (node.x + NODE_WIDTH / 2) * scale - scroller.clientWidth / 2,
        node.y * scale - scroller.clientHeight / 2,
      );
    },
  };
}
