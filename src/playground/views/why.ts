import { textDifference } from '../../editor/text-difference.js';
import { element, setText } from '../dom.js';
import type { LogAnswer, LogRow } from '../engine/protocol.js';
import type { Session } from '../session.js';
import type { View } from './view.js';

/** Rows that are drawn at once; a log may have thousands of kinds. */
const SHOWN = 300;

/** The values of a row that have a name of their own. */
const COLUMNS = ['Program', 'Call', 'Answer', 'Times'];

/** An audit or strace log: which calls were denied, why, and what to add to the profile. */
export function whyView(panel: HTMLElement, session: Session): View {
  const { store } = session;
  const name = element('span', { class: 'quiet why-name' });
  const text = element('textarea', {
    class: 'why-text',
    attributes: {
      'aria-label': 'The log',
      placeholder: 'Open a log (audit, journal, strace, run --trace), drop it anywhere, or paste it here',
      spellcheck: 'false',
      wrap: 'off',
    },
    on: { input: () => store.set({ log: { text: text.value, source: 'log' } }) },
  });
  const summary = element('p', { class: 'why-summary', attributes: { role: 'status' } });
  const results = element('div', { class: 'scroller why-results' });
  const details = element('details', { class: 'why-log' }, element('summary', { text: 'The log' }), text);
  panel.append(element('div', { class: 'view-bar' }, name), details, summary, results);

  let asked = '';
  async function ask(): Promise<void> {
    const { log, settings } = store.get();
    if (log.text.trim() === '') {
      asked = '';
      details.open = true;
      setText(summary, '');
      results.replaceChildren();
      return;
    }
    const question = { log, profile: session.profile(), settings };
    const key = JSON.stringify([log, question.profile, settings]);
    if (key === asked) return;
    asked = key;
    setText(summary, 'Reading…');
    try {
      const answer = await session.askLong('why', question);
      if (!answer || key !== asked) return;
      if (answer.kind === 'failed') {
        setText(summary, answer.message);
        results.replaceChildren();
      } else show(answer);
    } catch (error) {
      setText(summary, `The log was not read to its end: ${(error as Error).message}`);
    }
  }

  function show({ rows, calls, left, problems, used }: LogAnswer): void {
    const denied = rows.filter(({ isDenied }) => isDenied);
    const times = denied.reduce((sum, { count }) => sum + count, 0);
    const more = left > 0 ? `; ${left} more kinds are too many to list` : '';
    const notRead = problems.reduce((sum, { count }) => sum + count, 0);
    const unread = notRead > 0 ? `; ${notRead} lines were not understood (first: ${problems[0]?.reason})` : '';
    setText(
      summary,
      used === 0
        ? 'There is no system call in this log'
        : `${denied.length} kinds of denied calls, ${times} times, of ${calls} calls read${more}${unread}`,
    );
    const sorted = [...denied, ...rows.filter(({ isDenied }) => !isDenied)];
    const rest =
      sorted.length > SHOWN ? element('p', { class: 'quiet', text: `and ${sorted.length - SHOWN} more kinds` }) : '';
    results.replaceChildren(...(rows.length > 0 ? [table(sorted.slice(0, SHOWN))] : []), rest);
  }

  /** The roles are those of the elements, which in a narrow pane are no table to look at (why.css). */
  function table(rows: readonly LogRow[]): HTMLElement {
    const head = [...COLUMNS, 'Why, and what to add'].map((label) =>
      element('th', { text: label, attributes: { scope: 'col', role: 'columnheader' } }),
    );
    return element(
      'table',
      { class: 'why-table', attributes: { role: 'table' } },
      element('thead', { attributes: { role: 'rowgroup' } }, element('tr', { attributes: { role: 'row' } }, ...head)),
      element('tbody', { attributes: { role: 'rowgroup' } }, ...rows.map(rowOf)),
    );
  }

  function rowOf(row: LogRow): HTMLElement {
    const { program = '–', call, architecture, answer, count, why, advice, addition } = row;
    const named = [element('code', { text: call }), element('span', { class: 'quiet', text: ` ${architecture}` })];
    const cells = [[program], named, [answer], [String(count)]].map((content, column) =>
      element('td', { attributes: { role: 'cell', 'data-label': COLUMNS[column] ?? false } }, ...content),
    );
    return element(
      'tr',
      { class: row.isDenied ? 'is-denied' : 'is-quiet', attributes: { role: 'row' } },
      ...cells,
      element(
        'td',
        { attributes: { role: 'cell' } },
        element('p', { text: why ?? 'The profile does not compile, so it says nothing of this call' }),
        ...advice.map((line) => element('p', { class: 'why-advice', text: line })),
        addition !== undefined &&
          element('button', {
            class: 'control small',
            text: 'Add it',
            attributes: { type: 'button', 'aria-label': `Add an entry that allows ${row.name}` },
            on: { click: () => void add(row, addition) },
          }),
      ),
    );
  }

  async function add({ name: call, architecture }: LogRow, addition: string): Promise<void> {
    const profile = session.profile();
    const { settings } = store.get();
    try {
      const answer = await session.askLong('add', { profile, settings, addition, name: call, architecture });
      if (!answer) return;
      if (answer.kind === 'failed') {
        session.notify(answer.message);
        return;
      }
      if (session.profile().text !== profile.text) {
        session.notify('The profile has changed meanwhile: nothing was added');
        return;
      }
      session.edit([textDifference(profile.text, answer.text)]);
      session.notify(`${call} is allowed; Ctrl+Z takes it back`);
    } catch (error) {
      session.notify((error as Error).message);
    }
  }

  return {
    update(state, before) {
      if (!before || state.log !== before.log) {
        setText(name, state.log.source);
        if (text.value !== state.log.text) text.value = state.log.text;
        details.open = state.log.text === '';
      }
      const isNew = !before || state.log !== before.log || state.compiled !== before.compiled;
      if (isNew && state.compiling === 'done') void ask();
    },
  };
}
