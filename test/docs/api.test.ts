import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';

interface Api {
  apiReports(): { reports: Map<string, string>; hidden: Set<string> };
  apiReference(): Promise<Map<string, string>>;
}

// @ts-expect-error a plain script, which docs/api/ and etc/ are written with
const { apiReports, apiReference } = (await import('../../scripts/api.mjs')) as Api;

const MADE = { etc: '.api.md', 'docs/api': '.md' } as const;
const written = (folder: keyof typeof MADE) => readdirSync(`${ROOT}${folder}`).sort();

/** A difference is shown from its first line on: the pages are long. */
function compare(path: string, text: string): void {
  const there = readFileSync(`${ROOT}${path}`, 'utf8').split('\n');
  const now = text.split('\n');
  const line = now.findIndex((each, index) => each !== there[index]);
  const at = line === -1 ? Math.min(there.length, now.length) : line;
  expect(
    there.slice(at, at + 8),
    `${path}, line ${at + 1}, is another now: run ./build.sh and node scripts/api.mjs; every change of etc/ is one of the public surface, for CHANGELOG.md`,
  ).toEqual(now.slice(at, at + 8));
}

/** Every name that an entry's report exports, with its kind. */
const exported = (report: string) =>
  [
    ...report.matchAll(
      /^export (?:declare )?(?:abstract )?(const|function|class|interface|type|enum|namespace) (\w+)/gm,
    ),
  ].map(([, kind = '', name = '']) => ({ kind, name }));

describe('the public surface', () => {
  let api: ReturnType<Api['apiReports']>;
  beforeAll(() => {
    api = apiReports();
  });

  it('is what etc/ says, an entry a file', () => {
    expect(written('etc')).toEqual([...api.reports.keys()].sort());
    for (const [name, text] of api.reports) compare(`etc/${name}`, text);
  });

  it('has some forty names in the main entry', () => {
    const names = exported(api.reports.get('index.api.md')!).map(({ name }) => name);
    expect(names).toContain('compileProfile');
    expect(names.length).toBeGreaterThan(20);
    expect(names.length).toBeLessThan(46);
  });

  it('has a name in one entry alone, /inline aside', () => {
    const places = new Map<string, string[]>();
    for (const [entry, report] of api.reports) {
      if (entry === 'inline.api.md') continue;
      for (const { name } of exported(report)) places.set(name, [...(places.get(name) ?? []), entry]);
    }
    expect([...places].filter(([, entries]) => new Set(entries).size > 1)).toEqual([]);
    expect(places.size).toBeGreaterThan(200);
  });

  it('lets one import every type that it mentions', () => {
    const names = new Set([...api.reports.values()].flatMap(exported).map(({ name }) => name));
    expect([...api.hidden].filter((name) => !names.has(name) && !COMPUTED_FROM.has(name))).toEqual([]);
  });
});

/** Tables, and what makes a type of them: the types that come from them have names of their own. */
const COMPUTED_FROM = new Set(
  'ACTIONS AnyFormat FAMILIES FormatName INSTALL_FLAGS LibseccompExports Options OutputFormats PIECES RUNTIME_CHOICES VERSION_TABLES Values dockerSeccompSchema dockerSyscall'.split(
    ' ',
  ),
);

describe('docs/api', () => {
  let pages: Map<string, string>;
  beforeAll(async () => {
    pages = await apiReference();
  });

  it('is what the docstrings say now', () => {
    expect(written('docs/api')).toEqual([...pages.keys()].sort());
    for (const [name, text] of pages) compare(`docs/api/${name}`, text);
  });

  it('has the main entries, first what people need first', () => {
    expect(pages.get('index.md')).toContain('### compileProfile()\n');
    expect(pages.get('loader.md')).toContain('### spawnSandboxed()\n');
    const first = pages.get('README.md')!.split('## What people need first')[1]!;
    expect([...first.matchAll(/^\| \[`(\w+)`\]/gm)].map(([, name]) => name)).toHaveLength(14);
  });

  it('has words on every function and class', () => {
    const silent = [...pages].flatMap(([page, text]) =>
      text
        .split(/^### /m)
        .slice(1)
        .filter((section) => {
          const [, description = ''] = /^\w+\(\)\n\n```ts\n[\s\S]*?\n```\n\n(.*)/.exec(section) ?? [];
          const [, ofClass = ''] = /^(?:`abstract` )?\w+\n\n(.*)[\s\S]*^#### Constructors$/m.exec(section) ?? [];
          return description.startsWith('#') || description === '***' || ofClass.startsWith('#');
        })
        .map((section) => `${page}: ${section.split('\n')[0]}`),
    );
    expect(silent).toEqual([]);
  });
});
