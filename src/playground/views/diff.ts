import { actionBadge } from '../action-badge.js';
import { element, setText } from '../dom.js';
import type { Difference, RequestBody, ResponseTo } from '../engine/protocol.js';
import { EXAMPLES, loadExample } from '../examples.js';
import type { Session } from '../session.js';
import { combinedView } from './combined.js';
import { CHANGE_ORDER, countOf, type ReviewedDifference, reviewed } from './diff-review.js';
import { diffTexts } from './diff-texts.js';
import { segmented } from './segmented.js';
import type { View } from './view.js';

const CHANGES = {
  weaker: {
    glyph: '▲',
    text: 'weaker',
    title: 'The profile lets the call do more than the other, or that is not known',
  },
  stronger: { glyph: '▼', text: 'stronger', title: 'The profile lets the call do less than the other' },
  other: { glyph: '◆', text: 'other', title: 'Neither more nor less: another answer' },
} as const;

/** The differences between this profile and another one, for every call. */
export function diffView(panel: HTMLElement, session: Session): View {
  const { store } = session;
  const choice = element(
    'select',
    { class: 'control', attributes: { 'aria-label': 'Compare with' }, on: { change: () => void choose() } },
    new Option('Compare with…', ''),
    new Option('this profile as it is now', 'now'),
    new Option('a file…', 'file'),
    ...EXAMPLES.map(({ title }) => new Option(title, `example:${title}`)),
  );
  const file = element('input', { attributes: { type: 'file', hidden: true }, on: { change: () => void readFile() } });
  const name = element('span', { class: 'quiet diff-name' });
  const text = element('textarea', {
    class: 'diff-text',
    attributes: {
      'aria-label': 'The other profile',
      placeholder: 'Or paste the other profile here',
      spellcheck: 'false',
      wrap: 'off',
    },
    on: { input: () => store.set({ other: { text: text.value, source: 'other' } }) },
  });
  const summary = element('p', { class: 'diff-summary', attributes: { role: 'status' } });
  const results = element('div', { class: 'scroller diff-results' });
  let shown: readonly ReviewedDifference[] = [];
  let chosen: Difference['change'] | 'all' = 'all';
  const filter = segmented<Difference['change'] | 'all'>('Which differences', (value) => {
    chosen = value;
    list();
  });
  const texts = diffTexts(session);
  const take = element('button', {
    class: 'control small',
    text: 'Replace the profile with it',
    attributes: { type: 'button', title: 'The profile becomes the other one; Ctrl+Z takes it back' },
    on: { click: () => takeOther() },
  });
  const filters = element('div', {}, filter.element);
  const combined = combinedView(session, () => void showAll());
  const differences = element('div', { class: 'diff-differences' }, summary, texts.element, results);
  panel.append(
    element('div', { class: 'view-bar' }, choice, file, name, take),
    element('details', { class: 'diff-other' }, element('summary', { text: 'The other profile’s text' }), text),
    element('div', { class: 'view-bar' }, combined.choice, filters),
    differences,
    combined.element,
  );

  async function showAll(): Promise<void> {
    const { other, compiled } = store.get();
    const hasBoth = other.text.trim() !== '' && compiled !== undefined;
    combined.update(hasBoth ? [other, session.profile()] : undefined);
    const isCombined = combined.shown !== 'differences';
    differences.hidden = isCombined;
    filters.hidden = isCombined;
    if (!isCombined) await compare();
  }

  async function choose(): Promise<void> {
    const wanted = choice.value;
    choice.value = '';
    if (wanted === 'file') return file.click();
    if (wanted === 'now') {
      const { text: now, source } = session.profile();
      store.set({ other: { text: now, source: `${source}, as it was at ${new Date().toLocaleTimeString()}` } });
      return;
    }
    const example = EXAMPLES.find(({ title }) => wanted === `example:${title}`);
    if (!example) return;
    try {
      store.set({ other: await loadExample(example) });
    } catch (error) {
      session.notify((error as Error).message);
    }
  }

  /** The text alone: the file keeps its name, and the profile that was there becomes the other side. */
  function takeOther(): void {
    const { other } = store.get();
    const own = session.profile();
    if (other.text === '') return;
    session.edit([{ offset: 0, length: own.text.length, text: other.text }]);
    store.set({ other: { text: own.text, source: `${own.source}, as it was` } });
  }

  /** The differences that are asked for. */
  function list(): void {
    const counts = CHANGE_ORDER.flatMap((change) => {
      const count = countOf(shown, change);
      return count === 0 ? [] : [{ value: change, label: `${count} ${change}` }];
    });
    if (chosen !== 'all' && !counts.some(({ value }) => value === chosen)) chosen = 'all';
    filter.element.hidden = counts.length < 2;
    filter.update([{ value: 'all', label: 'All' }, ...counts], chosen);
    const asked = shown.filter(({ change }) => chosen === 'all' || change === chosen);
    results.replaceChildren(
      element('ul', {}, ...asked.map((each) => differenceItem(each, (call) => texts.showCall(call)))),
    );
  }

  async function readFile(): Promise<void> {
    const [opened] = file.files ?? [];
    file.value = '';
    if (opened) store.set({ other: { text: await opened.text(), source: opened.name } });
  }

  let asked = '';
  async function compare(): Promise<void> {
    const { other, settings, compiled } = store.get();
    if (other.text.trim() === '' || !compiled) {
      asked = '';
      setText(summary, '');
      results.classList.remove('is-stale');
      filter.element.hidden = true;
      texts.update(undefined);
      results.replaceChildren(
        element('p', {
          class: 'empty',
          text: 'Choose a second profile to see every call that the two decide differently: exactly, for all arguments there are.',
        }),
      );
      return;
    }
    const question = { before: other, after: session.profile(), settings };
    const key = JSON.stringify(question);
    if (key === asked) return;
    asked = key;
    // What is shown is of other texts until the answer is here.
    setText(summary, 'Comparing…');
    results.classList.add('is-stale');
    if (results.querySelector('.empty')) results.replaceChildren();
    try {
      const answer = await session.askLong('compare', question);
      if (answer && key === asked) show(answer, question);
    } catch (error) {
      setText(summary, `The comparison was cut short: ${(error as Error).message}`);
    }
  }

  function show(answer: ResponseTo<'compare'>, { before, after }: RequestBody<'compare'>): void {
    results.classList.remove('is-stale');
    if (answer.kind === 'refused') {
      filter.element.hidden = true;
      texts.update(undefined);
      setText(summary, 'One of the two does not compile:');
      const lines = answer.problems.map(({ line, column, path, message }) =>
        element('li', { text: `${line === undefined ? path : `${line}:${column}`} ${message}` }),
      );
      results.replaceChildren(element('ul', { class: 'diff-errors' }, ...lines));
      return;
    }
    shown = reviewed(answer.differences);
    const { entries = [] } = store.get().compiled ?? {};
    texts.update({
      before: { text: before.text, entries: answer.entriesBefore },
      after: { text: after.text, entries },
    });
    const counts = CHANGE_ORDER.flatMap((change) => {
      const count = countOf(shown, change);
      return count === 0 ? [] : [`${count} ${change}`];
    });
    setText(
      summary,
      shown.length === 0
        ? 'The two decide alike on every call there is.'
        : `This profile against the other: ${counts.join(', ')}`,
    );
    list();
  }

  return {
    update(state, before) {
      if (!before || state.other !== before.other) {
        setText(name, state.other.source);
        if (text.value !== state.other.text) text.value = state.other.text;
      }
      if (!before || state.other !== before.other || state.compiled !== before.compiled) void showAll();
    },
  };
}

/** Calls shown before somebody asks for all. */
const LISTED = 24;

/** Names of calls, each of which leads to where the texts are about it; ranges of numbers lead nowhere. */
function callLinks(calls: readonly string[], onCall: (call: string) => void): (string | HTMLElement)[] {
  return calls.flatMap((call, index) => [
    ...(index > 0 ? [' '] : []),
    // The comma stays with its word.
    element(
      'span',
      { class: 'difference-word' },
      /^[a-z_]\w*$/.test(call)
        ? element('button', {
            class: 'link difference-call',
            text: call,
            attributes: { type: 'button' },
            on: { click: () => onCall(call) },
          })
        : call,
      index < calls.length - 1 && ',',
    ),
  ]);
}

function callList(calls: readonly string[], onCall: (call: string) => void): (string | HTMLElement)[] {
  if (calls.length <= LISTED + 4) return callLinks(calls, onCall);
  const rest = element('span', { attributes: { hidden: true } }, ...callLinks(calls.slice(LISTED), onCall));
  const more = element('button', {
    class: 'link',
    text: `and ${calls.length - LISTED} more`,
    attributes: { type: 'button' },
    on: {
      click: () => {
        rest.hidden = false;
        more.remove();
      },
    },
  });
  return [...callLinks(calls.slice(0, LISTED), onCall), ', ', rest, more];
}

function differenceItem(
  { architectures, calls, condition, from, to, change }: ReviewedDifference,
  onCall: (call: string) => void,
): HTMLElement {
  const { glyph, text, title } = CHANGES[change];
  return element(
    'li',
    { class: 'difference' },
    element(
      'span',
      { class: `change is-${change}`, attributes: { title } },
      element('span', { text: glyph, attributes: { 'aria-hidden': 'true' } }),
      text,
    ),
    element(
      'span',
      { class: 'difference-actions' },
      actionBadge(from),
      element('span', { text: '→' }),
      actionBadge(to),
    ),
    element(
      'span',
      { class: 'difference-calls' },
      ...callList(calls, onCall),
      element('span', { class: 'quiet difference-architectures', text: ` ${architectures.join(', ')}` }),
      condition !== '' && element('code', { class: 'rule-condition', text: ` when ${condition}` }),
    ),
  );
}
