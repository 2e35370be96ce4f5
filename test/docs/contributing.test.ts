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

/** The files of the repository that have a text in them, but for examples in docstrings. */
function filesWith(text: string, ...folders: string[]): string[] {
  const found = execFileSync('git', ['grep', '-lF', '-e', text, '--and', '--not', '-e', ' * ', '--', ...folders], {
    cwd: ROOT,
    encoding: 'utf8',
  });
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

/** The paths that a recipe tells to write: those of its numbered steps, each a piece of code of its own. */
const filesOf = (title: string) =>
  recipe(title)
    .split(/^(?=\S)/m)
    .filter((block) => /^\d\. /.test(block))
    .flatMap((block) =>
      [...block.matchAll(/`([\w-]+\/[\w./-]*|[\w-]+\.(?:json|sh)|README\.md)`/g)].map(([, path]) => path!),
    );

describe('a recipe', () => {
  // The last one that was added of a kind is named in all the files that it took. Other files mention it for another reason.
  it.each<[title: string, text: string, mentions?: string[]]>([
    [
      'A new system call',
      'rseq_slice_yield',
      ['src/profile/formats/systemd/groups.ts', 'wasm/patches/08-syscall-table.patch'],
    ],
    ['A new notify request', 'SET_FLAGS'],
    [
      'A new libseccomp',
      '2.6.0',
      [
        'test/check/findings.test.ts',
        'test/check/fix.test.ts',
        'test/cli/minimize.test.ts',
        'test/compiler/compile.test.ts',
        'test/compiler/host-libseccomp.test.ts',
        'test/compiler/prove-decisions.test.ts',
        'test/native/release-patches.test.ts',
        'test/native/upstream-faults.test.ts',
        'wasm/patches/08-syscall-table.patch',
      ],
    ],
    [
      'A new piece of what runtimes do',
      'emptyArgs',
      [
        'src/check/rules/runtimes.ts',
        'test/docs/extends.test.ts',
        'test/cli/options.test.ts',
        'test/playground/settings.test.ts',
      ],
    ],
    ['A new error code', 'INVALID_CALL_COUNTS'],
    ['A new error code', 'CallCountsError'],
    ['A new built-in profile', 'read-only-inspection', ['docs/guides/node-child.md', 'docs/guides/hostile-child.md']],
    ['A new tab of the playground', 'exportView'],
    [
      'Add a format',
      "'spo'",
      // an example of how `writeProfile` is called; what writes objects
      [
        'bench/merge.ts',
        'test/compose/compose-profiles.test.ts',
        'examples/admission/policy.ts',
        'src/cli/merge-options.ts',
        'src/compose/recordings/kubernetes.ts',
        'test/cli/merge.test.ts',
        'test/cli/record.test.ts',
        'src/profile/formats/write-profile.ts',
        'test/cli/hostile-text.test.ts',
        'test/learn/learn-profile.test.ts',
      ],
    ],
  ])('%s: names every file that knows of %s', (start, text, mentions = []) => {
    const title = [...recipes.keys()].find((each) => each.startsWith(start)) ?? start;
    const own = ['docs/api', 'test/docs/contributing.test.ts', ...mentions];
    const folders = ['src', 'native-loader', 'wasm', 'scripts', 'docs', 'test', 'bench', 'examples', 'build.sh'];
    const known = filesWith(text, ...folders).filter((file) => !own.some((path) => file.startsWith(path)));
    expect(known.filter((file) => !recipe(title).includes(file))).toEqual([]);
  });

  it('A new entry of the package: names every file that knows of the entries', () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const names = Object.keys(exports).flatMap((path) => /^\.\/(\w+)$/.exec(path)?.[1] ?? []);
    expect(names.length).toBeGreaterThan(8);
    for (const file of ['build.sh', 'knip.json', 'README.md']) {
      const text = readFileSync(join(ROOT, file), 'utf8');
      expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
      expect(recipe('A new entry of the package: 5 files')).toContain(`\`${file}\``);
    }
  });

  it.each([...recipes.keys()].filter((title) => title.includes(': ')))('%s: is as many as it says', (title) => {
    const [, count] = /: (\d+) files$/.exec(title) ?? [];
    // A folder stands for the one file of it that the next path, or the sentence, names.
    const files = filesOf(title).filter((path, index, all) => !path.endsWith('/') || !all[index + 1]?.startsWith(path));
    expect(new Set(files).size).toBe(Number(count));
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
