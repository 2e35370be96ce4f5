import { describe, expect, it } from 'vitest';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { allowingLine, clone3Line, explainDenial } from '../../src/learn/index.js';
import type { Action } from '../../src/policy.js';
import { readProfile, resolvePolicy } from '../../src/profile/index.js';

const EPERM: Action = { kind: 'ERRNO', data: 1 };
const { policy } = resolvePolicy(
  readProfile(
    `default errno EPERM
allow socket(domain == AF_UNIX)
socket(domain == AF_ALG) -> errno EAFNOSUPPORT
kill ptrace
`,
    { format: 'list' },
  ),
  { arch: parseArchitecture('x86_64') },
);
const call = (name: string, args: bigint[], action: Action = EPERM, architecture: ArchitectureName = 'x86_64') => ({
  architecture,
  name,
  args: Array.from({ length: 6 }, (_, index) => args[index] ?? 0n),
  action,
});

describe('explainDenial', () => {
  it('finds the entry whose conditions hold', () => {
    expect(explainDenial(policy, 'x86_64', call('socket', [38n], { kind: 'ERRNO', data: 97 }))).toMatchObject({
      kind: 'entry',
      rule: { path: 'line 3' },
    });
    expect(explainDenial(policy, 'x86_64', call('ptrace', [], { kind: 'KILL_PROCESS' }))).toMatchObject({
      kind: 'entry',
      rule: { path: 'line 4' },
    });
  });

  it('finds the default, with the entries that did not apply', () => {
    const reason = explainDenial(policy, 'x86_64', call('socket', [2n]));
    expect(reason.kind === 'default' && reason.others.map(({ path }) => path)).toEqual(['line 2', 'line 3']);
    expect(explainDenial(policy, 'x86_64', call('mkdir', []))).toEqual({ kind: 'default', others: [] });
  });

  it('does not take an entry that allows for the one that denied', () => {
    const list = 'default allow\nallow socket(domain == AF_UNIX)\nsocket(type & 0xf == SOCK_RAW) -> errno EPERM\n';
    const { policy: both } = resolvePolicy(readProfile(list, { format: 'list' }), {
      arch: parseArchitecture('x86_64'),
    });
    const denied = explainDenial(both, 'x86_64', call('socket', [1n, 3n]));
    expect(denied).toMatchObject({ kind: 'entry', rule: { path: 'line 3' } });
  });

  it('knows what is not the profile’s', () => {
    expect(explainDenial(policy, 'x86_64', call('mseal', [], { kind: 'ERRNO', data: 38 })).kind).toBe('added');
    expect(explainDenial(policy, 'x86_64', call('read', [], { kind: 'KILL_PROCESS' }, 'x86')).kind).toBe(
      'architecture',
    );
  });
});

describe('allowingLine', () => {
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
