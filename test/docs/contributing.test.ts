import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';

const page = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
const recipes = new Map(
  page
    .slice(page.indexOf('## Recipes'))
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.split(/^## /m)[0]!.split('\n');
      return [title, lines.join('\n')] as const;
    }),
);
const recipe = (title: string) => recipes.get(title) ?? expect.unreachable(`no recipe "${title}"`);

/** The files of the repository that have a text in them. */
function filesWith(text: string, ...folders: string[]): string[] {
  const found = execFileSync('git', ['grep', '-lF', '-e', text, '--', ...folders], { cwd: ROOT, encoding: 'utf8' });
  return found.trimEnd().split('\n');
}

it('names files that there are', () => {
  const named = [...page.matchAll(/`([\w.-]+\/[\w./-]*)`/g)]
    .map(([, path]) => path!)
    .filter((path) => !path.includes('NAME'));
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it('has a line for each folder', () => {
  const folders = ['src', 'src/bpf', 'src/profile', 'native-loader'].flatMap((parent) =>
    readdirSync(join(ROOT, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${parent}/${name}/`),
  );
  expect(folders.length).toBeGreaterThan(20);
  expect(folders.filter((folder) => !page.includes(`\`${folder}\``))).toEqual([]);
});

describe('a recipe', () => {
  // The last one that was added of a kind is named in all the files that it took.
  it.each([
    ['A new system call', 'rseq_slice_yield', ['src', 'wasm', 'docs', 'scripts', 'test/native']],
    ['A new error code', 'INVALID_CALL_COUNTS', ['src', 'native-loader', 'docs', 'test/learn']],
    ['A new error code', 'CallCountsError', ['src/learn', 'docs/errors.md']],
    ['A new notify request', 'SET_FLAGS', ['native-loader', 'test/native-loader', 'bench']],
    ['A new libseccomp', '2.6.0', ['src', 'wasm', 'docs', 'scripts', 'README.md', 'SECURITY.md']],
    ['Add a format', "'spo'", ['src']],
  ])('%s: names every file that knows of %s', (title, text, folders) => {
    const generated = /^docs\/api\//;
    const missing = filesWith(text, ...folders).filter(
      (file) => !generated.test(file) && !recipe(title).includes(file),
    );
    expect(missing).toEqual([]);
  });

  const folder = mkdtempSync(join(tmpdir(), 'scmp-recipe-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('Add a finding: is followed to its end in a copy, and comes to a finding', { timeout: 120_000 }, () => {
    for (const path of ['src', 'test/check', 'docs/check.md', 'package.json']) {
      cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const edit = (path: string, ...changes: [before: string, added: string][]) => {
      let text = readFileSync(join(folder, path), 'utf8');
      for (const [before, added] of changes) {
        expect(text).toContain(before);
        text = text.replace(before, () => added + before);
      }
      writeFileSync(join(folder, path), text);
    };
    const [rule, section, cases] = [
      ...recipe('Add a finding: 3 files').matchAll(/^ {3}(`{3,4})\w+\n([\s\S]*?)^ {3}\1$/gm),
    ].map(([, , block]) => block!.replaceAll(/^ {3}/gm, ''));
    const run = () =>
      execFileSync(
        process.execPath,
        [
          join(ROOT, 'node_modules/vitest/vitest.mjs'),
          'run',
          '-t',
          'killing-default|in the order of the registry|every rule has',
          'test/check/docs.test.ts',
          'test/check/findings.test.ts',
        ],
        { cwd: folder, encoding: 'utf8', stdio: 'pipe' },
      );

    const last = 'emptyAllowList,\n';
    edit(
      'src/check/rules/actions.ts',
      ['export const ACTION_RULES', `${rule}\n`],
      [`  ${last}`, '  killingDefault,\n'],
    );
    edit('docs/check.md', ['### `empty-allow-list`', `${section}\n`]);
    edit('test/check/findings.test.ts', ["  'unknown-syscall': [", `${cases}\n`]);
    expect(run()).toMatch(/Tests .*[4-9] passed/);
  });
});
