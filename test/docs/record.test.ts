import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { learnedArguments } from '../../src/learn/index.js';
import { knownSyscalls } from '../../src/syscalls/index.js';

it('docs/record.md names the calls whose arguments are learned', () => {
  const page = readFileSync(new URL('../../docs/record.md', import.meta.url), 'utf8');
  const rows = /\| Calls \| What is learned \|\n([\s\S]+?)\n\n/.exec(page)![1]!.split('\n').slice(1);
  const listed = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map((match) => match[1]!));
  const learned = knownSyscalls().filter((name) => learnedArguments(name, 'x86_64').length > 0);
  // mmap2 and fcntl64 are the same calls with another number.
  expect(listed.sort()).toEqual(learned.filter((name) => name !== 'mmap2' && name !== 'fcntl64').sort());
});
