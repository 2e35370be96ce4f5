import type { Editor } from './editor/editor.js';
import type { EngineClient } from './engine/client.js';
import type { ProfileText, RequestBody, ResponseTo, Settings } from './engine/protocol.js';
import { type Focus, focusAt, isSameFocus } from './focus.js';
import { isNarrow } from './layout.js';
import type { AppState } from './state.js';
import type { Store } from './store.js';

/** How long to wait after typing before the profile is checked, in milliseconds: a check takes several compilations. */
const CHECK_DELAY = 300;

const MEASURE = 'scmp-recompile';

/** The interface for the views. */
export interface Session {
  readonly store: Store<AppState>;
  /** The text that is open now. */
  profile(): ProfileText;
  /** Replace the profile by another one, and its target if it has one; undo restores the text. */
  open(profile: ProfileText & { settings?: Settings }): void;
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
  /** Ask for the listing, where it is not there yet. */
  loadListing(): void;
  simulate(): void;
  ask: EngineClient['ask'];
  /** Ask the worker that does not compile at keystrokes, for long work. */
  askLong: EngineClient['ask'];
  /** Show a short notice. */
  notify(message: string): void;
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

  const profile = (): ProfileText => ({ text: editor().getText(), source: store.get().source });

  async function recompile(): Promise<void> {
    if (isOpening) return;
    clearTimeout(checkTimer);
    const asked = { ...profile(), settings: store.get().settings };
    checkTimer = setTimeout(() => void check(asked), CHECK_DELAY);
    const start = performance.now();
    try {
      const answer = await quick.ask('compile', asked);
      if (!answer) return; // a newer text is on its way
      apply(answer);
      // From the keystroke to the new state shown: for the browser's profiler, and bench/playground.ts.
      performance.clearMeasures(MEASURE);
      performance.measure(MEASURE, { start });
    } catch (error) {
      store.set({ failure: (error as Error).message });
    }
  }

  function apply(answer: ResponseTo<'compile'>): void {
    if (answer.kind === 'refused') {
      store.set({ errors: answer.problems, failure: undefined });
      return;
    }
    const { call, mapArchitecture } = store.get();
    const [target = 'x86_64'] = answer.arches;
    const callArchitecture = answer.arches.includes(call.architecture) ? call.architecture : target;
    store.set({
      compiled: answer,
      errors: [],
      failure: undefined,
      mapArchitecture: mapArchitecture && answer.arches.includes(mapArchitecture) ? mapArchitecture : undefined,
      call: callArchitecture === call.architecture ? call : { ...call, architecture: callArchitecture },
    });
    caretMoved();
    simulate();
  }

  async function check(asked: RequestBody<'check'>): Promise<void> {
    try {
      const answer = await long.ask('check', asked);
      if (answer && asked.text === editor().getText()) store.set({ findings: answer.problems });
    } catch {
      // The text does not compile, and that has been said.
    }
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
    focusOn(focusAt(compiled.entries, editor().getText(), editor().getSelection().from));
  }

  return {
    store,
    caretMoved,
    focusOn,
    profile,
    open({ text, source, settings = store.get().settings }) {
      store.set({ source, findings: [], errors: [] });
      isOpening = true;
      editor().setText(text);
      store.set({ settings });
      isOpening = false;
      void recompile();
    },
    reveal,
    revealCompiled(offset, options) {
      if (store.get().errors.length === 0) reveal(offset, options);
      else notify('The text has changed since this was compiled: fix its errors first');
    },
    focusEditor() {
      if (isNarrow()) store.set({ view: 'profile' });
      editor().focus();
    },
    edit: (changes) => editor().edit(changes),
    recompile: () => void recompile(),
    loadListing: () => void loadListing(),
    simulate: () => void simulate(),
    ask: (name, question) => quick.ask(name, question),
    askLong: (name, question) => long.ask(name, question),
    notify,
  };
}
