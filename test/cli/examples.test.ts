import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Workspace } from '../docs/workspace.js';
import { isOnPath } from '../on-path.js';
import { ROOT, scmp } from './scmp.js';

const helps = new Map<string, string>();

/** What a command's `--help` prints; it is asked once. */
function helpOf(command: string): string {
  const help = helps.get(command) ?? scmp(command === '' ? ['--help'] : [command, '--help']).stdout.toString();
  helps.set(command, help);
  return help;
}

/** The examples of the help, as somebody copies them. */
function examples(command: string): string[] {
  const [, text = ''] = /\nExamples:\n([\s\S]*?)(?:\n\n|$)/.exec(helpOf(command)) ?? [];
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/ {3,}/)[0] as string);
}

const commands = [...helpOf('').matchAll(/^ {2}(\w+) /gm)]
  .map((match) => match[1] as string)
  .filter((name) => name !== 'help' && name !== 'scmp');

/** What would serve for ever, writes to the user's own folders, or takes a cluster. */
const NOT_RUN = /^scmp (playground|lsp)|^scmp completion (zsh|fish)|^kubectl /;
const isRoot = process.getuid?.() === 0;

describe('the examples in the help of every command', () => {
  const workspace = new Workspace();
  let sleeper: ChildProcess;
  // Some examples write the profile that others read.
  const copyProfiles = () => {
    for (const file of ['profile.json', 'old.json']) {
      copyFileSync(`${ROOT}examples/container-default.json`, join(workspace.folder, file));
    }
  };
  beforeEach(copyProfiles);
  beforeAll(async () => {
    copyProfiles();
    workspace.write('new.json', '{ "extends": "container-default", "remove": ["ptrace"] }');
    workspace.write('unit.service', '[Service]\nSystemCallFilter=@system-service\n');
    const recorded = readFileSync(`${ROOT}examples/container-default.json`, 'utf8');
    for (const node of ['a', 'b']) workspace.write(`recordings/${node}/web.json`, recorded);
    workspace.write('trace.log', '7 execve("/bin/ls", ["ls"], 0x7ffc /* 9 vars */) = 0\n7 exit_group(0) = ?\n');
    workspace.write(
      'audit.log',
      'type=1326 audit(1.0:1): pid=7 comm="a" exe="/a" sig=0 arch=c000003e syscall=101 compat=0 ip=0x0 code=0x50000\n',
    );
    const prepare = 'scmp compile profile.json -o filter.bpf; scmp disasm filter.bpf --format asm > filter.asm';
    expect(workspace.shell(prepare).status).toBe(0);
    sleeper = spawn(process.execPath, [
      ...[`${ROOT}dist/scmp.cjs`, 'run', '--profile', join(workspace.folder, 'filter.bpf'), '--', 'sleep', '600'],
    ]);
    for (let i = 0; i < 200 && workspace.shell(`grep -q sleep /proc/${sleeper.pid}/comm`).status !== 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  });
  afterAll(() => {
    sleeper.kill();
    workspace.remove();
  });

  it('stand below options whose defaults say something', () => {
    for (const command of commands) expect(helpOf(command)).not.toContain('default: []');
  });

  it('are there', () => {
    expect(commands.length).toBeGreaterThan(14);
    expect(commands.filter((command) => examples(command).length === 0)).toEqual([]);
  });

  it('stand before the options, which stand in groups', () => {
    for (const command of ['', ...commands]) {
      const help = helpOf(command);
      expect(help.indexOf('\nExamples:\n')).toBeLessThan(help.indexOf('\nOptions:\n'));
    }
    const headings = [
      ...scmp(['compile', '--help'])
        .stdout.toString()
        .matchAll(/^(\S.*):$/gm),
    ].map((match) => match[1]);
    expect(headings.slice(0, 3)).toEqual(['Examples', 'Arguments', 'Options']);
    expect(headings.at(-1)).toBe('Where runtimes differ');
  });

  const runnable = ['', ...commands]
    .flatMap(examples)
    .filter((line) => !NOT_RUN.test(line))
    .filter((line) => isRoot || !line.startsWith('scmp dump'))
    .filter((line) => process.env.CI || !line.includes('bwrap') || isOnPath('bwrap'));

  it.each(runnable)('%s', (line) => {
    const { status, output } = workspace.shell(line.replace('4711', String(sleeper.pid)));
    // Findings and differences are an answer; what the shell or scmp cannot do is none.
    const answersNo = /^scmp (check|diff|implies|why|fmt --check) /.test(line);
    expect(answersNo ? [0, 1] : [0], output).toContain(status);
    expect(output).not.toMatch(/^scmp: |internal error|Usage:/m);
  });
});

describe.runIf(process.env.CI || isOnPath('script'))('a command that takes long', () => {
  const workspace = new Workspace();
  afterAll(() => workspace.remove());
  /** Begins to answer when it is seen on the terminal, whose text `script` writes to a file, that the command waits. */
  const waits = (words: string) => `until grep -q "${words}" terminal; do sleep 0.1; done`;
  const compile = 'cat no-network.json) | scmp compile - -o out.bpf';

  it('says so on a terminal, and takes the line away', () => {
    copyFileSync(`${ROOT}examples/no-network.json`, join(workspace.folder, 'no-network.json'));
    const { output } = workspace.shell(`script -qefc '(${waits('still at it')}; ${compile}' terminal`);
    expect(output).toContain('\r\x1b[Kscmp compile: still at it, 1 s');
    expect(output.endsWith('\r\x1b[K')).toBe(true);
  });

  it('says how much of a log it has read, and how fast', () => {
    const line = 'type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall=0 success=yes';
    const log = `(yes "${line}" | head -n 40000; ${waits('3 MB')}; echo) | scmp why -`;
    const { output, status } = workspace.shell(`script -qefc '${log}' terminal`);
    expect(output).toContain('\r\x1b[Kscmp why: 3 MB, ');
    expect(output).toContain(' MB/s');
    expect(output).toContain('\r\x1b[Kstdin: warning: there is no system call in it');
    expect(status).toBe(0);
  });

  it.each([
    ['what it cannot do', 'scmp compile missing.json', 2, 'missing.json'],
    ['what it warns of', 'echo "type=SYSCALL" | scmp why -', 0, 'there is no system call'],
    ['findings', 'echo \'{ "defaultAction": "SCMP_ACT_ALLOW" }\' | scmp check -', 1, 'warning'],
  ])('ends when it has said %s', (_, command, expected, said) => {
    workspace.write('on-a-terminal', command);
    const { output, status } = workspace.shell("script -qec 'bash on-a-terminal' /dev/null");
    expect(output).toContain(said);
    expect(status).toBe(expected);
  });

  it('says nothing elsewhere', () => {
    expect(workspace.shell(`(sleep 2.6; ${compile}`)).toEqual({ status: 0, output: '' });
  });
});
