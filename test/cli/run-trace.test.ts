import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PYTHON } from '../python.js';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text?: string) => {
  if (text !== undefined) writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const trace = (profile: string, ...command: string[]) => {
  const { status, stdout, stderr } = scmp(['run', '--trace', '--profile', profile, '--', ...command]);
  // Numbers of processes and addresses differ.
  const reported = stderr
    .replace(/\[\d+\]/g, '[1]')
    .split('\n')
    .filter((line) => line.startsWith('scmp: '));
  return { status, stdout: stdout.toString(), reported };
};

describe.skipIf(process.platform !== 'linux')('scmp run --trace', () => {
  it('tells of a call that an entry denies, decoded, with the entry’s place', () => {
    const list = file('denying.list', 'default allow\nmkdir -> errno EACCES\n');
    expect(trace(list, 'mkdir', '-m', '700', file('made'))).toEqual({
      status: 1,
      stdout: '',
      reported: [`scmp: denied: mkdir("${file('made')}", 0o700), x86_64, by mkdir[1]: ERRNO(EACCES): ${list}:2:1`],
    });
    expect(existsSync(file('made'))).toBe(false);
  });

  it('tells of the default, and the line to add, which is enough', () => {
    const profile = file('learned.json');
    const script = (call: string) =>
      `import socket\ntry:\n  ${call}\nexcept OSError as e: print(e.errno)\nelse: print("fine")`;
    scmp(['record', '--args', '-o', profile, PYTHON, '-c', script('raise OSError(5, "")')]);
    const command = [PYTHON, '-c', script('socket.socket(socket.AF_UNIX)')];
    const { reported, stdout } = trace(profile, ...command);
    expect(stdout).toBe('1\n');
    const index = reported.findIndex((line) => line.includes('denied: socket('));
    expect(reported[index]).toMatch(
      /socket\(AF_UNIX, SOCK_STREAM\|SOCK_CLOEXEC, IPPROTO_IP\), .*: ERRNO\(EPERM\): the default, no entry names it$/,
    );
    const line = reported[index + 1]!.replace('scmp:   to allow it, add: ', '');
    const learned = JSON.parse(readFileSync(profile, 'utf8'));
    learned.syscalls.push(JSON.parse(line));
    file('learned.json', JSON.stringify(learned));
    expect(trace(profile, ...command).stdout).toBe('fine\n');
  });

  it('advises a capability first, where an entry is for containers that have it', () => {
    const profile = file('capability.json');
    scmp(['record', '-o', profile, 'sync']);
    const learned: { syscalls: { names: string[] }[] } = JSON.parse(readFileSync(profile, 'utf8'));
    for (const entry of learned.syscalls) entry.names = entry.names.filter((name) => name !== 'sync');
    const syscalls = [
      ...learned.syscalls.filter(({ names }) => names.length > 0),
      { names: ['sync'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN', 'CAP_SYS_BOOT'] } },
    ];
    file('capability.json', JSON.stringify({ ...learned, syscalls }));
    expect(trace(profile, 'sync').reported).toEqual([
      expect.stringMatching(
        /denied: sync\(\), .*: ERRNO\(EPERM\): the default, since .*\(syscalls\S+\) does not apply: the container lacks CAP_SYS_ADMIN, CAP_SYS_BOOT$/,
      ),
      'scmp:   to allow it, give the container CAP_SYS_ADMIN, CAP_SYS_BOOT: --cap-add SYS_ADMIN --cap-add SYS_BOOT of docker and podman (--cap SYS_ADMIN --cap SYS_BOOT here)',
      'scmp:   to allow it without, add: { "names": [ "sync" ], "action": "SCMP_ACT_ALLOW" }',
    ]);
    const followed = scmp(['run', '--trace', '--profile', profile, '--cap', 'SYS_ADMIN', '--cap', 'SYS_BOOT', 'sync']);
    expect(followed).toMatchObject({ status: 0, stderr: '' });
  });

  it('says in the same line what depends on capabilities that nobody named, and run warns of it', () => {
    const list = file(
      'usual.json',
      JSON.stringify({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['sync'], action: 'SCMP_ACT_ERRNO', excludes: { caps: ['CAP_SYS_CHROOT'] } }],
      }),
    );
    expect(trace(list, 'sync').reported).toEqual([
      expect.stringMatching(
        /denied: sync\(\), .*: ERRNO\(EPERM\) without capabilities; ALLOW with Docker's default set: --cap docker; .*usual\.json:1:\d+ \(syscalls/,
      ),
    ]);
    expect(scmp(['run', '--profile', list, '--cap', 'none', 'true']).stderr).toBe('');
    expect(scmp(['run', '--profile', list, 'true']).stderr).toMatch(
      /warning: syscalls\[0\]: sync: the entry applies without capabilities; is dropped with Docker's default set: --cap docker\n$/,
    );
  });

  it('finds the entry among several about a call', () => {
    const list = file(
      'partial.list',
      'default allow\nsocket(domain != AF_UNIX) -> errno EPERM\nallow socket(domain == AF_UNIX)\n',
    );
    const denied = file('open.list', 'default log\nsocket -> errno EPERM\n');
    const script = 'import socket\ntry: socket.socket()\nexcept OSError: pass';
    expect(trace(list, PYTHON, '-c', script).reported[0]).toContain(`ERRNO(EPERM): ${list}:2:1`);
    expect(trace(denied, PYTHON, '-c', script).reported).toHaveLength(1);
  });

  it('tells of a kind once, and in the end how often it came', () => {
    const list = file('denying.list', 'default allow\nmkdir -> errno EACCES\n');
    const { reported } = trace(list, 'sh', '-c', 'for i in 1 2 3; do mkdir /nowhere$i; done; exit 0');
    expect(reported).toHaveLength(2);
    expect(reported[1]).toBe('scmp: denied 2 times more: mkdir (x86_64)');
  });

  it('kills where the filter would', () => {
    const list = file('killing.list', 'default allow\nkill sync\n');
    const { status, reported } = trace(list, 'sync');
    expect(status).toBe(128 + 31);
    expect(reported[0]).toMatch(/denied: sync\(\), .*: KILL_PROCESS: /);
  });

  it('gives the very errno, also one that is no error, and passes the exit code on', () => {
    const list = file('errno.list', 'default allow\nmkdir -> errno 77\nrmdir -> errno 0\n');
    const script =
      'import os\ntry: os.mkdir("/x")\nexcept OSError as e: print(e.errno)\nos.rmdir("/nowhere"); os._exit(9)';
    expect(trace(list, PYTHON, '-c', script)).toMatchObject({ status: 9, stdout: '77\n' });
  });

  it('takes a compiled program, of which no entries are known', () => {
    const list = file('denying.list', 'default allow\nmkdir -> errno EACCES\n');
    scmp(['compile', list, '-o', file('denying.bpf')]);
    const { reported } = trace(file('denying.bpf'), 'mkdir', '/nowhere');
    expect(reported[0]).toMatch(/^scmp: denied: mkdir\("\/nowhere", 0o777\), x86_64, by mkdir\[1\]: ERRNO\(EACCES\)$/);
  });

  it('tells when execve itself is denied', () => {
    const list = file('noexec.list', 'default allow\nexecve -> errno EPERM\n');
    const { status, reported } = trace(list, 'true');
    expect(status).toBe(126);
    expect(reported[0]).toContain('denied: execve("');
  });

  it('leaves SIGSYS to the kernel, and reports the call', () => {
    const list = file('trap.list', 'default allow\ntrap sync\n');
    const { status, reported } = trace(list, 'sync');
    expect(status).toBe(128 + 31);
    expect(reported).toEqual([`scmp: denied: sync(), x86_64, by sync[1]: TRAP: ${list}:2:1`]);
  });

  it('says by notification which denials it cannot report', () => {
    const list = file('trap.list', 'default allow\ntrap sync\n');
    const { status, stderr } = scmp(['run', '--trace', '--observe', 'notify', '--profile', list, 'sync']);
    expect(status).toBe(128 + 31);
    expect(stderr).toContain('SCMP_ACT_TRAP are not reported');
  });

  // The command's parent is the tracer, and the tracer's is scmp.
  it.each([
    ['run --trace', ['run', '--trace', '--profile', file('all.list', 'default allow\n'), '--']],
    ['record', ['record', '-o', file('signalled.json'), '--']],
  ])('%s opens no inspector when the command sends SIGUSR1', (_, args) => {
    const script = `up=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$PPID/status)
      for id in $PPID $up; do if grep -q scmp.cjs /proc/$id/cmdline; then kill -USR1 $id && echo sent; fi; done
      sleep 0.3`;
    const { status, stdout, stderr } = scmp([...args, 'sh', '-c', script]);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: 'sent\n' });
    expect(stderr).not.toMatch(/debugger|inspector/i);
  });

  it('says nothing where nothing is denied', () => {
    const list = file('open.list', 'default log\n');
    expect(trace(list, 'echo', 'hello')).toEqual({ status: 0, stdout: 'hello\n', reported: [] });
  });

  it('shows no control characters of what a program passes', () => {
    const list = file('denying.list', 'default allow\nmkdir -> errno EACCES\n');
    const { stderr } = scmp([
      'run',
      '--trace',
      '--profile',
      list,
      '--',
      PYTHON,
      '-c',
      'import os\ntry: os.mkdir("/\\x1b[2J\\u202e")\nexcept OSError: pass',
    ]);
    expect(stderr).toContain('\\u001b[2J\\u202e');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not come through
    expect(stderr).not.toMatch(/[\x1b\u202e]/);
  });

  it('refuses a profile whose calls have a supervisor already', () => {
    const list = file('notify.list', 'default allow\nnotify mkdir\nlistener /tmp/no-such-socket\n');
    expect(scmp(['run', '--trace', '--profile', list, 'true']).status).not.toBe(0);
  });
});
