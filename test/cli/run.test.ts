import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOnPath } from '../on-path.js';
import { ROOT, scmp } from './scmp.js';

// The loader's own tests (test/kernel) have execve(2) in depth; these are about the command.

if (process.platform !== 'linux' && process.env.CI) throw new Error('scmp run needs Linux');

let directory: string;
let noGetcwd: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scmp-run-'));
  noGetcwd = join(directory, 'no-getcwd.json');
  const syscalls = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 25 }];
  writeFileSync(noGetcwd, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.skipIf(process.platform !== 'linux')('scmp run', () => {
  const run = (...args: string[]) => scmp(['run', '--profile', noGetcwd, ...args], { cwd: directory });

  it('runs a command under the filter, with its output and exit code', () => {
    const { status, stdout, stderr } = run('--', 'sh', '-c', 'echo out; mkdir made; echo "mkdir: $?"; exit 7');
    expect(status).toBe(7);
    expect(stdout.toString()).toBe('out\nmkdir: 1\n');
    expect(stderr).toContain('Inappropriate ioctl for device');
  });

  it('refuses WAIT_KILLABLE_RECV without a listener in the words of the profile, with its place', () => {
    const profile = join(directory, 'wait.json');
    const flags = ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'];
    writeFileSync(profile, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', flags, syscalls: [] }));
    const { status, stderr } = scmp(['run', '--profile', profile, '--', 'true']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^scmp: .*wait\.json:1:70: the flag WAIT_KILLABLE_RECV .* take the flag out\n$/);
    expect(stderr).not.toMatch(/waitKillable|listener: true/);
  });

  it('takes a compiled program as well', () => {
    const file = join(directory, 'filter.bpf');
    expect(scmp(['compile', noGetcwd, '-o', file])).toMatchObject({ status: 0 });
    const { stdout } = scmp(['run', '--profile', file, '--', 'sh', '-c', 'mkdir made; echo $?'], { cwd: directory });
    expect(stdout.toString()).toBe('1\n');
  });

  it('runs under the program of --optimize min', () => {
    const { status, stdout, stderr } = run('--optimize', 'min', '--', 'sh', '-c', 'mkdir made; echo $?');
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: '1\n' });
    expect(stderr).toContain('Inappropriate ioctl for device');
  });

  it("passes the command's own options on, with and without --", () => {
    expect(run('--', 'echo', '--help', '-n').stdout.toString()).toBe('--help -n\n');
    expect(run('echo', '--help', '--profile', 'x').stdout.toString()).toBe('--help --profile x\n');
  });

  it('replaces this process: no helper is left, and signals reach the command', async () => {
    const child = spawn(process.execPath, [
      `${ROOT}dist/scmp.cjs`,
      'run',
      '--profile',
      noGetcwd,
      'sh',
      '-c',
      'echo $$; kill -TERM $$',
    ]);
    let stdout = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
    expect(stdout).toBe(`${child.pid}\n`);
    expect(signal).toBe('SIGTERM');
  });

  it('sets no_new_privs unless told not to', () => {
    const status = (...args: string[]) =>
      run(...args, '--', 'grep', '-E', 'NoNewPrivs|Seccomp:', '/proc/self/status').stdout.toString();
    expect(status()).toMatch(/NoNewPrivs:\t1\nSeccomp:\t2/);
    expect(status('--no-new-privs')).toMatch(/NoNewPrivs:\t1/);
    if (process.getuid?.() === 0) expect(status('--new-privs')).toMatch(/NoNewPrivs:\t0\nSeccomp:\t2/);
  });

  it('exits 127 and 126 as shells do', () => {
    expect(run('--', 'no-such-command')).toMatchObject({ status: 127 });
    expect(run('--', '/etc/passwd')).toMatchObject({ status: 126 });
    expect(run('--', 'no-such-command').stderr).toMatch(/^scmp: no-such-command: command not found/);
  });

  it.runIf(process.env.CI || isOnPath('script'))(
    'says on a terminal how to find out which call SIGSYS came for',
    () => {
      const profile = join(directory, 'killing.json');
      const syscalls = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_KILL_PROCESS' }];
      writeFileSync(profile, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }));
      const onTerminal = (command: string) => {
        const line = `${process.execPath} ${ROOT}dist/scmp.cjs run --profile ${profile} -- ${command}`;
        return spawnSync('script', ['-qec', line, '/dev/null'], { cwd: directory, input: '', encoding: 'utf8' });
      };
      const died = onTerminal("mkdir 'a b'");
      expect(died.status).toBe(159);
      expect(died.stdout).toContain(
        `SIGSYS ended the command: a filter does so for a call. Which call: scmp run --trace --profile ${profile} -- mkdir 'a b'`,
      );
      expect(onTerminal("sh -c 'mkdir a; exit $?'").stdout).toContain('SIGSYS ended a program of the command');
      expect(onTerminal("sh -c 'exit 3'")).toMatchObject({ status: 3, stdout: '' });
      // Elsewhere the command is this very process, and nobody is left to speak.
      expect(scmp(['run', '--profile', profile, '--', 'mkdir', 'x'], { cwd: directory })).toMatchObject({ stderr: '' });
    },
  );

  it('reads the profile from standard input', () => {
    const input = JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] });
    expect(
      scmp(['run', '--profile', '-', '--', 'grep', 'Seccomp:', '/proc/self/status'], { input }).stdout.toString(),
    ).toBe('Seccomp:\t2\n');
  });

  it('refuses a profile that notifies: nobody would answer', () => {
    const input = JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }],
    });
    const { status, stderr } = scmp(['run', '--profile', '-', '--', 'true'], { input });
    expect(status).toBe(2);
    expect(stderr).toContain('SCMP_ACT_NOTIFY');
  });

  it('runs nothing when the profile is broken, or for another machine', () => {
    const marker = join(directory, 'marker');
    const other = join(directory, 'other.bpf');
    scmp(['compile', noGetcwd, '--arch', process.arch === 'x64' ? 'aarch64' : 'x86_64', '-o', other]);
    writeFileSync(join(directory, 'broken.json'), '{"defaultAction": "SCMP_ACT_ALOW"}');
    for (const file of [other, join(directory, 'broken.json'), join(directory, 'absent.json')]) {
      const { status, stderr } = scmp(['run', '--profile', file, '--', 'touch', marker]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^scmp: /);
    }
    expect(() => closeSync(openSync(marker, 'r'))).toThrow(/ENOENT/);
  });
});
