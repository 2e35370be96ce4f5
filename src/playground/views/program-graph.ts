import { ACTION_GLYPHS, actionClass } from '../action-style.js';
import { element, svgElement } from '../dom.js';
import type { ListingLine } from '../engine/protocol.js';
import {
  type GraphEnd,
  type GraphLayout,
  type GraphNode,
  LINE_HEIGHT,
  layOutGraph,
  NODE_WIDTH,
} from '../graph-layout.js';

const MARGIN = 200;

/** The program as a graph. Only what is in view is drawn. */
export function createProgramGraph() {
  let layout: GraphLayout = { nodes: [], width: 0, height: 0 };
  let lines: readonly ListingLine[] | undefined;
  let lit: ReadonlySet<number> = new Set();
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
      if (isIn(node.x, node.y, node.x + NODE_WIDTH + 130, node.y + node.height)) boxes.push(nodeElement(node));
      node.branches.forEach((branch, at) => {
        if (branch.kind === 'end') return;
        const { to } = branch;
        if (!isIn(Math.min(node.x, to.x), node.y, Math.max(node.x, to.x) + NODE_WIDTH, to.y)) return;
        edges.push(edgeElement(node, to, at === 0 && node.branches.length > 1));
      });
    }
    content.replaceChildren(...edges, ...boxes);
  }

  const isOnPath = (from: GraphNode, index: number) => lit.has(from.end - 1) && lit.has(index);

  function edgeElement(from: GraphNode, to: GraphNode, isHolding: boolean): SVGElement {
    const startX = from.x + (isHolding ? NODE_WIDTH * 0.75 : NODE_WIDTH * 0.25);
    const startY = from.y + from.height;
    const endX = to.x + NODE_WIDTH * 0.25;
    const bend = Math.min(60, (to.y - startY) / 2);
    const path = `M${startX} ${startY}C${startX} ${startY + bend} ${endX} ${to.y - bend} ${endX} ${to.y}`;
    const classes = ['edge', isHolding && 'is-holding', isOnPath(from, to.first) && 'is-lit'];
    return svgElement('path', { d: path, class: classes.filter(Boolean).join(' ') });
  }

  function nodeElement(node: GraphNode): SVGElement {
    const { x, y, height, text, first, end } = node;
    const isLit = lit.has(first);
    const ends = node.branches.filter((branch) => branch.kind === 'end');
    return svgElement(
      'g',
      { class: isLit ? 'node is-lit' : 'node' },
      svgElement('title', {}, `${first} to ${end - 1}\n${text.join('\n')}`),
      svgElement('rect', { x, y, width: NODE_WIDTH, height, rx: 5 }),
      ...text.map((line, at) =>
        svgElement(
          'text',
          { x: x + 10, y: y + 6 + (at + 0.75) * LINE_HEIGHT },
          line.length > 30 ? `${line.slice(0, 29)}…` : line,
        ),
      ),
      ...ends.map((branch, at) => endElement(node, branch as GraphEnd, at)),
    );
  }

  function endElement(node: GraphNode, { index, action }: GraphEnd, at: number): SVGElement {
    // The way aside ends beside the node; where both ways end the other one's badge stands under it.
    const isFirst = at === 0;
    const x = node.x + NODE_WIDTH + 14;
    const y = node.y + node.height / 2 - 9 + (isFirst ? 0 : 21);
    const width = 24 + action.text.length * 7.3;
    return svgElement(
      'g',
      { class: `end ${actionClass(action.kind)}${isOnPath(node, index) ? ' is-lit' : ''}` },
      svgElement('path', {
        d: `M${node.x + NODE_WIDTH} ${node.y + node.height / 2}L${x} ${y + 9}`,
        class: 'edge is-holding',
      }),
      svgElement('rect', { x, y, width, height: 18, rx: 4 }),
      svgElement('text', { x: x + 7, y: y + 13 }, `${ACTION_GLYPHS[action.kind]} ${action.text}`),
    );
  }

  return {
    element: scroller,
    update(next: readonly ListingLine[], path: readonly number[]) {
      lit = new Set(path);
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
