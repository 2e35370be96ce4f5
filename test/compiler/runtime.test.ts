import { describe, expect, it } from 'vitest';
import { formatAction } from '../../src/action.js';
import { ARCHITECTURES, parseArchitecture } from '../../src/architecture.js';
import { simulate } from '../../src/bpf/index.js';
import { CompileError, type CompileOptions, compileProfileSync, RUNTIME_NAMES } from '../../src/compiler/index.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { ProfileError } from '../../src/profile/document/profile-error.js';
import { readProfile } from '../../src/profile/index.js';

const libseccomp = loadLibseccompSync();
const compile = (profile: object, options: Partial<CompileOptions> = {}) =>
  compileProfileSync(profile, { arch: 'x86_64', libseccomp, ...options });

function decide(profile: object, options: Partial<CompileOptions>, name: string, args: readonly bigint[] = []): string {
  const { auditArch } = parseArchitecture('x86_64');
  const nr = libseccomp.resolveSyscallName(name, parseArchitecture('x86_64')) as number;
  const all = Array.from({ length: 6 }, (_, i) => args[i] ?? 0n) as [bigint, bigint, bigint, bigint, bigint, bigint];
  const data = { nr, arch: auditArch, instructionPointer: 0n, args: all };
  return formatAction(simulate(compile(profile, options), data).action);
}

const denying = (...syscalls: object[]) => ({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });
const allow = (...names: string[]) => ({ names, action: 'SCMP_ACT_ALLOW' });
const eq = (index: number, value: number) => ({ index, value, op: 'SCMP_CMP_EQ' });
// Forty calls that x86_64 has: numbers 0 to 39.
const NAMES = Array.from({ length: 40 }, (_, nr) => libseccomp.resolveSyscallNumber(nr, 'x86_64') as string);
const SPEC_ALLOW = ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'];

describe('flags where the profile has none', () => {
  it.each([
    ['libseccomp', []],
    ['runc', SPEC_ALLOW],
    ['runc-1.1', []],
    ['crun', SPEC_ALLOW],
    ['youki', []],
    ['youki-0.6', []],
  ] as const)('%s', (runtime, flags) => {
    expect(compile(denying(allow('read')), { runtime }).flags).toEqual(flags);
    expect(compile({ ...denying(allow('read')), flags: null }, { runtime }).flags).toEqual(flags);
  });

  it('are not added to a list of its own, not even to an empty one', () => {
    for (const runtime of RUNTIME_NAMES) {
      expect(compile({ ...denying(allow('read')), flags: [] }, { runtime }).flags).toEqual([]);
      const flags = ['SECCOMP_FILTER_FLAG_LOG'];
      if (runtime === 'runc-1.1') continue;
      expect(compile({ ...denying(allow('read')), flags }, { runtime }).flags).toEqual(flags);
    }
  });

  it('may be chosen', () => {
    expect(compile(denying(allow('read')), { runtime: 'runc', defaultFlags: [] }).flags).toEqual([]);
    const flags = ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'] as const;
    expect(compile(denying(allow('read')), { defaultFlags: flags }).flags).toEqual(flags);
  });
});

describe('the ENOSYS stub', () => {
  it.each([
    ['libseccomp', 'ERRNO(EPERM)'],
    ['runc', 'ERRNO(ENOSYS)'],
    ['runc-1.1', 'ERRNO(ENOSYS)'],
    ['crun', 'ERRNO(EPERM)'],
    ['youki', 'ERRNO(EPERM)'],
  ] as const)('%s answers a newer call with %s', (runtime, action) => {
    const profile = { ...denying(allow('read', 'openat')), architectures: ['SCMP_ARCH_X86_64'] };
    expect(decide(profile, { runtime }, 'mseal')).toBe(action);
    expect(decide(profile, { runtime }, 'write')).toBe('ERRNO(EPERM)');
  });

  it('is empty in runc 1.1 where the profile lists no architecture', () => {
    const profile = denying(allow('read', 'openat'));
    expect(decide(profile, { runtime: 'runc' }, 'mseal')).toBe('ERRNO(ENOSYS)');
    expect(decide(profile, { runtime: 'runc-1.1' }, 'mseal')).toBe('ERRNO(EPERM)');
    expect(decide({ ...profile, architectures: [] }, { runtime: 'runc-1.1' }, 'mseal')).toBe('ERRNO(EPERM)');
  });

  it('may be left out, and added', () => {
    const profile = denying(allow('read', 'openat'));
    expect(decide(profile, { runtime: 'runc', enosysStub: false }, 'mseal')).toBe('ERRNO(EPERM)');
    expect(decide(profile, { runtime: 'crun', enosysStub: true }, 'mseal')).toBe('ERRNO(ENOSYS)');
  });
});

describe('the binary tree', () => {
  const plain = (profile: object, optimize: 0 | 2) => compile(profile, { optimize }).program;
  const by = (profile: object, options: Partial<CompileOptions>) =>
    compile(profile, { enosysStub: false, ...options }).program;

  it('is runc’s for more than 32 rules, of which each name makes one', () => {
    const profile = (count: number) => denying(allow(...NAMES.slice(0, 20)), allow(...NAMES.slice(20, count)));
    expect(plain(profile(32), 0)).not.toEqual(plain(profile(32), 2));
    expect(by(profile(32), { runtime: 'runc' })).toEqual(plain(profile(32), 0));
    expect(by(profile(33), { runtime: 'runc' })).toEqual(plain(profile(33), 2));
    for (const runtime of ['libseccomp', 'runc-1.1', 'crun', 'youki'] as const) {
      expect(by(profile(40), { runtime })).toEqual(plain(profile(40), 0));
    }
  });

  it('counts names that libseccomp does not know, and entries with the default action', () => {
    const rest = [{ names: ['no_such_call'], action: 'SCMP_ACT_ERRNO' }, allow('nor_this')];
    const profile = denying(allow(...NAMES.slice(0, 31)), ...rest);
    expect(by(profile, { runtime: 'runc' })).toEqual(plain(profile, 2));
  });

  it('may be asked for, and refused', () => {
    const profile = denying(allow(...NAMES));
    expect(by(profile, { runtime: 'runc', optimize: 0 })).toEqual(plain(profile, 0));
    expect(by(profile, { optimizePast: 39 })).toEqual(plain(profile, 2));
    expect(by(profile, { optimizePast: 40 })).toEqual(plain(profile, 0));
  });
});

describe('an errno with an action that carries none', () => {
  const cases = [
    [denying({ ...allow('read'), errnoRet: 1 }), 'syscalls[0].errnoRet'],
    [denying({ ...allow('read'), errno: 'EPERM' }), 'syscalls[0].errno'],
    [{ defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 }, 'defaultErrnoRet'],
    [denying({ ...allow('read'), action: 'SCMP_ACT_KILL', errnoRet: 0 }), 'syscalls[0].errnoRet'],
  ] as const;

  it.each(cases)('is refused by crun: %j', (profile, path) => {
    for (const options of [{ runtime: 'crun' }, { errnoRet: 'strict' }] as const) {
      const error = attempt(() => compile(profile, options)) as ProfileError;
      expect(error).toBeInstanceOf(ProfileError);
      expect(error.issues).toMatchObject([{ code: 'errno-ret-refused', path }]);
    }
    for (const runtime of ['libseccomp', 'runc', 'youki'] as const) {
      expect(compile(profile, { runtime }).warnings.map(({ code }) => code)).toContain('errno-ret-ignored');
    }
    expect(() => compile(profile, { runtime: 'crun', errnoRet: 'lenient' })).not.toThrow();
  });

  it('does no harm in an entry that does not apply, nor with ERRNO and TRACE', () => {
    const dropped = denying({ ...allow('read'), errnoRet: 1, includes: { caps: ['CAP_BPF'] } });
    expect(() => compile(dropped, { runtime: 'crun' })).not.toThrow();
    expect(() => compile(dropped, { runtime: 'crun', capabilities: ['bpf'] })).toThrow(ProfileError);
    const sound = denying({ names: ['read'], action: 'SCMP_ACT_TRACE', errnoRet: 2 });
    expect(() => compile({ ...sound, defaultErrnoRet: 38 }, { runtime: 'crun' })).not.toThrow();
  });
});

describe('several conditions in an entry', () => {
  const twoArguments = denying({ ...allow('getcwd'), args: [eq(0, 1), eq(1, 2)] });
  const oneArgument = denying({ ...allow('getcwd'), args: [eq(0, 1), eq(0, 2), eq(1, 3)] });

  it.each(['libseccomp', 'runc', 'runc-1.1', 'crun', 'youki'] as const)(
    'all hold in %s, unless they are on one argument',
    (runtime) => {
      expect(decide(twoArguments, { runtime }, 'getcwd', [1n, 2n])).toBe('ALLOW');
      expect(decide(twoArguments, { runtime }, 'getcwd', [1n, 0n])).toBe('ERRNO(EPERM)');
      expect(decide(oneArgument, { runtime }, 'getcwd', [0n, 3n])).toBe('ALLOW');
      expect(compile(oneArgument, { runtime }).warnings).toMatchObject([{ code: 'repeated-argument' }]);
      expect(compile(twoArguments, { runtime }).warnings).toEqual([]);
    },
  );

  it('are alternatives in youki 0.6, with a warning', () => {
    for (const args of [
      [1n, 0n],
      [0n, 2n],
    ]) {
      expect(decide(twoArguments, { runtime: 'youki-0.6' }, 'getcwd', args)).toBe('ALLOW');
    }
    expect(decide(twoArguments, { runtime: 'youki-0.6' }, 'getcwd', [0n, 0n])).toBe('ERRNO(EPERM)');
    expect(compile(twoArguments, { runtime: 'youki-0.6' }).warnings).toMatchObject([
      { code: 'split-conditions', path: 'syscalls[0].args' },
    ]);
    const single = denying({ ...allow('getcwd'), args: [eq(0, 1)] });
    expect(compile(single, { runtime: 'youki-0.6' }).warnings).toEqual([]);
  });

  it('may have to hold together: libseccomp refuses two on one argument', () => {
    const error = attempt(() => compile(oneArgument, { conditions: 'together' }));
    expect(error).toBeInstanceOf(CompileError);
    expect(error).toMatchObject({ code: 'RULE_REFUSED', path: 'syscalls[0]' });
    expect(decide(twoArguments, { runtime: 'youki-0.6', conditions: 'together' }, 'getcwd', [1n, 0n])).toBe(
      'ERRNO(EPERM)',
    );
  });

  it('make no rule in youki 0.6 where their list is empty, but for profiles that Docker or Podman hands on', () => {
    const entry = { ...allow('getcwd'), args: [] };
    expect(decide(denying(entry), { runtime: 'youki-0.6' }, 'getcwd')).toBe('ERRNO(EPERM)');
    expect(compile(denying(entry), { runtime: 'youki-0.6' }).warnings).toMatchObject([{ code: 'empty-args' }]);
    expect(decide(denying({ ...entry, comment: '', includes: {} }), { runtime: 'youki-0.6' }, 'getcwd')).toBe('ALLOW');
    for (const runtime of ['runc', 'youki'] as const)
      expect(decide(denying(entry), { runtime }, 'getcwd')).toBe('ALLOW');
    const pieces = [{ emptyArgs: 'no-rule' }, { runtime: 'youki-0.6', emptyArgs: 'unconditional' }] as const;
    expect(pieces.map((piece) => decide(denying(entry), piece, 'getcwd'))).toEqual(['ERRNO(EPERM)', 'ALLOW']);
    expect(decide(denying(allow('getcwd')), { runtime: 'youki-0.6' }, 'getcwd')).toBe('ALLOW');
  });
});

describe('masked comparison', () => {
  const args = [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 0xf0, valueTwo: 0x10 }];
  const profile = denying({ ...allow('getcwd'), args });

  it('has the mask first, in both youkis last', () => {
    for (const runtime of ['libseccomp', 'runc', 'crun'] as const) {
      expect(decide(profile, { runtime }, 'getcwd', [0x1fn])).toBe('ALLOW');
      expect(decide(profile, { runtime }, 'getcwd', [0x30n])).toBe('ERRNO(EPERM)');
    }
    // (a0 & 0x10) == 0xf0: libseccomp masks the datum too
    expect(decide(profile, { runtime: 'youki' }, 'getcwd', [0x30n])).toBe('ALLOW');
    expect(decide(profile, { runtime: 'youki' }, 'getcwd', [0x2fn])).toBe('ERRNO(EPERM)');
  });

  it('makes of the usual clone entry "always" in youki', () => {
    const clone = { ...allow('clone'), args: [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 0x7e020000 }] };
    expect(decide(denying(clone), { runtime: 'runc' }, 'clone', [0x10000000n])).toBe('ERRNO(EPERM)');
    expect(decide(denying(clone), { runtime: 'youki' }, 'clone', [0x10000000n])).toBe('ALLOW');
    expect(decide(denying(clone), { maskedOperands: 'datum-first' }, 'clone', [0x10000000n])).toBe('ALLOW');
  });
});

describe('what a runtime refuses', () => {
  const flags = (...names: string[]) => ({
    ...denying(allow('read')),
    flags: names.map((name) => `SECCOMP_FILTER_FLAG_${name}`),
  });
  const arches = (...names: string[]) => ({
    ...denying(allow('read')),
    architectures: names.map((name) => `SCMP_ARCH_${name}`),
  });
  const refused = (profile: object, options: Partial<CompileOptions>) => {
    const error = attempt(() => compile(profile, options));
    return error instanceof ProfileError ? error.issues.map(({ code, path }) => `${code} ${path}`) : [];
  };

  it('flags', () => {
    const all = flags('TSYNC', 'LOG', 'SPEC_ALLOW');
    for (const runtime of RUNTIME_NAMES) {
      const isOld = runtime === 'runc-1.1';
      expect(refused(all, { runtime })).toEqual(isOld ? [0, 1, 2].map((index) => `flag-refused flags[${index}]`) : []);
      expect(refused(flags(), { runtime })).toEqual([]);
    }
  });

  it.each([
    ['libseccomp', true],
    ['runc', true],
    ['runc-1.1', false],
    ['crun', true],
    ['youki', true],
    ['youki-0.6', false],
  ] as const)('%s: WAIT_KILLABLE_RECV taken: %s', (runtime, isTaken) => {
    const notify = { names: ['kill'], action: 'SCMP_ACT_NOTIFY' };
    const profile = { ...flags('WAIT_KILLABLE_RECV'), listenerPath: '/run/agent.sock', syscalls: [notify] };
    expect(refused(profile, { runtime })).toEqual(isTaken ? [] : ['flag-refused flags[0]']);
  });

  it.each([
    ['libseccomp', []],
    ['runc', ['parisc', 'parisc64', 'm68k', 'sh', 'sheb']],
    ['runc-1.1', ['parisc', 'parisc64', 'm68k', 'sh', 'sheb', 'riscv64', 'loongarch64']],
    ['crun', []],
    ['youki', []],
    ['youki-0.6', ['parisc', 'parisc64', 'm68k', 'sh', 'sheb', 'loongarch64']],
  ] as const)('architectures: %s %j', (runtime, names) => {
    const found = ARCHITECTURES.filter(({ name, ociName }) => {
      const profile = { ...arches(), architectures: [ociName] };
      return refused(profile, { runtime, arch: name }).length > 0;
    });
    expect(found.map(({ name }) => name).sort()).toEqual([...names].sort());
  });

  it('those of the entry of archMap that is chosen, and no others', () => {
    const archMap = [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] },
      { architecture: 'SCMP_ARCH_M68K', subArchitectures: [] },
    ];
    const profile = { ...denying(allow('read')), archMap };
    expect(refused(profile, { runtime: 'runc' })).toEqual([]);
    expect(refused(profile, { runtime: 'runc', arch: 'm68k' })).toEqual([
      'architecture-refused archMap[1].architecture',
    ]);
  });

  it('the native architecture by that name, which runc and crun do not know', () => {
    expect(refused(arches('NATIVE'), { runtime: 'runc' })).toEqual(['architecture-refused architectures[0]']);
    expect(refused(arches('NATIVE'), { runtime: 'crun' })).toEqual(['architecture-refused architectures[0]']);
    expect(refused(arches('NATIVE'), { runtime: 'youki' })).toEqual([]);
    expect(refused(arches('NATIVE'), { runtime: 'youki-0.6', arch: 'sh' })).toEqual([]);
  });

  it('SCMP_ACT_NOTIFY without listenerPath, which crun alone loads', () => {
    const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }] };
    for (const runtime of RUNTIME_NAMES) {
      const isTaken = runtime === 'libseccomp' || runtime === 'crun';
      expect(refused(profile, { runtime })).toEqual(isTaken ? [] : ['listener-path-missing syscalls[0]']);
      expect(refused({ ...profile, listenerPath: '/run/agent.sock' }, { runtime })).toEqual([]);
    }
  });

  it('says which runtime, and what to do', () => {
    expect(() => compile(flags('LOG'), { runtime: 'runc-1.1' })).toThrow(
      /flags\[0\]: runc 1\.1 refuses SECCOMP_FILTER_FLAG_LOG: the container does not start; take "flags" out/,
    );
  });
});

describe('the runtime libseccomp', () => {
  it('is the default', () => {
    const profile = denying(allow(...NAMES), { ...allow('getcwd'), args: [eq(0, 1)] });
    expect(compile(profile, { runtime: 'libseccomp' })).toEqual(compile(profile));
  });

  it('and the others are the ones there are', () => {
    for (const runtime of ['docker', 'toString']) {
      expect(() => compile(denying(), { runtime: runtime as never })).toThrow(InvalidArgumentError);
    }
  });
});

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('NOTIFY where the loader would wait for itself', () => {
  const onWrite = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['write'], action: 'SCMP_ACT_NOTIFY' }] };
  const byDefault = { defaultAction: 'SCMP_ACT_NOTIFY', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] };

  it.each([onWrite, byDefault])('is refused by all but crun', (profile) => {
    for (const runtime of ['libseccomp', 'runc', 'youki'] as const) {
      expect(() => compile(profile, { runtime })).toThrow(ProfileError);
    }
    expect(() => compile(profile, { runtime: 'crun', notifyGuards: true })).toThrow(ProfileError);
    // A profile that was read without the guards does not get past them either.
    const parsed = readProfile(profile, { notifyGuards: false });
    expect(() => compile(parsed, {})).toThrow(/SCMP_ACT_NOTIFY cannot be used|the default cannot wait for a listener/);
  });

  it('as the default uses a listener’s path', () => {
    const codes = (profile: object) => compile(profile, { runtime: 'crun' }).warnings.map(({ code }) => code);
    const listenerPath = '/run/agent.sock';
    expect(codes({ ...byDefault, listenerPath })).not.toContain('listener-path-unused');
    expect(codes({ ...onWrite, listenerPath })).not.toContain('listener-path-unused');
    expect(codes({ ...denying(allow('read')), listenerPath })).toContain('listener-path-unused');
  });

  it.each([onWrite, byDefault])('is taken by crun, and needs a listener', (profile) => {
    for (const options of [{ runtime: 'crun' }, { notifyGuards: false }] as const) {
      expect(compile(profile, options).usesListener).toBe(true);
      expect(decide(profile, options, profile === onWrite ? 'write' : 'openat')).toBe('NOTIFY');
    }
  });
});
