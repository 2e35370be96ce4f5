import { svgElement } from '../dom.js';
import { type GraphLayout, NODE_WIDTH } from '../graph-layout.js';

const WIDTH = 96;
const HEIGHT = 150;

/** The whole graph, small, in a corner: where the window is, and a way to move it. Hidden where all is in view. */
export function createOverview(scroller: HTMLElement) {
  const nodes = svgElement('path', { class: 'overview-nodes' });
  const frame = svgElement('rect', { class: 'overview-window', rx: 2 });
  const svg = svgElement(
    'svg',
    { class: 'overview', 'aria-hidden': 'true', width: WIDTH, height: HEIGHT },
    nodes,
    frame,
  );
  let layout: GraphLayout = { nodes: [], width: 0, height: 0 };
  let scale = 1;
  /** Pixels of the overview to one of the graph, each way: a long column is squeezed. */
  let ratio = { x: 1, y: 1 };

  const goTo = ({ offsetX, offsetY }: { offsetX: number; offsetY: number }) =>
    scroller.scrollTo(
      (offsetX / ratio.x) * scale - scroller.clientWidth / 2,
      (offsetY / ratio.y) * scale - scroller.clientHeight / 2,
    );
  svg.addEventListener('pointerdown', (event) => {
    svg.setPointerCapture(event.pointerId);
    goTo(event);
  });
  svg.addEventListener('pointermove', (event) => {
    if (svg.hasPointerCapture(event.pointerId)) goTo(event);
  });

  return {
    element: svg,
    update(next: GraphLayout) {
      layout = next;
      ratio = { x: WIDTH / Math.max(1, layout.width), y: HEIGHT / Math.max(1, layout.height) };
      const height = (own: number) => Math.max(1, own * ratio.y).toFixed(1);
      const boxes = layout.nodes.map(
        (node) =>
          `M${(node.x * ratio.x).toFixed(1)} ${(node.y * ratio.y).toFixed(1)}h${(NODE_WIDTH * ratio.x).toFixed(1)}v${height(node.height)}h${(-NODE_WIDTH * ratio.x).toFixed(1)}z`,
      );
      nodes.setAttribute('d', boxes.join(''));
    },
    showWindow(current: number) {
      scale = current;
      const { clientWidth, clientHeight, scrollLeft, scrollTop } = scroller;
      const isWhole = layout.width * scale <= clientWidth + 1 && layout.height * scale <= clientHeight + 1;
      svg.classList.toggle('is-idle', isWhole);
      frame.setAttribute('x', String((scrollLeft / scale) * ratio.x));
      frame.setAttribute('y', String((scrollTop / scale) * ratio.y));
      frame.setAttribute('width', String(Math.min(WIDTH, (clientWidth / scale) * ratio.x)));
      frame.setAttribute('height', String(Math.min(HEIGHT, (clientHeight / scale) * ratio.y)));
    },
  };
}
