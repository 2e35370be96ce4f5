import { type Extension, type Range, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';
import { hueOf } from '../focus.js';
import { type Drift, drawnInView, drifted, firstAt, placeNow } from './drift.js';

interface Marks {
  entries: readonly { from: number; to: number }[];
  focused: ReadonlySet<number>;
  /** Until the text is compiled again, entries move with it. */
  drift: Drift;
}

const setMarks = StateEffect.define<Marks>();

const marks = StateField.define<Marks>({
  create: () => ({ entries: [], focused: new Set(), drift: undefined }),
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setMarks)) return effect.value;
    return transaction.docChanged ? { ...value, drift: drifted(value.drift, transaction.changes) } : value;
  },
});

/** A stripe in its colour beside the lines of each entry, and a tint on those that are looked at. Lines in view only. */
const stripes = drawnInView(marks, decorate);

function decorate(view: EditorView): DecorationSet {
  const { entries, focused, drift } = view.state.field(marks);
  const { doc } = view.state;
  const { from: start, to: end } = view.viewport;
  const ranges: Range<Decoration>[] = [];
  const endOf = (index: number) => entries[index]?.to ?? 0;
  let lastLine = -1;
  for (let index = firstAt(drift, entries.length, endOf, start); index < entries.length; index++) {
    const { from: before, to: after } = entries[index] as Marks['entries'][number];
    const place = placeNow(drift, before, after);
    if (!place) continue;
    const { from, to } = place;
    if (from > end || to > doc.length) break;
    const name = `entry-line entry-${hueOf(index)}${focused.has(index) ? ' is-focused' : ''}`;
    for (let at = Math.max(from, start); at <= Math.min(to, end); ) {
      const line = doc.lineAt(at);
      // Several on one line: a stripe for the first of them.
      if (line.from !== lastLine) ranges.push(Decoration.line({ class: name }).range(line.from));
      lastLine = line.from;
      at = line.to + 1;
    }
    // On a line with others a tint says which of them it is.
    if (focused.has(index) && from < to && doc.lineAt(from).number === doc.lineAt(to).number) {
      ranges.push(Decoration.mark({ class: 'entry-part' }).range(from, to));
    }
  }
  return Decoration.set(ranges, true);
}

const look = EditorView.theme({
  '.entry-line': { boxShadow: 'inset 3px 0 0 var(--entry)' },
  '.entry-line.is-focused': { backgroundColor: 'color-mix(in srgb, var(--entry) 15%, transparent)' },
  '.entry-part': { backgroundColor: 'color-mix(in srgb, var(--entry) 12%, transparent)' },
  ...Object.fromEntries(Array.from({ length: 8 }, (_, hue) => [`.entry-${hue}`, { '--entry': `var(--entry-${hue})` }])),
});

/** The entries of the profile in colours, each the same as in the other views. */
export const entryMarks: Extension = [marks, stripes, look];

export function markEntries(view: EditorView, entries: Marks['entries'], focused: readonly number[]): void {
  const shown = view.state.field(marks);
  const isKnown = entries === shown.entries;
  const isSame = isKnown && shown.focused.size === focused.length && focused.every((index) => shown.focused.has(index));
  if (isSame) return;
  const drift = isKnown ? shown.drift : undefined;
  view.dispatch({ effects: setMarks.of({ entries, focused: new Set(focused), drift }) });
}
