import type { Editor } from './editor/editor.js';
import type { EngineClient } from './engine/client.js';
import type { ProfileText, RequestBody, ResponseTo } from './engine/protocol.js';
import { fittingName } from './file-name.js';
import { type Focus, focusAt, isSameFocus } from './focus.js';
import { isNarrow } from './layout.js';
import type { AppState } from './state.js';
import type { Store } from './store.js';

/** How long to wait after typing before the profile is checked, in milliseconds: a check takes several compilations. */
const CHECK_DELAY = 300;

/**
 * A longer text, in characters, or one with more entries is compiled when somebody has paused for that long, in
 * milliseconds. At each keystroke its answers alone would keep the page busy.
 */
const LONG_TEXT = 200_000;
const MANY_ENTRIES = 500;
const LONG_TEXT_DELAY = 120;

/** The same each time: views draw what has changed. */
const NONE: AppState['errors'] = [];

const MEASURE = 'scmp-recompile';

/** What is opened: a text, and what a link restores besides. */
export interface Opened extends ProfileText {
  settings?: AppState['settings'] | undefined;
  view?: AppState['view'] | undefined;
  programForm?: AppState['programForm'] | undefined;
  mapArchitecture?: AppState['mapArchitecture'];
  call?: AppState['call'] | undefined;
  other?: AppState['other'] | undefined;
  /** The file that the text is of; a text of elsewhere is never saved over the file that was open before. */
  file?: AppState['file'];
}

/** The interface for the views. */
export interface Session {
  readonly store: Store<AppState>;
  /** The text that is open now. */
  profile(): ProfileText;
  /** Replace the profile by another one, and its target if it has one; undo restores the text. */
  open(profile: Opened): void;
  /** Call a listener with each text that another one is about to replace. */
  onReplace(listener: (profile: ProfileText) => void): void;
  /** Show a place of the profile in the editor; `focus: false` leaves the keyboard where it is. */
  reveal(offset: number, options?: { focus?: boolean }): void;
  /** The same for a place in the text that compiled last, if that is still the text. */
  revealCompiled(offset: number, options?: { focus?: boolean }): void;
  /** Light up what the caret is at, in all views. */
  caretMoved(): void;
  /** Light up entries or a call; `isShown`: bring the first entry into sight in the editor too. */
  focusOn(focus: Focus | undefined, options?: { isShown?: boolean }): void;
  /** Give the editor the keyboard; on a phone it is shown first. */
  focusEditor(): void;
  edit(changes: Parameters<Editor['edit']>[0]): void;
  /** Compile the text, as after every keystroke. */
  recompile(): void;
  /** Stop what is computed. What is shown stays, of an older text. */
  cancel(): void;
  /** Ask for the listing, where it is not there yet. */
  loadListing(): void;
  simulate(): void;
  ask: EngineClient['ask'];
  /** Ask the worker that does not compile at keystrokes, for long work. */
  askLong: EngineClient['ask'];
  /** Show a short notice. */
  notify(message: string): void;
  /** Put a text into the clipboard, and say so. */
  copy(text: string, done: string): Promise<void>;
}

export interface SessionParts {
  store: Store<AppState>;
  /** Compiles; `long` does longer work, so that typing never waits for it. */
  quick: EngineClient;
  long: EngineClient;
  editor(): Editor;
  notify(message: string): void;
}

/** The page's behaviour between the editor, the workers and the state. */
export function createSession({ store, quick, long, editor, notify }: SessionParts): Session {
  let checkTimer: ReturnType<typeof setTimeout> | undefined;
  /** While text and target change together: neither must be compiled with the other's old value. */
  let isOpening = false;
  /** While a view moves the caret. */
  let isShowing = false;

  const replaceListeners: ((profile: ProfileText) => void)[] = [];

  const profile = (): ProfileText => ({ text: editor().getText(), source: store.get().source });

  /** Counts the texts and settings that there were: an answer about an older one changes nothing. */
  let turn = 0;
  let compileTimer: ReturnType<typeof setTimeout> | undefined;

  function recompile(): void {
    if (isOpening) return;
    turn++;
    clearTimeout(checkTimer);
    clearTimeout(compileTimer);
    long.drop('check');
    store.set({ compiling: 'now', checking: 'now' });
    const entries = store.get().compiled?.entries.length ?? 0;
    const isLong = editor().length > LONG_TEXT || entries > MANY_ENTRIES;
    if (isLong) compileTimer = setTimeout(() => void compile(), LONG_TEXT_DELAY);
    else void compile();
  }

  async function compile(): Promise<void> {
    const { settings, compiled } = store.get();
    const asked = { ...profile(), settings };
    const own = turn;
    const start = performance.now();
    try {
      const answer = await quick.ask('compile', { ...asked, known: compiled?.revision });
      if (!answer || own !== turn) return; // a newer text is on its way
      apply(answer, asked.source);
      // From the keystroke to the new state shown: for the browser's profiler, and bench/playground.ts.
      performance.clearMeasures(MEASURE);
      performance.measure(MEASURE, { start });
      if (answer.kind === 'compiled') checkTimer = setTimeout(() => void check(asked, own), CHECK_DELAY);
    } catch (error) {
      store.set({ failure: (error as Error).message, compiling: 'done', checking: 'done' });
    }
  }

  function apply(answer: ResponseTo<'compile'>, askedAs: string): void {
    if (answer.kind === 'refused') {
      // It is not checked: what stopped it is all there is to say.
      store.set({ errors: answer.problems, findings: [], failure: undefined, compiling: 'done', checking: 'done' });
      return;
    }
    const { call, mapArchitecture, compiled: last, source } = store.get();
    const [target = 'x86_64'] = answer.arches;
    const callArchitecture = answer.arches.includes(call.architecture) ? call.architecture : target;
    const isOther = last !== undefined && last.format !== answer.format && last.source === askedAs;
    const map = answer.isMapKnown && last ? { ...answer.map, architectures: last.map.architectures } : answer.map;
    const name = isOther && source === askedAs ? fittingName(source, answer.format, editor()) : source;
    store.set({
      source: name,
      compiled: { ...answer, map, source: name, problems: answer.problems.length === 0 ? NONE : answer.problems },
      compiling: 'done',
      errors: NONE,
      failure: undefined,
      mapArchitecture: mapArchitecture && answer.arches.includes(mapArchitecture) ? mapArchitecture : undefined,
      call: callArchitecture === call.architecture ? call : { ...call, architecture: callArchitecture },
    });
    caretMoved();
    void simulate();
  }

  async function check(asked: RequestBody<'check'>, own: number): Promise<void> {
    try {
      const answer = await long.ask('check', asked);
      if (answer && own === turn) store.set({ findings: answer.problems, checking: 'done' });
    } catch (error) {
      if (own !== turn) return;
      store.set({ checking: 'cancelled' });
      notify(`The check was cut short: ${(error as Error).message}`);
    }
  }

  function cancel(): void {
    turn++;
    clearTimeout(checkTimer);
    clearTimeout(compileTimer);
    const { compiling, checking } = store.get();
    if (compiling === 'now') quick.cancel();
    long.cancel();
    store.set({
      compiling: compiling === 'now' ? 'cancelled' : compiling,
      checking: checking === 'now' ? 'cancelled' : checking,
    });
  }

  async function simulate(): Promise<void> {
    const { call, compiled } = store.get();
    if (!compiled) return;
    try {
      const simulation = await quick.ask('simulate', { call });
      if (simulation) store.set({ simulation });
    } catch (error) {
      store.set({ failure: (error as Error).message });
    }
  }

  async function loadListing(): Promise<void> {
    const { compiled, listing } = store.get();
    if (!compiled || listing?.revision === compiled.revision) return;
    try {
      const answer = await quick.ask('listing', { revision: compiled.revision });
      if (answer) store.set({ listing: answer });
    } catch (error) {
      store.set({ failure: (error as Error).message });
    }
  }

  function reveal(offset: number, { focus = true } = {}): void {
    if (store.get().view !== 'profile' && isNarrow()) store.set({ view: 'profile' });
    editor().reveal(offset, focus);
  }

  function focusOn(focus: Focus | undefined, { isShown = false } = {}): void {
    if (!isSameFocus(store.get().focus, focus)) store.set({ focus });
    const { compiled, errors } = store.get();
    if (!isShown || isNarrow() || errors.length > 0 || !compiled || !focus) return;
    const named = focus.call === undefined ? [] : (compiled.map.rules[focus.call] ?? []);
    const place =
      named.find(({ offset }) => offset !== undefined)?.offset ?? compiled.entries[focus.entries[0] ?? -1]?.from;
    isShowing = true;
    if (place !== undefined) editor().reveal(place, false);
    isShowing = false;
  }

  function caretMoved(): void {
    const { compiled, errors } = store.get();
    // While a view shows its place in the text, the caret follows, and is not what was chosen.
    if (isShowing || isOpening || !compiled || errors.length > 0) return;
    focusOn(focusAt(compiled.entries, editor(), editor().getSelection().from));
  }

  return {
    store,
    caretMoved,
    focusOn,
    profile,
    open({ text, source, file, mapArchitecture, ...restored }) {
      for (const listener of replaceListeners) listener(profile());
      isOpening = true;
      store.set({ source, file, mapArchitecture, findings: [], errors: [] });
      editor().setText(text);
      const given = Object.entries(restored).filter(([, value]) => value !== undefined);
      store.set(Object.fromEntries(given) as Partial<AppState>);
      isOpening = false;
      recompile();
    },
    onReplace(listener) {
      replaceListeners.push(listener);
    },
    reveal,
    revealCompiled(offset, options) {
      const { errors, compiling } = store.get();
      if (errors.length === 0 && compiling === 'done') reveal(offset, options);
      else notify('The text has changed since this was compiled: fix its errors first');
    },
    focusEditor() {
      if (isNarrow()) store.set({ view: 'profile' });
      editor().focus();
    },
    edit: (changes) => editor().edit(changes),
    recompile,
    cancel,
    loadListing: () => void loadListing(),
    simulate: () => void simulate(),
    ask: (name, question) => quick.ask(name, question),
    askLong: (name, question) => long.ask(name, question),
    notify,
    async copy(text, done) {
      try {
        await navigator.clipboard.writeText(text);
        notify(done);
      } catch {
        notify('This browser does not let pages copy here: select the text, or download it');
      }
    },
  };
}
