import { describe, expect, it } from 'vitest';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { createSimulator } from '../../src/bpf/index.js';
import { compileParsedProfile } from '../../src/compiler/index.js';
import { type MergeOptions, mergeLearned, mergeMasks, Observations } from '../../src/learn/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';

const libseccomp = loadLibseccompSync();
const NO_NAMESPACES = 'allow clone(flags & CLONE_NEWUSER == 0)';

function merge(
  list: string,
  calls: readonly (readonly [name: string, ...args: number[]])[],
  { architecture = 'x86_64', ...options }: Partial<MergeOptions> & { architecture?: ArchitectureName } = {},
) {
  const base = readProfile(`default errno EPERM\n${list}\n`, { format: 'list', source: 'base' });
  const merging = { target: { arch: parseArchitecture('x86_64') }, ...options };
  const observations = new Observations(mergeMasks(base, merging));
  for (const [name, ...args] of calls) {
    observations.add({ architecture, name, args: args.map(BigInt) });
  }
  const { profile, warnings } = mergeLearned(base, observations, merging);
  const kept = profile.seccomp.syscalls!.slice(0, base.seccomp.syscalls!.length);
  expect(kept).toEqual(base.seccomp.syscalls);
  return {
    profile,
    added: profile.seccomp.syscalls!.slice(kept.length).map(({ names, args }) => (args ? [names, args.length] : names)),
    codes: warnings.map(({ code }) => code),
    warnings,
  };
}

describe('mergeLearned', () => {
  it('adds what is missing', () => {
    const { added, codes } = merge('allow read, write', [['read'], ['openat'], ['mmap']]);
    expect(added).toEqual([['openat'], ['mmap']]);
    expect(codes).toEqual([]);
  });

  it('changes nothing where all is allowed', () => {
    const { added, codes } = merge(`allow read\n${NO_NAMESPACES}`, [['read'], ['clone', 0x11]]);
    expect(added).toEqual([]);
    expect(codes).toEqual([]);
  });

  it('does not undo a condition, and says so', () => {
    const { added, warnings } = merge(NO_NAMESPACES, [['clone', 0x10000011]]);
    expect(added).toEqual([]);
    expect(warnings).toMatchObject([{ code: 'merge-conditional', position: { line: 2 } }]);
    expect(warnings[0]!.message).toContain('--args');
  });

  it('does not open clone3 beside conditions on clone, or a denial of it: its flags are in memory', () => {
    for (const own of [NO_NAMESPACES, 'deny clone']) {
      for (const options of [{}, { arguments: true }]) {
        const { profile, codes } = merge(own, [['clone3', 0, 88]], options);
        expect(codes).toEqual(['clone3-enosys']);
        expect(profile.seccomp.syscalls?.at(-1)).toMatchObject({ names: ['clone3'], errnoRet: 38n });
        expect(profile.seccomp.syscalls?.filter(({ names }) => names?.includes('clone3'))).toHaveLength(1);
      }
    }
    expect(merge('allow clone', [['clone3', 0, 88]])).toMatchObject({ added: [['clone3']], codes: [] });
    expect(merge('allow read', [['clone3', 0, 88]])).toMatchObject({ added: [['clone3']], codes: [] });
    expect(merge('allow read', [['clone3', 0, 88]], { arguments: true })).toMatchObject({
      added: [[['clone'], 1], ['clone3']],
      codes: ['clone3-enosys'],
    });
  });

  it('adds the arguments alone if asked to learn them, and says so', () => {
    const { profile, added, warnings } = merge(NO_NAMESPACES, [['clone', 0x10000011]], { arguments: true });
    expect(added).toEqual([[['clone'], 1]]);
    expect(warnings).toMatchObject([{ code: 'merge-beside-conditions' }]);
    expect(warnings[0]!.message).toContain('CLONE_NEWUSER');
    const { program } = compileParsedProfile(profile, { arch: 'x86_64', libseccomp });
    const simulator = createSimulator(program, { endianness: 'little' });
    const decide = (flags: bigint) =>
      simulator.simulate({ nr: 56, arch: 0xc000003e, instructionPointer: 0n, args: [flags, 0n, 0n, 0n, 0n, 0n] })
        .returnValue >>> 0;
    expect([0x11n, 0x10000011n].map(decide)).toEqual([0x7fff0000, 0x7fff0000]);
    // Another namespace beside it was neither allowed nor seen.
    expect(decide(0x30000011n)).toBe(0x00050001);
  });

  it('never makes a conditional call unconditional, not where arguments are not learned either', () => {
    const { added, codes } = merge('allow kill(sig == 0)', [['kill', 1, 9]], { arguments: true });
    expect(added).toEqual([]);
    expect(codes).toEqual(['merge-conditional']);
  });

  it('knows what order comparisons allow', () => {
    const { added, codes } = merge('allow kill(pid < 10)', [['kill', 3, 9]]);
    expect({ added, codes }).toEqual({ added: [], codes: [] });
    expect(merge('allow kill(pid < 10)', [['kill', 11, 9]]).codes).toEqual(['merge-conditional']);
  });

  it('leaves a denied call denied, whatever the rule’s conditions', () => {
    expect(merge('kill ptrace', [['ptrace', 0]], { arguments: true })).toMatchObject({
      added: [],
      codes: ['merge-denied'],
    });
    const partly = 'allow socket(domain == AF_UNIX)\nsocket(domain == AF_ALG) -> errno EPERM';
    expect(merge(partly, [['socket', 38, 5, 0]], { arguments: true })).toMatchObject({
      added: [],
      codes: ['merge-denied'],
    });
    expect(merge(partly, [['socket', 2, 1, 0]], { arguments: true })).toMatchObject({
      added: [[['socket'], 3]],
      codes: ['merge-beside-conditions'],
    });
  });

  it('takes what it does not know for what a condition forbids', () => {
    // As of an audit record, which has no arguments.
    expect(merge(NO_NAMESPACES, [['clone']], { arguments: true })).toMatchObject({
      added: [],
      codes: ['merge-conditional', 'untold-arguments'],
    });
    const denying = 'socket(domain == AF_ALG) -> errno EACCES\nallow socket(domain == AF_UNIX)';
    expect(merge(denying, [['socket']])).toMatchObject({ added: [], codes: ['merge-denied'] });
  });

  it('decides conditional entries for the target, and tells what it adds without them', () => {
    const list = 'when cap CAP_SYS_ADMIN: allow mount';
    const target = { arch: parseArchitecture('x86_64'), capabilities: ['CAP_SYS_ADMIN'] };
    expect(merge(list, [['mount']], { target })).toMatchObject({ added: [], codes: [] });
    expect(merge(list, [['mount']])).toMatchObject({ added: [['mount']], codes: ['merge-without-conditions'] });
  });

  it('adds architectures, and tells: all entries count there too', () => {
    const { profile, codes } = merge('allow read', [['read']], { architecture: 'x86' });
    expect(profile.seccomp.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
    expect(codes).toEqual(['merge-architecture']);
  });

  it('adds nothing to a profile that allows all but a list', () => {
    const base = readProfile('default allow\nkill ptrace\n', { format: 'list' });
    const options = { target: { arch: parseArchitecture('x86_64') } };
    const observations = new Observations(mergeMasks(base, options));
    observations.add({ architecture: 'x86_64', name: 'read', args: [] });
    expect(mergeLearned(base, observations, options).profile.seccomp.syscalls).toEqual(base.seccomp.syscalls);
  });

  it('takes calls that a complain-mode profile logged', () => {
    const base = readProfile('default log\nallow read\n', { format: 'list' });
    const options = { target: { arch: parseArchitecture('x86_64') } };
    const observations = new Observations(mergeMasks(base, options));
    observations.add({ architecture: 'x86_64', name: 'openat', args: [] });
    expect(mergeLearned(base, observations, options).profile.seccomp.syscalls).toHaveLength(2);
  });
});
