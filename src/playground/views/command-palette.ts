import type { Command } from '../command.js';
import { element } from '../dom.js';
import { openDialog } from './dialog.js';

/** The commands whose names have all these words, or beginnings of words; those that begin so first. */
export function matchingCommands(commands: readonly Command[], typed: string): readonly Command[] {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const hits = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  const rank = ({ name }: Command) => (words[0] !== undefined && name.toLowerCase().startsWith(words[0]) ? 0 : 1);
  return [...hits].sort((a, b) => rank(a) - rank(b));
}

/** All commands with their keys: type to find one, arrows to choose, Enter to run it. */
export function openCommandPalette(commands: readonly Command[]): void {
  let shown: readonly Command[] = [];
  let chosen = 0;
  const list = element('ul', {
    class: 'commands',
    attributes: { id: 'command-list', role: 'listbox', 'aria-label': 'Commands' },
  });
  const input = element('input', {
    class: 'control command-input',
    attributes: {
      type: 'text',
      role: 'combobox',
      'aria-expanded': 'true',
      'aria-controls': 'command-list',
      'aria-autocomplete': 'list',
      'aria-label': 'Find a command',
      placeholder: 'Find a command',
      autocomplete: 'off',
      spellcheck: 'false',
    },
    on: {
      input: () => draw(),
      keydown: (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
        if (step !== undefined) {
          event.preventDefault();
          choose(Math.min(Math.max(0, chosen + step), shown.length - 1));
        } else if (event.key === 'Enter') {
          event.preventDefault();
          const command = shown[chosen];
          if (command) run(command);
        }
      },
    },
  });
  const dialog = openDialog('Commands', input, list);

  function run(command: Command): void {
    dialog.close();
    command.run();
  }

  function choose(index: number): void {
    chosen = index;
    for (const [at, item] of [...list.children].entries()) item.setAttribute('aria-selected', String(at === index));
    const item = list.children[index];
    input.setAttribute('aria-activedescendant', item?.id ?? '');
    item?.scrollIntoView({ block: 'nearest' });
  }

  function draw(): void {
    const isAll = input.value.trim() === '';
    const matching = matchingCommands(commands, input.value);
    // One that has two keys is there once for each; in a search once is enough.
    shown = isAll
      ? matching
      : matching.filter(({ name }, at) => matching.findIndex((each) => each.name === name) === at);
    list.replaceChildren(
      ...shown.map((command, index) =>
        element(
          'li',
          {
            class: 'command',
            attributes: { id: `command-${index}`, role: 'option', 'aria-selected': 'false' },
            on: { click: () => run(command) },
          },
          element('span', { text: command.name }),
          command.keys !== undefined && element('kbd', { text: command.keys }),
        ),
      ),
    );
    choose(0);
  }

  draw();
  input.focus();
}
