import { describe, expect, it } from 'vitest';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { createSimulator, type SeccompData } from '../../src/bpf/index.js';
import { type CompileOptions, compileProfileSync, compileWithEntries } from '../../src/compiler/index.js';
import { allowingLine, clone3Line, explainDenial } from '../../src/learn/index.js';
import type { Action } from '../../src/policy.js';
import { readProfile } from '../../src/profile/index.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';

const EPERM: Action = { kind: 'ERRNO', data: 1 };
const compiledOf = (profile: string | object, options: Partial<CompileOptions> = {}) =>
  compileWithEntries(readProfile(profile, { format: typeof profile === 'string' ? 'list' : 'docker' }), {
    arch: 'x86_64',
    ...options,
  });
const profile = compiledOf(`default errno EPERM
allow socket(domain == AF_UNIX)
socket(domain == AF_ALG) -> errno EAFNOSUPPORT
kill ptrace
`);
const call = (name: string, args: bigint[], action: Action = EPERM, architecture: ArchitectureName = 'x86_64') => ({
  architecture,
  name,
  args: Array.from({ length: 6 }, (_, index) => args[index] ?? 0n),
  action,
});

describe('explainDenial', () => {
  it('finds the entry whose conditions hold', () => {
    expect(explainDenial(profile, call('socket', [38n], { kind: 'ERRNO', data: 97 }))).toMatchObject({
      kind: 'entry',
      rule: { path: 'line 3' },
    });
    expect(explainDenial(profile, call('ptrace', [], { kind: 'KILL_PROCESS' }))).toMatchObject({
      kind: 'entry',
      rule: { path: 'line 4' },
    });
  });

  it('finds the default, with the entries that did not apply', () => {
    const reason = explainDenial(profile, call('socket', [2n]));
    expect(reason.kind === 'default' && reason.others.map(({ path }) => path)).toEqual(['line 2', 'line 3']);
    expect(explainDenial(profile, call('mkdir', []))).toEqual({ kind: 'default', others: [], dropped: [] });
  });

  it('does not take an entry that allows for the one that denied', () => {
    const list = 'default allow\nallow socket(domain == AF_UNIX)\nsocket(type & 0xf == SOCK_RAW) -> errno EPERM\n';
    const denied = explainDenial(compiledOf(list), call('socket', [1n, 3n]));
    expect(denied).toMatchObject({ kind: 'entry', rule: { path: 'line 3' } });
  });

  it('knows what is not the profile’s', () => {
    expect(explainDenial(profile, call('mseal', [], { kind: 'ERRNO', data: 38 })).kind).toBe('added');
    expect(explainDenial(profile, call('read', [], { kind: 'KILL_PROCESS' }, 'x86')).kind).toBe('architecture');
  });
});

describe('explainDenial of what the ENOSYS stub answers', () => {
  const ENOSYS: Action = { kind: 'ERRNO', data: 38 };
  const stubbed = (profile: object) => compiledOf(profile, { enosysStub: true });

  it('is told as that where the default is ENOSYS too, and where an entry behind a multiplexer would decide', () => {
    const syscalls = [{ names: ['openat'], action: 'SCMP_ACT_ALLOW' }];
    const plain = stubbed({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38, syscalls });
    expect(explainDenial(plain, call('mseal', [], ENOSYS))).toEqual({ kind: 'added' });
    // The number of its own is newer than all that are named; what the entry says is said of ipc.
    const ipc = stubbed({
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
      syscalls: [...syscalls, { names: ['semget'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }],
    });
    expect(explainDenial(ipc, call('semget', [], ENOSYS, 'x86'))).toEqual({ kind: 'added' });
    expect(explainDenial(ipc, call('ipc', [2n], ENOSYS, 'x86'))).toMatchObject({ kind: 'entry' });
  });
});

describe('explainDenial of what is not plain', () => {
  const conditional = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      {
        names: ['mount', 'clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 1, valueTwo: 0 }],
        includes: { caps: ['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT'] },
      },
      { names: ['bpf'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_BPF'], arches: ['arm64'] } },
      { names: ['acct'], action: 'SCMP_ACT_KILL', includes: { caps: ['CAP_SYS_PACCT'] } },
      { names: ['syslog'], action: 'SCMP_ACT_ALLOW', excludes: { caps: ['CAP_SYSLOG'] } },
    ],
  };
  const droppedOf = (name: string, args: bigint[], capabilities: string[] = []) => {
    const reason = explainDenial(compiledOf(conditional, { capabilities }), call(name, args));
    return reason.kind === 'default' ? reason.dropped : undefined;
  };

  it('finds entries that a condition drops, and the capabilities with which they would allow the call', () => {
    expect(droppedOf('mount', [2n])).toEqual([
      {
        place: expect.objectContaining({ name: 'mount', path: 'syscalls[0].names[0]' }),
        reason: 'the container lacks CAP_SYS_ADMIN, CAP_SYS_CHROOT',
        capabilities: ['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT'],
      },
    ]);
    expect(droppedOf('mount', [2n], ['SYS_CHROOT'])?.[0]?.capabilities).toEqual(['CAP_SYS_ADMIN']);
  });

  it('does not advise capabilities with which the call is denied all the same', () => {
    // By the arguments, by another condition, by the action, by the capability itself.
    expect(droppedOf('mount', [1n])?.map(({ capabilities }) => capabilities)).toEqual([[]]);
    expect(droppedOf('bpf', [])?.map(({ capabilities }) => capabilities)).toEqual([[]]);
    expect(droppedOf('acct', [])?.map(({ capabilities }) => capabilities)).toEqual([[]]);
    expect(droppedOf('syslog', [], ['SYSLOG'])?.map(({ capabilities }) => capabilities)).toEqual([[]]);
  });

  it('takes an entry with two conditions on one argument as the filter does: either will do', () => {
    const either = compiledOf({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        {
          names: ['setuid'],
          action: 'SCMP_ACT_ERRNO',
          args: [
            { index: 0, op: 'SCMP_CMP_EQ', value: 5 },
            { index: 0, op: 'SCMP_CMP_EQ', value: 6 },
          ],
        },
      ],
    });
    expect(explainDenial(either, call('setuid', [6n]))).toMatchObject({ kind: 'entry', rule: { path: 'syscalls[0]' } });
  });

  it('finds the entries of calls behind a multiplexer', () => {
    const list = 'default allow\narch x86\nsocket -> errno EPERM\nbind -> errno EACCES\n';
    const denied = call('socketcall', [1n, 0xffffd000n], EPERM, 'x86');
    expect(explainDenial(compiledOf(list), denied)).toMatchObject({ kind: 'entry', rule: { path: 'line 3' } });
  });
});

describe('allowingLine', () => {
  it.each([
    ['minijail', 'minijail', (line: string) => `read: 1\n${line}\n`],
    ['minijail', 'minijail-py', (line: string) => `read: 1\n${line}\n`],
    ['kafel', 'kafel', (line: string) => `ALLOW { read }\n${line}\nDEFAULT ERRNO(1)\n`],
    ['nsjail', 'nsjail', (line: string) => `seccomp_string: "ALLOW { read }"\n${line}\n`],
    [
      'go-seccomp-bpf',
      'go-seccomp-bpf',
      (line: string) => `seccomp:\n  default_action: errno\n  syscalls:\n  - action: allow\n    ${line}\n`,
    ],
  ] as const)('in the syntax %s is what %s reads', (syntax, format, policyWith) => {
    const decide = (name: string, args: bigint[], asked: bigint[], nr: number) => {
      const text = policyWith(allowingLine(call(name, args), syntax));
      const compiled = compileProfileSync(readProfile(text, { format }), { arch: 'x86_64' });
      const six = Array.from({ length: 6 }, (_, index) => asked[index] ?? 0n) as unknown as SeccompData['args'];
      return createSimulator(compiled).simulate({ arch: 0xc000003e, nr, instructionPointer: 0n, args: six }).action
        .kind;
    };
    expect(decide('personality', [8n], [8n], 135)).toBe('ALLOW');
    expect(decide('personality', [8n], [9n], 135)).not.toBe('ALLOW');
    expect(decide('stat', [], [], 4)).toBe('ALLOW');
  });

  it('has the arguments where they matter', () => {
    const line = allowingLine(call('socket', [2n, 0x80001n, 0n]), 'list');
    expect(line).toMatch(/^allow socket\(domain == AF_INET && /);
    expect(JSON.parse(allowingLine(call('socket', [2n, 0x80001n, 0n]), 'json'))).toEqual({
      names: ['socket'],
      action: 'SCMP_ACT_ALLOW',
      args: [
        { index: 0, value: 0xffffffff, valueTwo: 2, op: 'SCMP_CMP_MASKED_EQ' },
        { index: 1, value: 0xf, valueTwo: 1, op: 'SCMP_CMP_MASKED_EQ' },
        { index: 2, value: 0xffffffff, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' },
      ],
    });
  });

  it('has none where they do not', () => {
    expect(allowingLine(call('mkdir', [1n]), 'list')).toBe('allow mkdir');
    expect(allowingLine(call('mkdir', [1n]), 'json')).toBe('{ "names": [ "mkdir" ], "action": "SCMP_ACT_ALLOW" }');
  });
});

describe('an addition in the syntax of other formats', () => {
  const denied = call('socket', [2n, 0x80001n, 0n]);

  it('to a seccompiler filter is a rule that allows the very call', () => {
    const rule = allowingLine(denied, 'seccompiler');
    const filter = `{ "t": { "mismatch_action": "trap", "match_action": "allow", "filter": [ ${rule} ] } }`;
    const { program } = compileProfileSync(filter, { arch: 'x86_64' });
    const decide = createSimulator(program, { endianness: 'little' });
    const answer = (args: SeccompData['args']) =>
      decide.simulate({ nr: 41, arch: 0xc000003e, instructionPointer: 0n, args }).returnValue;
    expect(answer([2n, 0x80001n, 0n, 0n, 0n, 0n])).toBe(0x7fff0000);
    expect(answer([10n, 1n, 0n, 0n, 0n, 0n])).toBe(0x30000);
    expect(answer([2n, 3n, 0n, 0n, 0n, 0n])).toBe(0x30000);
  });

  it('to a list of firejail is a word, of all arguments', () => {
    const profile = `seccomp.keep read,${allowingLine(denied, 'firejail')}\n`;
    expect(readProfile(profile).seccomp.syscalls?.flatMap(({ names }) => names)).toContain('socket');
  });

  it('to a unit is a line, of all arguments', () => {
    const unit = `[Service]\nSystemCallFilter=read\n${allowingLine(denied, 'unit')}\n`;
    expect(readProfile(unit).seccomp.syscalls?.flatMap(({ names }) => names)).toContain('socket');
  });
});

describe('clone3Line', () => {
  const policyOf = (text: string) =>
    resolvePolicy(readProfile(`default errno EPERM\n${text}\n`, { format: 'list' }), {
      arch: parseArchitecture('x86_64'),
    }).policy;

  it('is ENOSYS where the profile compares the flags of clone, which those of clone3 would get around', () => {
    const masked = policyOf('allow clone(flags & CLONE_NEWUSER == 0)');
    expect(clone3Line(masked, call('clone3', []), 'list')).toBe('clone3 -> errno 38');
    expect(JSON.parse(clone3Line(masked, call('clone3', []), 'json')!)).toEqual({
      names: ['clone3'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 38,
    });
    expect(clone3Line(masked, call('clone', []), 'list')).toBeUndefined();
    expect(clone3Line(policyOf('allow clone'), call('clone3', []), 'list')).toBeUndefined();
    expect(clone3Line(policyOf('allow read'), call('clone3', []), 'list')).toBeUndefined();
  });
});
