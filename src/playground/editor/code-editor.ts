import { defaultKeymap, history, historyKeymap, isolateHistory } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Problem } from '../engine/protocol.js';
import type { Editor } from './editor.js';
import { entryMarks, markEntries } from './entry-marks.js';
import type { AskHover } from './hover-words.js';
import type { Complete } from './typing-aids.js';
import type { AskTokens } from './word-colours.js';

export interface CodeEditorOptions {
  text: string;
  onChange(): void;
  /** The caret has moved, by whatever way. */
  onCaret(): void;
  complete: Complete;
  tokens: AskTokens;
  hover: AskHover;
}

/** Colours are the page's own (tokens.css), which reach in here as custom properties do. */
const theme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--surface)', color: 'var(--text)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px', overflow: 'auto' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--text-quiet)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--line-active)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--selection)',
  },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--selection)' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'transparent' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--sunken)', color: 'var(--text-quiet)', border: 'none' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    border: '1px solid var(--border)',
    borderRadius: '6px',
    boxShadow: 'var(--shadow)',
    overflow: 'hidden',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-completionDetail': { color: 'inherit', opacity: '0.75', fontStyle: 'normal' },
  '.cm-completionInfo': { maxWidth: '280px', padding: '6px 8px' },
  '.cm-diagnostic': { padding: '6px 10px', maxWidth: '480px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--error)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--warning)' },
  '.cm-diagnostic-info': { borderLeftColor: 'var(--accent)' },
  '.cm-diagnosticAction': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
});

const highlighting = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--code-key)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: [tags.separator, tags.bracket], color: 'var(--text-quiet)' },
]);

/** CodeMirror as the page's editor. */
export function codeEditor({ text, onChange, onCaret, complete, tokens, hover }: CodeEditorOptions): Editor {
  // CodeMirror makes its style sheets with CSSOM inside a shadow root, and with a <style> element, which the page's policy
  // forbids, outside of one.
  const host = document.createElement('div');
  host.className = 'code-editor';
  const root = host.attachShadow({ mode: 'open' });
  const language = new Compartment();
  const aids = new Compartment();
  const searching = new Compartment();
  let isJson = looksLikeJson(text);

  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        EditorView.lineWrapping,
        indentOnInput(),
        indentUnit.of('  '),
        bracketMatching(),
        aids.of([]),
        searching.of([]),
        keymap.of([...lintKeymap, ...historyKeymap, ...foldKeymap, ...defaultKeymap]),
        language.of(isJson ? json() : []),
        syntaxHighlighting(highlighting),
        EditorView.contentAttributes.of({ 'aria-label': 'Profile text', spellcheck: 'false', tabindex: '0' }),
        EditorView.updateListener.of((update) => {
          if (update.selectionSet) onCaret();
          if (!update.docChanged) return;
          const isJsonNow = looksLikeJson(view.state.sliceDoc(0, 200));
          if (isJsonNow !== isJson) {
            isJson = isJsonNow;
            queueMicrotask(() => void setLanguage());
          }
          onChange();
        }),
        EditorView.domEventHandlers({ beforeinput: replaceSelection }),
        entryMarks,
        theme,
      ],
    }),
  });

  /** JSON has its grammar here; what the words of other languages are, the worker says. */
  async function setLanguage(): Promise<void> {
    if (isJson) {
      view.dispatch({ effects: language.reconfigure(json()) });
      return;
    }
    view.dispatch({ effects: language.reconfigure([]) });
    // Without colours one can still read: no connection is no reason for a message.
    const loaded = await import('./word-colours.js').catch(() => undefined);
    if (loaded && !isJson) view.dispatch({ effects: language.reconfigure(loaded.wordColours(tokens)) });
  }
  if (!isJson) void setLanguage();

  const asked = new AbortController();
  const first = { signal: asked.signal };
  for (const type of ['focusin', 'pointerenter']) host.addEventListener(type, loadAids, first);
  async function loadAids(): Promise<void> {
    asked.abort();
    // Without them one can still type: no connection is no reason for a message.
    const loaded = await import('./typing-aids.js').catch(() => undefined);
    if (loaded) view.dispatch({ effects: aids.reconfigure(Prec.high(loaded.typingAids(complete, hover))) });
  }

  /** Loaded when it is first asked for. */
  async function search(): Promise<void> {
    const loaded = await import('./search.js');
    if (Array.isArray(searching.get(view.state)))
      view.dispatch({ effects: searching.reconfigure(Prec.high(loaded.searching)) });
    loaded.openSearch(view);
  }

  const clamp = (offset: number) => Math.min(Math.max(0, offset), view.state.doc.length);
  return {
    element: host,
    get length() {
      return view.state.doc.length;
    },
    getText: () => view.state.doc.toString(),
    slice: (from, to) => view.state.sliceDoc(clamp(from), clamp(to)),
    setText: (replacement) =>
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: replacement },
        selection: { anchor: 0 },
        scrollIntoView: true,
        annotations: OWN_STEP,
      }),
    edit: (changes) =>
      view.dispatch({
        changes: changesOf(changes, view.state),
        annotations: OWN_STEP,
      }),
    reveal(offset, focus) {
      const anchor = clamp(offset);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
      if (focus) view.focus();
    },
    getSelection: () => ({ from: view.state.selection.main.from, to: view.state.selection.main.to }),
    setSelection: ({ from, to }) =>
      view.dispatch({ selection: { anchor: clamp(from), head: clamp(to) }, scrollIntoView: true }),
    search: () => void search(),
    hasFocus: () => view.hasFocus,
    focus: () => view.focus(),
    showEntries: (entries, focused) => markEntries(view, entries, focused),
    showProblems: (problems) =>
      view.dispatch(
        setDiagnostics(
          view.state,
          problems.flatMap((problem) => diagnosticOf(problem, view.state)),
        ),
      ),
  };
}

/**
 * Text over a selection goes into the document at once. Chromium itself would keep the old text's look in a style
 * attribute, which the page's policy refuses and reports. A single character over a word is left to CodeMirror, which
 * may put brackets around it.
 */
function replaceSelection(event: InputEvent, view: EditorView): boolean {
  const { data, inputType } = event;
  const { main } = view.state.selection;
  if (inputType !== 'insertText' || !data || main.empty || view.composing) return false;
  const isWord = view.state.doc.lineAt(main.from).to >= main.to;
  if (isWord && data.length === 1) return false;
  event.preventDefault();
  view.dispatch(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true });
  return true;
}

/** A section of a unit begins with a bracket too. */
const looksLikeJson = (text: string) => /^\s*(?:\{|\[(?!\w))/.test(text);

/** Undo reverts such a change, and not what was typed right before it. */
const OWN_STEP = isolateHistory.of('full');

const SEVERITY = { error: 'error', warning: 'warning', advice: 'info' } as const;

function diagnosticOf({ severity, message, advice, span, fixes }: Problem, state: EditorState): Diagnostic[] {
  const { doc } = state;
  if (span === undefined || span.to > doc.length) return [];
  const actions = fixes.map(({ title, edits }) => ({
    name: title,
    apply(view: EditorView) {
      // The edits are of the text that was checked.
      if (view.state.doc === doc) view.dispatch({ changes: changesOf(edits, view.state), annotations: OWN_STEP });
    },
  }));
  return [{ ...span, severity: SEVERITY[severity], message: advice ? `${message}\n${advice}` : message, actions }];
}

function changesOf(edits: Parameters<Editor['edit']>[0], { doc }: EditorState) {
  const clamp = (offset: number) => Math.min(Math.max(0, offset), doc.length);
  return edits.map(({ offset, length, text }) => ({ from: clamp(offset), to: clamp(offset + length), insert: text }));
}
