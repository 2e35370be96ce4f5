import { setUpCommands } from './commands.js';
import { required } from './dom.js';
import { createDraft } from './draft.js';
import type { Editor } from './editor/editor.js';
import { plainEditor } from './editor/plain-editor.js';
import { EMBED } from './embed/embed-mode.js';
import { stop } from './embed/framed.js';
import { EngineClient } from './engine/client.js';
import { EXAMPLES, loadExample } from './examples.js';
import { setUpFiles } from './files.js';
import { setUpKeep } from './keep.js';
import { setUpLayout } from './layout.js';
import { setUpPrint } from './print.js';
import { createSession } from './session.js';
import { setUpSettings } from './settings-form.js';
import type { Shared } from './share-link.js';
import { type AppState, initialState } from './state.js';
import { createStore, until } from './store.js';
import { setUpTheme } from './theme.js';
import { setUpFigures } from './views/figures.js';
import { setUpProblems } from './views/problems.js';
import { setUpTabs } from './views/tabs.js';
import { keepOffline, startWorker } from './worker-url.js';

if (EMBED) document.documentElement.dataset.embed = '';
// A page that another one has framed without `?embed` goes no further.
else if (globalThis.top !== globalThis.self) await stop();

const store = createStore(initialState());
const area = required('#text', HTMLTextAreaElement);
const notice = required('#notice', HTMLElement);
const draft = createDraft(() => shown());

let noticeTimer: ReturnType<typeof setTimeout> | undefined;
function notify(message: string): void {
  notice.textContent = message;
  notice.classList.add('is-shown');
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => notice.classList.remove('is-shown'), 4000);
}

const onChange = () => {
  // An address with other content than the page is no link to it any more.
  if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search);
  draft.save();
  session.recompile();
};
const onCaret = () => session.caretMoved();
let editor: Editor = plainEditor(area, onChange, onCaret);
const quick = new EngineClient(startWorker);
const long = new EngineClient(startWorker);
const session = createSession({ store, quick, long, editor: () => editor, notify });

quick.warmUp();
const setTheme = setUpTheme(required('#theme', HTMLButtonElement));
const layout = setUpLayout(store);
setUpSettings(session);
setUpFigures(session);
setUpProblems(session);
setUpTabs(session);
setUpFiles(session);
setUpExamples();
setUpShare();
setUpName();
setUpPrint(session);
const keep = setUpKeep(session, link);
setUpCommands({ session, layout, keep, search: () => editor.search(), example: (title) => void openExample(title) });
// A page that cannot be kept works all the same.
addEventListener('load', () => void keepOffline().catch(() => {}));
if (EMBED) void import('./embed/embed.js').then(({ setUpEmbed }) => setUpEmbed({ session, link, setTheme }, EMBED!));
// Text can be typed from the first moment: the editor's code, the most of what is loaded, comes after the first verdict.
void start()
  .then(() => until(store, ({ compiling }) => compiling !== 'now'))
  .then(loadCodeEditor)
  .catch(() => notify('The editor could not be loaded; the plain text field does the same without colours'));

/** What a link restores. */
function shown(): Shared {
  const { settings, view, programForm, mapArchitecture, call, other } = store.get();
  return { ...session.profile(), settings, view, programForm, mapArchitecture, call, other };
}

/** The fragment of an address that restores it. What reads and writes them is loaded with the first one. */
async function link(): Promise<string> {
  const { encodeShared } = await import('./share-link.js');
  return encodeShared(shown());
}

/** What the address of this page restores. */
async function linked(): Promise<Shared | undefined> {
  return location.hash === '' ? undefined : (await import('./share-link.js')).decodeShared(location.hash);
}

/** The profile in the address, else the one before a reload, else an example. */
async function start(): Promise<void> {
  try {
    const shared = (await linked()) ?? draft.load();
    if (shared) {
      // Text that was typed meanwhile is kept: it is worth more than the one to be shown.
      if (area.value === '') session.open(shared);
      return;
    }
  } catch (error) {
    notify((error as Error).message);
  }
  const [first] = EXAMPLES;
  if (!first) return;
  try {
    const profile = await loadExample(first);
    if (area.value === '') session.open(profile);
  } catch (error) {
    notify((error as Error).message);
  }
}

/** Swap the text field for the editor, keeping the text, the caret and the keyboard where they are. */
async function loadCodeEditor(): Promise<void> {
  const { codeEditor } = await import('./editor/code-editor.js');
  // In the middle of composing a character the swap would lose it.
  while (area.matches('[data-composing]')) await new Promise((resolve) => setTimeout(resolve, 200));
  const plain = editor;
  const hadFocus = plain.hasFocus();
  const selection = plain.getSelection();
  const named = () => ({ source: store.get().source, settings: store.get().settings });
  const complete = (question: { text: string; offset: number }) => session.ask('complete', { ...question, ...named() });
  const tokens = (text: string) => session.ask('tokens', { text, ...named() });
  const hover = (question: { text: string; offset: number }) => session.ask('hover', { ...question, ...named() });
  editor = codeEditor({ text: plain.getText(), onChange, onCaret, complete, tokens, hover });
  plain.element.replaceWith(editor.element);
  editor.setSelection(selection);
  if (hadFocus) editor.focus();
  const { errors, findings } = store.get();
  editor.showProblems([...errors, ...findings]);
  showEntries(store.get());
}

/** The entries in their colours, where the text is the one that compiled. */
function showEntries({ compiled, errors, focus }: Readonly<AppState>): void {
  editor.showEntries(errors.length === 0 && compiled ? compiled.entries : [], focus?.entries ?? []);
}
area.addEventListener('compositionstart', () => area.setAttribute('data-composing', ''));
area.addEventListener('compositionend', () => area.removeAttribute('data-composing'));

store.subscribe((state, before) => {
  const { errors, findings, settings } = state;
  if (errors !== before.errors || findings !== before.findings) editor.showProblems([...errors, ...findings]);
  if (errors !== before.errors || state.compiled !== before.compiled || state.focus !== before.focus) {
    showEntries(state);
  }
  if (settings !== before.settings) onChange();
});

function setUpExamples(): void {
  const select = required('#examples', HTMLSelectElement);
  for (const { title } of EXAMPLES) select.add(new Option(title, title));
  select.addEventListener('change', () => {
    const title = select.value;
    select.value = '';
    void openExample(title);
  });
}

async function openExample(wanted: string): Promise<void> {
  const example = EXAMPLES.find(({ title }) => title === wanted);
  if (!example) return;
  try {
    session.open(await loadExample(example));
  } catch (error) {
    notify((error as Error).message);
  }
}

function setUpShare(): void {
  required('#share', HTMLButtonElement).addEventListener('click', async () => {
    history.replaceState(null, '', await link());
    try {
      await navigator.clipboard.writeText(location.href);
      notify('The link is in the clipboard. It holds the whole profile; no server sees it.');
    } catch {
      notify('The link is in the address bar. It holds the whole profile; no server sees it.');
    }
  });
  // A link that is opened in this very tab.
  addEventListener('hashchange', async () => {
    try {
      const shared = await linked();
      if (!shared) return;
      session.open(shared);
    } catch (error) {
      notify((error as Error).message);
    }
  });
}

function setUpName(): void {
  const field = required('#source', HTMLInputElement);
  // What is being typed is not replaced by a name that follows the format.
  let isTyping = false;
  field.addEventListener('input', () => {
    isTyping = true;
  });
  field.addEventListener('change', () => {
    isTyping = false;
    store.set({ source: field.value.trim() || 'profile' });
    session.recompile();
  });
  field.addEventListener('blur', () => {
    isTyping = false;
    field.value = store.get().source;
  });
  store.subscribe(({ source, compiled }, before) => {
    if (source !== before.source && !isTyping) field.value = source;
    if (compiled !== before.compiled) required('#format', HTMLElement).textContent = compiled?.format ?? '';
  });
}
