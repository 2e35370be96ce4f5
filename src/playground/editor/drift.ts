import type { ChangeDesc, ChangeSet, StateField } from '@codemirror/state';
import { type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view';

/**
 * What has been typed since places of the text were known; undefined: nothing. Places are mapped where they are drawn, so
 * that a keystroke costs the same however many there are.
 */
export type Drift = ChangeDesc | undefined;

export const drifted = (drift: Drift, changes: ChangeSet): Drift =>
  changes.empty ? drift : (drift?.composeDesc(changes) ?? changes.desc);

/** A place of the older text in the text as it is; undefined: it is gone, or was of another text. */
export function placeNow(drift: Drift, from: number, to: number): { from: number; to: number } | undefined {
  if (!drift) return { from, to };
  if (to > drift.length) return undefined;
  const place = { from: drift.mapPos(from, 1), to: drift.mapPos(to, -1) };
  return place.from <= place.to ? place : undefined;
}

/** The first of so many places, in order and apart, that ends at an offset of the text as it is, or later. */
export function firstAt(drift: Drift, count: number, endOf: (index: number) => number, offset: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    const end = endOf(middle);
    const now = drift && end <= drift.length ? drift.mapPos(end, -1) : end;
    if (now < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What a field has, drawn where it is in view. */
export const drawnInView = (field: StateField<unknown>, decorate: (view: EditorView) => DecorationSet) =>
  ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = decorate(view);
      }
      update({ view, docChanged, viewportChanged, state, startState }: ViewUpdate) {
        if (docChanged || viewportChanged || state.field(field) !== startState.field(field)) {
          this.decorations = decorate(view);
        }
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
