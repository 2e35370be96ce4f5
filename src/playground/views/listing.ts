import { actionClass } from '../action-style.js';
import { element, svgElement } from '../dom.js';
import type { ListingLine } from '../engine/protocol.js';
import { type Focus, hueOf, isFocused } from '../focus.js';
import { stepsOf } from '../state.js';

const ROW = 20;
/** Rows made beyond what is in view, so that scrolling does not show gaps. */
const MARGIN = 12;
/** Jumps over at most this many rows have a whole arrow; a longer one is drawn only for the pointed-at row. */
const MAX_ARROW_LENGTH = 40;
const LANES = 6;
const LANE = 9;
const GUTTER = 8 + LANES * LANE;

export interface ListingOptions {
  /** An instruction was clicked. */
  onChoose(index: number): void;
  /** Another one is the current one: pointed at, or moved to by keys. */
  onActive(index: number): void;
}

/** The disassembly. Only the rows in view exist, so that 4096 instructions scroll like forty. */
export function createListing({ onChoose, onActive }: ListingOptions) {
  let focus: Focus | undefined;
  let lines: readonly ListingLine[] = [];
  /** The simulated call's path: from each instruction to the next one. */
  let lit: ReadonlyMap<number, number | undefined> = new Map();
  let active = 0;
  let hasKeyboard = false;

  const rows = element('div', { class: 'listing-rows', attributes: { role: 'list', 'aria-label': 'Instructions' } });
  const arrows = svgElement('svg', { class: 'listing-arrows', 'aria-hidden': 'true', width: GUTTER });
  const space = element('div', { class: 'listing-space' }, arrows, rows);
  const scroller = element(
    'div',
    {
      class: 'scroller listing',
      attributes: { tabindex: '0', role: 'group', 'aria-label': 'Program: arrow keys move, Enter follows a jump' },
      on: {
        scroll: () => draw(),
        focus: () => {
          showKeyboard(true);
        },
        blur: () => {
          showKeyboard(false);
        },
        keydown: (event) => onKey(event),
        click: (event) => onClick(event),
        pointerover: (event) => {
          const index = rowOf(event);
          if (index === undefined || index === active) return;
          active = index;
          draw();
          onActive(active);
        },
      },
    },
    space,
  );
  new ResizeObserver(() => draw()).observe(scroller);

  /** Without making the rows anew: one that is replaced between pressing and releasing gets no click. */
  function showKeyboard(isHere: boolean): void {
    hasKeyboard = isHere;
    rows.querySelector('.is-active')?.classList.toggle('is-focused', isHere);
  }

  function rowOf(event: Event): number | undefined {
    const row = (event.target as Element).closest<HTMLElement>('.listing-row');
    return row ? Number(row.dataset.index) : undefined;
  }

  function onClick(event: MouseEvent): void {
    const jump = (event.target as Element).closest<HTMLElement>('[data-target]')?.dataset.target;
    const index = rowOf(event);
    if (jump !== undefined) reveal(Number(jump));
    else if (index !== undefined) onChoose(index);
  }

  function onKey(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(scroller.clientHeight / ROW) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -lines.length,
      End: lines.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      reveal(Math.min(Math.max(0, active + step), lines.length - 1), 'nearest');
    } else if (event.key === 'Enter') {
      const jump = lines[active]?.successors.find((target) => target !== active + 1);
      if (jump !== undefined) reveal(jump);
    }
  }

  /** Make a row the active one and bring it into view. */
  function reveal(index: number, how: 'center' | 'nearest' = 'center'): void {
    active = index;
    const top = index * ROW;
    const { scrollTop, clientHeight } = scroller;
    const isVisible = top >= scrollTop && top + ROW <= scrollTop + clientHeight;
    if (how === 'center' && !isVisible) scroller.scrollTop = top - clientHeight / 2;
    else if (top < scrollTop) scroller.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) scroller.scrollTop = top + ROW - clientHeight;
    draw();
    onActive(active);
  }

  function draw(): void {
    if (scroller.hidden || lines.length === 0) return;
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - MARGIN);
    const last = Math.min(lines.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW) + MARGIN);
    const made: HTMLElement[] = [];
    for (let index = first; index < last; index++) made.push(rowElement(index));
    rows.replaceChildren(...made);
    rows.style.transform = `translateY(${first * ROW}px)`;
    drawArrows(first, last);
  }

  function rowElement(index: number): HTMLElement {
    const { text, comment, action, reachable, architectures, entries, calls } = lines[index] as ListingLine;
    const [entry] = entries;
    const section = architectures.join(' ');
    const isNewSection = section !== '' && section !== lines[index - 1]?.architectures.join(' ');
    const classes = [
      'listing-row',
      entry !== undefined && `entry-${hueOf(entry)}`,
      isFocused(focus, { entries, calls }) && 'is-in-focus',
      lit.has(index) && 'is-lit',
      index === active && 'is-active',
      index === active && hasKeyboard && 'is-focused',
      !reachable && 'is-unreachable',
    ];
    return element(
      'div',
      {
        class: classes.filter(Boolean).join(' '),
        attributes: {
          role: 'listitem',
          'data-index': String(index),
          'aria-posinset': String(index + 1),
          'aria-setsize': String(lines.length),
          ...(index === active && { 'aria-current': 'true' }),
        },
      },
      element('span', { class: 'listing-index', text: String(index).padStart(4, '0') }),
      element(
        'span',
        { class: action ? `listing-text ${actionClass(action.kind)} is-return` : 'listing-text' },
        ...words(text),
      ),
      comment !== undefined && element('span', { class: 'listing-comment', text: comment }),
      isNewSection && element('span', { class: 'listing-section', text: section }),
    );
  }

  function drawArrows(first: number, last: number): void {
    const height = lines.length * ROW;
    arrows.setAttribute('height', String(height));
    const jumps: Jump[] = [];
    const stubs: Pick<Jump, 'from' | 'isLit'>[] = [];
    for (let index = Math.max(0, first - MAX_ARROW_LENGTH); index < last; index++) {
      for (const target of lines[index]?.successors ?? []) {
        const length = target - index;
        const isActive = index === active || target === active;
        const isLit = lit.get(index) === target;
        if (length <= 1) continue;
        if (length > MAX_ARROW_LENGTH && !isActive) {
          if (index >= first) stubs.push({ from: index, isLit });
        } else if (target >= first) {
          jumps.push({ from: index, to: target, isActive, isLit });
        }
      }
    }
    // The pointed-at row may be above, and its arrows lead in here.
    for (const to of active < first ? (lines[active]?.successors ?? []) : []) {
      if (to >= first && to - active > MAX_ARROW_LENGTH) jumps.push({ from: active, to, isActive: true, isLit: false });
    }
    arrows.replaceChildren(...stubs.map(stub), ...inLanes(jumps).map(arrow));
  }

  return {
    element: scroller,
    reveal,
    /** Light up what is looked at, and bring it into sight where nothing of it is. */
    focusOn(next: Focus | undefined, isRevealing: boolean) {
      focus = next;
      const first = scroller.scrollTop / ROW;
      const last = first + scroller.clientHeight / ROW - 1;
      const found = lines.flatMap((line, index) => (isFocused(focus, line) ? [index] : []));
      const isInSight = found.some((index) => index >= first && index <= last);
      if (isRevealing && !isInSight && found[0] !== undefined) reveal(found[0]);
      else draw();
    },
    update(next: readonly ListingLine[], path: readonly number[]) {
      lines = next;
      lit = stepsOf(path);
      active = Math.min(active, lines.length - 1);
      space.style.height = `${lines.length * ROW}px`;
      draw();
      onActive(active);
    },
    /**
     * Go to the next row with a text, or the one before; `stay`: this one too. Which of them it is, and how many there
     * are; undefined where there is none.
     */
    find(text: string, backwards: boolean, stay = false): { at: number; of: number } | undefined {
      const wanted = text.trim().toLowerCase();
      if (wanted === '') return undefined;
      const hits = lines.flatMap(({ text: words, comment = '' }, index) =>
        `${String(index).padStart(4, '0')} ${words} ${comment}`.toLowerCase().includes(wanted) ? [index] : [],
      );
      const first = active + (stay ? 0 : 1);
      const next = backwards ? hits.filter((index) => index < active).at(-1) : hits.find((index) => index >= first);
      const hit = next ?? (backwards ? hits.at(-1) : hits[0]);
      if (hit === undefined) return undefined;
      reveal(hit);
      return { at: hits.indexOf(hit) + 1, of: hits.length };
    },
  };
}

/** Elements that are drawn later lie above. */
const rank = ({ isActive, isLit }: Jump) => (isActive ? 2 : isLit ? 1 : 0);

interface Jump {
  from: number;
  to: number;
  isActive: boolean;
  isLit: boolean;
}

/** Short jumps nearest to the text, so that arrows cross as little as can be. */
function inLanes(jumps: readonly Jump[]): (Jump & { lane: number })[] {
  const taken: { from: number; to: number }[][] = Array.from({ length: LANES }, () => []);
  return [...jumps]
    .sort((a, b) => a.to - a.from - (b.to - b.from))
    .map((jump) => {
      // Jumps to one place may share a lane: they are one arrow with several tails.
      const isFree = (lane: (typeof taken)[number]) =>
        lane.every((other) => other.to === jump.to || other.to < jump.from || other.from > jump.to);
      const free = taken.findIndex(isFree);
      const lane = free < 0 ? LANES - 1 : free;
      taken[lane]?.push(jump);
      return { ...jump, lane };
    })
    .sort((a, b) => rank(a) - rank(b));
}

function arrow({ from, to, lane, isActive, isLit }: Jump & { lane: number }): SVGElement {
  const x = GUTTER - 8 - lane * LANE;
  const [start, end] = [from * ROW + ROW / 2, to * ROW + ROW / 2];
  const tip = GUTTER - 1;
  const path = `M${tip} ${start}H${x + 3}Q${x} ${start} ${x} ${start + 3}V${end - 3}Q${x} ${end} ${x + 3} ${end}H${tip}M${tip - 4} ${end - 3}L${tip} ${end}L${tip - 4} ${end + 3}`;
  return svgElement('path', { d: path, class: `arrow${isLit ? ' is-lit' : ''}${isActive ? ' is-active' : ''}` });
}

/** Where a long jump begins: its arrow would be a line without ends. */
function stub({ from, isLit }: Pick<Jump, 'from' | 'isLit'>): SVGElement {
  const y = from * ROW + ROW / 2;
  const x = GUTTER - 9;
  const path = `M${GUTTER - 1} ${y}H${x + 3}Q${x} ${y} ${x} ${y + 3}V${y + 7}M${x - 2.5} ${y + 5}L${x} ${y + 8}L${x + 2.5} ${y + 5}`;
  return svgElement('path', { d: path, class: isLit ? 'arrow is-lit' : 'arrow' });
}

/** The instruction with its jump targets as links. */
function words(text: string): (HTMLElement | string)[] {
  return text.split(/(\bgoto \d{4,})/).map((part) => {
    const target = /^goto (\d+)$/.exec(part)?.[1];
    return target === undefined
      ? part
      : element('span', { class: 'jump', text: part, attributes: { 'data-target': String(Number(target)) } });
  });
}
