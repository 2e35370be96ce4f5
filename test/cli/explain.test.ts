import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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
    const x86_64 = text.split('\n\n').find((part) => part.startsWith('x86_64\n'));
    expect(x86_64?.split('\n').slice(0, -1)).toEqual([
      'x86_64',
      '  ALLOW always (2):',
      '    read write',
      '  depending on arguments (2):',
      '    socket: ALLOW when domain == AF_UNIX, KILL_PROCESS when domain >= AF_XDP and protocol <= 4095, else ERRNO(ENOSYS)',
      '    clone: ALLOW when (flags & CLONE_NEWUSER) == 0, else ERRNO(ENOSYS)',
    ]);
    expect(x86_64).toMatch(/\n {2}every other call \(\d+ with a name\): ERRNO\(ENOSYS\)$/);
    expect(text).toContain('any other architecture\n  every call: KILL_THREAD\n');
  });

  it('says the same of the program alone, whoever made it', () => {
    const program = join(folder, 'profile.bpf');
    expect(scmp(['compile', profile, '--arch', 'x86_64', '-o', program]).status).toBe(0);
    expect(scmp(['explain', program]).stdout.toString()).toBe(explain(profile).text);
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
});
