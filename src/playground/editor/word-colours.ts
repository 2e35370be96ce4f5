import { type Extension, type Range, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { TokenType } from '../../editor/semantic-tokens.js';
import type { TextTokens } from '../engine/protocol.js';
import { type Drift, drawnInView, drifted, firstAt, placeNow } from './drift.js';

/** The words of a text by what they are; undefined: a newer text is asked about. */
export type AskTokens = (text: string) => Promise<TextTokens | undefined>;

/** A longer text, in characters, keeps the colour of plain text. */
const LONGEST = 200_000;

/** How long somebody has to pause before the colours are brought up to date, in milliseconds. */
const DELAY = 60;

const COLOURS: Readonly<Record<TokenType, string>> = {
  comment: 'var(--text-quiet)',
  string: 'var(--code-string)',
  number: 'var(--code-number)',
  keyword: 'var(--code-key)',
  function: 'var(--text)',
  enumMember: 'var(--code-number)',
  macro: 'var(--code-string)',
  type: 'var(--code-number)',
  parameter: 'var(--code-key)',
  operator: 'var(--text-quiet)',
  namespace: 'var(--code-key)',
  property: 'var(--code-key)',
};

const NO_TOKENS: TextTokens = { types: [], places: new Uint32Array() };

interface Colours {
  tokens: TextTokens;
  drift: Drift;
}

const setTokens = StateEffect.define<TextTokens>();

const colours = StateField.define<Colours>({
  create: () => ({ tokens: NO_TOKENS, drift: undefined }),
  update(value, transaction) {
    for (const effect of transaction.effects)
      if (effect.is(setTokens)) return { tokens: effect.value, drift: undefined };
    return transaction.docChanged ? { ...value, drift: drifted(value.drift, transaction.changes) } : value;
  },
});

const markOf = Object.fromEntries(
  Object.keys(COLOURS).map((type) => [type, Decoration.mark({ class: `word-${type}` })]),
) as Readonly<Record<TokenType, Decoration>>;

/** The words in view. */
const painted = drawnInView(colours, decorate);

function decorate(view: EditorView): DecorationSet {
  const { tokens, drift } = view.state.field(colours);
  const { types, places } = tokens;
  const { from: start, to: end } = view.viewport;
  const count = places.length / 3;
  const endOf = (index: number) => places[3 * index + 1] ?? 0;
  const ranges: Range<Decoration>[] = [];
  for (let index = firstAt(drift, count, endOf, start); index < count; index++) {
    const [before = 0, after = 0, type = 0] = places.subarray(3 * index, 3 * index + 3);
    const place = placeNow(drift, before, after);
    if (place && place.from > end) break;
    if (place && place.from < place.to) ranges.push(markOf[types[type] as TokenType].range(place.from, place.to));
  }
  return Decoration.set(ranges);
}

/** The colours of the languages that are told apart by words: all but JSON. Loaded with the first such text. */
export function wordColours(ask: AskTokens): Extension {
  const plugin = ViewPlugin.fromClass(
    class {
      timer: ReturnType<typeof setTimeout> | undefined;
      constructor(readonly view: EditorView) {
        this.askSoon(0);
      }
      update({ docChanged }: ViewUpdate) {
        if (docChanged) this.askSoon(DELAY);
      }
      askSoon(delay: number) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.colour(), delay);
      }
      async colour() {
        const { view } = this;
        const { doc } = view.state;
        const tokens = doc.length > LONGEST ? NO_TOKENS : await ask(doc.toString()).catch(() => undefined);
        // Colours of another text would stand on the wrong words.
        if (tokens && view.state.doc === doc) view.dispatch({ effects: setTokens.of(tokens) });
      }
      destroy() {
        clearTimeout(this.timer);
      }
    },
  );
  return [colours, painted, plugin, look];
}

const look = EditorView.theme(
  Object.fromEntries(Object.entries(COLOURS).map(([type, color]) => [`.word-${type}`, { color }])),
);
