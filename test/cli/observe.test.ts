import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOnPath } from '../on-path.js';
import { PYTHON } from '../python.js';
import { ROOT, scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-observe-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text?: string) => {
  if (text !== undefined) writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const observed = file('observed');
const linux = process.platform === 'linux';
beforeAll(() => {
  if (linux)
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-pthread', 'test/cli/observed.c', '-o', observed], {
      cwd: ROOT,
    });
});

const canTrace = linux && existsSync(join(ROOT, 'dist/launcher/tracer-linux-x86_64'));
const lacking = [
  ...(canTrace ? [] : ['a tracer for this machine (./build.sh launcher)']),
  ...['strace', 'gdb'].filter((command) => !isOnPath(command)),
  ...(process.getuid?.() === 0 ? [] : ['root, for a set-user-id program']),
];
if (lacking.length > 0) {
  if (linux && process.env.CI && !canTrace) throw new Error(`there is no ${lacking.join(', no ')}`);
  console.warn(`SKIPPED some tests of observers: there is no ${lacking.join(', no ')}`);
}

/** With counts each call stops. Without them it is the first of each kind, as far as filters can do that. */
const COUNTED = ['--counts', file('counts')];
const WAYS: [string, string[]][] = [
  ['each call counted', COUNTED],
  ['kinds of calls', []],
];
const recordWith = (options: string[], ...command: string[]) =>
  scmp(['record', '-o', file('profile.json'), ...options, '--', ...command]);
const record = (...command: string[]) => recordWith(COUNTED, ...command);
const namesOf = (profile = file('profile.json')): string[] =>
  JSON.parse(readFileSync(profile, 'utf8')).syscalls.flatMap((entry: { names: string[] }) => entry.names);
const countOf = (name: string) =>
  Number(new RegExp(` ${name} (\\d+)$`, 'm').exec(readFileSync(file('counts'), 'utf8'))?.[1] ?? 0);
/** As test/cli/observed.c has them: calls that only one of its threads makes, once. */
const RARE = [
  ...['getpgid', 'getsid', 'getresuid', 'getresgid', 'times', 'uname', 'getrusage', 'sysinfo', 'getitimer'],
  ...['sched_get_priority_max', 'getuid', 'sync_file_range', 'umask'],
];
const plain = (...command: string[]) => spawnSync(command[0]!, command.slice(1), { encoding: 'utf8', timeout: 50_000 });

/** scmp, while it runs. */
function start(...args: string[]): {
  child: ChildProcess;
  stdout: Promise<string>;
  stderr: Promise<string>;
  closed: Promise<unknown[]>;
} {
  const child = spawn(process.execPath, ['dist/scmp.cjs', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  return { child, stdout: text(child.stdout), stderr: text(child.stderr), closed: once(child, 'close') };
}
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2000 && !condition(); tries++) await delay(10);
  if (!condition()) throw new Error('it did not come to that');
}
const childOf = (pid: number, name: string) =>
  Number(
    spawnSync('sh', [
      '-c',
      `cat /proc/[0-9]*/stat | awk '$4 == ${pid} && $2 ~ /^.${name}/ { print $1 }'`,
    ]).stdout.toString(),
  );
const stateOf = (pid: number) => {
  try {
    return /^\d+ \(.*\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1];
  } catch {
    return undefined;
  }
};

describe.skipIf(!canTrace)('a command that a tracer observes', () => {
  it.each(WAYS)('has no call interrupted that would not have been: %s', (_, options) => {
    expect(recordWith(options, observed, 'interrupted')).toMatchObject({
      status: 0,
      stdout: Buffer.from('0 calls failed\n'),
      stderr: '',
    });
    if (options === COUNTED) expect(countOf('close')).toBeGreaterThan(20_000);
  });

  it.each(WAYS)('has its pipelines whole: %s', (_, options) => {
    const script = file(
      'pipes.sh',
      'i=0; while [ $i -lt 60 ]; do x=$(echo a | cat | cat); [ "$x" = a ] || echo "BAD $i $x"; i=$((i+1)); done; echo done\n',
    );
    for (let round = 0; round < 2; round++) {
      expect(recordWith(options, 'sh', script)).toMatchObject({
        status: 0,
        stdout: Buffer.from('done\n'),
        stderr: '',
      });
    }
  });

  it.each(WAYS)('may fork, vfork, and execute in a thread: %s', (_, options) => {
    expect(recordWith(options, observed, 'vforks')).toMatchObject({ status: 0, stderr: '' });
    if (options === COUNTED) expect(countOf('execve')).toBe(51);
    for (let round = 0; round < 5; round++) {
      const { status, stdout } = recordWith(options, observed, 'thread executes');
      expect({ status, stdout: stdout.toString() }).toEqual({ status: 5, stdout: 'executed by a thread\n' });
    }
  });

  it.each(WAYS)('is seen in all its threads and processes, under signals: %s', (_, options) => {
    expect(recordWith(options, observed, 'workers')).toMatchObject({ status: 0, stdout: Buffer.of() });
    expect(namesOf()).toEqual(expect.arrayContaining(['clone3', 'close', 'dup', 'getppid', 'rt_sigreturn', ...RARE]));
  });

  it('has the same profile whether calls are counted or not', () => {
    const script = file(
      'build.sh',
      `cd ${folder}; for i in 1 2 3; do echo "#include <stdio.h>" >part$i.c; gcc -c part$i.c; done; ls -l | sort >sorted; mkfifo pipe$$; rm pipe$$ part*`,
    );
    for (const options of [[], ['--args']]) {
      const [counted, kinds] = WAYS.map(([, way]) => {
        expect(recordWith([...way, ...options], 'sh', script)).toMatchObject({ status: 0 });
        return readFileSync(file('profile.json'), 'utf8');
      });
      expect(kinds).toBe(counted);
    }
    expect(namesOf()).toEqual(expect.arrayContaining(['mknodat', 'vfork', 'pipe2']));
  });

  it.skipIf(process.arch !== 'x64')('finds its registers as a call leaves them', () => {
    for (const options of [[], COUNTED]) {
      expect(recordWith(options, observed, 'registers').stdout.toString()).toBe('0 calls changed registers\n');
    }
  });

  it.each(WAYS)('can have all its threads under a filter of its own: %s', (_, options) => {
    expect(recordWith(options, observed, 'filtered together')).toMatchObject({ status: 0, stdout: Buffer.of() });
    // Its own filter denied it, and did so first.
    expect(namesOf()).not.toContain('getppid');
  });

  it('may be a thousand processes', () => {
    for (const [, options] of WAYS) {
      const { status } = recordWith(options, 'sh', '-c', 'i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done');
      expect(status).toBe(0);
    }
    expect([countOf('execve'), countOf('exit_group')]).toEqual([1001, 1001]);
  });

  it('stops and continues as without', () => {
    const script = `
import os, signal, time
child = os.fork()
if child == 0: time.sleep(30); os._exit(3)
os.setpgid(child, child) # SIGTSTP stops nobody in an orphaned group, as that of a service is
def wait(options):
  _, status = os.waitpid(child, options)
  return os.WIFSTOPPED(status), os.WIFCONTINUED(status), os.WIFSIGNALED(status) and os.WTERMSIG(status)
for number in signal.SIGSTOP, signal.SIGTSTP:
  os.kill(child, number); print(wait(os.WUNTRACED))
  os.kill(child, signal.SIGCONT); print(wait(os.WCONTINUED))
os.kill(child, signal.SIGSTOP); print(wait(os.WUNTRACED))
os.kill(child, signal.SIGKILL); print(wait(0))`;
    const { stdout } = plain(PYTHON, '-c', script);
    expect(stdout.split('\n')).toHaveLength(7);
    expect(record(PYTHON, '-c', script).stdout.toString()).toBe(stdout);
  });

  it('is a job of the shell: it stops itself, and fg continues it', () => {
    const script = `
import os, pty, select, sys, time
child, terminal = pty.fork()
if child == 0: os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
seen = b""
def expect(text):
  global seen
  end = time.time() + 20
  while text not in seen and time.time() < end:
    if select.select([terminal], [], [], 0.1)[0]: seen += os.read(terminal, 4096)
  print(text.decode(), text in seen); seen = seen.split(text)[-1]
os.write(terminal, b"stty -echo; PS1=; cd ${ROOT}\\n")
os.write(terminal, b"${process.execPath} dist/scmp.cjs record -o ${file('job')} sh -c 'echo begun; kill -STOP $$; echo resumed; exit 3'\\n")
expect(b"begun"); expect(b"Stopped")
os.write(terminal, b"jobs; fg >/dev/null; echo code $?\\n"); expect(b"resumed"); expect(b"code 3")
os.write(terminal, b"${process.execPath} dist/scmp.cjs record -o ${file('job')} sh -c 'echo again; while :; do sleep 1; done'\\n")
expect(b"again"); os.write(terminal, b"\\x1a"); expect(b"Stopped")
os.write(terminal, b"fg >/dev/null\\n"); time.sleep(0.5); os.write(terminal, b"\\x03"); time.sleep(0.5)
os.write(terminal, b"echo code $?\\n"); expect(b"code 130")
os.close(terminal)`;
    expect(plain(PYTHON, '-c', script).stdout).toBe(
      ['begun', 'Stopped', 'resumed', 'code 3', 'again', 'Stopped', 'code 130']
        .map((each) => `${each} True\n`)
        .join(''),
    );
  });

  it.skipIf(process.getuid?.() !== 0)('gets the rights of a set-user-id program that its user may have', () => {
    copyFileSync('/usr/bin/id', file('id'));
    chmodSync(folder, 0o755);
    chownSync(file('id'), 65534, 65534);
    chmodSync(file('id'), 0o4755);
    expect(plain(file('id'), '-u').stdout).toBe('65534\n');
    for (const [, options] of WAYS) {
      expect(recordWith(options, file('id'), '-u').stdout.toString()).toBe('65534\n');
    }
  });

  it('is told why it cannot trace others, and may by notification', (context) => {
    if (!isOnPath('strace') || !isOnPath('gdb')) context.skip('no strace, or no gdb');
    const wanting = (request: string, name: string) =>
      `scmp: warning: ${name}[N] calls ptrace(${request}), which fails: a thread has one tracer, and that is scmp here; take --observe notify for programs that trace others`;
    const commands: [string, string, string[]][] = [
      ['strace', 'PTRACE_TRACEME', ['strace', '-f', '-o', file('log'), 'true']],
      ['gdb', 'PTRACE_TRACEME', ['gdb', '-nx', '-batch', '-ex', 'run', 'true']],
    ];
    for (const [name, request, command] of commands) {
      const lines = record(...command)
        .stderr.replace(/\[\d+\]/, '[N]')
        .split('\n')
        .filter((line) => line.startsWith('scmp:'));
      expect(lines.map((line) => line.replace('PTRACE_SEIZE', request))).toEqual([wanting(request, name)]);
    }
    const list = file('open.list', 'default allow\nmkdir -> errno EPERM\n');
    expect(scmp(['run', '--trace', '--profile', list, 'strace', '-o', file('log'), 'true']).stderr).toContain(
      'take --observe notify',
    );
    const { status, stderr } = scmp([
      'record',
      '--observe',
      'notify',
      '-o',
      file('profile.json'),
      'strace',
      '-o',
      file('log'),
      'true',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(file('log'), 'utf8')).toContain('+++ exited with 0 +++');
  });

  it('ends by SIGINT and SIGQUIT sent to scmp alone, as from a terminal', async () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGQUIT', 131],
    ] as const) {
      // A shell that waits for a command dies of a signal if the command did.
      const { child, stdout, closed } = start(
        'record',
        '-o',
        file('ended.json'),
        'bash',
        '-c',
        `ulimit -c 0; trap - INT QUIT; touch ${file(signal)}; perl -e 'sleep 30' || exit $?`,
      );
      await until(() => existsSync(file(signal)));
      await delay(300);
      child.kill(signal);
      const [ended] = await closed;
      expect({ ended, stdout: await stdout }).toEqual({ ended: code, stdout: '' });
      expect(namesOf(file('ended.json'))).toContain('execve');
    }
  });

  it('gets a signal once that its process group got', async () => {
    const script = `
import os, signal, time
count = {}
def handle(number, _): count[number] = count.get(number, 0) + 1
numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT
for number in numbers: signal.signal(number, handle)
open("${file('ready')}", "w").close()
end = time.time() + 20
while len(count) < 4 and time.time() < end: time.sleep(0.05)
time.sleep(0.5); print([count.get(number) for number in numbers])`;
    const child = spawn(process.execPath, ['dist/scmp.cjs', 'record', '-o', file('group.json'), PYTHON, '-c', script], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const stdout = text(child.stdout);
    await until(() => existsSync(file('ready')));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.kill(-child.pid!, signal);
    expect(await stdout).toBe('[1, 1, 1, 1]\n');
  });

  it('may leave processes behind, which go on when the profile is wanted now', async () => {
    const script = `(while [ ! -e ${file('go')} ]; do sleep 0.05; done; mkdir ${file('late')}) & exit 4`;
    const { child, stderr } = start('record', '-o', file('left.json'), 'sh', '-c', script);
    const exited = once(child, 'exit');
    await until(() => childOf(child.pid!, 'tracer') > 0 && existsSync(`/proc/${child.pid}`));
    await delay(1500);
    expect(existsSync(file('left.json'))).toBe(false);
    child.kill('SIGINT');
    expect((await exited)[0]).toBe(4);
    expect(namesOf(file('left.json'))).toContain('execve');
    writeFileSync(file('go'), '');
    await until(() => existsSync(file('late')));
    expect(await stderr).not.toMatch(/lacks|Error/);
  });

  it('is not left stopped when the tracer is killed, nor disturbed when scmp is', async () => {
    const script = (name: string) =>
      `echo $$ >${file(name)}.new; mv ${file(name)}.new ${file(name)}; i=0; while [ $i -lt 40 ]; do sleep 0.05; i=$((i+1)); done; echo >${file(`${name}-done`)}`;
    const one = start('record', '-o', file('cut.json'), 'sh', '-c', script('cut'));
    await until(() => existsSync(file('cut')));
    process.kill(childOf(one.child.pid!, 'tracer'), 'SIGKILL');
    expect((await one.closed)[0]).toBe(137);
    expect(await one.stderr).toContain('the tracer was killed, and the command with it');
    expect(namesOf(file('cut.json'))).toContain('execve');
    const pid = Number(readFileSync(file('cut'), 'utf8'));
    await until(() => [undefined, 'Z', 'X'].includes(stateOf(pid)));
    expect(existsSync(file('cut-done'))).toBe(false);

    const other = start('record', '-o', file('gone.json'), 'sh', '-c', script('gone'));
    await until(() => existsSync(file('gone')));
    other.child.kill('SIGKILL');
    await until(() => existsSync(file('gone-done')));
    expect(existsSync(file('gone.json'))).toBe(false);
  });

  it.each(WAYS)('has its own seccomp filters, and is said to have died by one: %s', (_, options) => {
    const record = (...command: string[]) => recordWith(options, ...command);
    for (const action of ['80000000', '0', '30000']) {
      const { status, stderr } = record('sh', '-c', `${observed} filtered ${action} 2>/dev/null; exit 7`);
      expect(status).toBe(7);
      expect(
        stderr
          .split('\n')
          .filter((line) => line.startsWith('scmp:'))
          .join('')
          .replace(/\[\d+\]/, '[N]'),
      ).toBe(
        'scmp: warning: a filter ended observed[N] by SIGSYS at getppid: its own, or one above scmp; the recording lacks the fatal call, and what would have followed',
      );
    }
    const twice = record('sh', '-c', `${observed} filtered 80000000; ${observed} filtered 80000000`);
    expect(twice.stderr).toContain('] (and 1 more) by SIGSYS at getppid');
    expect(record('sh', '-c', 'kill -SYS $$')).toMatchObject({ status: 159, stderr: '' });
    const list = file('open.list', 'default allow\nmkdir -> errno EPERM\n');
    const { status, stderr } = scmp(['run', '--trace', '--profile', list, observed, 'filtered', '80000000']);
    expect({ status, stderr: stderr.replace(/\[\d+\]/, '[N]') }).toEqual({
      status: 159,
      stderr: 'scmp: warning: a filter ended observed[N] by SIGSYS at getppid: its own, or one above scmp\n',
    });
  });

  it('sees the very SIGSYS of the filter', () => {
    const list = file('trap.list', 'default allow\ntrap sysinfo\n');
    const without = scmp(['run', '--profile', list, observed, 'trapped']).stdout.toString();
    expect(without.split('\n')).toHaveLength(4);
    expect(without).not.toContain('?');
    expect(scmp(['run', '--trace', '--profile', list, observed, 'trapped']).stdout.toString()).toBe(without);
  });

  it('has the descriptors that scmp has, none of its own, and LISTEN_PID', () => {
    const shown = file('shown', '');
    const script = 'ls /proc/self/fd | tr "\\n" " "; cat <&5; [ "$LISTEN_PID" = $$ ] && echo activated';
    const list = file('open.list', 'default allow\nmkdir -> errno EPERM\n');
    writeFileSync(shown, 'from 5\n');
    for (const args of [
      ['record', '-o', file('fds.json')],
      ['run', '--trace', '--profile', list],
    ]) {
      const run = (command: string) =>
        spawnSync('sh', ['-c', `LISTEN_FDS=3 LISTEN_PID=$$ exec ${command} sh -c '${script}'`], {
          cwd: ROOT,
          stdio: ['ignore', 'pipe', 'inherit', openSync(shown, 'r'), 'ignore', openSync(shown, 'r')],
          encoding: 'utf8',
        }).stdout;
      const stdout = run(`${process.execPath} dist/scmp.cjs ${args.join(' ')}`);
      expect(stdout).toContain('from 5\nactivated\n');
      expect(stdout).toBe(run('env'));
    }
  });
});

describe.skipIf(!linux)('where ptrace is not to be had', () => {
  it('passes on SIGINT and SIGQUIT, and says that a filter ended the command', async () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGQUIT', 131],
    ] as const) {
      const ready = file(`notified-${signal}`);
      const script = `import time; open("${ready}", "w").close(); time.sleep(30)`;
      const { child, closed } = start(
        'record',
        '--observe',
        'notify',
        '-o',
        file('notified'),
        PYTHON,
        '-c',
        `import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); ${script}`,
      );
      await until(() => existsSync(ready));
      child.kill(signal);
      expect((await closed)[0]).toBe(code);
    }
    const { stderr } = scmp([
      'record',
      '--observe',
      'notify',
      '-o',
      file('notified'),
      observed,
      'filtered',
      '80000000',
    ]);
    expect(stderr).toBe(
      `scmp: warning: a filter ended ${observed} by SIGSYS: its own, or one above scmp; the recording lacks the fatal call, and what would have followed\n`,
    );
  });

  it('notifies, and says what that means', (context) => {
    if (!canTrace || !isOnPath('strace')) context.skip('no tracer, or no strace');
    const words = (what: string) =>
      `scmp: warning: ptrace(2) cannot be had (EPERM: another tracer has scmp, or Yama (kernel.yama.ptrace_scope), a container or a filter forbids it): calls are observed by notification, so that a signal may make ${what} fail with EINTR that would not have failed\n`;
    const under = (...args: string[]) =>
      plain('strace', '-f', '-o', '/dev/null', process.execPath, join(ROOT, 'dist/scmp.cjs'), ...args);
    const { status, stderr } = under('record', '-o', file('profile.json'), 'sh', '-c', 'exit 3');
    expect({ status, stderr }).toEqual({ status: 3, stderr: words('a call') });
    expect(namesOf()).toContain('execve');
    const list = file('denying.list', 'default allow\nmkdir -> errno EACCES\n');
    const traced = under('run', '--trace', '--profile', list, 'mkdir', '/nowhere');
    expect(traced.stderr).toContain(words('a denied call'));
    expect(traced.stderr).toContain('scmp: denied: mkdir("/nowhere", 0o777)');
  });

  it('--observe is about a command that runs here', () => {
    expect(scmp(['record', '--observe', 'notify', '--from-strace', '-'], { input: '' }).status).toBe(2);
    expect(scmp(['run', '--observe', 'notify', '--profile', file('open.list', 'default allow\n'), 'true']).status).toBe(
      2,
    );
  });
});
