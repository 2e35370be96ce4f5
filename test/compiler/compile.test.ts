import { describe, expect, it } from 'vitest';
import { formatAction } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import { simulate } from '../../src/bpf/index.js';
import { loadDefault } from '../../src/compiler/compile-policy.js';
import { CompileError, compileProfile, compileProfileSync, type OwnCompileOptions } from '../../src/compiler/index.js';
import { proveDecisions } from '../../src/compiler/prove-decisions.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';

const libseccomp = loadLibseccompSync();
/** Each program is proved to be what its profile says. */
const compile = (profile: object | string, options: Partial<OwnCompileOptions> = {}) =>
  compileProfileSync(profile, { arch: 'x86_64', libseccomp, verify: proveDecisions, ...options });

/** What the compiled profile decides for a call of `name` with these first arguments. */
function decide(profile: object, name: string, args: readonly bigint[] = [], arch = 'x86_64'): string {
  const { auditArch } = parseArchitecture(arch);
  const nr = libseccomp.resolveSyscallName(name, parseArchitecture(arch)) as number;
  const all = Array.from({ length: 6 }, (_, i) => args[i] ?? 0n) as [bigint, bigint, bigint, bigint, bigint, bigint];
  const data = { nr, arch: auditArch, instructionPointer: 0n, args: all };
  return formatAction(simulate(compile(profile, { arch }), data).action);
}

const rule = (keys: object) => ({ names: ['getcwd'], action: 'SCMP_ACT_ERRNO', ...keys });
const allowing = (...syscalls: object[]) => ({ defaultAction: 'SCMP_ACT_ALLOW', syscalls });

describe('compileProfile', () => {
  it.each([
    [{ action: 'SCMP_ACT_KILL' }, 'KILL_THREAD'],
    [{ action: 'SCMP_ACT_KILL_THREAD' }, 'KILL_THREAD'],
    [{ action: 'SCMP_ACT_KILL_PROCESS' }, 'KILL_PROCESS'],
    [{ action: 'SCMP_ACT_TRAP' }, 'TRAP'],
    [{ action: 'SCMP_ACT_ERRNO' }, 'ERRNO(EPERM)'],
    [{ action: 'SCMP_ACT_ERRNO', errnoRet: 0 }, 'ERRNO(0)'],
    [{ action: 'SCMP_ACT_ERRNO', errnoRet: 4094 }, 'ERRNO(4094)'],
    [{ action: 'SCMP_ACT_TRACE' }, 'TRACE(1)'],
    [{ action: 'SCMP_ACT_TRACE', errnoRet: 65535 }, 'TRACE(65535)'],
    [{ action: 'SCMP_ACT_LOG' }, 'LOG'],
    [{ action: 'SCMP_ACT_NOTIFY' }, 'NOTIFY'],
  ])('turns %j into %s', (keys, action) => {
    const profile = allowing(rule(keys));
    expect(decide(profile, 'getcwd')).toBe(action);
    expect(decide(profile, 'read')).toBe('ALLOW');
    expect(compile(profile).usesListener).toBe(action === 'NOTIFY');
  });

  const big = 2n ** 63n + 5n;
  it.each([
    ['SCMP_CMP_NE', [big - 1n, big + 1n, 0n], [big]],
    ['SCMP_CMP_LT', [big - 1n, 0n], [big, big + 1n, 2n ** 64n - 1n]],
    ['SCMP_CMP_LE', [big, big - 1n], [big + 1n, 2n ** 64n - 1n]],
    ['SCMP_CMP_EQ', [big], [big - 1n, 5n, 2n ** 63n]],
    ['SCMP_CMP_GE', [big, big + 1n, 2n ** 64n - 1n], [big - 1n, 5n]],
    ['SCMP_CMP_GT', [big + 1n, 2n ** 64n - 1n], [big, 0n]],
  ])('compares 64 bits with %s', (op, holds, fails) => {
    const profile = JSON.parse(JSON.stringify(allowing(rule({ args: [{ index: 3, op }] }))));
    profile.syscalls[0].args[0].value = big;
    for (const value of holds) expect(decide(profile, 'getcwd', [0n, 0n, 0n, value])).toBe('ERRNO(EPERM)');
    for (const value of fails) expect(decide(profile, 'getcwd', [0n, 0n, 0n, value])).toBe('ALLOW');
  });

  it("reads SCMP_CMP_MASKED_EQ as runc does: value is the mask, valueTwo the datum (youki's is the other way round)", () => {
    const args = [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 0xf0, valueTwo: 0x10 }];
    const profile = allowing(rule({ args }));
    expect(decide(profile, 'getcwd', [0x1fn])).toBe('ERRNO(EPERM)');
    expect(decide(profile, 'getcwd', [0x2fn])).toBe('ALLOW');
    const noDatum = allowing(rule({ args: [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 0xf0 }] }));
    expect(decide(noDatum, 'getcwd', [0x0fn])).toBe('ERRNO(EPERM)');
    expect(decide(noDatum, 'getcwd', [0x10n])).toBe('ALLOW');
  });

  it('gives the flags and architectures of the profile, and the target first', () => {
    const flags = ['TSYNC', 'LOG', 'SPEC_ALLOW', 'WAIT_KILLABLE_RECV'].map((flag) => `SECCOMP_FILTER_FLAG_${flag}`);
    const architectures = ['SCMP_ARCH_X86', 'SCMP_ARCH_X86_64', 'SCMP_ARCH_NATIVE', 'SCMP_ARCH_X32', 'SCMP_ARCH_X86'];
    const compiled = compile({ ...allowing(rule({})), flags, architectures });
    expect(compiled.flags).toEqual(flags);
    expect(compiled.arches).toEqual(['x86_64', 'x86', 'x32']);
    expect(compile(allowing(rule({}))).flags).toEqual([]);
  });

  it('skips an entry with the default action, and says so', () => {
    const compiled = compile(allowing({ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' }));
    expect(compiled.warnings).toMatchObject([{ code: 'default-action-rule', path: 'syscalls[0]' }]);
    // the same action with another errno is another action
    const errno = { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38, syscalls: [rule({ errnoRet: 1 })] };
    expect(compile(errno).warnings).toEqual([]);
    expect(decide(errno, 'getcwd')).toBe('ERRNO(EPERM)');
  });

  it('skips an unknown system call and says what that means', () => {
    const deny = compile(allowing({ names: ['getcwd', 'gtecwd'], action: 'SCMP_ACT_ERRNO' }));
    expect(deny.warnings).toMatchObject([{ code: 'unknown-syscall', path: 'syscalls[0].names[1]' }]);
    expect(deny.warnings[0]?.message).toContain('does NOT deny it');
    const allow = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ name: 'gtecwd', action: 'SCMP_ACT_ALLOW' }] };
    expect(compile(allow).warnings).toMatchObject([{ path: 'syscalls[0].name' }]);
    expect(compile(allow, { unknownSyscall: 'ignore' }).warnings).toEqual([]);
    expect(() => compile(allow, { unknownSyscall: 'error' })).toThrow(CompileError);
  });

  it('makes one rule of each condition where an argument has several, and warns that AND became OR', () => {
    const condition = (index: number, value: number) => ({ index, value, op: 'SCMP_CMP_EQ' });
    const profile = allowing(rule({ args: [condition(0, 1), condition(0, 2), condition(1, 3)] }));
    expect(compile(profile).warnings).toMatchObject([{ code: 'repeated-argument', path: 'syscalls[0].args' }]);
    expect(decide(profile, 'getcwd', [1n, 0n])).toBe('ERRNO(EPERM)');
    expect(decide(profile, 'getcwd', [2n, 0n])).toBe('ERRNO(EPERM)');
    expect(decide(profile, 'getcwd', [0n, 3n])).toBe('ERRNO(EPERM)');
    expect(decide(profile, 'getcwd', [0n, 0n])).toBe('ALLOW');
  });

  it('says which entries libseccomp passes over', () => {
    const conditional = (errnoRet: number) => rule({ errnoRet, args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] });
    const codes = (...syscalls: object[]) =>
      compile(allowing(...syscalls)).warnings.map(({ code, path }) => [code, path]);
    expect(codes(rule({}), rule({ errnoRet: 2 }))).toEqual([['ineffective-rule', 'syscalls[1].names[0]']]);
    expect(codes(rule({}), conditional(2))).toEqual([['ineffective-rule', 'syscalls[1].names[0]']]);
    expect(codes(conditional(2), rule({}))).toEqual([['ineffective-rule', 'syscalls[0].names[0]']]);
    // and keeps quiet where nothing is lost
    expect(codes(rule({}), rule({}))).toEqual([]);
    expect(codes(conditional(1), rule({}), rule({ names: ['read'] }))).toEqual([]);
    // it is true: the first unconditional entry decides
    expect(decide(allowing(rule({}), rule({ errnoRet: 2 })), 'getcwd')).toBe('ERRNO(EPERM)');
  });

  it('reports what libseccomp refuses at its place in the profile', () => {
    const args = [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }];
    const text = JSON.stringify(allowing(rule({ args }), rule({ args, errnoRet: 2 })), null, 1);
    const error = attempt(() => compile(text, { source: 'p.json' })) as CompileError;
    expect(error).toBeInstanceOf(CompileError);
    expect(error).toMatchObject({ code: 'RULE_REFUSED', path: 'syscalls[1]', cause: { code: 'LIBSECCOMP_EEXIST' } });
    expect(error.message).toMatch(/^p\.json:\d+:\d+: syscalls\[1\]: getcwd: /);
    const foreign = { ...allowing(), architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_S390X'] };
    expect(attempt(() => compile(foreign))).toMatchObject({ code: 'ARCHITECTURE_REFUSED', path: 'architectures[1]' });
  });

  it('refuses a program that the kernel would not load', () => {
    const syscalls = Array.from({ length: 1200 }, (_, i) =>
      rule({
        args: [
          { index: 0, value: i, op: 'SCMP_CMP_EQ' },
          { index: 1, value: i * 3, op: 'SCMP_CMP_EQ' },
        ],
      }),
    );
    expect(attempt(() => compile(allowing(...syscalls)))).toMatchObject({ code: 'PROGRAM_TOO_LARGE' });
  });

  it('refuses rules that libseccomp makes a wrong program of', () => {
    const range = (op: string, value: number) => rule({ args: [{ index: 0, op, value }] });
    // what 2.6.0 makes of these two lets 6 through
    const profile = allowing(range('SCMP_CMP_LT', 0x100000000), range('SCMP_CMP_LE', 5));
    for (const verify of [true, proveDecisions]) {
      const error = attempt(() => compile(profile, { verify })) as CompileError;
      expect(error).toMatchObject({ code: 'MISCOMPILED', path: 'syscalls[1]' });
      expect(error.message).toMatch(/getcwd\(0x6, .*\) gives ALLOW instead of ERRNO\(EPERM\)/);
    }
    expect(compile(profile, { verify: false }).program.length).toBeGreaterThan(0);
    // one range is right, and on 32-bit architectures several are
    expect(() => compile(allowing(range('SCMP_CMP_LT', 0x100000000)))).not.toThrow();
    expect(() => compile(allowing(range('SCMP_CMP_LT', 100), range('SCMP_CMP_LE', 5)), { arch: 'arm' })).not.toThrow();
  });

  it('takes text, bytes, an object and a profile that was read, all alike, and with and without waiting', async () => {
    const profile = allowing(rule({}));
    const text = JSON.stringify(profile);
    const { program } = compile(profile);
    expect(compile(text).program).toEqual(program);
    expect(compile(new TextEncoder().encode(text)).program).toEqual(program);
    expect(compile(readProfile(text)).program).toEqual(program);
    expect(compile({ ociVersion: '1.0.0', linux: { seccomp: profile } }).program).toEqual(program);
    expect((await compileProfile(text, { arch: 'x86_64' })).program).toEqual(program);
    expect(compileProfileSync(text, { arch: 'x86_64' }).program).toEqual(program);
  });

  it('takes an architecture by any name and no other', () => {
    const { program } = compile(allowing(rule({})), { arch: 'aarch64' });
    for (const arch of ['arm64', 'SCMP_ARCH_AARCH64', 'AARCH64']) {
      expect(compile(allowing(rule({})), { arch }).program).toEqual(program);
    }
    expect(() => compile(allowing(rule({})), { arch: 'vax' })).toThrow(InvalidArgumentError);
  });

  it('does not disturb a libseccomp that is used otherwise, nor is disturbed', () => {
    const { program } = compile(allowing(rule({})));
    compile(allowing(rule({})), { arch: 's390x' });
    expect(compile(allowing(rule({}))).program).toEqual(program);
  });
});

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

// What keeps libseccomp busy for hours is no input for a test; a few rules do, where few steps are granted.
it.each([
  ['adding them', 10, 'syscalls[1]'],
  ['making the program', 1000, undefined],
])(
  'refuses rules that take more work than there may be, in %s, and goes on with the next profile',
  async (_, steps, path) => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [0, 1, 2].map((value) => ({
        names: ['mmap'],
        action: 'SCMP_ACT_ERRNO',
        args: [0, 1].map((index) => ({ index, op: 'SCMP_CMP_GT', value })),
      })),
    };
    const libseccomp = await loadDefault();
    libseccomp.workLimit = steps;
    expect(() => compileProfileSync(profile, { arch: 'x86_64' })).toThrow(
      expect.objectContaining({ code: 'TOO_COMPLEX', path }),
    );
    expect(libseccomp.usable).toBe(false);
    expect(compileProfileSync(profile, { arch: 'x86_64' }).program.length).toBeGreaterThan(0);
  },
);
