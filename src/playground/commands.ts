import type { Command, HelpPage } from './command.js';
import { required } from './dom.js';
import { EXAMPLES } from './examples.js';
import type { Keep } from './keep/commands.js';
import { loadLaterStyles } from './later-styles.js';
import type { Layout } from './layout.js';
import type { Session } from './session.js';
import { VIEWS, type ViewName } from './state.js';

export interface CommandParts {
  session: Session;
  layout: Layout;
  /** Search in the text, with fields to replace. */
  search(): void;
  example(title: string): void;
  keep: Keep;
  help(page?: HelpPage): void;
  palette(): void;
}

/** All commands, in the order of the palette. */
function pageCommands({ session, layout, keep, search, example, help, palette }: CommandParts): Command[] {
  const { store } = session;
  const click = (selector: string) => () => required(selector, HTMLButtonElement).click();
  const toTab = () => required('#tabs [aria-selected=true]', HTMLButtonElement).focus();
  /** Tab goes on from the view, unless the keyboard is where somebody types. */
  const showView = (view: ViewName) => {
    store.set({ view });
    if (document.activeElement === document.body) toTab();
  };
  const views = (Object.entries(VIEWS) as [ViewName, string][]).filter(([name]) => name !== 'profile');
  return [
    { name: 'Show all commands', keys: 'F1', run: palette },
    { name: 'Show all commands', keys: 'Ctrl+Shift+P', run: palette },
    { name: 'Help: what the page can do', keys: 'Shift+F1', run: () => help() },
    { name: 'Help: a tour in five steps', run: () => help('tour') },
    { name: 'Help: examples by question', run: () => help('examples') },
    { name: 'Help: glossary', run: () => help('glossary') },
    { name: 'Help: keyboard shortcuts', run: () => help('shortcuts') },
    { name: 'Help: versions', run: () => help('about') },
    { name: 'Find and replace in the profile, find in the view', keys: 'Ctrl+F', run: () => findHere(search) },
    { name: 'Open a file', keys: 'Ctrl+O', isShownOnly: true, run: click('#open') },
    { name: 'Copy a link to all of this', run: click('#share') },
    { name: 'Save', keys: 'Ctrl+S', run: keep.save },
    { name: 'Save as a new file', keys: 'Ctrl+Shift+S', run: keep.saveAs },
    { name: 'Save and share, versions in this browser', run: keep.open },
    { name: 'Copy as issue text', run: keep.copyIssue },
    { name: 'Download a report', run: keep.downloadReport },
    ...views.map(([name, label], index) => ({
      name: `Show the view: ${label}`,
      keys: `Alt+${index + 1}`,
      run: () => showView(name),
    })),
    { name: 'Show the program as a graph', run: () => store.set({ view: 'program', programForm: 'graph' }) },
    { name: 'Show the program as a listing', run: () => store.set({ view: 'program', programForm: 'listing' }) },
    { name: 'Go to the profile', keys: 'Alt+0', run: () => session.focusEditor() },
    { name: 'Go to the view', keys: 'Alt+9', run: toTab },
    { name: 'Fold or unfold the profile', keys: 'Ctrl+B', run: () => layout.profile.toggle() },
    { name: 'Fold or unfold the findings', keys: 'Ctrl+J', run: () => layout.problems.toggle() },
    { name: 'Change the theme', run: click('#theme') },
    { name: 'Print a report', keys: 'Ctrl+P', isShownOnly: true, run: () => print() },
    { name: 'Profile: undo', keys: 'Ctrl+Z', isShownOnly: true, run: () => session.focusEditor() },
    { name: 'Profile: indent lines', keys: 'Ctrl+]', isShownOnly: true, run: () => session.focusEditor() },
    { name: 'Profile: outdent lines', keys: 'Ctrl+[', isShownOnly: true, run: () => session.focusEditor() },
    { name: 'Profile: complete', keys: 'Ctrl+Space', isShownOnly: true, run: () => session.focusEditor() },
    { name: 'Profile: next finding', keys: 'F8', isShownOnly: true, run: () => session.focusEditor() },
    ...EXAMPLES.map(({ title }) => ({ name: `Open the example: ${title}`, run: () => example(title) })),
  ];
}

/** The field that searches in what has the keyboard; else the search of the editor. */
function findHere(search: () => void): void {
  const panel = document.activeElement?.closest('[role=tabpanel]');
  const field = panel?.querySelector<HTMLInputElement>('[data-find]:not([hidden])');
  if (!field) {
    search();
    return;
  }
  field.focus();
  field.select();
}

/** `Ctrl+Shift+P`, of an event; the Command key counts as Ctrl. */
export function keysOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'code'>,
): string {
  const { key, ctrlKey, metaKey, altKey, shiftKey, code } = event;
  // With Alt a Mac gives another character; the digit's key is the same.
  const name = altKey && /^Digit\d$/.test(code) ? code.slice(5) : key.length === 1 ? key.toUpperCase() : key;
  return [(ctrlKey || metaKey) && 'Ctrl', altKey && 'Alt', shiftKey && 'Shift', name].filter(Boolean).join('+');
}

/** Run commands by their keys, wherever the keyboard is. */
function setUpKeys(commands: readonly Command[]): void {
  const byKeys = new Map(commands.flatMap((each) => (each.keys && !each.isShownOnly ? [[each.keys, each]] : [])));
  addEventListener('keydown', (event) => {
    const command = byKeys.get(keysOf(event));
    if (!command || event.defaultPrevented) return;
    event.preventDefault();
    command.run();
  });
}

/** The commands, their keys, and the two buttons. The palette and the help are loaded when they are opened. */
export function setUpCommands(parts: Omit<CommandParts, 'help' | 'palette'>): void {
  const { session } = parts;
  const failed = (error: Error) => session.notify(`This could not be loaded: ${error.message}`);
  const help = (page?: HelpPage) =>
    void Promise.all([import('./views/help.js'), loadLaterStyles()])
      .then(([{ openHelp }]) => openHelp(session, commands, page))
      .catch(failed);
  const palette = () =>
    void Promise.all([import('./views/command-palette.js'), loadLaterStyles()])
      .then(([{ openCommandPalette }]) => openCommandPalette(commands))
      .catch(failed);
  const commands = pageCommands({ ...parts, help, palette });
  setUpKeys(commands);
  required('#commands', HTMLButtonElement).addEventListener('click', palette);
  required('#help', HTMLButtonElement).addEventListener('click', () => help());
  required('.skip', HTMLAnchorElement).addEventListener('click', (event) => {
    event.preventDefault();
    required('#tabs [aria-selected=true]', HTMLButtonElement).focus();
  });
}
