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
  // Examples in docstrings import the package, which the code around them does not.
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/^\s*\*.*$/gm, '');
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

/**
 * What each room may use, from the ground up: a room is a folder with all in it, but for what has a line of its own (`*` is any folder). What it
 * may use stands above it, so that no arrow goes up; its own files may use each other.
 */
const ROOMS: Record<string, string> = {
  src: '',
  'src/syscalls': '',
  'src/libseccomp': '',
  'src/bpf/program': '',
  'src/bpf/execution': 'src/syscalls src/bpf/program',
  'src/bpf/assembly': 'src/syscalls src/bpf/program',
  'src/bpf/forms': 'src/syscalls src/bpf/program src/bpf/assembly',
  'src/bpf/decisions': 'src/bpf/program src/bpf/execution',
  'src/bpf/minimize': 'src/bpf/program src/bpf/decisions',
  'src/bpf/index.ts': 'src/bpf/program src/bpf/execution src/bpf/assembly src/bpf/forms src/bpf/decisions',
  'src/profile/document': '',
  // What formats there are, and what each is recognised by: the light half, which every command loads.
  'src/profile/formats/format.ts': 'src/profile/document',
  'src/profile/formats/*/format.ts': 'src/profile/document src/profile/formats/format.ts',
  'src/profile/formats/index.ts': 'src/profile/formats/format.ts src/profile/formats/*/format.ts',
  'src/profile/model': 'src/profile/document src/profile/formats/index.ts',
  'src/profile/resolve': 'src/profile/document src/profile/formats/index.ts src/profile/model',
  'src/profile/formats':
    'src/syscalls src/profile/document src/profile/formats/format.ts src/profile/formats/*/format.ts src/profile/formats/index.ts src/profile/model src/profile/resolve',
  'src/profile/builtin': 'src/profile/document src/profile/model src/profile/formats',
  'src/profile/extend': 'src/profile/document src/profile/formats/index.ts src/profile/model src/profile/builtin',
  'src/profile/index.ts': 'src/profile/formats/index.ts src/profile/model src/profile/formats src/profile/extend',
  'src/compiler':
    'src/syscalls src/libseccomp src/bpf/program src/bpf/execution src/bpf/decisions src/bpf/minimize src/profile/document src/profile/model src/profile/resolve src/profile/formats src/profile/builtin src/profile/extend',
  'src/decompile':
    'src/libseccomp src/bpf/program src/bpf/decisions src/profile/document src/profile/model src/profile/formats src/compiler',
  'src/compose/algebra':
    'src/libseccomp src/bpf/program src/bpf/decisions src/profile/document src/profile/formats/index.ts src/profile/model src/profile/resolve src/profile/formats src/compiler src/decompile',
  'src/compose/artifact': 'src/profile/document src/profile/model src/profile/formats',
  'src/compose/targets':
    'src/libseccomp src/profile/document src/profile/formats/index.ts src/profile/model src/profile/resolve src/profile/formats src/compiler src/compose/artifact',
  'src/explain':
    'src/syscalls src/libseccomp src/bpf/execution src/bpf/decisions src/bpf/index.ts src/profile/model src/profile/resolve src/profile/extend src/compiler src/decompile',
  'src/check':
    'src/syscalls src/libseccomp src/bpf/program src/bpf/decisions src/bpf/minimize src/profile/document src/profile/formats/index.ts src/profile/model src/profile/resolve src/profile/formats src/profile/extend src/compiler src/compose/targets src/decompile',
  'src/learn':
    'src/syscalls src/libseccomp src/bpf/program src/bpf/decisions src/bpf/minimize src/profile/document src/profile/formats/format.ts src/profile/formats/index.ts src/profile/model src/profile/resolve src/profile/formats src/compiler',
  'src/compose/recordings':
    'src/syscalls src/profile/document src/profile/model src/profile/resolve src/profile/formats src/learn',
  'src/compose/index.ts': 'src/compose/algebra src/compose/artifact src/compose/recordings',
  'src/testing': 'src/syscalls src/profile/builtin src/profile/extend src/compiler src/explain',
  'src/index.ts': 'src/profile/document src/compiler src/explain',
  'src/inline.ts':
    'src/syscalls src/libseccomp src/bpf/minimize src/bpf/index.ts src/profile/index.ts src/compose/index.ts src/explain src/check src/learn src/index.ts',
  // What editors show: the language server's and the playground's.
  'src/editor/format':
    'src/profile/document src/profile/formats/index.ts src/profile/formats/*/format.ts src/profile/model src/profile/formats',
  'src/editor':
    'src/syscalls src/libseccomp src/profile/document src/profile/formats/*/format.ts src/profile/formats/index.ts src/profile/model src/profile/resolve src/profile/formats src/profile/builtin src/compiler src/explain src/check',
  'src/playground':
    'src/syscalls src/libseccomp src/bpf/program src/bpf/execution src/bpf/assembly src/bpf/forms src/bpf/decisions src/bpf/minimize src/profile/formats/index.ts src/profile/model src/profile/resolve src/profile/formats src/profile/builtin src/profile/extend src/profile/index.ts src/compiler src/compose/algebra src/decompile src/explain src/check src/learn src/editor',
  'native-loader/libc': 'src/syscalls src/bpf/program',
  'native-loader/install': 'src/bpf/program native-loader/libc',
  'native-loader/supervise': 'src/syscalls native-loader/libc',
  'native-loader/run': 'src/bpf/program native-loader/libc native-loader/install native-loader/supervise',
  'native-loader/trace': 'native-loader/libc native-loader/install native-loader/supervise native-loader/run',
  'native-loader/container': 'native-loader/libc native-loader/supervise native-loader/run',
  'native-loader/virtual-files': 'src/syscalls native-loader/libc native-loader/supervise',
  'native-loader/worker.ts': 'native-loader/supervise native-loader/run native-loader/virtual-files',
  'native-loader/index.ts':
    'native-loader/libc native-loader/install native-loader/supervise native-loader/run native-loader/container native-loader/virtual-files',
  'src/cli':
    'src/syscalls src/libseccomp src/bpf/program src/bpf/execution src/bpf/assembly src/bpf/forms src/bpf/minimize src/bpf/index.ts src/profile/document src/profile/formats/index.ts src/profile/model src/profile/resolve src/profile/formats src/profile/builtin src/profile/extend src/compiler src/compose/artifact src/compose/targets src/compose/recordings src/compose/index.ts src/decompile src/explain src/check src/learn native-loader/libc',
  'src/cli/lsp':
    'src/libseccomp src/bpf/execution src/bpf/decisions src/bpf/index.ts src/profile/formats/index.ts src/profile/model src/profile/resolve src/profile/formats src/profile/builtin src/compiler src/compose/artifact src/compose/targets src/explain src/check src/editor src/editor/format src/cli',
  'src/cli/commands':
    'src/syscalls src/libseccomp src/bpf/program src/bpf/execution src/bpf/decisions src/bpf/minimize src/bpf/index.ts src/profile/formats/index.ts src/profile/model src/profile/resolve src/profile/formats src/profile/builtin src/compiler src/compose/targets src/explain src/check src/editor/format src/compose/recordings src/compose/index.ts src/learn native-loader/libc native-loader/install native-loader/trace native-loader/index.ts src/cli src/cli/lsp',
  'src/cli/scmp.ts': 'src/cli src/cli/commands',
};

const names = Object.keys(ROOMS);
const roomOf = (path: string) =>
  names
    .filter(
      (name) =>
        path === name || path.startsWith(`${name}/`) || new RegExp(`^${name.replace('*', '[^/]+')}$`).test(path),
    )
    .sort((a, b) => b.length - a.length)
    .at(0);
const isOurs = inside('src', 'native-loader');
/** The files of `src` that every room may use: what actions, architectures, errnos, errors and names are. */
const GROUND = 'src';
const inGround = (path: string) => dirname(path) === GROUND && roomOf(path) === GROUND;

it('every file is in a room', () => {
  const homeless = files.filter((file) => {
    const room = roomOf(file);
    return room === undefined || (room === GROUND && dirname(file) !== GROUND);
  });
  expect(homeless).toEqual([]);
});

it('a room uses what its line says, all of that, and nothing above it', () => {
  const used = new Map(names.map((name) => [name, new Set<string>()]));
  const wrong: string[] = [];
  for (const { file, target } of imports) {
    const [from, to] = [roomOf(file), roomOf(target)];
    if (!isOurs(target) || from === undefined || to === undefined || from === to || inGround(target)) continue;
    used.get(from)?.add(to);
    if (!ROOMS[from]?.split(' ').includes(to)) wrong.push(`${file} -> ${target}`);
  }
  expect(wrong).toEqual([]);
  for (const [name, allowed] of Object.entries(ROOMS)) {
    const listed = allowed.split(' ').filter(Boolean);
    expect(
      listed.filter((each) => !used.get(name)?.has(each)),
      `${name} does not use what it may`,
    ).toEqual([]);
    expect(
      listed.filter((each) => names.indexOf(each) >= names.indexOf(name)),
      `${name} uses what is above it`,
    ).toEqual([]);
  }
});

it('no files import each other in a circle, for types neither', () => {
  const graph = new Map(files.map((file) => [file, new Set<string>()]));
  for (const { file, target } of imports) if (graph.has(target)) graph.get(file)?.add(target);
  // What imports nothing that is left, or what nothing left imports, is in no circle.
  for (let size = -1; size !== graph.size; ) {
    size = graph.size;
    const imported = new Set([...graph.values()].flatMap((targets) => [...targets]));
    for (const [file, targets] of graph) {
      if (!imported.has(file) || ![...targets].some((target) => graph.has(target))) graph.delete(file);
    }
  }
  const rest = [...graph].map(([file, targets]) => `${file} -> ${[...targets].filter((each) => graph.has(each))}`);
  expect(rest).toEqual([]);
});

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
