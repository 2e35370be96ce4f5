import { actionBadge } from '../action-badge.js';
import { element, setText } from '../dom.js';
import type { Difference, ResponseTo } from '../engine/protocol.js';
import { EXAMPLES, loadExample } from '../examples.js';
import type { Session } from '../session.js';
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
  panel.append(
    element('div', { class: 'view-bar' }, choice, file, name),
    element('details', { class: 'diff-other' }, element('summary', { text: 'The other profile’s text' }), text),
    summary,
    results,
  );

  async function choose(): Promise<void> {
    const chosen = choice.value;
    choice.value = '';
    if (chosen === 'file') return file.click();
    if (chosen === 'now') {
      const { text: now, source } = session.profile();
      store.set({ other: { text: now, source: `${source}, as it was at ${new Date().toLocaleTimeString()}` } });
      return;
    }
    const example = EXAMPLES.find(({ title }) => chosen === `example:${title}`);
    if (!example) return;
    try {
      store.set({ other: await loadExample(example) });
    } catch (error) {
      session.notify((error as Error).message);
    }
  }

  async function readFile(): Promise<void> {
    const [chosen] = file.files ?? [];
    file.value = '';
    if (chosen) store.set({ other: { text: await chosen.text(), source: chosen.name } });
  }

  let asked = '';
  async function compare(): Promise<void> {
    const { other, settings, compiled } = store.get();
    if (other.text.trim() === '' || !compiled) {
      asked = '';
      setText(summary, '');
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
    try {
      const answer = await session.askLong('compare', question);
      if (answer) show(answer);
    } catch (error) {
      setText(summary, `The comparison was cut short: ${(error as Error).message}`);
    }
  }

  function show(answer: ResponseTo<'compare'>): void {
    if (answer.kind === 'refused') {
      setText(summary, 'One of the two does not compile:');
      const lines = answer.problems.map(({ line, column, path, message }) =>
        element('li', { text: `${line === undefined ? path : `${line}:${column}`} ${message}` }),
      );
      results.replaceChildren(element('ul', { class: 'diff-errors' }, ...lines));
      return;
    }
    const { differences } = answer;
    const counts = (['weaker', 'stronger', 'other'] as const).flatMap((change) => {
      const count = differences
        .filter((difference) => difference.change === change)
        .reduce((sum, { calls }) => sum + calls.length, 0);
      return count === 0 ? [] : [`${count} ${change}`];
    });
    setText(
      summary,
      differences.length === 0
        ? 'The two decide alike on every call there is.'
        : `This profile against the other: ${counts.join(', ')}`,
    );
    results.replaceChildren(...byArchitecture(differences));
  }

  return {
    update(state, before) {
      if (!before || state.other !== before.other) {
        setText(name, state.other.source);
        if (text.value !== state.other.text) text.value = state.other.text;
      }
      if (!before || state.other !== before.other || state.compiled !== before.compiled) void compare();
    },
  };
}

function byArchitecture(differences: readonly Difference[]): HTMLElement[] {
  const groups = new Map<string, Difference[]>();
  for (const difference of differences) {
    groups.set(difference.architecture, [...(groups.get(difference.architecture) ?? []), difference]);
  }
  return [...groups].map(([architecture, members]) =>
    element(
      'section',
      { class: 'diff-group' },
      element('h2', { class: 'map-title', text: architecture }),
      element('ul', {}, ...members.map(differenceItem)),
    ),
  );
}

/** Calls shown before somebody asks for all. */
const LISTED = 24;

function callList(calls: readonly string[]): (string | HTMLElement)[] {
  if (calls.length <= LISTED + 4) return [calls.join(', ')];
  const rest = element('span', { text: calls.slice(LISTED).join(', '), attributes: { hidden: true } });
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
  return [`${calls.slice(0, LISTED).join(', ')}, `, rest, more];
}

function differenceItem({ calls, condition, from, to, change }: Difference): HTMLElement {
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
      ...callList(calls),
      condition !== '' && element('code', { class: 'rule-condition', text: ` when ${condition}` }),
    ),
  );
}
