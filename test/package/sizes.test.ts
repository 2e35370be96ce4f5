import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ROOT } from './installed-package.js';

// What is published is not to grow unnoticed: in thousands of bytes, compressed. Whoever has a reason moves a bound. The
// first load of the playground has its own, in test/browser.
const BUDGETS: [what: string, files: RegExp, most: number][] = [
  ['the library, all its chunks', /^(?!inline|scmp).*\.js$/, 530],
  ['the library in one file', /^inline\.js$/, 580],
  ['the command, what every start reads', /^scmp(-command-.*)?\.cjs$/, 90],
  ['the command, all its chunks', /^scmp.*\.cjs$/, 660],
  ['libseccomp.wasm', /^libseccomp\.wasm$/, 50],
];

describe('compressed', () => {
  const names = readdirSync(`${ROOT}dist`);
  it.each(BUDGETS)('%s (%s): at most %d kB', (_, files, most) => {
    const sizes = names
      .filter((name) => files.test(name))
      .map((name) => gzipSync(readFileSync(`${ROOT}dist/${name}`), { level: 9 }).length / 1000);
    expect(sizes).not.toEqual([]);
    const sum = sizes.reduce((total, size) => total + size, 0);
    expect(sum).toBeLessThan(most);
    // A bound far above says nothing.
    expect(sum).toBeGreaterThan(most * 0.7);
  });
});
