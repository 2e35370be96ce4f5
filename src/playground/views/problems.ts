import { controlButton, element, required, setText } from '../dom.js';
import type { Problem } from '../engine/protocol.js';
import type { Session } from '../session.js';
import { withWord } from '../settings/settings.js';
import type { AppState } from '../state.js';

const GLYPHS: Readonly<Record<Problem['severity'], string>> = { error: '×', warning: '!', advice: 'i' };

const SEVERITIES = ['error', 'warning', 'advice'] as const;

/** The list under the editor: what is wrong, where, why, and how to fix it. */
export function setUpProblems(session: Session): void {
  const { store } = session;
  const list = required('#problems', HTMLElement);
  const title = required('#problems-count', HTMLElement);
  const toggle = required('#problems-toggle', HTMLButtonElement);
  const pane = required('#problems-pane', HTMLElement);
  const splitter = required('#split-problems', HTMLElement);

  store.subscribe((state, before) => {
    const { errors, findings, compiled, checking } = state;
    list.classList.toggle('is-stale', checking !== 'done');
    if (checking !== before.checking) setText(title, titleOf(problemsOf(state), checking));
    const isSame =
      errors === before.errors && findings === before.findings && compiled?.problems === before.compiled?.problems;
    if (isSame) return;
    const problems = problemsOf(state);
    setText(title, titleOf(problems, checking));
    // Findings take room only where there are some.
    toggle.disabled = problems.length === 0;
    pane.hidden = problems.length === 0;
    splitter.hidden = problems.length === 0;
    toggle.dataset.worst = problems[0]?.severity ?? '';
    list.replaceChildren(...problems.map((problem) => problemItem(problem, session)));
  });
}

/** While the text does not compile, the findings belong to another text. */
function problemsOf({ errors, findings, compiled }: Readonly<AppState>): readonly Problem[] {
  return errors.length > 0 ? errors : worstFirst(merge(findings, compiled?.problems ?? []));
}

/** Findings, and what the compiler warns of beyond them. */
function merge(findings: readonly Problem[], warnings: readonly Problem[]): readonly Problem[] {
  const known = new Set(findings.map(({ id, path }) => `${id} ${path}`));
  return [...findings, ...warnings.filter(({ id, path }) => !known.has(`${id} ${path}`))];
}

/** In the order of the text within each severity: the list shows a few at a time. */
function worstFirst(problems: readonly Problem[]): readonly Problem[] {
  return SEVERITIES.flatMap((severity) => problems.filter((problem) => problem.severity === severity));
}

/** "No findings" stands there only after the check has run. */
function titleOf(problems: readonly Problem[], checking: AppState['checking']): string {
  if (checking === 'now') return 'Checking…';
  if (checking === 'cancelled') return 'Not checked';
  if (problems.length === 0) return 'No findings';
  const parts = SEVERITIES.flatMap((severity) => {
    const count = problems.filter((problem) => problem.severity === severity).length;
    if (count === 0) return [];
    return [`${count} ${severity === 'advice' ? 'advice' : `${severity}${count === 1 ? '' : 's'}`}`];
  });
  return parts.join(', ');
}

function problemItem(problem: Problem, session: Session): HTMLElement {
  const { severity, id, message, advice, path, line, column, offset, source, fixes, setting } = problem;
  const place = line === undefined ? path : `${source ? `${source}:` : ''}${line}:${column}`;
  return element(
    'li',
    { class: `problem is-${severity}` },
    element('span', { class: 'problem-glyph', text: GLYPHS[severity], attributes: { 'aria-hidden': 'true' } }),
    element(
      'button',
      {
        class: 'problem-text',
        attributes: { type: 'button', disabled: offset === undefined },
        on: { click: () => offset !== undefined && session.reveal(offset) },
      },
      element('span', { class: 'visually-hidden', text: `${severity}: ` }),
      element('span', { class: 'problem-message', text: message }),
      advice !== undefined && element('span', { class: 'problem-advice', text: advice }),
      element('span', { class: 'problem-place', text: `${place}  ${id}`, attributes: { title: path } }),
    ),
    setting !== undefined &&
      controlButton(
        setting.label,
        () => {
          const { store } = session;
          store.set({ settings: withWord(store.get().settings, setting.option, setting.word) });
        },
        { isSmall: true },
      ),
    ...fixes.map(({ title, edits }) =>
      controlButton('Fix', () => applyFix(edits, session), { isSmall: true, title, label: `Fix: ${message}` }),
    ),
  );
}

/** The edits are of the text that was checked, and of no newer one. */
function applyFix(edits: Problem['fixes'][number]['edits'], { store, edit, notify }: Session): void {
  const { compiling, checking } = store.get();
  if (compiling === 'done' && checking === 'done') edit(edits);
  else notify('The text has changed since it was checked: its own findings are on their way');
}
