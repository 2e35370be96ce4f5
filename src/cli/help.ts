import { type Command, Help, type HelpConfiguration } from 'commander';
import { exampleLines } from './examples.js';

/** How the help looks: the examples first, and what is seldom asked for last. */
export const HELP: HelpConfiguration = {
  // A repeatable option is an empty list by default, which need not be shown.
  optionDescription: (option) =>
    Help.prototype.optionDescription(
      Array.isArray(option.defaultValue) ? Object.create(option, { defaultValue: { value: undefined } }) : option,
    ),
  // In the list of commands their arguments would take half of each line.
  subcommandTerm: (command) => command.name(),
  // A command's own options before those that it shares.
  groupItems(unsorted, visible, groupOf) {
    const groups = Help.prototype.groupItems(unsorted, visible, groupOf);
    const own = groups.get('Options:');
    return own ? new Map([['Options:', own], ...groups]) : groups;
  },
  formatHelp(command, helper) {
    const [usage = '', description = '', ...rest] = Help.prototype.formatHelp
      .call(helper, command, helper)
      .split('\n\n');
    const lines = exampleLines(command);
    const examples = lines.length === 0 ? [] : [['Examples:', ...lines.map((line) => `  ${line}`)].join('\n')];
    return [usage, description, ...examples, ...rest].join('\n\n');
  },
};

/** What every usage error ends in. */
export function usageReminder(command: Command): string {
  const name = command.parent ? `${command.parent.name()} ${command.name()}` : command.name();
  return `usage: ${command.createHelp().commandUsage(command)}\n(${name} --help: examples, and every ${command.parent ? 'option' : 'command'})`;
}
