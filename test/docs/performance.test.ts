import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { ROOT } from '../cli/scmp.js';
import { packagedProfile } from '../profile/packaged-profiles.js';

// Times are for `npm run bench`. What is the same on every machine is compared here.

const page = readFileSync(`${ROOT}docs/performance.md`, 'utf8');
const figure = (pattern: RegExp) => Number(pattern.exec(page)?.[1]);

it('docs/performance.md has the lengths of the programs that are made', () => {
  const length = (optimize: 0 | 2 | 'min') =>
    compileProfileSync(packagedProfile('podman'), { arch: 'x86_64', optimize }).program.length / 8;
  expect(figure(/^\| rules to program, (\d+) instructions/m)).toBe(length(0));
  expect(figure(/`--optimize 2`, (\d+) instructions/)).toBe(length(2));
  expect(figure(/`--optimize min`, (\d+) instructions/)).toBe(length('min'));
});

it('docs/performance.md has the size of the wasm', () => {
  const wasm = readFileSync(`${ROOT}dist/libseccomp.wasm`);
  expect(figure(/`libseccomp.wasm` is (\d+) kB/)).toBe(Math.round(wasm.length / 1000));
  expect(figure(/, (\d+) kB gzipped/)).toBe(Math.round(gzipSync(wasm, { level: 9 }).length / 1000));
});
