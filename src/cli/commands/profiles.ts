import type { Command } from 'commander';
import { BUILTIN_PREFIX, BUILTIN_PURPOSES } from '../../profile/builtin/names.js';
import { addOptions } from '../options.js';
import { print } from '../output.js';

export function addProfilesCommand(program: Command): void {
  const command = program
    .command('profiles')
    .summary('list the profiles that come with this package')
    .description(
      'List the profiles that come with this package, and what each is for. Their names are taken wherever a profile is, and in "extends".',
    );
  addOptions(command, { json: true }).action(list);
}

function list({ json }: { json?: boolean }): void {
  const rows = Object.entries(BUILTIN_PURPOSES).map(([name, about]) => ({ name: BUILTIN_PREFIX + name, about }));
  if (json) {
    print(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  print(rows.map(({ name, about }) => `${name.padEnd(width)}  ${about}\n`).join(''));
}
