import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

function shell(command: string, args: string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(command, args, { input, cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

const has = (command: string) => spawnSync(command, ['--version']).status === 0;
function needs(command: string): boolean {
  if (has(command)) return true;
  if (process.env.CI) throw new Error(`${command} is missing: run ./build.sh --test`);
  console.warn(`SKIPPED: ${command} is missing`);
  return false;
}

const scripts = new Map<string, string>();

/** The file of a shell's script. */
function script(name: string): string {
  const known = scripts.get(name);
  if (known !== undefined) return known;
  const { status, stdout } = scmp(['completion', name]);
  expect(status).toBe(0);
  const file = join(folder, `completion.${name}`);
  writeFileSync(file, stdout);
  scripts.set(name, file);
  return file;
}

describe.runIf(needs('bash'))('bash', () => {
  const complete = (...words: string[]) =>
    shell('bash', [
      '-c',
      `source ${script('bash')}; COMP_WORDS=(scmp "$@"); COMP_CWORD=$#; _scmp; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ]).split('\n');

  it('completes commands, options, their values and files', () => {
    expect(complete('co')).toEqual(expect.arrayContaining(['compile', 'convert', 'completion']));
    expect(complete('compile', '--opt')).toEqual(expect.arrayContaining(['--optimize']));
    expect(complete('compile', 'p.json', '--format', 'b')).toEqual(['bpf', 'base64', '']);
    expect(complete('compile', 'completion.b')).toContain('completion.bash');
    for (const words of [
      ['explain', 'dock'],
      ['diff', 'p.json', 'dock'],
      ['run', '--profile', 'dock'],
    ])
      expect(complete(...words)).toContain('docker');
    expect(complete('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });
});

describe.runIf(needs('zsh'))('zsh', () => {
  it('is a script that zsh takes', () => {
    shell('zsh', ['-n', script('zsh')]);
    // compinit reads the first line to know what the file is for
    shell('zsh', ['-f', '-c', `autoload -Uz compinit; compinit -u -D; source ${script('zsh')}; whence -w _scmp`]);
  });
});

describe.runIf(needs('fish'))('fish', () => {
  const complete = (line: string) =>
    shell('fish', ['--no-config', '-c', `source ${script('fish')}; complete -C ${JSON.stringify(line)}`]);

  it('completes commands, options and their values', () => {
    expect(complete('scmp comp')).toMatch(/^compile\tcompile a profile/m);
    expect(complete('scmp compile --opt')).toMatch(/^--optimize\t/m);
    expect(complete('scmp compile --format ')).toMatch(/^base64/m);
    expect(complete('scmp explain dock')).toMatch(/^docker/m);
    expect(complete('scmp explain compl')).toContain('completion.fish');
    expect(complete('scmp run --profile dock')).toMatch(/^docker/m);
  });
});

it('refuses a shell it does not know', () => {
  expect(scmp(['completion', 'tcsh'])).toMatchObject({ status: 2 });
});

describe('the manual page', () => {
  const page = () => scmp(['man']).stdout.toString();

  it('has every command of the help, and its examples', () => {
    const help = scmp(['--help']).stdout.toString();
    const commands = [...help.matchAll(/^ {2}(\w+) /gm)]
      .map((match) => match[1])
      .filter((name) => name !== 'help' && name !== 'scmp');
    expect(commands.length).toBeGreaterThan(6);
    const text = page();
    for (const name of commands) expect(text).toContain(`\nscmp ${name} `);
    expect(text).toContain('source <(scmp completion bash)');
  });

  it.runIf(needs('groff'))('is one that groff has nothing to say against', () => {
    const { stderr, stdout, status } = spawnSync('groff', ['-man', '-Wall', '-ww', '-Tutf8', '-Kutf8', '-P-cbou'], {
      input: page(),
      encoding: 'utf8',
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toContain('EXIT STATUS');
  });
});
