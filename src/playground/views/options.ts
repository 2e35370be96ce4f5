import { ARCHITECTURES, type ArchitectureName } from '../../architecture.js';
import { element, setText } from '../dom.js';
import type { BesideProgram } from '../engine/protocol.js';
import type { Session } from '../session.js';
import { commandLine, shellWord, WEIGHTS_FILE } from '../settings/command-line.js';
import { OPTION_GROUPS, OPTION_NAMES, OPTION_ROWS, type OptionRow } from '../settings/option-table.js';
import { type OptionName, type Settings, withWord } from '../settings/settings.js';
import type { View } from './view.js';

/** Every option of `scmp compile`, the command line that they come to, and the programs for other machines. */
export function optionsView(panel: HTMLElement, session: Session): View {
  const { store } = session;
  const change = (name: OptionName, word: string) =>
    store.set({ settings: withWord(store.get().settings, name, word) });

  const fields = OPTION_NAMES.map((name) => ({ name, ...optionField(name, (word) => change(name, word)) }));
  const groups = Object.entries(OPTION_GROUPS).map(([group, title]) =>
    element(
      'fieldset',
      { class: 'option-group' },
      element('legend', { class: 'option-title', text: title }),
      ...fields.filter(({ name }) => OPTION_ROWS[name].group === group).map(({ row }) => row),
    ),
  );

  const command = element('code', { class: 'command-line', attributes: { tabindex: '0' } });
  const note = element('p', { class: 'quiet' });
  const copy = element('button', {
    class: 'control',
    text: 'Copy command',
    attributes: { type: 'button' },
    on: { click: () => void session.copy(command.textContent ?? '', 'The command is in the clipboard') },
  });
  const reset = element('button', {
    class: 'control',
    text: 'Reset all',
    attributes: { type: 'button' },
    on: { click: () => store.set({ settings: { ...store.get().settings, beside: [], words: {} } }) },
  });
  const beside = besideSection(session);
  panel.append(
    element('div', { class: 'view-bar' }, copy, reset, note),
    element('div', { class: 'scroller options' }, command, ...groups, beside.element),
  );

  function show({ settings, source }: { settings: Settings; source: string }): void {
    command.replaceChildren(
      ...commandLine(source, settings).flatMap((word, at) => [
        at > 0 ? ' ' : '',
        element('span', { class: 'command-word', text: shellWord(word) }),
      ]),
    );
    const hasCounts = (settings.words.weights ?? 'uncached') !== 'uncached';
    setText(note, hasCounts ? `The counts go into a file, ${WEIGHTS_FILE}` : '');
    for (const { name, set } of fields) set(settings.words[name] ?? '');
  }

  return {
    update(state, before) {
      if (!before || state.settings !== before.settings || state.source !== before.source) show(state);
      beside.update(state, before);
    },
  };
}

/** One option: its label, its control, and its line of help. */
function optionField(name: OptionName, onWord: (word: string) => void) {
  const { label, help, flag } = OPTION_ROWS[name];
  const id = `option-${name}`;
  const control = controlOf(name, OPTION_ROWS[name], onWord);
  control.id = id;
  control.setAttribute('aria-describedby', `${id}-help`);
  const row = element(
    'div',
    { class: 'option' },
    element('label', { text: label, attributes: { for: id, title: flag } }),
    control,
    element('p', { class: 'quiet option-help', text: help, attributes: { id: `${id}-help` } }),
  );
  return {
    row,
    set(word: string) {
      if (control.value !== word) control.value = word;
      row.classList.toggle('is-set', word !== '');
    },
  };
}

function controlOf(
  name: OptionName,
  { choices, isSwitch, otherwise, maxLength }: OptionRow,
  onWord: (word: string) => void,
): HTMLSelectElement | HTMLInputElement | HTMLTextAreaElement {
  const words = isSwitch ? (isSwitch === 'yes' ? ['yes'] : ['yes', 'no']) : choices;
  if (words) {
    const select = element(
      'select',
      { class: 'control' },
      new Option(`default: ${otherwise}`, ''),
      ...words.map((word) => new Option(word, word)),
    );
    select.addEventListener('change', () => onWord(select.value));
    return select;
  }
  const attributes = { placeholder: otherwise, maxlength: String(maxLength), spellcheck: 'false', autocomplete: 'off' };
  const field =
    name === 'weights'
      ? element('textarea', { class: 'control option-text', attributes: { ...attributes, rows: '2' } })
      : element('input', { class: 'control', attributes });
  field.addEventListener('input', () => onWord(field.value.trim() === '' ? '' : field.value));
  return field;
}

/** The programs for several machines, side by side. */
function besideSection(session: Session): View & { element: HTMLElement } {
  const { store } = session;
  const add = element(
    'select',
    { class: 'control', attributes: { 'aria-label': 'Add an architecture' } },
    new Option('Add an architecture…', ''),
    ...ARCHITECTURES.map(({ name }) => new Option(name, name)),
  );
  add.addEventListener('change', () => {
    const { settings } = store.get();
    const chosen = ARCHITECTURES.find(({ name }) => name === add.value)?.name;
    add.value = '';
    if (!chosen || chosen === settings.arch || settings.beside.includes(chosen)) return;
    store.set({ settings: { ...settings, beside: [...settings.beside, chosen] } });
  });
  const body = element('tbody');
  const table = element(
    'table',
    { class: 'beside' },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...['Architecture', 'Instructions', 'Typical call', 'Longest', 'Decides for', ''].map((text) =>
          element('th', { text, attributes: { scope: 'col' } }),
        ),
      ),
    ),
    body,
  );
  const whole = element(
    'section',
    { class: 'option-group beside-programs', attributes: { 'aria-label': 'Architectures side by side' } },
    element('h2', { class: 'option-title', text: 'Architectures side by side' }),
    element('p', { class: 'quiet option-help', text: 'The same profile for other machines; choose one to look at it' }),
    add,
    table,
  );

  const remove = (arch: ArchitectureName) => {
    const { settings } = store.get();
    store.set({ settings: { ...settings, beside: settings.beside.filter((name) => name !== arch) } });
  };
  /** Another machine becomes the one that is looked at, and the present one stands beside. */
  const choose = (arch: ArchitectureName) => {
    const { settings } = store.get();
    const others = settings.beside.map((name) => (name === arch ? settings.arch : name));
    store.set({ settings: { ...settings, arch, beside: others } });
  };
  const button = (text: string, label: string, click: () => void) =>
    element('button', {
      class: 'control small',
      text,
      attributes: { type: 'button', 'aria-label': label },
      on: { click },
    });

  function row(program: BesideProgram | undefined, arch: ArchitectureName): HTMLElement {
    const cells =
      program === undefined
        ? [element('td', { text: '…', attributes: { colspan: '4' } })]
        : 'refused' in program
          ? [element('td', { class: 'is-refused', text: program.refused, attributes: { colspan: '4' } })]
          : [
              String(program.instructions),
              String(program.typicalSteps ?? '–'),
              String(program.maxSteps),
              program.arches.join(', '),
            ].map((text) => element('td', { text }));
    return element(
      'tr',
      {},
      element('th', { text: arch, attributes: { scope: 'row' } }),
      ...cells,
      element(
        'td',
        {},
        button('Look at it', `Look at ${arch}`, () => choose(arch)),
        button('Remove', `Remove ${arch}`, () => remove(arch)),
      ),
    );
  }

  async function load(): Promise<void> {
    const { settings, compiled } = store.get();
    table.hidden = settings.beside.length === 0;
    if (settings.beside.length === 0) return;
    body.replaceChildren(...settings.beside.map((arch) => row(undefined, arch)));
    if (!compiled) return;
    try {
      const answer = await session.askLong('beside', { ...session.profile(), settings });
      if (answer) body.replaceChildren(...answer.programs.map((program) => row(program, program.arch)));
    } catch (error) {
      session.notify((error as Error).message);
    }
  }

  return {
    element: whole,
    update(state, before) {
      if (!before || state.compiled !== before.compiled || state.settings !== before.settings) void load();
    },
  };
}
