import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isOnPath } from '../on-path.js';
import { packInto, ROOT } from '../package/installed-package.js';

// The steps are run as the platforms run them: the real shell, the variables and files of each, the package from npm's pack.

const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string };
const text = (name: string) => readFileSync(`${ROOT}${name}`, 'utf8');
interface Step {
  name: string;
  id?: string;
  shell: string;
  env: Record<string, string>;
  run: string;
}
interface Action {
  inputs: Record<string, { default?: string; required?: boolean }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
}
const action = parse(text('action.yml')) as Action;
const [hook] = parse(text('.pre-commit-hooks.yaml')) as {
  entry: string;
  language: string;
  files: string;
  id: string;
}[];
const { 'seccomp-review': job } = parse(text('ci/gitlab.yml')) as {
  'seccomp-review': { variables: Record<string, string>; script: string[]; artifacts: { paths: string[] } };
};

const allow = (...names: string[]) =>
  `${JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1, syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] }, null, 2)}\n`;

let tarball: string;
let folder: string;
const at = (name: string) => join(folder, name);
const { GITHUB_ACTIONS: _, CI: __, ...plainEnv } = process.env;
const own = Object.fromEntries(Object.entries(plainEnv).filter(([name]) => !/^(npm_|GITHUB_|CI_|GIT_)/.test(name)));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scmp-ci-'));
  tarball = await packInto(folder);
  // To install takes most of the time. The Action's own step does it once, for all runs: they have the same RUNNER_TEMP.
  mkdirSync(at('runner-temp'));
  const env = { ...own, PACKAGE: tarball, RUNNER_TEMP: at('runner-temp'), GITHUB_PATH: at('github-path') };
  const [install] = action.runs.steps;
  const { status, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', install?.run ?? ''], {
    env: { ...env, npm_config_prefer_offline: 'true' },
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A repository with a commit, and a change of it. */
function repository(name: string, before: Record<string, string>, after: Record<string, string>) {
  const path = at(name);
  mkdirSync(path, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
      cwd: path,
      encoding: 'utf8',
      env: own,
    });
  git('init', '-q');
  const commit = (files: Record<string, string>): string => {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      if (content === '') rmSync(join(path, file));
      else writeFileSync(join(path, file), content);
    }
    git('add', '-A');
    git('commit', '-q', '-m', 'a');
    return git('rev-parse', 'HEAD').trim();
  };
  return { path, base: commit(before), head: commit(after) };
}

/** An expression of a composite action, as far as ours have any. */
const expression = (value: string, inputs: Record<string, string>, outputs: Record<string, string> = {}) =>
  value.replace(/\$\{\{ (inputs|steps\.review\.outputs)\.([\w-]+) \}\}/g, (_all, kind, name) =>
    kind === 'inputs' ? (inputs[name] ?? '') : (outputs[name] ?? ''),
  );

/** What a runner does with a composite action: inputs, files of the step, PATH, and bash as it calls it. */
function runAction(path: string, given: Record<string, string>, event: object) {
  const inputs = Object.fromEntries(Object.entries(action.inputs).map(([name, each]) => [name, each.default ?? '']));
  Object.assign(inputs, { package: tarball }, given);
  const runner = mkdtempSync(join(folder, 'runner-'));
  const files = Object.fromEntries(
    ['PATH', 'OUTPUT', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(runner, name)]),
  );
  for (const file of Object.values(files)) writeFileSync(file, '');
  writeFileSync(join(runner, 'event.json'), JSON.stringify(event));
  let [stdout, stderr, status] = ['', '', 0 as number | null];
  for (const step of action.runs.steps.slice(1)) {
    expect(step.shell).toBe('bash');
    const env = Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, expression(value, inputs)]));
    const added = readFileSync(at('github-path'), 'utf8').trim();
    writeFileSync(join(runner, 'script.sh'), step.run);
    const result = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', join(runner, 'script.sh')], {
      cwd: path,
      encoding: 'utf8',
      env: {
        ...{ ...own, ...files, ...env, GITHUB_ACTIONS: 'true', CI: 'true', RUNNER_TEMP: at('runner-temp') },
        ...{ GITHUB_EVENT_PATH: join(runner, 'event.json'), PATH: `${added}:${own.PATH}` },
      },
    });
    [stdout, stderr, status] = [stdout + result.stdout, stderr + result.stderr, result.status];
    if (status !== 0) break;
  }
  const output = Object.fromEntries(
    readFileSync(files.GITHUB_OUTPUT as string, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  );
  const sarif = expression(action.outputs.sarif?.value ?? '', {}, output);
  return { status, stdout, stderr, summary: readFileSync(files.GITHUB_STEP_SUMMARY as string, 'utf8'), sarif };
}

const pull = (sha: string) => ({
  action: 'synchronize',
  number: 7,
  pull_request: { number: 7, base: { ref: 'main', sha } },
});

describe('the GitHub Action', () => {
  it('says in a table what a pull request allows that was not allowed, and fails', () => {
    const before = {
      'seccomp/a.json': allow('read'),
      'seccomp/b.json': allow('read', 'write'),
      'seccomp/old.json': allow('read'),
    };
    const after = {
      'seccomp/a.json': allow('read', 'keyctl', 'bpf'),
      'seccomp/b.json': allow('read'),
      'seccomp/new.json': allow('mount'),
      'seccomp/old.json': '',
    };
    const { path, base } = repository('pull', before, after);
    const { status, stdout, summary, sarif } = runAction(
      path,
      { profiles: 'seccomp/*.json', arches: 'amd64 arm64' },
      pull(base),
    );
    expect(status).toBe(1);
    expect(summary).toContain('| profile | architecture | calls | change |');
    expect(summary).toMatch(/\| seccomp\/a\.json \| x86\\_64 \| keyctl, bpf \| ERRNO\(EPERM\) → ALLOW \|/);
    expect(summary).toMatch(/\| seccomp\/a\.json \| aarch64 \| (bpf, keyctl|keyctl, bpf) \|/);
    expect(summary).not.toContain('| seccomp/b.json');
    expect(summary).toMatch(/seccomp\/new\.json is new/);
    expect(summary).toMatch(/seccomp\/old\.json is gone/);
    expect(stdout).toMatch(/^::(notice|warning|error) file=(\.\/)?seccomp\/a\.json,line=/m);
    expect(JSON.parse(readFileSync(sarif, 'utf8'))).toMatchObject({ version: '2.1.0' });
  });

  it('passes where nothing is weaker, reports where it may, and compares new files with a baseline', () => {
    const { path, base } = repository(
      'quiet',
      { 'a.json': allow('read', 'write', 'exit_group') },
      { 'b.json': allow('read', 'exit_group') },
    );
    const quiet = runAction(path, { profiles: 'a.json', arches: 'arm64' }, { before: base, after: 'x' });
    expect(quiet.summary).toContain('Nothing is allowed that was not allowed before.');
    expect(quiet.stdout).not.toContain('::error');
    const compared = runAction(path, { profiles: '*.json', arches: 'arm64', baseline: 'a.json' }, pull(base));
    expect([compared.status, quiet.status]).toEqual([quiet.status, compared.status]);
    expect(compared.summary).not.toContain('is new');
    const weaker = runAction(
      path,
      { profiles: 'a.json', arches: 'arm64', baseline: 'b.json', weaker: 'report' },
      { before: '0'.repeat(40) },
    );
    expect(weaker.summary).toMatch(/\| a\.json \| aarch64 \| write \|/);
    expect(weaker.status).toBe(quiet.status);
  });

  it.each([
    ['no such file', { profiles: 'none/*.json' }, /^::error title=seccomp review::PROFILES names no file/m],
    [
      'a base that is not there',
      { profiles: 'a.json', base: 'f'.repeat(40) },
      /::error title=seccomp review::git fetch/,
    ],
    ['a base that is an option', { profiles: 'a.json', base: '--upload-pack=touch' }, /has to be a commit/],
    ['a profile that cannot be read', { profiles: 'bad.json', arches: 'arm64' }, /cannot be compared with the base/],
  ])('does not pass with %s', (_name, given, message) => {
    const { path, base } = repository(
      `unusable${Math.random()}`,
      { 'a.json': allow('read'), 'bad.json': allow('read') },
      { 'bad.json': '{ "a": ' },
    );
    const { status, stderr } = runAction(path, given, pull(base));
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('is pinned to this version, and has steps that shellcheck finds nothing in', () => {
    expect(action.inputs.package?.default).toBe(`libseccomp-wasm@${version}`);
    expect(action.runs.using).toBe('composite');
    const scripts = [...action.runs.steps.map(({ run }) => run), job.script.join('\n')];
    // No expression in a script: what a caller gives is no shell.
    for (const script of scripts) expect(script).not.toContain('${{');
    if (!isOnPath('shellcheck')) return console.warn('SKIPPED: shellcheck of the steps, it is missing');
    for (const input of scripts) {
      const { status, stdout } = spawnSync('shellcheck', ['--shell=bash', '-'], { input, encoding: 'utf8' });
      expect(status, stdout).toBe(0);
    }
  });
});

describe('the GitLab job', () => {
  it('reviews a merge request, and keeps summary and findings', () => {
    const { path, base } = repository(
      'gitlab',
      { 'seccomp/a.json': allow('read') },
      { 'seccomp/a.json': allow('read', 'bpf') },
    );
    const variables = { ...job.variables, SCMP_PACKAGE: tarball };
    const env = {
      ...own,
      ...variables,
      GITLAB_CI: 'true',
      CI: 'true',
      CI_PROJECT_DIR: path,
      CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
    };
    // What the Action installed, by the same line.
    const [install = '', ...script] = job.script;
    const same = (action.runs.steps[0]?.run ?? '')
      .split('\n')[0]
      ?.replace('$RUNNER_TEMP/scmp', '$CI_PROJECT_DIR/.scmp');
    expect(install).toBe(same?.replace('$PACKAGE', '$SCMP_PACKAGE'));
    symlinkSync(at('runner-temp/scmp'), join(path, '.scmp'));
    // A runner runs all lines in one shell that ends at the first failure.
    const { status, stdout, stderr } = spawnSync('bash', ['-eo', 'pipefail', '-c', script.join('\n')], {
      cwd: path,
      env,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([1, expect.not.stringContaining('Error')]);
    expect(stdout).toMatch(/\| seccomp\/a\.json \| x86\\_64 \| bpf \|/);
    for (const name of job.artifacts.paths) expect(existsSync(join(path, name)), name).toBe(true);
    expect(job.variables.SCMP_PACKAGE).toBe(`libseccomp-wasm@${version}`);
  });
});

describe('the hook of pre-commit', () => {
  it('checks the files that are committed, and its pattern finds profiles', () => {
    // A project that has the package in its node_modules.
    const project = at('hook');
    mkdirSync(join(project, 'node_modules/.bin'), { recursive: true });
    mkdirSync(join(project, 'seccomp'));
    const library = at('runner-temp/scmp/lib/node_modules/libseccomp-wasm');
    symlinkSync(library, join(project, 'node_modules/libseccomp-wasm'));
    symlinkSync(join(library, 'dist/scmp.cjs'), join(project, 'node_modules/.bin/scmp'));
    writeFileSync(join(project, 'package.json'), `{ "dependencies": { "libseccomp-wasm": "${version}" } }`);
    writeFileSync(join(project, 'seccomp/bad.json'), allow('raed'));
    expect(hook?.language).toBe('system');
    expect(hook?.entry).toContain(`libseccomp-wasm@${version} `);
    const pattern = new RegExp(hook?.files ?? '');
    for (const name of ['seccomp/good.json', 'deploy/seccomp-web.yaml', 'seccomp.json']) expect(name).toMatch(pattern);
    for (const name of ['package.json', 'seccomp/readme.md']) expect(name).not.toMatch(pattern);
    // pre-commit gives the words of the entry, and the files after them.
    const run = (file: string) => {
      const [command = '', ...args] = (hook?.entry ?? '').split(' ');
      return spawnSync(command, [...args, file], { cwd: project, env: own, encoding: 'utf8' });
    };
    const bad = run('seccomp/bad.json');
    expect([bad.status, bad.stdout], bad.stderr).toEqual([1, expect.stringContaining('unknown-syscall')]);
    const missing = run('seccomp/none.json');
    expect(missing.status).toBe(2);
  });
});
