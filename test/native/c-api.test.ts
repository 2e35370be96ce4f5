import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FilterContext, Libseccomp } from '../../src/libseccomp/index.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('docs/c-api.md has every function of seccomp.h, and no other', () => {
  // Written by build.sh; a declaration is a type and a name in front of a parenthesis, outside comments.
  const header = read('build/source/include/seccomp.h').replace(/\/\*[\s\S]*?\*\//g, '');
  const declared = [...header.matchAll(/^[a-z].*?\b(seccomp_\w+)\(/gm)].map((match) => match[1]);
  const listed = [...read('docs/c-api.md').matchAll(/^\| `(seccomp_\w+)` \|/gm)].map((match) => match[1]);
  expect(declared.length).toBeGreaterThan(30);
  expect([...listed].sort()).toEqual([...declared].sort());
});

it('the counterparts it names are there', () => {
  const named = [...read('docs/c-api.md').matchAll(/`(filter|libseccomp)\.(\w+)/g)];
  expect(named.length).toBeGreaterThan(25);
  for (const [, object, member] of named) {
    const { prototype } = object === 'filter' ? FilterContext : Libseccomp;
    expect([`${object}.${member}`, (member as string) in prototype]).toEqual([`${object}.${member}`, true]);
  }
});
