import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assemble } from '../../src/bpf/index.js';
import { scmp } from './scmp.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scmp-stack-'));
  const deny = (...syscalls: object[]) =>
    JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_X86_64'], syscalls });
  const write = (name: string, data: string | Uint8Array) => writeFileSync(join(directory, name), data);
  write('a.json', deny({ names: ['ptrace'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }));
  write(
    'b.json',
    deny(
      { names: ['ptrace', 'mount'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
      { names: ['socket'], action: 'SCMP_ACT_KILL_PROCESS', args: [{ index: 0, value: 40, op: 'SCMP_CMP_EQ' }] },
    ),
  );
  write(
    'kill.bpf',
    assemble('.endian little\nA = nr\nif (A == 165) goto no\nreturn ALLOW\nno: return KILL_THREAD').program,
  );
  write('big.bpf', assemble('.arch s390x\nreturn ALLOW').program);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const run = (...args: string[]) => {
  const { status, stdout, stderr } = scmp([...args, '--arch', 'x86_64'], { cwd: directory });
  return { status, stdout: `${stdout}`, stderr };
};

describe('filters that are installed one after the other', () => {
  it('explain lists what they decide together: the strictest answer, of two errnos the one of the last', () => {
    const { status, stdout, stderr } = run(
      'explain',
      '--stack',
      'a.json',
      'b.json',
      'kill.bpf',
      '--call',
      'ptrace,mount,socket,read',
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(
      'what 3 filters decide together, the strictest answer of all: a.json, then b.json, then kill.bpf\n',
    );
    for (const line of [
      /ERRNO\(EACCES\) always \(1\):\n\s+ptrace\n/,
      /KILL_THREAD always \(1\):\n\s+mount\n/,
      /socket: KILL_PROCESS when domain == AF_VSOCK/,
      /ALLOW always \(1\):\n\s+read\n/,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(run('explain', 'stack:a.json,b.json,kill.bpf', '--call', 'ptrace,mount,socket,read').stdout).toBe(stdout);
    expect(run('explain', '--stack', 'b.json', 'a.json', '--call', 'ptrace').stdout).toContain('ERRNO(EPERM) always');
    expect(JSON.parse(run('explain', 'stack:a.json,b.json', '--stat', '--json').stdout).stack).toEqual([
      'a.json',
      'b.json',
    ]);
  });

  it('explain of one call says which line of which filter decides', () => {
    const { stdout } = run('explain', 'stack:a.json,b.json', 'mount');
    expect(stdout).toMatch(/^what 2 filters .*\nx86_64: mount \(165\): ERRNO\(EACCES\)\n/);
    expect(stdout).toMatch(/a\.json alone:\nx86_64: mount \(165\): ALLOW\n {4}no entry names it/);
    expect(stdout).toMatch(
      /b\.json alone:\nx86_64: mount \(165\): ERRNO\(EACCES\)\n {4}b\.json:1:\d+: syscalls\[0\]\.names\[1\]/,
    );
    const [answer] = JSON.parse(run('explain', 'stack:a.json,b.json', 'mount', '--json').stdout);
    expect(
      answer.filters.map((each: { source: string; decisions: object[] }) => [each.source, each.decisions]),
    ).toEqual([
      ['a.json', [expect.objectContaining({ action: { kind: 'ALLOW' } })]],
      ['b.json', answer.decisions],
    ]);
  });

  it('simulate says the answer, and that of each filter', () => {
    expect(run('simulate', 'stack:a.json,b.json,kill.bpf', 'mount').stdout).toBe(
      [
        'x86_64: mount(source=0x0, target=0x0, filesystemtype=0x0, mountflags=0x0, data=0x0): KILL_THREAD',
        '    a.json: ALLOW',
        '    b.json: ERRNO(EACCES)',
        '    kill.bpf: KILL_THREAD',
        '',
      ].join('\n'),
    );
    const answer = JSON.parse(run('simulate', 'stack:b.json,a.json', 'ptrace', '--json').stdout);
    expect([answer.action, answer.filters.map(({ action }: { action: { data: number } }) => action.data)]).toEqual([
      { kind: 'ERRNO', data: 1 },
      [13, 1],
    ]);
  });

  it('diff and implies take a stack on either side', () => {
    expect(run('diff', 'stack:a.json,b.json', 'b.json')).toMatchObject({
      status: 0,
      stdout: 'no difference: both decide alike, on every possible input\n',
    });
    const { status, stdout } = run('diff', 'a.json', 'stack:a.json,kill.bpf', '--call', 'mount,ptrace,read');
    expect(status).toBe(1);
    expect(stdout).toContain('stronger  mount: ALLOW → KILL_THREAD');
    expect(stdout).not.toContain('ptrace');
    expect(run('implies', 'stack:a.json,b.json', 'a.json').stdout).toMatch(
      /^stack:a\.json,b\.json is nowhere more permissive than a\.json/,
    );
    expect(run('implies', 'a.json', 'stack:a.json,b.json')).toMatchObject({ status: 1 });
  });

  it('what is no stack is an error that says so', () => {
    for (const [args, words] of [
      [['explain', 'stack:a.json,'], 'give the filters in the order of their installation'],
      [['explain', 'a.json', 'mount', 'read'], '--stack is for filters that are installed one after the other'],
      [['explain', 'stack:a.json,c.json'], 'c.json: no such file; did you mean a.json?'],
      [['diff', 'stack:-,a.json', '-'], 'only one of the two can be standard input'],
      [['explain', '--stack', '-', '-'], 'only one of the filters can be standard input'],
    ] as const) {
      const { status, stdout, stderr } = run(...args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(words);
    }
    const { status, stderr } = scmp(['explain', 'stack:kill.bpf,big.bpf'], { cwd: directory });
    expect([status, stderr]).toEqual([2, expect.stringContaining('no machine has both installed')]);
  });
});
