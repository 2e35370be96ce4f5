import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-explain-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROFILE = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["clone"], "action": "SCMP_ACT_ALLOW",
      "args": [{ "index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 268435456, "valueTwo": 0 }] },
    { "names": ["socket"], "action": "SCMP_ACT_ALLOW",
      "args": [{ "index": 0, "op": "SCMP_CMP_EQ", "value": 1 }] },
    { "names": ["socket"], "action": "SCMP_ACT_KILL_PROCESS",
      "args": [{ "index": 0, "op": "SCMP_CMP_GE", "value": 44 }, { "index": 2, "op": "SCMP_CMP_LT", "value": 4096 }] }
  ]
}
`;
const profile = join(folder, 'profile.json');
writeFileSync(profile, PROFILE);

const explain = (...args: string[]) => {
  const { status, stdout, stderr } = scmp(['explain', '--arch', 'x86_64', ...args]);
  return { status, text: stdout.toString(), stderr };
};

describe('scmp explain', () => {
  it('says the whole policy in words', () => {
    const { status, text } = explain(profile);
    expect(status).toBe(0);
    const [summary, x86_64] = text.split('\n\n');
    expect(summary).toMatch(
      /^x86_64: 2 calls allowed, \d+ denied, 2 depending on arguments; any other number: ERRNO\(ENOSYS\), any\s+other architecture: KILL_THREAD$/,
    );
    expect(x86_64?.split('\n').slice(0, 7)).toEqual([
      'x86_64',
      '  ALLOW always (2):',
      '    read write',
      '  depending on arguments (2):',
      '    socket: ALLOW when domain == AF_UNIX, KILL_PROCESS when domain >= AF_XDP and protocol <= 4095,',
      '        else ERRNO(ENOSYS)',
      '    clone: ALLOW when (flags & CLONE_NEWUSER) == 0, else ERRNO(ENOSYS)',
    ]);
    // What is denied is listed by name.
    expect(x86_64).toMatch(/\n {2}every other call \(\d+ with a name\): ERRNO\(ENOSYS\)\n {4}_sysctl accept /);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(text).toContain('any other architecture\n  every call: KILL_THREAD\n');
  });

  it('says the same of the program alone, whoever made it', () => {
    const program = join(folder, 'profile.bpf');
    expect(scmp(['compile', profile, '--arch', 'x86_64', '-o', program]).status).toBe(0);
    expect(scmp(['explain', program]).stdout.toString()).toBe(explain(profile).text);
  });

  it('begins with the machine, and tells the other ABIs by it where that is shorter', () => {
    const sections = explain(profile).text.trimEnd().split('\n\n');
    const titles = sections.map((section) => section.split('\n', 1)[0]);
    expect(titles.slice(1)).toEqual([
      'x86_64',
      'x32',
      'x86: as x86_64, but for',
      'any other architecture',
      expect.any(String),
    ]);
    expect(sections[2]).toMatch(
      /\n {2}every other call \(\d+ with a name\): KILL_THREAD\n|\n {2}every call \(\d+ with a name\): KILL_THREAD$/,
    );
    expect(sections[3]).toMatch(/\nx86: calls that x86_64 lacks\n {2}ERRNO\(ENOSYS\) always \(\d+\):\n/);
    const x86 = scmp(['explain', '--arch', 'x86', profile]).stdout.toString();
    expect(x86.split('\n\n')[1]).toMatch(/^x86\n/);
  });

  it('says what an ABI does otherwise, where it compares the low 32 bits alone too', () => {
    const path = written('x32.json', {
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X32'],
      syscalls: [{ names: ['socket'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, op: 'SCMP_CMP_EQ', value: 40 }] }],
    });
    expect(explain(path).text).toContain(
      'x32: as x86_64, but for\n  by the low 32 bits of the arguments alone (1):\n    socket\n\n',
    );
    // systemd's filters, which leave x86_64 to a filter of its own, are such: all differs, and little is said.
    const asm = written(
      'x32.asm',
      '.arch x86_64\nA = arch\nif (A != x86_64) goto yes\nA = nr\nif (A == 0x40000209) goto no\nyes: return ALLOW\nno: return ERRNO(EPERM)\n',
    );
    const program = join(folder, 'x32.bpf');
    expect(scmp(['asm', asm, '-o', program]).status).toBe(0);
    expect(explain(program).text).toContain('\nx32: as x86_64, but for\n  ERRNO(EPERM) always (1):\n    ptrace\n');
  });

  it('lists what is asked for, and exits 1 where that is nothing', () => {
    const names = (...args: string[]) =>
      [...explain(profile, ...args).text.matchAll(/^ {4}(\w+)[ :\n]/gm)].map(([, name]) => name);
    expect(names('--call', 'clone,read', '--abi', 'amd64')).toEqual(['read', 'clone']);
    expect(names('--call', '41', '--abi', 'x86_64')).toEqual(['socket']);
    expect(names('--action', 'KILL_PROCESS', '--abi', 'x86_64')).toEqual(['socket']);
    expect(names('--action', 'allowed', '--abi', 'x86_64')).toEqual(['read', 'socket', 'clone']);
    expect(explain(profile, '--action', 'ENOSYS', '--call', 'ptrace,read').text).toBe(
      ['x86_64: 1 call denied\n', 'x86_64\n  ERRNO(ENOSYS) always (1):\n    ptrace\n', 'x86: as x86_64\n'].join('\n'),
    );
    expect(explain(profile, '--action', 'SCMP_ACT_LOG')).toMatchObject({
      status: 1,
      text: 'nothing that was asked for\n',
    });
    expect(explain(profile, '--abi', 'arm64').text).toBe('any other architecture\n  every call: KILL_THREAD\n');
    const json = JSON.parse(explain(profile, '--json', '--call', 'read', '--abi', 'x86_64').text);
    expect(json.architectures).toMatchObject([{ architecture: 'x86_64', calls: [{ name: 'read' }], unnamed: [] }]);
  });

  it('does not say that an ABI lacks a call, or is alike, because of what was asked for', () => {
    const asm = written(
      'unlike.asm',
      '.arch x86_64, x86\nA = arch\nif (A != x86_64) goto x86\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nx86: if (A != x86) goto no\nA = nr\nif (A == 3) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)\n',
    );
    const program = join(folder, 'unlike.bpf');
    expect(scmp(['asm', asm, '-o', program])).toMatchObject({ status: 0, stderr: '' });
    const { text } = explain(program, '--action', 'denied', '--abi', 'x86_64,x86');
    expect(text).toContain('x86_64\n  ERRNO(EPERM) always (1):\n    ptrace\n');
    // read is x86_64's too, where it is allowed.
    expect(text).not.toContain('lacks');
    expect(text).toMatch(/\nx86\n {2}ERRNO\(EPERM\) always \(1\):\n {4}read\n/);
  });

  it.each([
    [['--action', 'ALLOWS'], 'did you mean ALLOW?'],
    [['--action', 'ERRNO(EPREM)'], 'is no action'],
    [['--call', 'opennat'], 'did you mean openat?'],
    [['--abi', 'x86-46'], 'did you mean'],
    [['socket', '--stat'], 'leave out --abi, --action, --call and --stat'],
  ])('refuses %j', (args, message) => {
    const { status, stderr, text } = explain(profile, ...args);
    expect({ status, text }).toEqual({ status: 2, text: '' });
    expect(stderr).toContain(message);
  });

  it('--stat counts calls by ABI', () => {
    const [heads, ...rows] = explain(profile, '--stat').text.trimEnd().split('\n');
    expect(heads?.trim().split(/\s+/)).toEqual(['x86_64', 'x32', 'x86']);
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual([
      'ERRNO(ENOSYS)',
      'KILL_THREAD',
      'ALLOW',
      'depending on arguments',
    ]);
    expect(rows[2]).toMatch(/^ALLOW +2 +- +2$/);
    const { architectures } = JSON.parse(explain(profile, '--stat', '--json').text);
    expect(architectures.find((each: { architecture: string }) => each.architecture === 'x86_64').calls.ALLOW).toBe(2);
  });

  it('has colours where they are asked for, and escapes what the file says', () => {
    const env = { ...process.env, FORCE_COLOR: '1', NO_COLOR: '' };
    const colored = scmp(['explain', '--arch', 'x86_64', profile], { env }).stdout.toString();
    expect(colored).toContain('\x1b[1mx86_64\x1b[0m\n  \x1b[32mALLOW\x1b[0m always (2):\n');
    expect(stripVTControlCharacters(colored)).toBe(explain(profile).text);
    expect(scmp(['explain', profile], { env: { ...env, NO_COLOR: '1' } }).stdout.toString()).not.toContain('\x1b');
    const named = written('a\x1b[5mb.json', PROFILE);
    expect(scmp(['explain', named, 'socket'], { env }).stdout.toString()).not.toContain('\x1b[5m');
  });

  it('says of one call what every architecture does with it, and the lines that say so', () => {
    const { text } = explain(profile, 'socket');
    expect(text).toContain(
      `x86_64: socket (41): ALLOW when domain == AF_UNIX, KILL_PROCESS when domain >= AF_XDP and protocol <= 4095, else ERRNO(ENOSYS)\n` +
        `    ${profile}:9:17: syscalls[2].names[0]: ALLOW, depending on arguments\n` +
        `    ${profile}:11:17: syscalls[3].names[0]: KILL_PROCESS, depending on arguments\n`,
    );
    expect(text).toContain(
      'x32: socket (1073741865): KILL_THREAD\n    the profile does not list x32 among its architectures\n',
    );
    // libseccomp lets 32-bit x86 reach socket through socketcall too.
    expect(text).toContain('x86: through socketcall (102): ');
    expect(explain(profile, 'ptrace').text).toContain(
      'x86_64: ptrace (101): ERRNO(ENOSYS)\n    no entry names it: the default action decides\n',
    );
  });

  it('takes a number', () => {
    expect(explain(profile, '41').text).toContain('x86_64: socket (41): ALLOW when domain == AF_UNIX');
    expect(explain(profile, '5000').text).toContain('x86_64: 5000 (5000): ERRNO(ENOSYS)');
  });

  it('answers as JSON', () => {
    const policy = JSON.parse(explain(profile, '--json').text);
    const x86_64 = policy.architectures.find((each: { architecture: string }) => each.architecture === 'x86_64');
    const clone = x86_64.calls.find((call: { name: string }) => call.name === 'clone');
    expect(clone).toEqual({
      name: 'clone',
      number: 56,
      decisions: [
        { action: { kind: 'ALLOW' }, when: '(flags & CLONE_NEWUSER) == 0' },
        { action: { kind: 'ERRNO', data: 38 }, when: '(flags & CLONE_NEWUSER) == CLONE_NEWUSER' },
      ],
    });
    const [answer] = JSON.parse(explain(profile, 'read', '--json').text);
    expect(answer).toMatchObject({ architecture: 'x86', name: 'read', entries: [{ path: 'syscalls[0].names[0]' }] });
  });

  it('exits 1 for a call that no architecture of the filter has, 2 for input it cannot use', () => {
    expect(explain(profile, 'opennat')).toMatchObject({ status: 1, text: '' });
    writeFileSync(join(folder, 'broken.bpf'), Buffer.from('0600000000000000'.repeat(2), 'hex').subarray(0, 12));
    expect(explain(join(folder, 'broken.bpf')).status).toBe(2);
    expect(explain(join(folder, 'missing.json')).status).toBe(2);
  });

  const written = (name: string, content: string | object) => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  /** The answers about one call, a block each. */
  const blocks = (...args: string[]) =>
    explain(...args)
      .text.trimEnd()
      .split('\n\n');

  it('tells of entries that a condition drops, why, and what capability makes them apply', () => {
    const path = written('capabilities.json', {
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [
        { names: ['mount', 'clone3'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } },
        { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38, excludes: { caps: ['CAP_SYS_ADMIN'] } },
        { names: ['bpf'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_BPF'], arches: ['arm64'] } },
      ],
    });
    expect(blocks(path, 'mount', '--cap', 'none')[0]).toBe(
      `x86_64: mount (165): ERRNO(EPERM)\n    ${path}:1:57: syscalls[0].names[0]: ALLOW, does not apply: the container lacks CAP_SYS_ADMIN; with --cap SYS_ADMIN it does\n    no entry decides it: the default action decides`,
    );
    expect(blocks(path, 'mount', '--cap', 'SYS_ADMIN')[0]).toMatch(
      /: ALLOW\n {4}\S+: syscalls\[0\]\.names\[0\]: ALLOW$/,
    );
    expect(blocks(path, 'clone3', '--cap', 'none')[0]).toMatch(
      /: ERRNO\(ENOSYS\)\n.* syscalls\[1\]\.names\[0\]: ERRNO\(ENOSYS\)\n.* syscalls\[0\]\.names\[1\]: ALLOW, does not apply: .*--cap SYS_ADMIN it does$/,
    );
    // With the capability it would not apply either.
    const [bpf] = blocks(path, 'bpf', '--cap', 'none');
    expect(bpf).toContain('does not apply: amd64 is not among arm64; the container lacks CAP_BPF\n');
    expect(JSON.parse(explain(path, 'mount', '--cap', 'none', '--json').text)[0].entries).toMatchObject([
      { path: 'syscalls[0].names[0]', action: { kind: 'ALLOW' }, lackingCapabilities: ['CAP_SYS_ADMIN'] },
    ]);
  });

  it('attributes what goes through a multiplexer to the entry that decides there', () => {
    const path = written('multiplexed.json', {
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
      syscalls: [
        { names: ['socketcall'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
        { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 38, op: 'SCMP_CMP_LT' }] },
        { names: ['semget'], action: 'SCMP_ACT_ALLOW' },
      ],
    });
    const through = blocks(path, 'socket').find((block) => block.startsWith('x86: through socketcall'));
    expect(through).toMatch(
      /\(102\): ERRNO\(ENOSYS\)\n.* syscalls\[0\]\.names\[0\]: ERRNO\(ENOSYS\)\n.* syscalls\[1\]\.names\[0\]: ALLOW, which no call gets here$/,
    );
    const own = blocks(path, 'socket').find((block) => block.startsWith('x86: socket (359)'));
    expect(own).toMatch(/syscalls\[1\]\.names\[0\]: ALLOW, depending on arguments$/);
    expect(own).not.toContain('syscalls[0]');
    // Nobody names ipc, and yet an entry decides.
    const ipc = blocks(path, 'ipc').find((block) => block.startsWith('x86: ipc'));
    expect(ipc).toMatch(/syscalls\[2\]\.names\[0\]: ALLOW, depending on arguments$/);
  });

  it('says a line once, of which many rules are made', () => {
    const path = written(
      'twice.list',
      'default errno EPERM\nallow ioctl(request != TIOCSTI && request != TIOCLINUX)\n',
    );
    expect(blocks(path, 'ioctl')[0]?.split('\n')).toHaveLength(2);
  });

  it('does not take an ENOSYS stub for the default', () => {
    const path = written('old.json', {
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['read', 'openat'], action: 'SCMP_ACT_ALLOW' }],
    });
    expect(blocks(path, 'mseal', '--enosys-stub')[0]).toContain(
      'no entry names it: the ENOSYS stub for newer calls decides',
    );
    expect(blocks(path, 'mseal')[0]).toContain('no entry names it: the default action decides');
  });
});

describe('a program that never looks at the architecture', () => {
  it('is told as one, first of all', () => {
    const text = join(folder, 'unseen.asm');
    writeFileSync(text, '.arch x86_64\nA = nr\nif (A == 35) goto deny\nreturn ALLOW\ndeny:\nreturn ERRNO(EPERM)\n');
    const program = join(folder, 'unseen.bpf');
    expect(scmp(['asm', text, '-o', program]).status).toBe(0);
    const first =
      'This program never looks at the architecture: it decides a number alike, whatever call that is there.\n\n';
    expect(explain(program).text.startsWith(first)).toBe(true);
    expect(explain(program, '35').text.startsWith(first)).toBe(true);
    expect(explain(profile).text).not.toContain('never looks');
  });
});

describe('arguments that are compared with each other', () => {
  const both = join(folder, 'both.kafel');
  const plain = join(folder, 'plain.kafel');
  beforeAll(() => {
    writeFileSync(
      both,
      'POLICY p {\n  ALLOW {\n    getpid,\n    write(fd, buf, count) { (fd & buf) != 0 }\n  }\n}\nUSE p DEFAULT KILL\n',
    );
    writeFileSync(plain, 'POLICY p { ALLOW { getpid } } USE p DEFAULT KILL\n');
  });

  it('explain says what the others meet, that this one is too complex, and what to do; the exit code is 2', () => {
    const { status, stdout, stderr } = scmp(['explain', both, '--arch', 'x86_64']);
    expect(`${stdout}`).toContain('  ALLOW always (1):\n    getpid\n  too complex to decide exactly (1):\n    write\n');
    expect(`${stderr}`).toContain(`scmp: too complex to decide exactly: write. ${both}:4:5: write: comparisons`);
    expect(`${stderr}`).toContain('scmp simulate FILE CALL VALUE');
    expect(status).toBe(2);
    expect(scmp(['explain', both, '--arch', 'x86_64', '--call', 'getpid']).status).toBe(0);
    const json = scmp(['explain', both, '--arch', 'x86_64', '--json', '--abi', 'x86_64']);
    const [{ calls }] = JSON.parse(`${json.stdout}`).architectures;
    expect(calls.find(({ name }: { name: string }) => name === 'write').decisions).toBeNull();
    expect(json.status).toBe(2);
    const statistics = scmp(['explain', both, '--arch', 'x86_64', '--stat']);
    expect(`${statistics.stdout}`).toMatch(/^too complex to decide exactly +1 /m);
    expect(statistics.status).toBe(2);
  });

  it('an ABI that is as complex is not said to be alike, and a call that may get an action is listed', () => {
    const folder = join(both, '..');
    const program = join(folder, 'complex.bpf');
    const text = [
      'A = arch\nif (A == x86_64) goto known\nif (A == aarch64) goto known\nreturn KILL_PROCESS\nknown: A = nr',
      'if (A == 64) goto product\nif (A == 1) goto product\nreturn ALLOW',
      'product: A = args[0].low\nX = A\nA = args[1].low\nA *= X\nif (A == 123456789) goto no\nreturn ALLOW',
      'no: return ERRNO(EPERM)',
    ];
    writeFileSync(join(folder, 'complex.asm'), `${text.join('\n')}\n`);
    expect(scmp(['asm', join(folder, 'complex.asm'), '-o', program]).status).toBe(0);
    const { stdout } = scmp(['explain', program, '--arch', 'x86_64']);
    expect(`${stdout}`).toMatch(/^aarch64\n {2}too complex to decide exactly \(2\):\n {4}io_destroy write$/m);
    expect(`${scmp(['explain', program, '--action', 'EPERM']).stdout}`).toMatch(/^ {4}semget write$/m);
  });

  it('diff names the entry, and says what to do', () => {
    const { status, stderr } = scmp(['diff', both, plain, '--arch', 'x86_64']);
    expect(stderr).toContain(`${both}:4:5: write: comparisons of arguments with each other are too complex`);
    expect(stderr).toContain('Compare each with constants');
    expect(stderr).toContain('scmp simulate FILE CALL VALUE');
    expect(status).toBe(2);
  });

  it('other calls are explained, and values are simulated', () => {
    expect(explain(both, 'getpid', '--arch', 'x86_64').text).toContain('getpid (39): ALLOW');
    expect(`${scmp(['simulate', both, 'write', '3', '1', '--arch', 'x86_64']).stdout}`).toContain(': ALLOW');
    expect(`${scmp(['simulate', both, 'write', '2', '1', '--arch', 'x86_64']).stdout}`).toContain(': KILL_THREAD');
  });

  it('check does not speak of the single bits that rules say it by', () => {
    const { stdout } = scmp(['check', both, '--arch', 'x86_64', '--ignore', 'missing-essential']);
    expect(`${stdout}`).not.toContain('value-too-wide');
  });
});
