import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  file: string;
  /** A package, or a file of this project by its path from the root. */
  target: string;
}

const files = ['src', 'native-loader'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|json)$/.test(name))
    .map((name) => posix.join(folder, name)),
);

const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string);
  return specifiers.map((specifier) => ({
    file,
    target: specifier.startsWith('.') ? posix.join(dirname(file), specifier).replace(/\.js$/, '.ts') : specifier,
  }));
});

/** The imports that one side must not have from the other. */
const forbidden = (from: (file: string) => boolean, to: (target: string) => boolean) =>
  imports.filter(({ file, target }) => from(file) && to(target));

const inside =
  (...folders: string[]) =>
  (path: string) =>
    folders.some((folder) => path.startsWith(`${folder}/`));

it('finds the imports it judges', () => {
  expect(imports.length).toBeGreaterThan(100);
  expect(imports).toContainEqual({ file: 'src/index.ts', target: 'src/errors.ts' });
  expect(imports.filter(({ target }) => inside('src', 'native-loader')(target) && !files.includes(target))).toEqual([]);
});

it('nothing in src but the command line needs Node', () => {
  const library = (file: string) => inside('src')(file) && !inside('src/cli')(file);
  expect(forbidden(library, (target) => target.startsWith('node:'))).toEqual([]);
  expect(forbidden(library, inside('native-loader'))).toEqual([]);
});

it('the loader knows programs, not profiles and not the wasm', () => {
  const beyond = inside('src/profile', 'src/libseccomp', 'src/compiler', 'src/cli');
  expect(forbidden(inside('native-loader'), beyond)).toEqual([]);
  expect(forbidden(inside('native-loader'), (target) => target === 'src/index.ts')).toEqual([]);
});

it('what comes earlier in the data flow does not know what comes later', () => {
  expect(forbidden(inside('src/libseccomp'), inside('src/profile', 'src/compiler', 'src/bpf'))).toEqual([]);
  expect(forbidden(inside('src/profile'), inside('src/libseccomp', 'src/compiler', 'src/bpf'))).toEqual([]);
  expect(forbidden(inside('src/bpf'), inside('src/libseccomp', 'src/profile', 'src/compiler'))).toEqual([]);
});

it('the minimiser knows programs and architectures only', () => {
  const known = [
    'src/bpf/minimize',
    'src/bpf',
    'src/action.ts',
    'src/architecture.ts',
    'src/errors.ts',
    'src/options.ts',
  ];
  const others = (target: string) => !known.some((path) => target === path || target.startsWith(`${path}/`));
  expect(forbidden(inside('src/bpf/minimize'), others)).toEqual([]);
  expect(
    forbidden((file) => inside('src/bpf')(file) && !inside('src/bpf/minimize')(file), inside('src/bpf/minimize')),
  ).toEqual([]);
  expect(imports.filter(({ file }) => inside('src/bpf/minimize')(file)).length).toBeGreaterThan(5);
});

it('nothing that a check is made of knows the check', () => {
  const parts = inside('src/profile', 'src/syscalls', 'src/libseccomp', 'src/compiler', 'src/bpf');
  expect(forbidden(parts, inside('src/check'))).toEqual([]);
  expect(imports.filter(({ file }) => inside('src/check')(file)).length).toBeGreaterThan(20);
});

it('nobody imports the command line', () => {
  expect(forbidden((file) => !inside('src/cli')(file), inside('src/cli'))).toEqual([]);
});

it('nobody imports the playground, which needs nothing of the command line', () => {
  expect(forbidden((file) => !inside('src/playground')(file), inside('src/playground'))).toEqual([]);
  expect(forbidden(inside('src/playground'), inside('src/cli'))).toEqual([]);
});
