import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

// build.sh where nothing is built, on a machine with none of the tools it needs and no right to install them.
describe.skipIf(process.platform === 'win32')('build.sh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-build-'));
  const tree = join(folder, 'tree');
  const bin = join(folder, 'bin');
  const build = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('./build.sh', args, {
      cwd: tree,
      env: { PATH: bin },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  beforeAll(() => {
    mkdirSync(tree);
    mkdirSync(bin);
    for (const name of ['build.sh', 'wasm']) cpSync(join(ROOT, name), join(tree, name), { recursive: true });
    const tools = 'awk bash cat cut dirname env find head id sed sha256sum shasum sort uname xargs'.split(' ');
    for (const tool of tools) {
      const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
      if (stdout) symlinkSync(stdout.trim(), join(bin, tool));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('says in a dry run what it would make and what is missing, and makes nothing', () => {
    const { status, stdout, stderr } = build('--dry-run', '--wasm');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^tools +MISSING: .*gperf/m);
    for (const line of [
      'Debian, Ubuntu +apt-get install .*',
      'Fedora +dnf install ',
      'Alpine +apk add ',
      'macOS +brew install ',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${line}.*emscripten`, 'm'));
    }
    for (const step of ['source', 'patched', 'wasm'])
      expect(stdout).toMatch(new RegExp(`^${step} +would be made$`, 'm'));
    expect(readdirSync(tree).sort()).toEqual(['build.sh', 'wasm']);
  });

  it('says which random work may be asked for', () => {
    const [, cases = ''] = /^const CASES = \{([^}]*)\}/m.exec(readFileSync(join(ROOT, 'bench/fuzz.ts'), 'utf8')) ?? [];
    const kinds = [...cases.matchAll(/^ +(\w+): /gm)].map(([, name]) => name);
    expect(kinds).toContain('triples');
    const { stdout } = build('--help');
    expect(kinds.filter((name) => !stdout.includes(`[--${name} N]`))).toEqual([]);
  });

  it.each([
    [['--no-such'], 'unknown option --no-such'],
    [['no-such'], 'unknown step no-such'],
    [['--wasm', '--native'], '--wasm or --native, not both'],
    [['--wasm', 'types'], '--wasm or the steps types, not both'],
  ])('refuses %j', (args, message) => {
    const { status, stderr } = build(...args);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `build.sh: ${message} (see ./build.sh --help)\n` });
  });

  it('is for the bash of macOS too, which is 3.2', () => {
    const script = readFileSync(join(ROOT, 'build.sh'), 'utf8').replaceAll(/^ *#.*$/gm, '');
    expect(script).not.toMatch(
      /declare -A|local -n|declare -n|\bmapfile\b|\breadarray\b|\$\{\w+(,,|\^\^|@\w)|&>>|\|&|\bwait -n\b/,
    );
  });
});
