import { type CheckOptions, type CheckReport, checkProfile } from '../../src/check/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';

export const libseccomp = loadLibseccompSync();

export type Options = Partial<Omit<CheckOptions, 'libseccomp'>> & {
  format?: NonNullable<Parameters<typeof readProfile>[1]>['format'];
};

/** Check a profile given as an object, by way of its text, so that findings have places. */
export function check(profile: object | string, { format, ...options }: Options = {}): CheckReport {
  const text = typeof profile === 'string' ? profile : JSON.stringify(profile, null, 2);
  const parsed = readProfile(text, { source: 'profile.json', format });
  return checkProfile(parsed, { targets: ['x86_64'], ...options, libseccomp, text });
}

export const ids = (report: CheckReport) => [...new Set(report.findings.map(({ id }) => id))];

const rule = (names: string, action: string, more: object = {}) => ({ names: names.split(' '), action, ...more });
export const allow = (names: string, more: object = {}) => rule(names, 'SCMP_ACT_ALLOW', more);
export const deny = (names: string, more: object = {}) => rule(names, 'SCMP_ACT_ERRNO', { errnoRet: 1, ...more });
export const enosys = (names: string, more: object = {}) => deny(names, { errnoRet: 38, ...more });
export const kill = (names: string, more: object = {}) => rule(names, 'SCMP_ACT_KILL_PROCESS', more);

/** What a program needs to start and end, so that an allow-list has no fault of that kind. */
export const BASE =
  'execve exit_group exit rt_sigreturn mmap mmap2 munmap mprotect brk close read arch_prctl set_thread_area';

const ARCHITECTURES = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'];

export const allowList = (...syscalls: object[]) => ({
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 38,
  architectures: ARCHITECTURES,
  syscalls: [allow(BASE), ...syscalls],
});
export const denyList = (...syscalls: object[]) => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  architectures: ARCHITECTURES,
  syscalls: [deny('swapon'), ...syscalls],
});

export const args = (...conditions: [index: number, op: string, value: number | bigint, valueTwo?: number][]) => ({
  args: conditions.map(([index, op, value, valueTwo]) => ({
    index,
    op: `SCMP_CMP_${op}`,
    value: Number(value),
    ...(valueTwo === undefined ? {} : { valueTwo }),
  })),
});
