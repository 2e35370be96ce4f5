import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';

const page = readFileSync(join(ROOT, 'docs/libseccomp-faults.md'), 'utf8');
const rows = [...page.matchAll(/^\| (\d\d) \| .* \| (.*) \|$/gm)].map(([, number, fixed]) => ({ number, fixed }));
const patches = readdirSync(join(ROOT, 'wasm/patches')).map((file) => ({
  number: file.slice(0, 2),
  applied: /^Applied-Upstream: (.*)$/m.exec(readFileSync(join(ROOT, 'wasm/patches', file), 'utf8'))?.[1],
}));

it('docs/libseccomp-faults.md has every patch, with the release and the advisories that its head names', () => {
  expect(rows.map(({ number }) => number)).toEqual(patches.map(({ number }) => number).sort());
  for (const { number, applied = 'no' } of patches)
    expect(rows.find((row) => row.number === number)?.fixed, number).toBe(applied);
});

it('tells of the fault alone: other pages link it', () => {
  for (const other of ['README.md', 'SECURITY.md', 'docs/check.md', 'docs/minimiser.md', 'docs/guides/migrating.md']) {
    const text = readFileSync(join(ROOT, other), 'utf8');
    expect(text, other).toContain('libseccomp-faults.md');
    expect(text, other).not.toMatch(/by `?NE`?, `?LT`?, `?LE`?/);
  }
});
