import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { readProgram } from '../../src/bpf/program/codec.js';
import { PROGRAM_CHECK_RULES } from '../../src/check/program-rules.js';
import { programPolicy } from '../../src/decompile/program-policy.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { PROGRAMS, ROWS } from './filters.js';
import { describeRow } from './table.js';

// docs/field/programs.md: its figures and its findings are those of the filters here; the words between them are written by
// hand. `npx vitest run test/real-filters -u` writes the figures, as scripts/field-programs --update does.

const PAGE = fileURLToPath(new URL('../../docs/field/programs.md', import.meta.url));
const libseccomp = loadLibseccompSync();
const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';

const HEAD = ['Row', 'Package', 'Filters', 'Instructions', 'Default', 'Other answers', 'x32', 'i386', 'Arguments'];
const lines = (rows: readonly (readonly string[])[]) =>
  rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  lines([head, head.map(() => '---'), ...rows]);

/** Findings by id and severity, and how many programs of which packages have them. */
function findings(): Map<string, Map<string, number>> {
  const found = new Map<string, Map<string, number>>();
  const packageOf = new Map(ROWS.flatMap((row) => row.filters.map(({ file }) => [file, row.package] as const)));
  for (const { file, bytes } of PROGRAMS) {
    const program = readProgram(bytes, 'little');
    const policy = programPolicy(program, libseccomp, parseArchitecture('x86_64'));
    // How short it could be is a figure, which real-filters.test.ts finds out.
    const checked = { instructions: program.instructions, policy, shortest: undefined };
    const keys = new Set(
      PROGRAM_CHECK_RULES.flatMap(({ id, severity: usual, check }) =>
        [...check(checked)].map(({ severity = usual }) => `\`${id}\` (${severity})`),
      ),
    );
    for (const key of keys) {
      const packages = found.get(key) ?? new Map<string, number>();
      const name = packageOf.get(file)!;
      found.set(key, packages.set(name, (packages.get(name) ?? 0) + 1));
    }
  }
  return found;
}

/** What the page says of a finding: the last cell of its row. */
function argued(key: string): string {
  const row = page.split('\n').find((line) => line.startsWith(`| ${key} | `));
  return row?.split(' | ').at(-1)?.replace(/ \|$/, '') ?? '';
}

function between(text: string, name: string, made: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/field/programs.md lacks ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n${made}\n${text.slice(to)}`;
}

const found = findings();
it('the page has the figures and findings of the filters', async () => {
  const rows = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, packages]) => {
      const counts = [...packages].map(([name, count]) => (count === 1 ? name : `${name} ${count}`));
      return [key, counts.join(', '), argued(key)];
    });
  const made = between(
    page,
    'figures',
    table(
      HEAD,
      ROWS.map((row) => describeRow(row, libseccomp)),
    ),
  );
  await expect(between(made, 'findings', table(['Finding', 'Programs', 'Why it is right'], rows))).toMatchFileSnapshot(
    PAGE,
  );
});

it('each finding is argued', () => {
  expect([...found.keys()].filter((key) => argued(key).length < 20)).toEqual([]);
});

it('each row says how to get it, and each package has its words', () => {
  for (const { name, how, filters } of ROWS) {
    expect(filters.length, name).toBeGreaterThan(0);
    expect(how).not.toBe('');
  }
  expect(
    [...new Set(ROWS.map((row) => row.package))].filter(
      (name) => !page.includes(`### \`${name}\``) && !page.includes(`\nPackage \`${name}\``),
    ),
  ).toEqual([]);
});
