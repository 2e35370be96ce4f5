import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/lsp/commands.js';
import { DEFAULT_SETTINGS } from '../../src/cli/lsp/settings.js';

const page = readFileSync(new URL('../../docs/lsp.md', import.meta.url), 'utf8');

it('docs/lsp.md has the settings with their defaults, and the commands', () => {
  const rows = [...page.matchAll(/^\| `scmp\.(\w+)` \| `([^`]+)` \|/gm)].map(([, name, value]) => [
    name,
    JSON.parse(value!),
  ]);
  expect(Object.fromEntries(rows)).toEqual(DEFAULT_SETTINGS);
  const commands = [...page.matchAll(/^\| `(scmp\.\w+)` \| (?!`)/gm)].map(([, name]) => name);
  expect(commands.sort()).toEqual(Object.values(COMMANDS).sort());
});
