import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ArchitectureName } from '../../src/architecture.js';
import { type LoggedCall, readStrace, syscallLookup } from '../../src/learn/index.js';
import { splitArguments } from '../../src/learn/strace-arguments.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import fc from '../fast-check.js';
import { PYTHON } from '../python.js';

const table = syscallLookup(loadLibseccompSync());
const folder = mkdtempSync(join(tmpdir(), 'scmp-strace-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string, architecture: ArchitectureName = 'x86_64') {
  const calls: LoggedCall[] = [];
  const { used, problems } = readStrace(text, table, { architecture }, (call) => calls.push(call));
  return { used, problems, calls, names: calls.map(({ name }) => name) };
}
const argsOf = (line: string, architecture?: ArchitectureName) => read(line, architecture).calls[0]?.args;

describe('readStrace', () => {
  it.each([
    ['plain', 'close(3) = 0'],
    ['-f -o', '1234  close(3)                          = 0'],
    ['-f', '[pid  1234] close(3) = 0'],
    ['-f -t -o', '1234  15:00:00 close(3) = 0'],
    ['-f -tt', '[pid 1234] 15:00:00.123456 close(3) = 0'],
    ['-ttt', '1700000000.123456 close(3) = 0'],
    ['-r', '     0.000023 close(3) = 0'],
    ['-f -r -o', '1234       0.000023 close(3) = 0'],
    ['-f -Y -o', '1234<a b> close(3) = 0'],
    ['-f -Y', '[pid  1234<a, (b]>] close(3) = 0'],
    ['-f -Y -tt', '[pid 1234<x>] 15:00:00.123456 close(3) = 0'],
    ['-i', '[00007f1c2a6fe4f9] close(3) = 0'],
    ['-n', '[   3] close(3) = 0'],
    ['-y', 'close(3</tmp/a, (b>) = 0'],
    ['-T', 'close(3) = 0 <0.000012>'],
    ['failing', 'close(-1) = -1 EBADF (Bad file descriptor)'],
    ['unfinished', '1234  close(3 <unfinished ...>'],
    ['detached', 'close(3 <detached ...>'],
    ['a number', 'syscall_0x3(0x3, 0, 0, 0, 0, 0) = 0'],
    ['attached in the middle', 'close(3strace: Process 99 attached'],
  ])('reads a call of strace %s', (_, line) => {
    expect(read(`${line}\n`)).toMatchObject({
      used: 1,
      problems: [],
      calls: [{ name: 'close', architecture: 'x86_64' }],
    });
  });

  it('passes over signals, ends and what is resumed', () => {
    const text = `1234  <... read resumed>"x", 1) = 1
1234  --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---
 > /usr/lib/x86_64-linux-gnu/libc.so.6(__libc_start_main+0x85) [0x27305]
 > unexpected_backtracing_error [0x7f2b]
1234  +++ exited with 0 +++
[pid 1] +++ killed by SIGKILL (core dumped) +++
strace: Process 1235 attached
 <unfinished ...>
[ Process PID=77 runs in 64 bit mode. ]
`;
    expect(read(text)).toEqual({ used: 0, problems: [], calls: [], names: [] });
  });

  it('counts what is no such line, and calls nobody knows', () => {
    const { used, problems } = read('close(3) = 0\nhello there\nnot_a_call(1) = 0\n% of time     seconds\n');
    expect(used).toBe(1);
    expect(problems).toEqual([
      { line: 2, text: 'hello there', reason: 'no line of strace', count: 2 },
      { line: 3, text: 'not_a_call(1) = 0', reason: 'unknown system call not_a_call', count: 1 },
    ]);
  });

  it('reads the tables of -c, one for each kind of process', () => {
    const text = `System call usage summary for 64 bit mode:
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000125           5        22           openat
 40.00    0.000020          10         2         1 not_a_call
------ ----------- ----------- --------- --------- ----------------
100.00    0.000402           7        57         1 total
System call usage summary for 32 bit mode:
% time     calls syscall
------ --------- ----------------
100.00        22 waitpid
------ --------- ----------------
100.00        22 total
`;
    const { used, problems, calls } = read(text);
    expect(calls.map(({ name, architecture }) => `${architecture} ${name}`)).toEqual(['x86_64 openat', 'x86 waitpid']);
    expect({ used, problems }).toMatchObject({
      used: 2,
      problems: [{ line: 5, reason: 'unknown system call not_a_call' }],
    });
    // Of a row elsewhere nothing is learned.
    expect(read(' 60.00    0.000125           5        22           openat\n')).toMatchObject({ used: 0 });
  });

  it('has libseccomp’s names of arm’s calls', () => {
    const text = 'fadvise64_64(3, 0, 0, POSIX_FADV_RANDOM) = 0\nsync_file_range2(3, 0, 0, 0) = 0\n';
    expect(read(text, 'arm').names).toEqual(['arm_fadvise64_64', 'arm_sync_file_range']);
    expect(read(text, 'ppc').names).toEqual(['fadvise64_64', 'sync_file_range2']);
    // A 32-bit program on a 64-bit machine.
    expect(read('fadvise64_64(3, 0, 0, 0) = 0\n', 'aarch64').calls).toMatchObject([
      { architecture: 'arm', name: 'arm_fadvise64_64' },
    ]);
  });

  it('knows processes of the other architecture by strace’s word or by their calls', () => {
    const text = `strace: [ Process PID=7 runs in 32 bit mode. ]
[pid     7] open("x", O_RDONLY) = 3
[pid     8] open("x", O_RDONLY) = 3
9  stat64("x", {}) = 0
`;
    expect(read(text).calls.map(({ architecture }) => architecture)).toEqual(['x86', 'x86_64', 'x86']);
    expect(read(text).problems).toEqual([]);
  });

  it.each<[string, (bigint | undefined)[]]>([
    ['socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0) = 3', [1n, 0x80801n, 0n]],
    ['socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3', [16n, 0x80003n, 0n]],
    ['ioctl(1, TCGETS, {c_iflag=ICRNL, c_oflag=NL0|CR0}) = 0', [1n, 0x5401n]],
    ['ioctl(1, _IOC(_IOC_READ|_IOC_WRITE, 0x54, 0x2a, 0x2c), 0x7ffc) = 0', [1n, 0xc02c542an, 0x7ffcn]],
    ['ioctl(3</dev/tty, (x>, 0x1234 /* X, Y */, 0) = 0', [3n, 0x1234n, 0n]],
    ['prctl(PR_SET_NAME, "a, b)\\"c") = 0', [15n]],
    ['fcntl(-1, F_DUPFD_CLOEXEC, 010) = 3', [0xffffffffffffffffn, 1030n, 8n]],
    // In the order of the names that strace prints, not of the registers.
    ['clone(child_stack=NULL, flags=CLONE_VM|SIGCHLD, child_tidptr=0x7f) = 9', [0x111n]],
    [
      'mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f',
      [undefined, 8192n, 3n, 0x22n, 0xffffffffffffffffn, 0n],
    ],
    ['setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0', [3n, 1n, 2n, undefined, 4n]],
    ['personality(0xffffffff /* PER_??? */) = 0', [0xffffffffn]],
    ['socket(AF_SOMETHING_NEW, SOCK_STREAM, 0) = 3', [undefined, 1n, 0n]],
  ])('reads the arguments of %s', (line, args) => {
    expect(argsOf(line)).toEqual(args);
  });

  it('puts clone’s flags where the architecture has them', () => {
    expect(argsOf('clone(child_stack=NULL, flags=CLONE_VM|SIGCHLD) = 9', 's390x')).toEqual([undefined, 0x111n]);
  });

  it('takes any text (property)', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'socket(',
        'AF_UNIX',
        ', ',
        '"',
        '\\',
        '<',
        '>',
        '[pid 3] ',
        '\n',
        '{',
        '}',
        ')',
        ' = 0',
        '/*',
        '1<<2',
        'flags=',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const { used, calls, problems } = read(text);
        expect(used).toBe(calls.length);
        expect(problems.reduce((sum, { count }) => sum + count, used)).toBeLessThanOrEqual(text.split('\n').length);
        expect(calls.every(({ args }) => args.length <= 6 && args.every((arg) => arg === undefined || arg >= 0n))).toBe(
          true,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('takes hostile lines in reasonable time', () => {
    const begin = performance.now();
    for (const part of [
      '[ 1] ',
      '(',
      '"',
      '3<',
      '/*',
      ',',
      '1|',
      '[pid 1',
      'a ',
      '[ Process PID=1 runs in ',
      '1:11:11 ',
      ' or ',
      'calls ',
      'calls syscall ',
      '1.1 ',
      '1<',
    ]) {
      read(`ioctl(${part.repeat(50_000)}`);
      read(part.repeat(50_000));
      read(`% time calls syscall\n${part.repeat(50_000)}!\n`);
    }
    expect(performance.now() - begin).toBeLessThan(30_000);
  });

  it('splits arguments at their own commas only', () => {
    expect(splitArguments('3</a,b>, {x=[1, 2], y="),("}, f(1, 2), A|B /* , */) = 0, 1')).toEqual([
      '3</a,b>',
      '{x=[1, 2], y="),("}',
      'f(1, 2)',
      'A|B /* , */',
    ]);
    expect(splitArguments(') = 0')).toEqual([]);
  });
});

const hasStrace = spawnSync('strace', ['-V']).status === 0;
if (!hasStrace && process.env.CI) throw new Error('the tests of --from-strace need strace');

describe.skipIf(!hasStrace)('readStrace on what strace writes', () => {
  const SCRIPT = `import os, socket, subprocess
socket.socket(socket.AF_INET, socket.SOCK_DGRAM); socket.socketpair()
subprocess.run(["sh", "-c", "kill -USR1 $$"]); subprocess.run(["ls", "/"], stdout=subprocess.DEVNULL)
`;
  const trace = (options: string[]) => {
    const output = join(folder, 'trace');
    const script = join(folder, 'script.py');
    writeFileSync(script, SCRIPT);
    const { status, stderr } = spawnSync('strace', [...options, '-o', output, PYTHON, script]);
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
    return readFileSync(output, 'utf8');
  };

  it.each([
    [['-f']],
    [['-f', '-tt', '-T', '-y']],
    [['-f', '-r', '-n', '-v']],
    [['-f', '-i', '-X', 'verbose', '-s', '0']],
    [['-f', '-Y']],
  ])('understands every line of strace %j', (options) => {
    const { used, problems, names, calls } = read(trace(options));
    expect(problems).toEqual([]);
    expect(used).toBeGreaterThan(300);
    expect(names).toEqual(expect.arrayContaining(['execve', 'openat', 'socket', 'socketpair', 'exit_group', 'wait4']));
    expect(calls.find(({ name }) => name === 'socket')!.args.slice(0, 3)).toEqual([2n, 0x80002n, 0n]);
  });

  it('tells which processes a filter ended, and not those that got a SIGSYS', () => {
    const log = [
      '7  getppid() = 110',
      '7  +++ killed by SIGSYS +++',
      '8  kill(8, SIGSYS) = 0',
      '8  --- SIGSYS {si_signo=SIGSYS, si_code=SI_USER, si_pid=8, si_uid=0} ---',
      '8  +++ killed by SIGSYS (core dumped) +++',
      '9  sync() = 162',
      '9  --- SIGSYS {si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=0x7f, si_syscall=__NR_sync, si_arch=AUDIT_ARCH_X86_64} ---',
      '9  +++ killed by SIGSYS +++',
      '10 +++ killed by SIGSYS +++',
      '11 +++ killed by SIGTERM +++',
    ].join('\n');
    const { filterKills, problems } = readStrace(log, table, { architecture: 'x86_64' }, () => {});
    expect(problems).toEqual([]);
    expect(filterKills).toEqual([
      { line: 2, process: '7', lastCall: 'getppid' },
      { line: 8, process: '9', lastCall: 'sync' },
      { line: 9, process: '10', lastCall: undefined },
    ]);
  });
});

it('gives one argument as it gives all of them, whatever is around it', () => {
  const lines = [
    'socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3',
    'clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f0) = 9',
    'openat(AT_FDCWD</a,b>, "x\\", (", O_RDONLY /* 1, 2 */) = -1 ENOENT (No such file or directory)',
    'ioctl(1<<2, _IOC(_IOC_READ, 0x54, 0x1, 4), [{a=1, b={2, 3}}, 4]) = 0',
    'prctl(0x7 /* PR_??? */, 18446744073709551615, -1, 017, 18446744073709551616) = 0',
    'mmap(NULL, 99999999999999999999, TIOCGPTN or X, MAP_WHAT|1, 3</p>, 0',
    'getpid() = 7',
  ];
  const seen: string[] = [];
  readStrace(`${lines.join('\n')}\n`, table, { architecture: 'x86_64' }, (call) => {
    const { name, args } = call;
    seen.push(name);
    // In any order: what was read before does not matter.
    for (const index of [5, 0, 3, 1, 2, 4]) {
      expect([name, index, call.argument?.(index)]).toEqual([name, index, args[index]]);
    }
  });
  expect(seen).toHaveLength(lines.length);
});
