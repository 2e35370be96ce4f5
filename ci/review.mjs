#!/usr/bin/env node
// Reviews the seccomp profiles of a change, as action.yml and ci/gitlab.yml do: is each sound, and does one allow what it
// did not allow on the base? Exit code 0: no; 1: findings, or something is allowed that was not; 2: it cannot be told.
//
//   PROFILES   the files, as git's pathspecs, separated by blanks or lines (needed)
//   ARCHES     the machines, default amd64,arm64
//   BASE       the commit to compare with; default: what the platform says of the change
//   BASELINE   a profile that new files are compared with; without it there is nothing to compare them with
//   CAP        capabilities of the containers, as --cap takes them; default: both none and Docker's set are asked about
//   WEAKER     "deny" (default), or "report": what is weaker is in the summary, and no failure
//   SUMMARY    the file that the Markdown is added to, default GITHUB_STEP_SUMMARY, else seccomp-review.md
//   SARIF      the file that the findings are written to, default seccomp-review.sarif
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { env } = process;
const onGithub = env.GITHUB_ACTIONS === 'true';
const SCMP = fileURLToPath(new URL('../dist/scmp.cjs', import.meta.url));

class Unusable extends Error {}

function run(command, args, { allowed = [0], ...options } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
  });
  if (error) throw new Unusable(`${command}: ${error.message}`);
  if (!allowed.includes(status)) throw new Unusable(`${command} ${args.join(' ')}: exit code ${status}\n${stderr}`);
  return { status, stdout, stderr };
}
const git = (...args) => run('git', args).stdout;
const scmp = (args) => run(process.execPath, [SCMP, ...args], { allowed: [0, 1, 2], env: { ...env, NO_COLOR: '1' } });
const names = (list) => list.split('\0').filter((name) => name !== '');

/** The commit that the change is compared with; undefined where there is none, as on a new branch. */
function baseCommit() {
  const given = env.BASE || (onGithub ? githubBase() : env.CI_MERGE_REQUEST_DIFF_BASE_SHA || env.CI_COMMIT_BEFORE_SHA);
  if (!given || /^0+$/.test(given)) return undefined;
  if (given.startsWith('-')) throw new Unusable(`BASE is ${JSON.stringify(given)}, and has to be a commit`);
  const isHere = () => spawnSync('git', ['cat-file', '-e', `${given}^{commit}`]).status === 0;
  // A shallow clone has the change alone.
  if (!isHere()) run('git', ['fetch', '--no-tags', '--depth=1', 'origin', given]);
  if (!isHere()) throw new Unusable(`the base ${given} is not in this clone: fetch it (fetch-depth: 0)`);
  return given;
}

/** The event of the workflow: a pull request has a base, a push what was there before it. */
function githubBase() {
  if (!env.GITHUB_EVENT_PATH) throw new Unusable('GITHUB_EVENT_PATH is missing: give BASE');
  const event = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'));
  return event.pull_request?.base?.sha ?? event.merge_group?.base_sha ?? event.before;
}

/** A name that begins with a dash would be an option. Others stay as they are: annotations have them. */
const pathOf = (name) => (name.startsWith('-') ? `./${name}` : name);

/** Foreign text in a cell of a table. */
const cell = (text) => text.replace(/[\\`|<>*_[\]]/g, '\\$&').replace(/\s+/g, ' ');
const MAX_NAMES = 12;
const listed = (calls) =>
  cell(calls.slice(0, MAX_NAMES).join(', ')) +
  (calls.length > MAX_NAMES ? ` and ${calls.length - MAX_NAMES} more` : '');

/** What a file allows beyond another one: rows of the table. */
function weaker(name, before, after, options) {
  const args = ['diff', before, after, '--only', 'weaker', '--json', ...options];
  const { status, stdout, stderr } = scmp(args);
  if (status === 2) throw new Unusable(`${name} cannot be compared with the base:\n${stderr}`);
  const { differences } = JSON.parse(stdout);
  if (status === 0) return [];
  const rows = differences.map(({ target, architecture = 'others', syscalls, numbers, from, to }) => {
    const machine = target === undefined || target === architecture ? architecture : `${architecture} (on ${target})`;
    const calls = syscalls.length > 0 ? listed(syscalls) : listed(numbers.map((range) => `${range.from}-${range.to}`));
    return `| ${cell(name)} | ${cell(machine)} | ${calls} | ${cell(`${from} → ${to}`)} |`;
  });
  if (rows.length > 0) return rows;
  // What depends on capabilities may have no row of its own: the exit code counts.
  process.stdout.write(scmp(args.filter((each) => each !== '--json')).stdout);
  return [`| ${cell(name)} | | see the log | with some capabilities |`];
}

function review() {
  const specs = (env.PROFILES ?? '').split(/\s+/).filter((spec) => spec !== '');
  if (specs.length === 0) throw new Unusable('PROFILES is empty: name the profiles, as seccomp/*.json');
  const arches = (env.ARCHES || 'amd64,arm64').split(/[\s,]+/).filter((name) => name !== '');
  const options = [
    ...arches.flatMap((arch) => ['--arch', arch]),
    ...(env.CAP ?? '').split(/[\s,]+/).flatMap((name) => (name === '' ? [] : ['--cap', name])),
  ];
  const files = names(git('ls-files', '-z', '--', ...specs)).filter((name) => existsSync(name));
  if (files.length === 0) throw new Unusable(`PROFILES names no file that git knows: ${specs.join(' ')}`);
  const paths = files.map(pathOf);

  const checked = scmp(['check', ...paths, ...options, '--format', onGithub ? 'github' : 'text']);
  process.stdout.write(checked.stdout);
  process.stderr.write(checked.stderr);
  const sarif = scmp(['check', ...paths, ...options, '--format', 'sarif']);
  writeFileSync(env.SARIF || 'seccomp-review.sarif', sarif.stdout);

  const base = baseCommit();
  const folder = mkdtempSync(join(tmpdir(), 'seccomp-base-'));
  const rows = [];
  const notes = [];
  try {
    const known = new Set(base === undefined ? [] : names(git('ls-tree', '-rz', '--name-only', base)));
    if (base !== undefined) {
      // The whole tree, since a profile may extend another file.
      const index = { env: { ...env, GIT_INDEX_FILE: join(folder, 'index') } };
      run('git', ['read-tree', base], index);
      run('git', ['checkout-index', '--all', `--prefix=${folder}/tree/`], index);
      const both = names(git('ls-files', '-z', `--with-tree=${base}`, '--', ...specs));
      for (const name of new Set(both)) if (!files.includes(name)) notes.push(`${cell(name)} is gone.`);
    }
    for (const name of files) {
      const after = pathOf(name);
      if (known.has(name)) rows.push(...weaker(name, join(folder, 'tree', name), after, options));
      else if (env.BASELINE) rows.push(...weaker(name, env.BASELINE, after, options));
      else notes.push(`${cell(name)} is new: there is nothing to compare it with.`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }

  const summary = [
    '## Seccomp profiles',
    '',
    checked.status === 0
      ? 'Sound: `scmp check` has no errors or warnings.'
      : '**Findings**: see the annotations, or the log.',
    '',
    ...(rows.length > 0
      ? [
          '**Allowed now, and not before:**',
          '',
          '| profile | architecture | calls | change |',
          '| --- | --- | --- | --- |',
          ...rows,
        ]
      : ['Nothing is allowed that was not allowed before.']),
    '',
    ...notes.flatMap((note) => [note, '']),
  ].join('\n');
  appendFileSync(env.SUMMARY || env.GITHUB_STEP_SUMMARY || 'seccomp-review.md', `${summary}\n`);
  process.stdout.write(`${summary}\n`);
  if (checked.status === 2) return 2;
  return checked.status === 1 || (rows.length > 0 && env.WEAKER !== 'report') ? 1 : 0;
}

try {
  process.exitCode = review();
} catch (error) {
  if (!(error instanceof Unusable)) throw error;
  console.error(
    `${onGithub ? '::error title=seccomp review::' : ''}${error.message.replaceAll('\n', onGithub ? '%0A' : '\n')}`,
  );
  process.exitCode = 2;
}
