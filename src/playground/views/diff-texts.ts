import { element } from '../dom.js';
import type { EntryPlace } from '../engine/entry-places.js';
import { entryAt, hueOf } from '../focus.js';
import { type DiffRow, lineDiff } from '../line-diff.js';
import type { Session } from '../session.js';
import { moveInGrid } from './grid-keys.js';

/** Lines around what differs that are shown; more of the same are folded. */
const CONTEXT = 3;

/** Rows that are drawn at most: past that, a tool for texts is better. */
const MOST_ROWS = 4000;

interface Side {
  text: string;
  entries: readonly EntryPlace[];
}

interface Line {
  text: string;
  offset: number;
}

/**
 * The two texts, lines beside what they became; where there is no room for two columns, below it (diff.css). An entry has the same colour on both sides where it names
 * the same call. A click on it lights up both, and what belongs to it in the other views.
 */
export function diffTexts(session: Session) {
  const body = element('div', { class: 'texts' });
  const pane = element(
    'details',
    { class: 'diff-texts', attributes: { hidden: true } },
    element('summary', { text: 'The two texts' }),
    body,
  );
  let drawn: { before: Side; after: Side } | undefined;
  let isCurrent = false;
  let rows: { row: HTMLElement; calls: readonly string[] }[] = [];

  pane.addEventListener('toggle', () => draw());
  // The rows are one stop of Tab; arrows go from one to the next, and Enter does what a click does.
  const rowOf = ({ target }: Event) =>
    target instanceof HTMLElement && target.matches('.text-row') ? target : undefined;
  body.addEventListener('focusin', (event) => {
    const row = rowOf(event);
    if (!row) return;
    for (const stop of body.querySelectorAll<HTMLElement>('.text-row[tabindex="0"]')) stop.tabIndex = -1;
    row.tabIndex = 0;
  });
  body.addEventListener('keydown', (event) => {
    const row = rowOf(event);
    if (!row) return;
    const next = moveInGrid(event, [...body.querySelectorAll<HTMLElement>('.text-row')]);
    if (!next && event.key !== 'Enter') return;
    event.preventDefault();
    if (next) next.focus();
    else row.click();
  });

  function draw(): void {
    if (!pane.open || isCurrent || !drawn) return;
    isCurrent = true;
    const { before, after } = drawn;
    const [left, right] = [linesOf(before.text), linesOf(after.text)];
    const all = lineDiff(
      left.map(({ text }) => text),
      right.map(({ text }) => text),
    );
    const hues = sharedHues(before.entries, after.entries);
    rows = [];
    const make = ({ before: from, after: to, isSame }: DiffRow): HTMLElement => {
      const own = to === undefined ? undefined : right[to];
      const other = from === undefined ? undefined : left[from];
      const ownEntry = own && entryAt(after.entries, own.offset + indentOf(own.text));
      const otherEntry = other && entryAt(before.entries, other.offset + indentOf(other.text));
      const calls = [
        ...(ownEntry === undefined ? [] : (after.entries[ownEntry]?.calls ?? [])),
        ...(otherEntry === undefined ? [] : (before.entries[otherEntry]?.calls ?? [])),
      ];
      const row = element(
        'div',
        { class: `text-row${isSame ? '' : ' is-changed'}`, attributes: { role: 'row', tabindex: '-1' } },
        cell(other?.text, from, otherEntry === undefined ? undefined : hues.get(otherEntry), isSame ? '' : 'is-gone'),
        cell(own?.text, to, ownEntry === undefined ? undefined : hueOf(ownEntry), isSame ? '' : 'is-new'),
      );
      row.addEventListener('click', () => {
        light(calls);
        if (own) session.revealCompiled(own.offset + indentOf(own.text), { focus: false });
      });
      rows.push({ row, calls });
      return row;
    };
    const parts: HTMLElement[] = [];
    for (const run of runsOf(all.slice(0, MOST_ROWS))) {
      if (!run.isFolded) {
        parts.push(...run.rows.map(make));
        continue;
      }
      const fold = element('button', {
        class: 'link text-fold',
        text: `${run.rows.length} equal lines`,
        attributes: { type: 'button' },
        on: {
          click: () => {
            const unfolded = run.rows.map(make);
            folded.replaceWith(...unfolded);
            unfolded[0]?.focus();
          },
        },
      });
      const folded = wideRow(fold);
      parts.push(folded);
    }
    if (all.length > MOST_ROWS) {
      parts.push(wideRow(element('p', { class: 'quiet', text: `and ${all.length - MOST_ROWS} more lines` })));
    }
    const [first] = rows;
    if (first) first.row.tabIndex = 0;
    body.replaceChildren(
      element(
        'div',
        { class: 'text-head' },
        element('span', { text: 'The other' }),
        element('span', { text: 'This profile' }),
      ),
      element('div', { class: 'text-rows', attributes: { role: 'table', 'aria-label': 'The two texts' } }, ...parts),
    );
  }

  function light(calls: readonly string[]): void {
    for (const each of rows)
      each.row.classList.toggle(
        'is-focused',
        each.calls.some((call) => calls.includes(call)),
      );
  }

  return {
    element: pane,
    /** Other texts; undefined: there is nothing to compare. */
    update(texts: { before: Side; after: Side } | undefined) {
      drawn = texts;
      isCurrent = false;
      pane.hidden = texts === undefined;
      draw();
    },
    /** Where both texts are about a call. */
    showCall(call: string) {
      pane.open = true;
      draw();
      light([call]);
      rows.find(({ calls }) => calls.includes(call))?.row.scrollIntoView({ block: 'center' });
    },
  };
}

/** A row of the table that is no line of the texts. */
const wideRow = (content: HTMLElement): HTMLElement =>
  element('div', { attributes: { role: 'row' } }, element('div', { attributes: { role: 'cell' } }, content));

function cell(
  text: string | undefined,
  line: number | undefined,
  hue: number | undefined,
  change: string,
): HTMLElement {
  const look = [
    'text-cell',
    text === undefined ? 'is-missing' : change,
    hue === undefined ? '' : `has-entry entry-${hue}`,
  ];
  return element(
    'div',
    { class: look.filter(Boolean).join(' '), attributes: { role: 'cell' } },
    element('span', { class: 'text-number', text: line === undefined ? '' : String(line + 1) }),
    element('span', { class: 'text-line', text: text ?? '' }),
  );
}

const indentOf = (text: string) => Math.max(0, text.search(/\S/));

function linesOf(text: string): Line[] {
  let offset = 0;
  return text.split('\n').map((line) => {
    const made = { text: line, offset };
    offset += line.length + 1;
    return made;
  });
}

/** The colours of the other profile's entries: that of the entry here that names one of its calls. */
function sharedHues(before: readonly EntryPlace[], after: readonly EntryPlace[]): ReadonlyMap<number, number> {
  const byCall = new Map<string, number>();
  after.forEach(({ calls }, index) => {
    for (const call of calls) if (!byCall.has(call)) byCall.set(call, index);
  });
  const hues = new Map<number, number>();
  before.forEach(({ calls }, index) => {
    const shared = calls.map((call) => byCall.get(call)).find((entry) => entry !== undefined);
    if (shared !== undefined) hues.set(index, hueOf(shared));
  });
  return hues;
}

/** Rows in runs: long ones of equal lines are folded, but for the lines beside what differs. */
function runsOf(rows: readonly DiffRow[]): { isFolded: boolean; rows: readonly DiffRow[] }[] {
  const isNear = rows.map(() => false);
  rows.forEach(({ isSame }, index) => {
    if (isSame) return;
    isNear.fill(true, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  });
  const runs: { isFolded: boolean; rows: DiffRow[] }[] = [];
  rows.forEach((row, index) => {
    const last = runs.at(-1);
    const isFolded = !isNear[index];
    if (last && last.isFolded === isFolded) last.rows.push(row);
    else runs.push({ isFolded, rows: [row] });
  });
  return runs;
}
