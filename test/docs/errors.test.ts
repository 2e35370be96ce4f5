import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';

// docs/errors.md has every code that there is, and no other.

const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
const sources = ['src', 'native-loader'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({
      file: `${folder}/${file}`,
      text: withoutComments(readFileSync(join(ROOT, folder, file), 'utf8')),
    })),
);
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*(\/\*\*[\s\S]*?\*\/|\/\/.*$)/gm, '');
}

/** The first column of the tables of a part of the page. */
function documented(title: string): string[] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? expect.unreachable(title);
  const codes = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code!);
  expect(codes.length, title).toBeGreaterThan(10);
  return codes;
}
const literals = (text: string) => [...text.matchAll(/(?<!\[)'([\w-]+)'/g)].map(([, literal]) => literal!);
const sorted = (codes: Iterable<string>) => [...new Set(codes)].sort();

/** What a type alias of string literals lists. */
function union(name: string): string[] {
  for (const { text } of sources) {
    const [, members] = new RegExp(`^(?:export )?type ${name} =([^;]+);`, 'm').exec(text) ?? [];
    if (members) return literals(members).concat(/`INSTALL_E\$/.test(members) ? 'INSTALL_E…' : []);
  }
  return expect.unreachable(`no type ${name}`);
}

describe('docs/errors.md lists', () => {
  it('the codes of all classes of errors', () => {
    const classes = sources.flatMap(({ text }) => [
      ...text.matchAll(/^export class (\w+) extends ScmpError \{([\s\S]*?)^\}/gm),
    ]);
    expect(classes.length).toBeGreaterThan(20);
    const codes = classes.flatMap(([, name = '', body = '']) => {
      expect(page).toContain(name);
      const [, one, several] = /readonly code(?: = '(\w+)'|: ?([^;,]+))/.exec(body) ?? [];
      if (one) return [one];
      if (several?.includes('LibseccompErrno')) return union('LibseccompErrno').map((errno) => `LIBSECCOMP_${errno}`);
      const [, alias] = /^(\w+Code)$/.exec(several?.trim() ?? '') ?? [];
      return alias ? union(alias) : literals(several ?? '');
    });
    expect(sorted(documented('Errors'))).toEqual(sorted(codes));
  });

  it.each([
    ['What is wrong with a profile', 'ProfileIssueCode'],
    ['What is wrong with an assembly', 'AssemblyIssueCode'],
  ])('%s', (title, type) => {
    expect(sorted(documented(title))).toEqual(sorted(union(type)));
  });

  it('warnings, and no code that nothing has', () => {
    // Literals behind `code:` that no type lists are warnings'; so are those that an issue and a warning share.
    const issues = new Set([...union('ProfileIssueCode'), ...union('AssemblyIssueCode')]);
    const used = sources
      .filter(({ file }) => !/^src\/(check|playground|cli)\//.test(file))
      .flatMap(({ text }) =>
        [...text.matchAll(/(?:\bcode: |(?:#|reports\.)warn\(\s*)([^,;\n]+)/g)].flatMap(([, value]) => literals(value!)),
      )
      .filter((code) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(code));
    const warnings = documented('Warnings');
    expect(used.filter((code) => !issues.has(code) && !warnings.includes(code))).toEqual([]);
    expect(warnings.filter((code) => !used.includes(code))).toEqual([]);
  });
});
