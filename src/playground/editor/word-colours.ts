import { type Extension, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { SemanticToken } from '../../editor/semantic-tokens.js';

/** The words of a text by what they are; undefined: a newer text is asked about. */
export type AskTokens = (text: string) => Promise<readonly SemanticToken[] | undefined>;

/** A longer text, in characters, keeps the colour of plain text. */
const LONGEST = 200_000;

/** How long somebody has to pause before the colours are brought up to date, in milliseconds. */
const DELAY = 60;

const COLOURS: Readonly<Record<SemanticToken['type'], string>> = {
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

const setTokens = StateEffect.define<readonly SemanticToken[]>();

const colours = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) if (effect.is(setTokens)) return decorationsOf(effect.value);
    return transaction.docChanged ? marks.map(transaction.changes) : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const markOf = Object.fromEntries(
  Object.keys(COLOURS).map((type) => [type, Decoration.mark({ class: `word-${type}` })]),
) as Readonly<Record<SemanticToken['type'], Decoration>>;

const decorationsOf = (tokens: readonly SemanticToken[]) =>
  Decoration.set(tokens.filter(({ from, to }) => from < to).map(({ from, to, type }) => markOf[type].range(from, to)));

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
        const tokens = doc.length > LONGEST ? [] : await ask(doc.toString()).catch(() => undefined);
        // Colours of another text would stand on the wrong words.
        if (tokens && view.state.doc === doc) view.dispatch({ effects: setTokens.of(tokens) });
      }
      destroy() {
        clearTimeout(this.timer);
      }
    },
  );
  return [colours, plugin, look];
}

const look = EditorView.theme(
  Object.fromEntries(Object.entries(COLOURS).map(([type, color]) => [`.word-${type}`, { color }])),
);
