import { describe, expect, it } from 'vitest';
import { formatAction } from '../../src/action.js';
import { ARCHITECTURES, parseArchitecture } from '../../src/architecture.js';
import { simulate } from '../../src/bpf/index.js';
import {
  compileProfileSync,
  LIBSECCOMP_VERSIONS,
  type LibseccompVersion,
  type OwnCompileOptions,
  proveDecisions,
} from '../../src/compiler/index.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { VERSION_TABLES } from '../../src/libseccomp/version-tables.js';

const libseccomp = loadLibseccompSync();
const compile = (profile: object, options: Partial<OwnCompileOptions> = {}) =>
  compileProfileSync(profile, { arch: 'x86_64', libseccomp, verify: proveDecisions, ...options });

function decide(profile: object, options: Partial<OwnCompileOptions>, name: string): string {
  const { auditArch } = parseArchitecture('x86_64');
  const nr = libseccomp.resolveSyscallName(name, parseArchitecture('x86_64')) as number;
  const data = { nr, arch: auditArch, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] as never };
  return formatAction(simulate(compile(profile, options), data).action);
}

const X86_64 = ['SCMP_ARCH_X86_64'];
const allowing = (...names: string[]) => ({
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures: X86_64,
  syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
});
const denying = (...names: string[]) => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  architectures: X86_64,
  syscalls: [{ names, action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
});
const OLD = { libseccompVersion: '2.5.4' } as const;

describe('names that the host’s libseccomp does not know', () => {
  it('are left out, and the stub does not count them', () => {
    const profile = allowing('read', 'openat', 'mseal');
    expect(decide(profile, {}, 'mseal')).toBe('ALLOW');
    expect(decide(profile, OLD, 'mseal')).toBe('ERRNO(EPERM)');
    for (const runtime of ['runc', 'runc-1.1'] as const) {
      expect(decide(profile, { runtime, ...OLD }, 'mseal')).toBe('ERRNO(ENOSYS)');
      // Between the newest name that is known there and the newest that is known here.
      expect(decide(profile, { runtime }, 'cachestat')).toBe('ERRNO(EPERM)');
      expect(decide(profile, { runtime, ...OLD }, 'cachestat')).toBe('ERRNO(ENOSYS)');
      expect(decide(profile, { runtime, libseccompVersion: '2.6.0' }, 'mseal')).toBe('ALLOW');
    }
  });

  it('make the program of the profile without them', () => {
    const names = ['read', 'openat', 'close'];
    for (const version of LIBSECCOMP_VERSIONS) {
      const { unknown } = VERSION_TABLES[version];
      const { program } = compile(allowing(...names, ...unknown), { libseccompVersion: version, runtime: 'runc-1.1' });
      expect(program).toEqual(compile(allowing(...names), { runtime: 'runc-1.1' }).program);
    }
  });

  it('are told with their place and what that means', () => {
    const [warning] = compile(denying('read', 'mseal'), OLD).warnings;
    expect(warning).toMatchObject({
      code: 'newer-than-libseccomp',
      path: 'syscalls[0].names[1]',
      message:
        'libseccomp 2.5.4 does not know the system call "mseal", which is skipped: the filter does NOT deny it (its default is ALLOW)',
    });
    expect(compile(denying('mseal'), { ...OLD, unknownSyscall: 'ignore' }).warnings).toEqual([]);
    expect(() => compile(denying('mseal'), { ...OLD, unknownSyscall: 'error' })).toThrow(/2\.5\.4 does not know/);
    expect(compile(denying('mseal'), { libseccompVersion: '2.6.1' }).warnings).toEqual([]);
  });

  it('count for the binary tree, as in runc', () => {
    const known = Array.from({ length: 12 }, (_, nr) => libseccomp.resolveSyscallNumber(nr, 'x86_64') as string);
    const profile = allowing(...known, ...VERSION_TABLES['2.5.4'].unknown);
    const tree = compile(allowing(...known), { runtime: 'runc', optimize: 2 }).program;
    expect(compile(profile, { runtime: 'runc', ...OLD }).program).toEqual(tree);
  });
});

describe('what else a version does not know', () => {
  it.each(ARCHITECTURES.map(({ name, ociName }) => [name, ociName] as const))('%s', (name, ociName) => {
    const profile = { ...denying('kill'), architectures: [ociName] };
    for (const version of LIBSECCOMP_VERSIONS) {
      const isKnown = !(VERSION_TABLES[version].architectures as readonly string[]).includes(name);
      const attempt = () => compile(profile, { libseccompVersion: version, arch: name });
      if (isKnown) expect(attempt).not.toThrow();
      else expect(attempt).toThrow(`libseccomp ${version} does not know ${ociName}: there is no filter`);
    }
  });

  it('the architecture of the host itself', () => {
    expect(() => compile({ ...denying('kill'), architectures: [] }, { ...OLD, arch: 'm68k' })).toThrow(
      /SCMP_ARCH_M68K/,
    );
  });

  it('a flag that it would have to set; crun sets it itself', () => {
    const notify = { names: ['kill'], action: 'SCMP_ACT_NOTIFY' };
    const flags = ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'];
    const profile = { ...denying(), syscalls: [notify], flags, listenerPath: '/run/agent.sock' };
    expect(() => compile(profile, { ...OLD, runtime: 'runc' })).toThrow(/flags\[0\]: libseccomp 2\.5\.4 does not know/);
    expect(() => compile(profile, { ...OLD, runtime: 'crun' })).not.toThrow();
    expect(() => compile(profile, { libseccompVersion: '2.6.0', runtime: 'runc' })).not.toThrow();
  });

  it('another number than here is told', () => {
    const on = (architectures: string[]) => ({ ...denying('map_shadow_stack'), architectures });
    const codes = (profile: object) => compile(profile, OLD).warnings.map(({ code }) => code);
    expect(codes(on([...X86_64, 'SCMP_ARCH_X32']))).toEqual(['differing-number']);
    expect(codes(on(X86_64))).toEqual([]);
  });

  it('a version without a table is refused', () => {
    for (const version of ['2.5', '2.7.0', 'toString']) {
      expect(() => compile(denying('kill'), { libseccompVersion: version as LibseccompVersion })).toThrow(
        InvalidArgumentError,
      );
    }
  });
});
