import { describe, expect, it } from 'vitest';
import { DenialTable, explains } from '../../src/learn/denial-table.js';
import { syscallLookup } from '../../src/learn/index.js';
import { detectLogKind, logReader } from '../../src/learn/log-kind.js';
import type { LogKind } from '../../src/learn/read-log.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import type { Action } from '../../src/policy.js';

const lookup = syscallLookup(loadLibseccompSync());

function table(log: string, kind: LogKind = detectLogKind(new TextEncoder().encode(log))) {
  const denials = new DenialTable([]);
  const reader = logReader(kind, lookup, {
    architecture: 'x86_64',
    onCall: (call, place) => denials.add(call, place, 'log'),
    onCalls: (call, tally) => denials.addAll(call, tally, 'log'),
    onSignal: (call, place) => denials.addSignal(call, place, 'log'),
  });
  const summary = reader.read(log);
  denials.settle();
  return { ...summary, calls: denials.calls, left: denials.left, rows: denials.rows() };
}

const short = (log: string) =>
  table(log).rows.map(({ program, name, outcome, count, pids }) => ({ program, name, outcome, count, pids }));

const record = (
  call: number,
  { pid = 1, code = '0x50000', comm = '"node"', exe = '"/usr/bin/node"', time = '1700000000.123' } = {},
) =>
  `type=SECCOMP msg=audit(${time}:1): auid=0 uid=0 gid=0 ses=1 subj=? pid=${pid} comm=${comm} exe=${exe} sig=0 arch=c000003e syscall=${call} compat=0 ip=0x7f${pid} code=${code}\n`;

describe('rows of audit records', () => {
  it('are one for each program, call and answer, with how often, in how many processes and when', () => {
    const log = record(101, { pid: 7 }) + record(101, { pid: 8, time: '1700000009.000' }) + record(165);
    const { rows, calls } = table(log);
    expect(calls).toBe(3);
    expect(rows).toMatchObject([
      {
        name: 'ptrace',
        number: 101,
        count: 2,
        pids: 2,
        program: '/usr/bin/node',
        outcome: { kind: 'filter', action: 'ERRNO' },
      },
      { name: 'mount', count: 1 },
    ]);
    expect([rows[0]!.first.time, rows[0]!.last.time, rows[0]!.last.line]).toEqual([
      '1700000000.123',
      '1700000009.000',
      2,
    ]);
  });

  it('have the last place of all the records that come to them', () => {
    const plain = record(101);
    const other = record(101, { code: 'errno' });
    const { rows } = table(plain + other + plain);
    expect(rows).toMatchObject([{ count: 3, last: { line: 3 } }]);
  });

  it.each([
    ['quoted', '"a b"'.replace(' ', '_'), '/x'],
    ['in hexadecimal', '612062', '/x'],
  ])('name a program %s', (_, comm, exe) => {
    expect(short(record(101, { comm, exe: `"${exe}"` }))).toMatchObject([{ program: exe }]);
  });

  it('take the file in hexadecimal, and the name where there is no file', () => {
    expect(short(record(101, { exe: '2F746D702F6120622F78' }))).toMatchObject([{ program: '/tmp/a b/x' }]);
    expect(short(record(101, { exe: '(null)', comm: '612062' }))).toMatchObject([{ program: 'a b' }]);
  });

  it.each([
    ['0x80000000', 'KILL_PROCESS'],
    ['0x0', 'KILL_THREAD'],
    ['0x30000', 'TRAP'],
    ['0x7ff00000', 'TRACE'],
    ['0x7fc00000', 'NOTIFY'],
    ['0x7ffc0000', 'LOG'],
    ['kill-process', 'KILL_PROCESS'],
    ['errno', 'ERRNO'],
  ])('code=%s is %s', (code, action) => {
    expect(short(record(101, { code }))).toMatchObject([{ outcome: { kind: 'filter', action } }]);
  });

  it('are read from the journal as JSON, and what a program wrote there is not', () => {
    const entry = (transport: string, message: unknown) =>
      `${JSON.stringify({ MESSAGE: message, _TRANSPORT: transport, __REALTIME_TIMESTAMP: '1700000000123456' })}\n`;
    const text = record(101)
      .replace(/^type=SECCOMP msg=audit\(.*?\):/, 'SECCOMP')
      .trimEnd();
    const { rows } = table(entry('audit', text) + entry('syslog', text) + entry('stdout', record(165)));
    expect(rows).toMatchObject([{ name: 'ptrace', count: 1, first: { time: '1700000000.123' } }]);
    expect(short(entry('audit', [...new TextEncoder().encode(text)]))).toMatchObject([{ name: 'ptrace' }]);
  });

  it('stay few for a log of made-up names', () => {
    const log = Array.from({ length: 6000 }, (_, at) => record(101, { exe: `"/x/${at}"` })).join('');
    const { rows, calls } = table(log);
    expect(calls).toBe(6000);
    expect(rows).toHaveLength(5000);
  });

  it('say how many calls are in no row, each time that one comes', () => {
    const log = Array.from({ length: 5001 }, (_, at) => record(101, { exe: `"/x/${at}"` })).join('');
    const { left } = table(log + record(101, { exe: '"/x/5000"' }).repeat(3));
    expect(left).toBe(4);
  });

  it('take any number for a process id, and do not keep what is none', () => {
    const log = [7, 99_999_999_999].map((pid) => record(101, { pid })).join('');
    expect(short(log)).toMatchObject([{ count: 2, pids: 1 }]);
  });
});

describe('rows of strace', () => {
  it('are for a filter’s signal and kill, which the call itself does not show', () => {
    const log = [
      '7 execve("/usr/bin/rmdir", ["rmdir", "/x"], 0x7ffd /* 3 vars */) = 0',
      '7 mkdir("/y", 0777)                       = 0',
      '7 rmdir("/x")                             = 84',
      '7 --- SIGSYS {si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=0x7f, si_syscall=__NR_rmdir, si_arch=AUDIT_ARCH_X86_64} ---',
      '8 mkdir("/x", 0777)                       = 83',
      '8 +++ killed by SIGSYS +++',
      // Another thread of a process that is killed: its last call was executed.
      '9 mkdir("/x", 0777)                       = 0',
      '9 +++ killed by SIGSYS +++',
      '',
    ].join('\n');
    expect(short(log)).toEqual([
      { program: '/usr/bin/rmdir', name: 'rmdir', outcome: { kind: 'signal' }, count: 1, pids: 1 },
      { program: undefined, name: 'mkdir', outcome: { kind: 'signal' }, count: 1, pids: 1 },
    ]);
  });

  it('are without a profile for errnos that filters answer with', () => {
    const log =
      'open("/x", O_RDONLY) = -1 ENOENT (No such file or directory)\nmount("a", "b") = -1 EPERM (Operation not permitted)\nread(3, "= -1 EPERM (x)", 9) = 9\n';
    expect(short(log)).toMatchObject([{ name: 'mount', outcome: { kind: 'errno', errno: 'EPERM' } }]);
  });

  it('know the program of a child, and of one whose execve(2) ends on another line', () => {
    const log = [
      '1 execve("/bin/sh", ["sh"], 0x7ff /* 2 vars */) = 0',
      '1 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = 2',
      '2 chroot("/")                             = -1 EPERM (Operation not permitted)',
      '2 execve("/bin/ls", ["ls"], 0x7ff /* 2 vars */ <unfinished ...>',
      '1 chroot("/")                             = -1 EPERM (Operation not permitted)',
      '2 <... execve resumed>)                   = 0',
      '2 chroot("/")                             = -1 EPERM (Operation not permitted)',
      '2 +++ exited with 0 +++',
      '',
    ].join('\n');
    expect(short(log)).toMatchObject([
      { program: '/bin/sh', count: 2, pids: 2 },
      { program: '/bin/ls', count: 1 },
    ]);
  });
});

it('what scmp run --trace reported is read, with repetitions', () => {
  const log =
    'hello\nscmp: denied: mkdir("/srv, x", 0o755), x86_64, by app[42]: ERRNO(EPERM): the default\nscmp:   to allow it, add: x\nscmp: denied 3 times more: mkdir (x86_64)\n';
  expect(table(log).rows).toMatchObject([
    {
      name: 'mkdir',
      text: 'mkdir("/srv, x", 0o755)',
      program: 'app',
      count: 4,
      outcome: { kind: 'filter', action: 'ERRNO' },
    },
  ]);
});

it.each<[LogKind, string]>([
  ['audit', record(101)],
  ['audit', '[   12.3] audit: type=1326 audit(1.2:3): auid=0\n'],
  ['audit', 'Nov 24 15:00:00 host audit[4242]: SECCOMP auid=0\n'],
  ['audit', '{"MESSAGE":"SECCOMP auid=0","_TRANSPORT":"audit"}\n'],
  ['strace', '12 openat(AT_FDCWD, "/type=1326 ", O_RDONLY) = 3\n12 read(3, "", 9) = 0\n'],
  ['strace', '[pid  12] 17:00:00.123456 futex(0x7f, FUTEX_WAIT <unfinished ...>\n'],
  ['strace', '% time     seconds  usecs/call     calls    errors syscall\n'],
  ['trace', 'noise\nscmp: denied: a(), x86_64, by x[1]: ERRNO(EPERM)\n'],
  ['audit', ''],
])('a log of %s is known: %j', (kind, log) => {
  expect(detectLogKind(new TextEncoder().encode(log))).toBe(kind);
});

it('an answer explains what the log saw, or does not', () => {
  const errnoOf = (errno: number) => (errno === 1 ? 'EPERM' : undefined);
  const errno: Action = { kind: 'ERRNO', data: 1 };
  expect(explains(errno, { kind: 'errno', errno: 'EPERM' }, errnoOf)).toBe(true);
  expect(explains(errno, { kind: 'errno', errno: 'ENOSYS' }, errnoOf)).toBe(false);
  expect(explains(errno, { kind: 'filter', action: 'ERRNO' }, errnoOf)).toBe(true);
  expect(explains({ kind: 'KILL_PROCESS' }, { kind: 'signal' }, errnoOf)).toBe(true);
  expect(explains({ kind: 'ALLOW' }, { kind: 'signal' }, errnoOf)).toBe(false);
});
