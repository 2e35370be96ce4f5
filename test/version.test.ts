import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadLibseccompSync } from '../src/libseccomp/index.js';
import { LIBSECCOMP_VERSION } from '../src/release.js';
import { LINUX_VERSION } from '../src/version.js';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

it("says libseccomp's version as the module does", () => {
  expect(LIBSECCOMP_VERSION).toBe(loadLibseccompSync().version);
});

it('says the Linux that wasm/linux.lock pins', () => {
  const [, version] = /^version=(\d+\.\d+)\./m.exec(read('wasm/linux.lock'))!;
  expect(LINUX_VERSION).toBe(version);
});

it("names no release as libseccomp's, in code or docs: wasm/libseccomp.lock does, and a new one makes nothing stale", () => {
  const listed = [
    'README.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    'docs/*.md',
    'docs/guides/*.md',
    'src/*.ts',
    'scripts',
  ];
  const root = fileURLToPath(new URL('..', import.meta.url));
  const files = execFileSync('git', ['ls-files', ...listed], { cwd: root, encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  expect(files).toContain('docs/libseccomp-faults.md');
  // `--libseccomp 2.5.4` and "libseccomp 2.5.4 of Debian 12" are about a host's.
  const named = files.flatMap((file) =>
    [...read(file).matchAll(/(?<!-)libseccomp (\d+\.\d+\.\d+)(?! of Debian)/g)].map(([, release]) => [file, release]),
  );
  expect(named).toEqual([]);
});
