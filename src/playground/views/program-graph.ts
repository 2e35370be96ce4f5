import { actionClass } from '../action-style.js';
import { element, svgElement } from '../dom.js';
import type { ListingLine } from '../engine/protocol.js';
import { type Focus, hueOf, isFocused } from '../focus.js';
import {
  BADGE_GAP,
  BADGE_WIRE,
  badgesOf,
  badgeText,
  type GraphBranch,
  type GraphEdge,
  type GraphLayout,
  type GraphNode,
  LINE_HEIGHT,
  layOutGraph,
  NODE_WIDTH,
  numberTest,
} from '../graph-layout.js';
import { stepsOf } from '../state.js';
import { createOverview } from './graph-overview.js';

const MARGIN = 200;
/** Characters of a line that fit into a node. */
const MAX_CHARACTERS = 28;
const SMALLEST = 0.15;
const LARGEST = 2;
/** Fitting does not make text smaller than people read; beyond that one pans. */
const SMALLEST_FIT = 0.8;

/** The program as a graph. Only what is in view is drawn. Runs of equal tests are one node until it is clicked. */
export function createProgramGraph({ onChoose }: { onChoose(index: number): void }) {
  let layout: GraphLayout = { nodes: [], width: 0, height: 0 };
  let lines: readonly ListingLine[] = [];
  let lit: ReadonlyMap<number, number | undefined> = new Map();
  let focus: Focus | undefined;
  let scale = 1;
  let isFitted = false;
  /** The runs that are unfolded, by their first instruction; `all`: every one. */
  let unfolded = new Set<number>();
  let areAllUnfolded = false;

  const content = svgElement('g');
  const svg = svgElement('svg', { role: 'img' }, content);
  const scroller = element(
    'div',
    {
      class: 'scroller graph',
      attributes: {
        tabindex: '0',
        role: 'group',
        'aria-label': 'Graph of the program: arrow keys move it, plus and minus zoom, 0 fits it',
      },
      on: {
        scroll: () => draw(),
        keydown: (event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          if (event.key === '+' || event.key === '=') zoom(1.3);
          else if (event.key === '-') zoom(1 / 1.3);
          else if (event.key === '0') fitAll();
        },
        wheel: (event) => {
          if (!event.ctrlKey) return;
          event.preventDefault();
          zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
        },
        click: (event) => onClick(event),
      },
    },
    svg,
  );
  const overview = createOverview(scroller);
  const frame = element('div', { class: 'graph-frame' }, scroller, overview.element);
  setUpPanning(scroller);
  new ResizeObserver(() => (isFitted || scroller.clientWidth === 0 ? draw() : fitAll())).observe(scroller);

  function onClick(event: MouseEvent): void {
    const first = (event.target as Element).closest<SVGElement>('.node')?.dataset.first;
    const node = layout.nodes.find((each) => String(each.first) === first);
    if (!node) return;
    if (node.folded) {
      unfolded.add(node.first);
      layOut();
      return;
    }
    onChoose(node.end - 1);
  }

  function layOut(): void {
    layout = layOutGraph(lines, (run) => !areAllUnfolded && !unfolded.has(run));
    const count = layout.nodes.length;
    svg.setAttribute('aria-label', `${count} ${count === 1 ? 'block' : 'blocks'}; the listing has the same as text`);
    overview.update(layout);
    resize();
  }

  function resize(): void {
    svg.setAttribute('width', String(layout.width * scale));
    svg.setAttribute('height', String(layout.height * scale));
    content.setAttribute('transform', `scale(${scale})`);
    draw();
  }

  function zoom(factor: number): void {
    const middleX = (scroller.scrollLeft + scroller.clientWidth / 2) / scale;
    const middleY = (scroller.scrollTop + scroller.clientHeight / 2) / scale;
    scale = Math.min(LARGEST, Math.max(SMALLEST, scale * factor));
    resize();
    scroller.scrollTo(middleX * scale - scroller.clientWidth / 2, middleY * scale - scroller.clientHeight / 2);
  }

  /** As large as fits, up to its natural size, and as small as can be read. */
  function fitAll(): void {
    if (scroller.clientWidth === 0 || layout.width === 0) return;
    isFitted = true;
    const most = Math.min(scroller.clientWidth / layout.width, scroller.clientHeight / layout.height, 1);
    scale = Math.max(most, SMALLEST_FIT);
    resize();
    scroller.scrollTo(0, 0);
  }

  const coloursOf = ({ first, end }: GraphNode) => {
    const own = lines.slice(first, end);
    return { entries: own.flatMap(({ entries }) => entries), calls: own.flatMap(({ calls }) => calls) };
  };

  function draw(): void {
    if (frame.hidden) return;
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
    overview.showWindow(scale);
  }

  /** Of a folded run any member may have been answered; the way on is that of the last one. */
  const isOnPath = (from: GraphNode, branch: GraphBranch) =>
    from.folded && branch === from.branches[0]
      ? from.folded.some(
          (member) => lit.has(member.end - 1) && lit.get(member.end - 1) === numberTest(member)?.answer.entry,
        )
      : lit.get(from.end - 1) === branch.entry;

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
    const colours = coloursOf(node);
    const hue = node.folded ? undefined : colours.entries[0];
    const isInFocus = isFocused(focus, colours);
    const aside = badgesOf(node);
    let left = x + NODE_WIDTH + BADGE_WIRE;
    const badges = aside.map((branch) => {
      const badge = badgeElement(node, branch, left);
      left += badge.width + BADGE_GAP;
      return badge.element;
    });
    const box = [
      svgElement(
        'title',
        {},
        node.folded ? `${text.join(': ')}\nClick to see each` : `${first} to ${end - 1}\n${text.join('\n')}`,
      ),
      svgElement('rect', { x, y, width: NODE_WIDTH, height, rx: 5 }),
      ...(hue === undefined
        ? []
        : [
            svgElement('rect', {
              x: x + 1,
              y: y + 4,
              width: 3,
              height: height - 8,
              class: `stripe entry-${hueOf(hue)}`,
            }),
          ]),
      ...text.map((line, at) =>
        svgElement(
          'text',
          { x: x + 10, y: y + 6 + (at + 0.75) * LINE_HEIGHT },
          line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS - 1)}…` : line,
        ),
      ),
    ];
    const wire = aside.length > 0 ? [wireElement(node, aside)] : [];
    const classes = ['node', isLit && 'is-lit', isInFocus && 'is-in-focus', node.folded && 'is-folded'];
    const attributes = { class: classes.filter(Boolean).join(' '), 'data-first': first };
    return svgElement('g', attributes, ...wire, ...box, ...badges);
  }

  function wireElement(node: GraphNode, aside: readonly GraphBranch[]): SVGElement {
    const y = node.y + node.height / 2;
    const isLit = aside.some((branch) => isOnPath(node, branch));
    return svgElement('path', {
      d: `M${node.x + NODE_WIDTH} ${y}h${BADGE_WIRE}`,
      class: isLit ? 'edge is-lit' : 'edge',
    });
  }

  /** Where a branch ends, or the number of the instruction that it goes on at. */
  function badgeElement(node: GraphNode, branch: GraphBranch, x: number) {
    const y = node.y + node.height / 2 - 9;
    const { text, width } = badgeText(node, branch);
    const kind = actionClass(branch.kind === 'end' ? branch.action.kind : 'mixed');
    const element = svgElement(
      'g',
      { class: `end ${kind}${isOnPath(node, branch) ? ' is-lit' : ''}` },
      svgElement('rect', { x, y, width, height: 18, rx: 4 }),
      svgElement('text', { x: x + 7, y: y + 13 }, text),
    );
    return { element, width };
  }

  /** The node that an instruction is in, or the one that jumps to it. */
  const nodeOf = (index: number) =>
    layout.nodes.find(({ first, end }) => first <= index && index < end) ??
    layout.nodes.find(
      (each) =>
        (each.folded ?? [each]).some(({ end }) => lit.has(end - 1)) &&
        each.branches.some((branch) => branch.kind === 'end' && branch.index === index),
    );

  /** Bring a node into view. */
  function reveal(index: number): void {
    const node = nodeOf(index);
    if (!node) return;
    scroller.scrollTo(
      (node.x + NODE_WIDTH / 2) * scale - scroller.clientWidth / 2,
      node.y * scale - scroller.clientHeight / 2,
    );
  }

  return {
    element: frame,
    update(next: readonly ListingLine[], path: readonly number[]) {
      lit = stepsOf(path);
      if (next !== lines) {
        lines = next;
        unfolded = new Set();
        layOut();
      }
      if (isFitted) resize();
      else fitAll();
    },
    focusOn(next: Focus | undefined, isRevealing: boolean) {
      focus = next;
      draw();
      const found = lines.findIndex((line) => isFocused(focus, line));
      const node = isRevealing && found >= 0 ? nodeOf(found) : undefined;
      if (!node) return;
      const top = node.y * scale;
      const isInSight = top >= scroller.scrollTop && top <= scroller.scrollTop + scroller.clientHeight - 30;
      if (!isInSight) reveal(found);
    },
    zoom,
    fit: fitAll,
    /** Whether all runs are unfolded from now on. */
    toggleRuns(): boolean {
      areAllUnfolded = !areAllUnfolded;
      unfolded = new Set();
      layOut();
      return areAllUnfolded;
    },
    reveal,
  };
}

/** Drag the graph with the mouse; fingers and pens scroll by themselves. */
function setUpPanning(scroller: HTMLElement): void {
  let from: { x: number; y: number; left: number; top: number } | undefined;
  let hasMoved = false;
  scroller.addEventListener('pointerdown', ({ button, pointerType, clientX: x, clientY: y }) => {
    hasMoved = false;
    if (button !== 0 || pointerType !== 'mouse') return;
    from = { x, y, left: scroller.scrollLeft, top: scroller.scrollTop };
  });
  scroller.addEventListener('pointermove', ({ clientX, clientY, pointerId }) => {
    if (!from) return;
    const [dx, dy] = [clientX - from.x, clientY - from.y];
    // A hand that trembles has clicked.
    if (!hasMoved && Math.hypot(dx, dy) < 4) return;
    if (!hasMoved) scroller.setPointerCapture(pointerId);
    hasMoved = true;
    scroller.classList.add('is-panned');
    scroller.scrollTo(from.left - dx, from.top - dy);
  });
  for (const type of ['pointerup', 'pointercancel'] as const) {
    scroller.addEventListener(type, () => {
      from = undefined;
      scroller.classList.remove('is-panned');
    });
  }
  // The end of a drag is no click.
  scroller.addEventListener(
    'click',
    (event) => {
      if (hasMoved) event.stopPropagation();
      hasMoved = false;
    },
    { capture: true },
  );
}
