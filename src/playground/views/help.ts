import { LIBSECCOMP_VERSION } from '../../release.js';
import { LINUX_VERSION, VERSION } from '../../version.js';
import type { Command, HelpPage } from '../command.js';
import { element } from '../dom.js';
import { EXAMPLES, loadExample } from '../examples.js';
import { parseGlossary } from '../glossary.js';
import { QUESTIONS, type Question } from '../questions.js';
import type { Session } from '../session.js';
import { openDialog } from './dialog.js';
import { startTour } from './tour.js';

const HELP_PAGES = {
  tour: 'Tour',
  examples: 'Questions',
  glossary: 'Glossary',
  shortcuts: 'Keys',
  about: 'Versions',
} as const satisfies Record<HelpPage, string>;

/** The help, at one of its pages. */
export function openHelp(session: Session, commands: readonly Command[], page: HelpPage = 'tour'): void {
  const makers: Readonly<Record<HelpPage, () => HTMLElement>> = {
    tour: () => tourPage(() => dialog.close()),
    examples: () => examplesPage(session, () => dialog.close()),
    glossary: glossaryPage,
    shortcuts: () => shortcutsPage(commands),
    about: aboutPage,
  };
  const body = element('div', { class: 'help-body', attributes: { role: 'tabpanel', tabindex: '0', id: 'help-body' } });
  const buttons = (Object.keys(HELP_PAGES) as HelpPage[]).map((name) =>
    element('button', {
      class: 'tab',
      text: HELP_PAGES[name],
      attributes: {
        type: 'button',
        role: 'tab',
        id: `help-${name}`,
        'aria-controls': 'help-body',
        'data-label': HELP_PAGES[name],
      },
      on: { click: () => show(name) },
    }),
  );
  const list = element(
    'div',
    { class: 'tabs help-tabs', attributes: { role: 'tablist', 'aria-label': 'Help' } },
    ...buttons,
  );
  list.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step === undefined) return;
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next?.focus();
    next?.click();
  });
  const dialog = openDialog('Help', list, body);

  function show(name: HelpPage): void {
    for (const button of buttons) {
      const isSelected = button.id === `help-${name}`;
      button.setAttribute('aria-selected', String(isSelected));
      button.tabIndex = isSelected ? 0 : -1;
    }
    body.setAttribute('aria-labelledby', `help-${name}`);
    body.replaceChildren(makers[name]());
  }
  show(page);
  buttons.find(({ id }) => id === `help-${page}`)?.focus();
}

function tourPage(close: () => void): HTMLElement {
  return element(
    'div',
    {},
    element('p', {
      text: 'A seccomp filter is a program that the kernel runs before every system call. This page compiles a profile to that program, as libseccomp does, and shows what it decides. Nothing leaves this tab.',
    }),
    element('button', {
      class: 'control primary',
      text: 'Take the tour of five steps',
      attributes: { type: 'button' },
      on: {
        click: () => {
          close();
          startTour();
        },
      },
    }),
  );
}

function examplesPage(session: Session, close: () => void): HTMLElement {
  const open = async (question: Question) => {
    close();
    try {
      const { profile, other, state } = question;
      const load = (title: string) => loadExample(EXAMPLES.find((each) => each.title === title)!);
      const text = typeof profile === 'string' ? await load(profile) : profile;
      const compared = other === undefined ? undefined : await load(other);
      session.open(text);
      session.store.set({ ...state, ...(compared && { other: compared }) });
      session.simulate();
      session.notify(question.answer);
    } catch (error) {
      session.notify((error as Error).message);
    }
  };
  return element(
    'ul',
    { class: 'questions' },
    ...QUESTIONS.map((each) =>
      element(
        'li',
        {},
        element('button', {
          class: 'link',
          text: each.question,
          attributes: { type: 'button' },
          on: { click: () => void open(each) },
        }),
        element('p', { class: 'quiet', text: each.answer }),
      ),
    ),
    element('li', { class: 'quiet', text: 'An example replaces the text; undo brings yours back.' }),
  );
}

/** From the docs, which the site has a copy of. */
function glossaryPage(): HTMLElement {
  const list = element('dl', { class: 'glossary' });
  const load = async () => {
    const response = await fetch(new URL('./glossary.md', import.meta.url));
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    for (const { term, meaning } of parseGlossary(await response.text())) {
      list.append(element('dt', { text: term }), element('dd', { text: meaning }));
    }
  };
  load().catch((error: Error) => {
    list.append(element('dt', { text: 'The glossary could not be loaded' }), element('dd', { text: error.message }));
  });
  return list;
}

function shortcutsPage(commands: readonly Command[]): HTMLElement {
  const rows = commands.filter(({ keys }) => keys !== undefined);
  return element(
    'div',
    {},
    element('p', {
      text: 'Tab leaves the editor; Ctrl+] and Ctrl+[ indent. In map, listing, graph and tabs the arrow keys move. On a Mac, Command is Ctrl.',
    }),
    element(
      'dl',
      { class: 'shortcuts' },
      ...rows.flatMap(({ name, keys }) => [
        element('dt', {}, element('kbd', { text: keys ?? '' })),
        element('dd', { text: name }),
      ]),
    ),
  );
}

function aboutPage(): HTMLElement {
  const rows = {
    'libseccomp-wasm': VERSION,
    libseccomp: `${LIBSECCOMP_VERSION}, compiled to WebAssembly (LGPL-2.1)`,
    'System calls and constants': `of Linux ${LINUX_VERSION}`,
    'This browser': navigator.userAgent,
  };
  return element(
    'dl',
    { class: 'glossary' },
    ...Object.entries(rows).flatMap(([name, text]) => [element('dt', { text: name }), element('dd', { text })]),
  );
}
