import { describe, expect, it } from 'vitest';
import { formatAction } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import { simulate } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';

const libseccomp = loadLibseccompSync();
const X32 = 0x40000000;

function compile(profile: object, arch: string) {
  const compiled = compileProfileSync(profile, { arch, libseccomp, enosysStub: true });
  return (nr: number, on = arch) => {
    const { auditArch } = parseArchitecture(on);
    const args = [0n, 0n, 0n, 0n, 0n, 0n] as const;
    return formatAction(
      simulate(compiled, { nr, arch: auditArch, instructionPointer: 0n, args }).action,
      parseArchitecture(on).name,
    );
  };
}

const profile = (architectures: string[], keys: object = {}) => ({
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures,
  syscalls: [{ names: ['read', 'openat2', 'mseal'], action: 'SCMP_ACT_ALLOW' }],
  ...keys,
});

describe('the ENOSYS stub', () => {
  it('answers ENOSYS above the newest call the profile names, and leaves the rest to the filter', () => {
    const decide = compile(profile([]), 'x86_64');
    expect([decide(0), decide(2), decide(462), decide(463), decide(0x3fffffff)]).toEqual([
      'ALLOW',
      'ERRNO(EPERM)',
      'ALLOW',
      'ERRNO(ENOSYS)',
      'ERRNO(ENOSYS)',
    ]);
    // x32 is not in the filter: libseccomp's bad-architecture action, as without a stub
    expect(decide(X32 | 500)).toBe('KILL_THREAD');
  });

  it('keeps the numbers of x86_64, x32 and x86 apart', () => {
    const decide = compile(profile(['SCMP_ARCH_X86', 'SCMP_ARCH_X32']), 'x86_64');
    expect([decide(463), decide(X32 | 462), decide(X32 | 463), decide(3, 'x86'), decide(463, 'x86')]).toEqual([
      'ERRNO(ENOSYS)',
      'ALLOW',
      'ERRNO(ENOSYS)',
      'ALLOW',
      'ERRNO(ENOSYS)',
    ]);
    // an architecture that is not in the filter
    expect(decide(500, 'aarch64')).toBe('KILL_THREAD');
  });

  it('takes setup(2), number 0, for a call from beyond the table on s390', () => {
    const decide = compile(profile(['SCMP_ARCH_S390']), 's390x');
    expect([decide(0), decide(3), decide(463), decide(0, 's390'), decide(463, 's390')]).toEqual([
      'ERRNO(ENOSYS)',
      'ALLOW',
      'ERRNO(ENOSYS)',
      'ERRNO(ENOSYS)',
      'ERRNO(ENOSYS)',
    ]);
  });

  it("answers with the target's own ENOSYS", () => {
    expect(compile(profile([]), 'mips64')(5463)).toBe('ERRNO(ENOSYS)'); // 89 there
  });

  it.each([
    { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO' }] },
    { defaultAction: 'SCMP_ACT_LOG' },
    { defaultAction: 'SCMP_ACT_TRACE' },
    { syscalls: [] },
  ])('is not there where it would take something away: %j', (keys) => {
    const input = profile([], keys);
    const without = compileProfileSync(input, { arch: 'x86_64', libseccomp });
    const asked = compileProfileSync(input, { arch: 'x86_64', libseccomp, enosysStub: true });
    expect(asked.program).toEqual(without.program);
  });

  it('is there where the default is ENOSYS, as runc has it: libseccomp takes numbers from 2^31 on for x32 and kills them', () => {
    const input = profile([], { defaultErrnoRet: 38, syscalls: [{ names: ['write'], action: 'SCMP_ACT_ALLOW' }] });
    const decide = (enosysStub: boolean) => {
      const { program } = compileProfileSync(input, { arch: 'x86_64', libseccomp, enosysStub });
      const data = { nr: 0x80000000, arch: 0xc000003e, instructionPointer: 0n };
      return simulate(program, { ...data, args: [0n, 0n, 0n, 0n, 0n, 0n] }).action;
    };
    expect(decide(true)).toEqual({ kind: 'ERRNO', data: 38 });
    expect(decide(false)).toEqual({ kind: 'KILL_THREAD' });
  });
});
