import { describe, expect, it } from 'vitest';
import type { ArchitectureName } from '../../src/architecture.js';
import { parseArchitecture } from '../../src/architecture.js';
import { createSimulator } from '../../src/bpf/index.js';
import { checkProfile } from '../../src/check/index.js';
import { compileParsedProfile } from '../../src/compiler/index.js';
import { callGroup } from '../../src/learn/call-groups.js';
import {
  type LearnOptions,
  learnedArguments,
  learnProfile,
  Observations,
  syscallLookup,
} from '../../src/learn/index.js';
import { MAX_KINDS } from '../../src/learn/observations.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallNaming } from '../../src/libseccomp/syscall-naming.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import { knownSyscalls } from '../../src/syscalls/index.js';
import fc from '../fast-check.js';

const libseccomp = loadLibseccompSync();
const naming = syscallNaming(libseccomp);

type Call = [name: string, ...args: (number | bigint | undefined)[]];

function observe(calls: readonly Call[], architecture: ArchitectureName = 'x86_64'): Observations {
  const observations = new Observations(learnedArguments);
  for (const [name, ...args] of calls) {
    observations.add({ architecture, name, args: args.map((value) => (value === undefined ? value : BigInt(value))) });
  }
  return observations;
}

const learn = (observations: Observations, options: Partial<LearnOptions> = {}) =>
  learnProfile(observations, { architecture: 'x86_64', ...options });

/** Whether the compiled profile lets a call through. */
function decider(observations: Observations, options: Partial<LearnOptions> = {}) {
  const { program } = compileParsedProfile(learn(observations, options).profile, { arch: 'x86_64', libseccomp });
  const simulator = createSimulator(program, { endianness: 'little' });
  return (name: string, args: readonly bigint[] = [], architecture: ArchitectureName = 'x86_64') => {
    const { auditArch, token } = parseArchitecture(architecture);
    const nr = naming.syscallNumber(token, name)!;
    const six = Array.from({ length: 6 }, (_, index) => args[index] ?? 0n) as never;
    return simulator.simulate({ nr, arch: auditArch, instructionPointer: 0n, args: six }).returnValue;
  };
}
const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;

describe('learnProfile', () => {
  it('allows what was seen and nothing else, whatever the arguments', () => {
    const decide = decider(observe([['read'], ['socket', 1, 1, 0], ['read']]));
    expect(decide('read')).toBe(ALLOW);
    expect(decide('socket', [16n, 3n, 0n])).toBe(ALLOW);
    expect(decide('write')).toBe(EPERM);
  });

  it('groups by purpose, sorts, and says in every entry that it is not complete', () => {
    const { profile } = learn(observe([['write'], ['socket'], ['read'], ['mmap']]));
    expect(profile.seccomp.syscalls).toEqual([
      { names: ['read', 'write'], action: 'SCMP_ACT_ALLOW', comment: 'Files and folders (observed, not complete)' },
      { names: ['mmap'], action: 'SCMP_ACT_ALLOW', comment: 'Memory (observed, not complete)' },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', comment: 'Network (observed, not complete)' },
    ]);
  });

  it('learns arguments: the kind of a socket without its flags', () => {
    const decide = decider(observe([['socket', 1, 0x80801, 0]]), { arguments: true });
    expect(decide('socket', [1n, 1n, 0n])).toBe(ALLOW);
    expect(decide('socket', [1n, 0x801n, 0n])).toBe(ALLOW);
    expect(decide('socket', [1n, 2n, 0n])).toBe(EPERM);
    expect(decide('socket', [16n, 1n, 0n])).toBe(EPERM);
  });

  it('puts clone in the place of clone3, whose flags no filter sees, and says why', () => {
    const NEWUSER = 0x10000000n;
    const ENOSYS = 0x00050026;
    const seen = observe([['clone3', 0x7ffc0000, 88]]);
    const decide = decider(seen, { arguments: true });
    expect(decide('clone3')).toBe(ENOSYS);
    expect(decide('clone', [0x3d0f00n])).toBe(ALLOW);
    expect(decide('clone', [NEWUSER])).toBe(EPERM);
    const { profile, warnings } = learn(seen, { arguments: true });
    expect(warnings).toMatchObject([{ code: 'clone3-enosys' }]);
    expect(profile.seccomp.syscalls).toContainEqual(
      expect.objectContaining({ names: ['clone3'], errnoRet: 38n, comment: expect.stringContaining('in memory') }),
    );
    // The namespaces that were seen stay; without arguments nothing is narrowed, and nothing to be got around.
    expect(decider(observe([['clone3'], ['clone', NEWUSER]]), { arguments: true })('clone', [NEWUSER])).toBe(ALLOW);
    expect(decider(seen)('clone3')).toBe(ALLOW);
    expect(decider(observe([['clone'], ['clone3']]), { arguments: true })('clone3')).toBe(ALLOW);
  });

  it('answers clone3 with the ENOSYS of the machine, and compares the flags of clone where they are', () => {
    const { profile } = learn(observe([['clone3', 0, 88]], 's390x'), { arguments: true, architecture: 's390x' });
    expect(profile.seccomp.syscalls?.map(({ names, args }) => [names, args?.map(({ index }) => index)])).toEqual([
      [['clone'], [1n]],
      [['clone3'], undefined],
    ]);
    const mips = learn(observe([['clone3', 0, 88]], 'mips64'), { arguments: true, architecture: 'mips64' });
    expect(mips.profile.seccomp.syscalls?.at(-1)?.errnoRet).toBe(89n);
  });

  it('compares an int as wide as the kernel takes it', () => {
    const decide = decider(observe([['prctl', 15n]]), { arguments: true });
    // The kernel takes 0xdead0000000f for 15 as well, and for 22 what ends in 22.
    expect(decide('prctl', [0xdead0000000fn])).toBe(ALLOW);
    expect(decide('prctl', [0xf00000016n])).toBe(EPERM);
  });

  it('learns of clone whether it makes namespaces', () => {
    const decide = decider(observe([['clone', 0x1200011]]), { arguments: true });
    expect(decide('clone', [0x3d0f00n])).toBe(ALLOW);
    expect(decide('clone', [0x10000011n])).toBe(EPERM);
  });

  it('one kind without known arguments makes the call unconditional, and that is told', () => {
    const { profile, warnings } = learn(
      observe([
        ['ioctl', 0, 0x5401],
        ['ioctl', 0, undefined],
      ]),
      { arguments: true },
    );
    expect(profile.seccomp.syscalls).toMatchObject([{ names: ['ioctl'] }]);
    expect(profile.seccomp.syscalls![0]!.args).toBeUndefined();
    expect(warnings).toMatchObject([{ code: 'untold-arguments', message: expect.stringContaining('ioctl') }]);
  });

  it('has no rule that another one covers, in whatever order they came', () => {
    const entries = (calls: Call[]) =>
      learn(observe(calls), { arguments: true }).profile.seccomp.syscalls!.map(({ args }) => args?.length ?? 0);
    expect(
      entries([
        ['socket', 1, 1, undefined],
        ['socket', 1, 1, 0],
        ['socket', 1, 1, 6],
      ]),
    ).toEqual([2]);
    expect(
      entries([
        ['socket', 1, 1, 0],
        ['socket', 1, 1, 6],
        ['socket', 1, 1, undefined],
      ]),
    ).toEqual([2]);
    expect(
      entries([
        ['socket', 1, 1, 0],
        ['socket', 1, 0x80001, 0],
        ['socket', 1, 2, 0],
      ]),
    ).toEqual([3, 3]);
  });

  it('does not list more kinds than anybody reads, and tells', () => {
    const calls = Array.from({ length: MAX_KINDS + 1 }, (_, request): Call => ['ioctl', 0, request]);
    const fits = learn(observe(calls.slice(1)), { arguments: true });
    expect(fits.profile.seccomp.syscalls).toHaveLength(MAX_KINDS);
    expect(fits.warnings).toEqual([]);
    const { profile, warnings } = learn(observe([...calls, ['ioctl', 0, 0x9999]]), { arguments: true });
    expect(profile.seccomp.syscalls).toHaveLength(1);
    expect(warnings).toMatchObject([{ code: 'too-many-kinds' }]);
  });

  it('counts calls of a kind, also when too many kinds were made one', () => {
    const few = observe([
      ['ioctl', 0, 1],
      ['ioctl', 0, 1],
      ['ioctl', 0, 2],
    ]).calls();
    expect(few.map(({ count }) => count)).toEqual([2, 1]);
    const many = Array.from({ length: 300 }, (_, request): Call => ['ioctl', 0, request]);
    expect(observe(many).calls()).toMatchObject([{ name: 'ioctl', args: [], count: 300 }]);
  });

  it('names all architectures; an argument that stands elsewhere there has a rule of its own', () => {
    const observations = observe([['mmap', 0, 4096, 3]]);
    observations.add({ architecture: 'x86', name: 'mmap2', args: [0n, 4096n, 5n] });
    observations.add({ architecture: 'x86', name: 'mmap', args: [0xffffd000n] });
    const { profile } = learn(observations, { arguments: true });
    expect(profile.seccomp.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
    // On x86 mmap takes a pointer: there is nothing to compare, and the rule counts on both.
    expect(profile.seccomp.syscalls).toMatchObject([{ names: ['mmap'] }, { names: ['mmap2'], args: [{ index: 2n }] }]);
    const decide = decider(observations, { arguments: true });
    expect(decide('mmap2', [0n, 0n, 4n], 'x86')).toBe(ALLOW);
    expect(decide('mmap2', [0n, 0n, 7n], 'x86')).toBe(EPERM);
  });

  it('adds what a process needs to end, if asked to and not seen', () => {
    const [, essentials] = learn(observe([['exit_group']]), { essentials: true }).profile.seccomp.syscalls!;
    expect(essentials!.names).toEqual(['exit', 'restart_syscall', 'rt_sigreturn']);
    expect(essentials!.comment).toMatch(/^Not observed/);
  });

  it('lets through whatever it learned from, on every architecture it saw (property)', () => {
    const table = syscallLookup(libseccomp);
    const names = ['socket', 'clone', 'ioctl', 'prctl', 'mmap', 'setns', 'ptrace', 'unshare', 'personality', 'read'];
    const call = fc.record({
      architecture: fc.constantFrom<ArchitectureName>('x86_64', 'x86'),
      name: fc.constantFrom(...names),
      args: fc.array(fc.oneof(fc.bigInt(0n, 8n), fc.bigInt(0n, 2n ** 64n - 1n)), { minLength: 6, maxLength: 6 }),
    });
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 12 }), (calls) => {
        const seen = calls
          .filter(({ name, architecture }) => table.has(name, architecture))
          .map((each) => ({
            ...each,
            args: each.args.map((value) => (each.architecture === 'x86' ? value & 0xffffffffn : value)),
          }));
        const observations = new Observations(learnedArguments);
        for (const each of seen) observations.add(each);
        const decide = decider(observations, { arguments: true });
        for (const { name, args, architecture } of seen) expect(decide(name, args, architecture)).toBe(ALLOW);
      }),
      { numRuns: 40 },
    );
  });

  it.each(['docker', 'list', 'spo', 'oci'] as const)('can be written as %s and read again', (format) => {
    const { profile } = learn(observe([['socket', 1, 1, 0], ['clone', 17], ['read'], ['mmap', 0, 0, 5]]), {
      arguments: true,
    });
    const again = readProfile(writeProfile(profile, format));
    const compile = (parsed: typeof profile) => compileParsedProfile(parsed, { arch: 'x86_64', libseccomp }).program;
    expect(compile(again)).toEqual(compile(profile));
  });
});

it('nearly every call has a group, and each only one', () => {
  const others = knownSyscalls().filter((name) => callGroup(name) === 'Others');
  // Calls that Linux has no more, or one architecture alone has.
  expect(others.length).toBeLessThan(90);
  const common = ['openat', 'futex', 'epoll_pwait2', 'rt_sigaction', 'clock_nanosleep', 'sendmsg', 'shmget', 'setuid'];
  expect(common.map(callGroup)).not.toContain('Others');
});

describe('what C libraries try before a call that was seen', () => {
  it('is answered with ENOSYS, on which alone they take it, and check finds nothing', () => {
    const seen = observe([
      ['access', 0, 0],
      ['clone', 0x1200011, 0],
      ['faccessat', 0],
      ['fchmodat', 0],
      ['execve', 0, 0, 0],
    ]);
    const { profile } = learn(seen, { essentials: true });
    const answered = profile.seccomp.syscalls?.filter(({ action }) => action === 'SCMP_ACT_ERRNO') ?? [];
    expect(answered.map(({ names, errnoRet }) => [names, errnoRet])).toEqual([
      [['clone3', 'faccessat2', 'fchmodat2'], 38n],
    ]);
    const { findings } = checkProfile(profile, { libseccomp, targets: ['x86_64'] });
    expect(findings.map(({ id }) => id)).not.toContain('probe-not-enosys');
  });

  it('stays as it was seen, and is left out where nothing older was', () => {
    const calls: Call[] = [
      ['faccessat2', 0],
      ['faccessat', 0],
      ['read', 0],
    ];
    expect(learn(observe(calls)).profile.seccomp.syscalls?.map(({ action }) => action)).not.toContain('SCMP_ACT_ERRNO');
  });
});
