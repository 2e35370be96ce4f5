import { expect, it } from 'vitest';
import { type CheckOptions, checkProfile, renderText } from '../../src/check/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';

const PROFILE = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 38,
  architectures: ['SCMP_ARCH_X86_64'],
  syscalls: [
    { names: ['read', 'mseal', 'openat2'], action: 'SCMP_ACT_ALLOW' },
    { names: ['ptrace'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '4.8' } },
  ],
};

function hostOf(options: Partial<CheckOptions>) {
  const profile = readProfile(PROFILE, { source: 'p.json' });
  return checkProfile(profile, { libseccomp: loadLibseccompSync(), targets: ['x86_64'], ...options });
}

it('says what a host decides otherwise than here, and why', () => {
  const report = hostOf({ kernel: '4.4', libseccompVersion: '2.5.4', runtime: 'runc' });
  expect(report.host?.map(({ call, here, there }) => [call, here, there])).toEqual([
    ['mseal', 'ALLOW', 'ERRNO(ENOSYS)'],
    ['openat2', 'ALLOW', 'ENOSYS'],
    ['ptrace', 'ALLOW', 'ERRNO(ENOSYS)'],
  ]);
  const text = renderText([{ source: 'p.json', report }]);
  expect(text).toContain('p.json: on that host:\n  machine  call     here   there          because\n');
  expect(text).toMatch(/x86_64 {3}openat2 {2}ALLOW {2}ENOSYS {9}Linux 4\.4 does not have it, 5\.6 does\n/);
});

it('says that nothing differs, and nothing where no host is named', () => {
  expect(hostOf({ kernel: '7.3', libseccompVersion: '2.6.1' }).host).toEqual([]);
  expect(hostOf({ kernel: '4.4' }).host).toBeUndefined();
});

it('says that there is no filter where the runtime refuses the profile', () => {
  const profile = readProfile({ ...PROFILE, flags: ['SECCOMP_FILTER_FLAG_LOG'] });
  const { host } = checkProfile(profile, {
    libseccomp: loadLibseccompSync(),
    targets: ['x86_64'],
    kernel: '6.1',
    runtime: 'runc-1.1',
  });
  expect(host).toMatchObject([{ here: 'the filter', there: 'none' }]);
});
