import { element, required, setText } from '../dom.js';
import type { CompileSuccess } from '../engine/protocol.js';
import type { Session } from '../session.js';
import { type AppState, litPath } from '../state.js';

const { format: count } = new Intl.NumberFormat('en');

/** With the length of libseccomp's program, where the shown one is another. */
const lengths = ({ instructions, instructionsOfLibseccomp: usual }: CompileSuccess) =>
  usual === undefined ? count(instructions) : `${count(instructions)} (libseccomp: ${count(usual)})`;

/**
 * The figures that are always in view: whether the text is valid, how large the program is, and what it costs to run.
 */
export function setUpFigures(session: Session): void {
  const { store } = session;
  setUpCancel(session);
  const list = required('#figures', HTMLElement);
  const status = required('#status', HTMLElement);
  const figure = (label: string, title: string) => {
    const value = element('dd', { text: '–' });
    list.append(element('div', { class: 'figure', attributes: { title } }, element('dt', { text: label }), value));
    return value;
  };
  const instructions = figure('Instructions', 'The kernel loads 4096 at most, of 8 bytes each');
  const typical = figure('Typical call', 'Instructions executed for an allowed call: the median of the target’s');
  const most = figure('Longest', 'Instructions executed for the dearest call there is');
  const simulated = figure('Simulated', 'Instructions executed for the call of the simulator');
  const architectures = figure('Architectures', 'Those the program decides for, the target first');

  const show = (state: Readonly<AppState>) => {
    const { compiled } = state;
    const { kind, text } = statusOf(state);
    status.dataset.kind = kind;
    showFreshness(kind === 'good');
    // A screen reader says what came out, not that every keystroke is compiled.
    status.setAttribute('aria-busy', String(state.compiling === 'now'));
    setText(status, text);
    setText(instructions, compiled ? lengths(compiled) : '–');
    setText(typical, compiled?.typicalSteps === undefined ? '–' : count(compiled.typicalSteps));
    setText(most, compiled ? count(compiled.maxSteps) : '–');
    const path = litPath(state);
    setText(simulated, path.length > 0 ? count(path.length) : '–');
    setText(architectures, compiled ? compiled.arches.join(', ') : '–');
  };
  show(store.get());
  store.subscribe(show);
}

/** How long results of an older text keep their colours, in milliseconds: most texts have their own sooner. */
const GREY_AFTER = 150;

let greying: ReturnType<typeof setTimeout> | undefined;

/**
 * What is not of the text that is there now is grey, after a moment (state.css): painting the page grey at each keystroke
 * takes longer than a compilation.
 */
function showFreshness(isFresh: boolean): void {
  const { dataset } = document.body;
  if (isFresh) {
    clearTimeout(greying);
    greying = undefined;
    if (dataset.results !== 'fresh') dataset.results = 'fresh';
    return;
  }
  greying ??= setTimeout(() => {
    dataset.results = 'stale';
  }, GREY_AFTER);
}

function statusOf({ compiled, compiling, errors, failure }: Readonly<AppState>): { kind: string; text: string } {
  if (failure !== undefined) return { kind: 'error', text: `Nothing can be computed: ${failure}` };
  if (compiling === 'now') return { kind: 'waiting', text: compiled ? 'Compiling…' : 'Loading libseccomp…' };
  if (compiling === 'cancelled') {
    return { kind: 'stale', text: compiled ? 'Cancelled; showing an older version' : 'Cancelled' };
  }
  if (errors.length > 0) {
    const what = errors.length === 1 ? '1 error' : `${errors.length} errors`;
    return compiled
      ? { kind: 'stale', text: `${what}; showing the last version that compiled` }
      : { kind: 'error', text: `The profile has ${what}` };
  }
  return compiled ? { kind: 'good', text: 'Compiled' } : { kind: 'waiting', text: 'Loading libseccomp…' };
}

/** How long work goes on before a button offers to stop it, in milliseconds. */
const OFFER_AFTER = { compiling: 250, checking: 1500 };

/** The button that stops what takes long, and compiles again what was stopped. */
function setUpCancel(session: Session): void {
  const { store } = session;
  const button = required('#cancel', HTMLButtonElement);
  let timer: ReturnType<typeof setTimeout> | undefined;
  button.addEventListener('click', () => {
    if (isBusy(store.get())) session.cancel();
    else session.recompile();
  });
  store.subscribe((state, before) => {
    if (state.compiling === before.compiling && state.checking === before.checking) return;
    clearTimeout(timer);
    const isStopped = state.compiling === 'cancelled' || state.checking === 'cancelled';
    button.hidden = !isStopped;
    setText(button, isStopped ? 'Go on' : 'Cancel');
    if (!isBusy(state)) return;
    const after = state.compiling === 'now' ? OFFER_AFTER.compiling : OFFER_AFTER.checking;
    timer = setTimeout(() => {
      button.hidden = false;
    }, after);
  });
}

const isBusy = ({ compiling, checking }: Readonly<AppState>) => compiling === 'now' || checking === 'now';
