import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { neededPatches, PATCHES, readLock } from './patch-variants.js';

// Which release needs which patch, and that a change of wasm/libseccomp.lock is all that a move takes.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const locked = readLock('libseccomp');
const second = readLock('libseccomp-second');
const tarball = join(ROOT, 'build', locked.get('file') as string);
const secondTarball = join(ROOT, 'build', second.get('file') as string);
const hasSecondTarball = existsSync(secondTarball);
if (!hasSecondTarball) console.warn(`SKIPPED: ${second.get('file')} cannot be had, no patch is tried on it`);

const folder = mkdtempSync(join(tmpdir(), 'scmp-release-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** `./build.sh patched` in a tree of its own, with another release in the lock file, and nothing else changed. */
function move(release: string, source: string): { status: number | null; output: string; tree: string } {
  const tree = join(folder, `tree of ${basename(source)}`);
  mkdirSync(join(tree, 'src'), { recursive: true });
  cpSync(join(ROOT, 'build.sh'), join(tree, 'build.sh'));
  cpSync(join(ROOT, 'wasm'), join(tree, 'wasm'), { recursive: true });
  const sha256 = createHash('sha256').update(readFileSync(source)).digest('hex');
  const text = readFileSync(join(ROOT, 'wasm/libseccomp.lock'), 'utf8')
    .replaceAll(locked.get('version') as string, release)
    .replace(/^sha256=.*$/m, `sha256=${sha256}`);
  writeFileSync(join(tree, 'wasm/libseccomp.lock'), text);
  const env = { ...process.env, LIBSECCOMP_SOURCE: source };
  const { status, stdout, stderr } = spawnSync('./build.sh', ['patched'], { cwd: tree, env, encoding: 'utf8' });
  return { status, output: stdout + stderr, tree };
}

it.each([
  ['2.6.0', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]],
  ['2.6.1', [7, 9, 10, 11, 12, 13, 14, 15]],
])('%s needs %j', (release, numbers) => {
  expect(neededPatches(release).map(({ number }) => number)).toEqual(numbers);
});

it('build.sh chooses the same', () => {
  const chosen = readFileSync(join(ROOT, 'build/needed-patches'), 'utf8').trimEnd().split('\n');
  expect(chosen.map((file) => join(ROOT, file))).toEqual(
    neededPatches(locked.get('version') as string).map(({ file }) => file),
  );
});

it('a release that has some of them gets the others, and is the same source', { timeout: 120_000 }, () => {
  // What it has is in its tarball: that of the locked release, with those patches.
  const release = '2.6.1';
  const name = `libseccomp-${release}`;
  const source = join(folder, name);
  mkdirSync(source);
  execFileSync('tar', ['-xzf', tarball, '-C', source, '--strip-components=1']);
  const needed = neededPatches(release);
  const has = neededPatches(locked.get('version') as string).filter((patch) => !needed.includes(patch));
  for (const { file } of has) execFileSync('patch', ['-d', source, '-p1', '-s', '-i', file]);
  const made = join(folder, `${name}.tar.gz`);
  execFileSync('tar', ['-czf', made, '-C', folder, name]);

  const { status, output, tree } = move(release, made);
  expect([status, output]).toEqual([0, expect.stringContaining(`with ${needed.length} patches`)]);
  expect(needed.length).toBeLessThan(PATCHES.length);
  for (const part of ['src', 'include'])
    execFileSync('diff', ['-r', join(ROOT, 'build/source', part), join(tree, 'build/source', part)]);
});

it.skipIf(!hasSecondTarball)(
  `the patches for ${second.get('version')} apply to its own source`,
  {
    timeout: 120_000,
  },
  () => {
    const { status, output } = move(second.get('version') as string, secondTarball);
    expect([status, output]).toEqual([0, expect.stringContaining('patches')]);
  },
);
