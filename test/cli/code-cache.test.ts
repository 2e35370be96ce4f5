import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BRIEF_FLAGS } from '../../src/cli/jit-flags.js';
import { ROOT } from './scmp.js';

// scmp keeps what V8 made of its code beside the package. Here on a copy of the package that nobody else uses.

const PROFILE = `${ROOT}examples/container-default.json`;
const isRoot = process.getuid?.() === 0;

let root: string;
let cache: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'scmp-cache-'));
  cache = join(root, '.cache');
  const isNeeded = (name: string) => /^scmp.*\.cjs$|^libseccomp\.wasm$/.test(name);
  for (const name of readdirSync(`${ROOT}dist`).filter(isNeeded)) {
    cpSync(`${ROOT}dist/${name}`, join(root, 'dist', name));
  }
});
afterEach(() => rmSync(root, { recursive: true }));

const scmp = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [join(root, 'dist/scmp.cjs'), ...args], { env: { ...process.env, ...env } });
const compile = (env?: NodeJS.ProcessEnv) => scmp(['compile', PROFILE, '--arch', 'x86_64'], env);
const kept = () => (existsSync(cache) ? readdirSync(cache) : []);
const keptFile = () => join(cache, kept()[0] as string);
const command = () => readdirSync(join(root, 'dist')).find((name) => name.startsWith('scmp-command-')) as string;

/** What V8 makes of other code of the same length, under the same flags: it cannot tell that from the command. */
function plant(): void {
  const code = join(root, 'dist', command());
  const script = `
    const { setFlagsFromString } = require('node:v8');
    const { Script } = require('node:vm');
    const { readFileSync, writeFileSync } = require('node:fs');
    for (const flag of ${JSON.stringify(BRIEF_FLAGS)}) setFlagsFromString(flag);
    const length = '(function (exports, require, module, __filename, __dirname) {}\\n)'.length + readFileSync(${JSON.stringify(code)}, 'utf8').length + 1;
    const other = new Script("(function () { process.stdout.write('planted'); })".padEnd(length - 1));
    other.runInThisContext().call();
    writeFileSync(${JSON.stringify(keptFile())}, other.createCachedData());`;
  expect(spawnSync(process.execPath, ['-e', script]).status).toBe(0);
}

it('is made by the first compile and used by the next, with the same outcome', () => {
  const first = compile();
  expect(first).toMatchObject({ status: 0 });
  expect(first.stdout.length).toBeGreaterThan(1000);
  expect(kept()).toEqual([`${command()}-${process.version}-${process.arch}`]);
  const { mtimeMs, mode } = statSync(keptFile());
  expect(mode & 0o022).toBe(0);
  const second = compile();
  expect(second).toMatchObject({ status: 0 });
  expect(second.stdout).toEqual(first.stdout);
  expect(statSync(keptFile()).mtimeMs).toBe(mtimeMs);
  plant();
  expect(compile().stdout.toString()).toBe('planted');
});

it('is not used where others may write it', () => {
  const { stdout } = compile();
  plant();
  for (const mode of [0o664, 0o646, 0o666]) {
    chmodSync(keptFile(), mode);
    expect(compile().stdout).toEqual(stdout);
    // and it is made anew, for the owner alone to write
    expect(statSync(keptFile()).mode & 0o777).toBe(0o644);
    expect(compile().stdout).toEqual(stdout);
    plant();
  }
});

it.runIf(isRoot)('is not used where it is another user’s, and not made of code that is', () => {
  const { stdout } = compile();
  plant();
  chownSync(keptFile(), 65534, 65534);
  expect(compile().stdout).toEqual(stdout);
  rmSync(cache, { recursive: true });
  chownSync(join(root, 'dist', command()), 65534, 65534);
  expect(compile().stdout).toEqual(stdout);
  expect(kept()).toEqual([]);
});

it.each([
  ['empty', () => writeFileSync(keptFile(), '')],
  ['cut off', () => truncateSync(keptFile(), 5000)],
  ['something else', () => writeFileSync(keptFile(), 'x'.repeat(100_000))],
])('is made anew where it is %s', (_, spoil) => {
  const { stdout } = compile();
  const { size } = statSync(keptFile());
  spoil();
  expect(compile().stdout).toEqual(stdout);
  expect(statSync(keptFile()).size).toBeGreaterThan(size / 2);
  expect(kept()).toHaveLength(1);
});

it('goes when the code is another', () => {
  mkdirSync(cache);
  writeFileSync(join(cache, 'scmp-command-OLDER000.cjs-v20.0.0-x64'), '');
  compile();
  expect(kept()).toEqual([`${command()}-${process.version}-${process.arch}`]);
});

it('is left alone where it cannot be, need not be or shall not be', () => {
  const { stdout } = compile({ NODE_DISABLE_COMPILE_CACHE: '1' });
  expect(kept()).toEqual([]);
  expect(scmp(['compile', join(root, 'absent.json')])).toMatchObject({ status: 2 });
  expect(scmp(['explain', PROFILE])).toMatchObject({ status: 0 });
  expect(kept()).toEqual([]);
  writeFileSync(cache, 'a file where the folder would be');
  expect(compile()).toMatchObject({ status: 0, stdout });
  expect(readFileSync(cache, 'utf8')).toBe('a file where the folder would be');
});
