import { execFile, spawnSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeOf } from '../package/installed-package.js';
import { ROOT } from './scmp.js';

// scmp has Node keep what V8 made of its code, in the package's folder. Here on a copy of the package that nobody else uses.

/** Bytes: of the functions that compile a profile, more than V8 makes of the command's file before it runs, 0.2 MB. */
const OF_A_RUN = 400_000;

const PROFILE = `${ROOT}examples/container-default.json`;
const isRoot = process.getuid?.() === 0;

let root: string;
let cache: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'scmp-cache-'));
  cache = join(root, '.cache');
  for (const name of readdirSync(`${ROOT}dist`).filter((each) => /^scmp.*\.cjs$|^libseccomp\.wasm$/.test(each))) {
    cpSync(`${ROOT}dist/${name}`, join(root, 'dist', name));
  }
});
afterEach(() => rmSync(root, { recursive: true }));

const scmp = (node: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(node, [join(root, 'dist/scmp.cjs'), ...args], { env: { ...process.env, ...env } });
const compile = (node: string, env?: NodeJS.ProcessEnv) => {
  const { status, stdout, stderr } = scmp(node, ['compile', PROFILE, '--arch', 'x86_64'], env);
  expect(status, stderr.toString()).toBe(0);
  expect(stdout.length).toBeGreaterThan(1000);
  return { stdout, said: stderr.toString() };
};
const files = () =>
  existsSync(cache) ? readdirSync(cache, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()) : [];
const spoil = (content: string) => {
  for (const { parentPath, name } of files()) writeFileSync(join(parentPath, name), content);
};

it.skipIf('enableCompileCache' in process.getBuiltinModule('node:module'))(
  'Node 20 has none, and starts without',
  () => {
    compile(process.execPath);
    expect(existsSync(cache)).toBe(false);
  },
);

describe.each(['22.23.3', '24.21.0'])('with Node %s', (version) => {
  let node: string | undefined;
  beforeAll(async () => {
    node = await nodeOf(version);
  });
  const on = (run: (node: string) => unknown) => async () => {
    if (node !== undefined) await run(node);
  };

  it(
    'the first start makes it and the next one uses it, with the same outcome',
    on((node) => {
      const first = compile(node);
      expect(Math.max(...files().map(({ parentPath, name }) => statSync(join(parentPath, name)).size))).toBeGreaterThan(
        OF_A_RUN,
      );
      const second = compile(node, { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
      expect(second.said).toMatch(/scmp-command-.* was accepted/);
      expect(second.stdout).toEqual(first.stdout);
      // What a right profile does not need is not loaded (LATER of scripts/bundle-command.mjs).
      expect(new Set(second.said.match(/scmp-[\w-]+\.cjs/g))).toEqual(
        new Set(second.said.match(/scmp-command-\w+\.cjs/)),
      );
      // A command that runs for long has V8 make other code, which does not take this one's place.
      expect(scmp(node, ['explain', PROFILE])).toMatchObject({ status: 0 });
      expect(compile(node, { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }).said).toMatch(/scmp-command-.* was accepted/);
    }),
  );

  it(
    'a run that was refused makes none: what it needed is not what others need',
    on((node) => {
      expect(scmp(node, ['compile', PROFILE, '--arch', 'no such']).status).toBe(2);
      expect(existsSync(cache)).toBe(false);
      // Nor does a first word that is a path say where it is.
      expect(scmp(node, ['../../x']).status).toBe(2);
      expect(existsSync(cache)).toBe(false);
    }),
  );

  it.skipIf(process.platform !== 'linux')(
    'run, which ends as another program, makes it before',
    on((node) => {
      for (const needed of ['dist', 'node_modules/koffi', 'node_modules/@koromix']) {
        cpSync(ROOT + needed, join(root, needed), { recursive: true });
      }
      const args = ['run', '--profile', PROFILE, '--', 'true'];
      expect(scmp(node, args)).toMatchObject({ status: 0 });
      expect(files().length).toBeGreaterThan(0);
      const again = scmp(node, args, { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
      expect(again.stderr.toString()).toMatch(/scmp-command-.* was accepted/);
    }),
  );

  it(
    'processes that start at once leave one, whole',
    on(async (node) => {
      const args = [join(root, 'dist/scmp.cjs'), 'compile', PROFILE, '--arch', 'x86_64', '--format', 'hex'];
      const runs = Array.from({ length: 4 }, () => promisify(execFile)(node, args));
      const [first, ...others] = (await Promise.all(runs)).map(({ stdout }) => stdout);
      for (const other of others) expect(other).toBe(first);
      expect(readdirSync(cache)).toHaveLength(1);
    }),
  );

  it.skipIf(process.platform === 'win32')(
    'nobody but its owner can write it, whatever the umask',
    on((node) => {
      const command = `umask 0; exec "$0" "$@"`;
      spawnSync('sh', ['-c', command, node, join(root, 'dist/scmp.cjs'), 'compile', PROFILE, '--arch', 'x86_64']);
      expect(files().length).toBeGreaterThan(0);
      expect(statSync(cache).mode & 0o777).toBe(0o700);
    }),
  );

  it.runIf(isRoot)(
    'none is made of code that is another user’s',
    on((node) => {
      chownSync(join(root, 'dist/scmp.cjs'), 65534, 65534);
      compile(node);
      expect(existsSync(cache)).toBe(false);
    }),
  );

  it(
    'what is spoilt is not used',
    on((node) => {
      const { stdout } = compile(node);
      for (const content of ['', 'x'.repeat(100_000)]) {
        spoil(content);
        expect(compile(node).stdout).toEqual(stdout);
      }
    }),
  );

  it(
    'it is left alone where it cannot be or shall not be',
    on((node) => {
      const { stdout } = compile(node, { NODE_DISABLE_COMPILE_CACHE: '1' });
      expect(existsSync(cache)).toBe(false);
      writeFileSync(cache, 'a file where the folder would be');
      expect(compile(node).stdout).toEqual(stdout);
      expect(readFileSync(cache, 'utf8')).toBe('a file where the folder would be');
    }),
  );
});
