import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Command } from '../../src/playground/command.js';
import { keysOf } from '../../src/playground/commands.js';
import { Engine } from '../../src/playground/engine/engine.js';
import { EXAMPLES } from '../../src/playground/examples.js';
import { parseGlossary } from '../../src/playground/glossary.js';
import { QUESTIONS } from '../../src/playground/questions.js';
import { DEFAULT_SETTINGS } from '../../src/playground/settings/settings.js';
import { matchingCommands } from '../../src/playground/views/command-palette.js';
import { readProfile } from '../../src/profile/index.js';

const command = (name: string): Command => ({ name, run: () => {} });

it('commands are found by all of the words, those that begin so first', () => {
  const commands = [command('Go to the profile'), command('Profile: undo'), command('Change the theme')];
  const names = (typed: string) => matchingCommands(commands, typed).map(({ name }) => name);
  expect(names('')).toEqual(commands.map(({ name }) => name));
  expect(names('PROF')).toEqual(['Profile: undo', 'Go to the profile']);
  expect(names('the pro')).toEqual(['Go to the profile']);
  expect(names('x')).toEqual([]);
});

it('keys have one spelling, whatever the keyboard', () => {
  const press = (key: string, code: string, ...modifiers: ('ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey')[]) =>
    keysOf({
      ...{ ctrlKey: false, metaKey: false, altKey: false, shiftKey: false },
      ...Object.fromEntries(modifiers.map((each) => [each, true])),
      key,
      code,
    });
  expect(press('f', 'KeyF', 'ctrlKey')).toBe('Ctrl+F');
  expect(press('f', 'KeyF', 'metaKey')).toBe('Ctrl+F');
  expect(press('P', 'KeyP', 'ctrlKey', 'shiftKey')).toBe('Ctrl+Shift+P');
  expect(press('¡', 'Digit1', 'altKey')).toBe('Alt+1');
  expect(press('F1', 'F1')).toBe('F1');
});

it('the glossary is that of the docs, as plain text', () => {
  const terms = parseGlossary(readFileSync(new URL('../../docs/glossary.md', import.meta.url), 'utf8'));
  expect(terms.length).toBeGreaterThan(15);
  expect(terms[0]).toEqual({
    term: 'Profile',
    meaning: 'a text that says which system calls a program may make, in one of the formats.',
  });
  for (const { term, meaning } of terms) expect(`${term} ${meaning}`).not.toMatch(/[*`[\]]|\]\(/);
  expect(parseGlossary('no list')).toEqual([]);
});

it.each(EXAMPLES.filter(({ text }) => text !== undefined))('the example compiles: $title', async ({ text, source }) => {
  const asked = { text: text!, source, settings: DEFAULT_SETTINGS };
  expect(await new Engine().answer('compile', asked)).toMatchObject({ kind: 'compiled' });
});

it('every question opens profiles that there are', () => {
  const titles = EXAMPLES.map(({ title }) => title);
  for (const { profile, other } of QUESTIONS) {
    if (typeof profile === 'string') expect(titles).toContain(profile);
    else expect(readProfile(profile.text).seccomp.syscalls?.length).toBeGreaterThan(0);
    if (other !== undefined) expect(titles).toContain(other);
  }
});
