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
  expect(text).toContain('p.json: on that host:\n  call     here   there          because');
  expect(text).toMatch(/ {2}openat2 {2}ALLOW {2}ENOSYS {9}Linux 4\.4 does not have it, 5\.6 does +x86_64\n/);
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

/** What is said of another profile on a host. */
function differences(seccomp: object, options: Partial<CheckOptions>) {
  const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', ...seccomp });
  return checkProfile(profile, { libseccomp: loadLibseccompSync(), targets: ['x86_64'], ...options }).host;
}

it('tells the architectures of a filter apart', () => {
  const seccomp = {
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [{ names: ['arch_prctl', 'semget', 'socket', 'map_shadow_stack'], action: 'SCMP_ACT_ALLOW' }],
  };
  // Those of 32-bit x86 that were reached through ipc(2) and socketcall(2) before they had numbers are still.
  expect(
    differences(seccomp, { kernel: '4.4', libseccompVersion: '2.6.1' })?.map((each) => [
      each.architecture,
      each.call,
      each.because,
    ]),
  ).toEqual([
    ['x86_64', 'map_shadow_stack', 'Linux 4.4 does not have it, 6.6 does'],
    ['x86', 'arch_prctl', 'Linux 4.4 does not have it, 4.12 does'],
    ['x86', 'map_shadow_stack', 'Linux 4.4 does not have it, 6.7 does'],
  ]);
});

it.each([
  [{ defaultAction: 'SCMP_ACT_KILL_PROCESS' }, '4.13', 'Linux 4.13 does not have SCMP_ACT_KILL_PROCESS, 4.14 does'],
  [{ defaultAction: 'SCMP_ACT_KILL_PROCESS' }, '4.14', undefined],
  [
    { syscalls: [{ names: ['mount'], action: 'SCMP_ACT_NOTIFY' }], listenerPath: '/run/l' },
    '4.20',
    'SCMP_ACT_NOTIFY, 5.0',
  ],
  [{ flags: ['SECCOMP_FILTER_FLAG_LOG'] }, '4.13', 'SECCOMP_FILTER_FLAG_LOG, 4.14 does'],
  [{ flags: ['SECCOMP_FILTER_FLAG_LOG'] }, '4.14', undefined],
])('says that a Linux loads no such filter: %j on %s', (seccomp, kernel, because) => {
  const none = differences(seccomp, { kernel, libseccompVersion: '2.6.1' })?.filter(({ there }) => there === 'none');
  expect(none?.map((each) => each.because)).toEqual(because === undefined ? [] : [expect.stringContaining(because)]);
});

it('counts calls that no entry names: what a runtime answers, and what an older Linux lacks', () => {
  const seccomp = { architectures: ['SCMP_ARCH_X86_64'], syscalls: [{ names: ['openat2'], action: 'SCMP_ACT_ALLOW' }] };
  const [stub, ...more] = differences(seccomp, { kernel: '7.3', runtime: 'runc' })!;
  expect(more).toEqual([]);
  expect(stub).toMatchObject({ here: 'ERRNO(EPERM)', there: 'ERRNO(ENOSYS)', because: 'the ENOSYS stub of runc' });
  expect(stub?.others).toContain('fchroot');
  expect(stub?.others).not.toContain('read');

  const open = { defaultAction: 'SCMP_ACT_ALLOW' };
  const [lacking] = differences(open, { kernel: '7.2', libseccompVersion: '2.6.1' })!;
  expect(lacking).toMatchObject({ here: 'ALLOW', there: 'ENOSYS', others: ['fchroot'] });
});

it('finds what is decided by other arguments, though the actions are the same', () => {
  const args = [0, 1].map((index) => ({ index, value: 1, op: 'SCMP_CMP_EQ' }));
  const seccomp = { syscalls: [{ names: ['socket'], action: 'SCMP_ACT_ALLOW', args }] };
  expect(differences(seccomp, { kernel: '7.3', runtime: 'youki-0.6' })).toMatchObject([
    { call: 'socket', here: 'ALLOW or ERRNO(EPERM)', there: 'by other arguments' },
  ]);
  expect(differences(seccomp, { kernel: '7.3', runtime: 'youki' })).toEqual([]);
});
