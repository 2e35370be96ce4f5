import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { unifiedDiff } from '../../src/cli/unified-diff.js';
import fc from '../fast-check.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-diff-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What patch(1) makes of a text with a diff. */
function patched(before: string, diff: string): string {
  const path = join(folder, 'x');
  writeFileSync(path, before);
  const { status, stdout, stderr } = spawnSync('patch', ['--force', '--fuzz=0', '--binary', path], {
    input: diff,
    encoding: 'utf8',
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
  expect(stdout).not.toMatch(/offset/);
  return readFileSync(path, 'utf8');
}

it('patch(1) makes the second text of the first', () => {
  const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n', '-\n', ' @@\n', 'd\r\n', '\\ x\n');
  const text = fc
    .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('', 'end', '+'))
    .map(([lines, end]) => lines.join('') + end);
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedDiff(before, after, 'x')
        .map((each) => each.text)
        .join('');
      if (before === after) expect(diff).toBe('');
      // patch(1) takes away a file that is empty then.
      else if (before !== '' && after !== '') expect(patched(before, diff)).toBe(after);
    }),
    { numRuns: 60, seed: 24 },
  );
});

it('shows three lines around a change, and no more lines as changed than are', () => {
  const lines = Array.from({ length: 30 }, (_, at) => `line ${at}\n`);
  const after = [...lines];
  after.splice(10, 1, 'other\n');
  after.splice(20, 1);
  after.splice(22, 0, 'more\n');
  const diff = unifiedDiff(lines.join(''), after.join(''), 'p.list')
    .map((each) => each.text)
    .join('');
  expect(diff.match(/^@@.*/gm)).toEqual(['@@ -8,7 +8,7 @@', '@@ -18,9 +18,9 @@']);
  expect(diff.match(/^[-+](?![-+]).*/gm)).toEqual(['-line 10', '+other', '-line 20', '+more']);
  expect(diff).toMatch(/^--- p\.list\.orig\n\+\+\+ p\.list\n/);
});

it('of what differs in thousands of lines is one change', () => {
  const [before, after] = ['a', 'b'].map((sign) => `same\n${`${sign}\n`.repeat(3000)}`);
  const kinds = unifiedDiff(before!, after!, 'x').map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'old')).toHaveLength(3000);
  expect(kinds.filter((kind) => kind === 'place')).toHaveLength(1);
});
