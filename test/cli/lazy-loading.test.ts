import { readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './scmp.js';

/** All that a file loads before it does anything: its imports and theirs, without those that only name types. */
function loadedWith(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(`${ROOT}${file}`, 'utf8');
  for (const [, names = '', specifier = ''] of text.matchAll(/^(?:import|export) ([^;]*?) from '([^']+)';$/gms)) {
    const listed = /^\{(.*)\}$/s
      .exec(names)?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '') ?? [names];
    if (names.startsWith('type ') || listed.every((name) => name.trim().startsWith('type '))) continue;
    if (specifier.startsWith('.')) loadedWith(posix.join(dirname(file), specifier.replace(/\.js$/, '.ts')), found);
    else found.add(specifier);
  }
  return found;
}

it('finds what a file loads', () => {
  expect(loadedWith('src/profile/formats/read-profile.ts')).toContain('yaml');
  expect(loadedWith('src/cli/commands/compile.ts')).toContain('src/profile/document/json-document.ts');
  expect(loadedWith('src/cli/commands/compile.ts').size).toBeGreaterThan(30);
});

it.each(['compile', 'run'])('scmp %s loads the readers of JSON alone until a profile needs another', (command) => {
  const loaded = [...loadedWith(`src/cli/commands/${command}.ts`)];
  expect(loaded).not.toContain('yaml');
  expect(loaded).not.toContain('src/profile/formats/read-profile.ts');
  expect(loaded).not.toContain('src/profile/formats/handlers.ts');
  // Of each format what it is called and told by; of OCI's and Docker's the rest.
  const inFolders = loaded.filter((file) => /^src\/profile\/formats\/.+\//.test(file));
  expect(inFolders.filter((file) => !file.endsWith('/format.ts')).sort()).toEqual([
    'src/profile/formats/oci/read.ts',
    'src/profile/formats/oci/section.ts',
  ]);
});

it.each(['compile', 'run', 'diff', 'simulate', 'explain'])(
  'scmp %s loads the minimiser when it is asked for',
  (command) => {
    const loaded = [...loadedWith(`src/cli/commands/${command}.ts`)];
    expect(
      loaded.filter((file) => file.startsWith('src/bpf/minimize/') || file.endsWith('/minimize-rules.ts')),
    ).toEqual([]);
    expect([...loadedWith('src/compiler/minimize-rules.ts')]).toContain('src/bpf/minimize/minimize.ts');
  },
);
