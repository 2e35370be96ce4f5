import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { readProfile } from '../../src/profile/index.js';
import { explainResolution, formatResolution } from '../../src/profile/resolve/explain-resolution.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';
import { packagedProfile } from './packaged-profiles.js';

interface Target {
  arch: string;
  capabilities?: readonly string[];
  kernel?: string;
}

/** The indexes of the entries that apply, in short: `0-6 9`. */
function applying(profile: Uint8Array | string, { arch, ...options }: Target): string {
  const { entries } = explainResolution(readProfile(profile), { arch: parseArchitecture(arch), ...options });
  const indexes = entries.flatMap(({ applies }, index) => (applies ? [index] : []));
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(' ');
}

/** The conditional entries that the tables below are about; another version of a package may number them otherwise. */
function conditions(profile: Uint8Array): string[] {
  const { syscalls } = JSON.parse(new TextDecoder().decode(profile));
  return syscalls.flatMap((entry: Record<string, object & { names: string[] }>, index: number) => {
    const said = [entry.includes, entry.excludes].map((each) => JSON.stringify(each ?? {}));
    return said.join('') === '{}{}'
      ? []
      : [`${index} ${(entry.names as unknown as string[])[0]} ${said.join(' but ')}`];
  });
}

// The tables were made by hand: from the conditions of each entry (the list above each) and setupSeccomp's rules.

describe("Podman's default profile", () => {
  const profile = packagedProfile('podman');

  it('has the conditional entries that the table is about', () => {
    const pairs = [
      [12, 'open_by_handle_at', 'CAP_DAC_READ_SEARCH'],
      [14, 'bpf', 'CAP_SYS_ADMIN'],
      [16, 'chroot', 'CAP_SYS_CHROOT'],
      [18, 'delete_module', 'CAP_SYS_MODULE'],
      [20, 'acct', 'CAP_SYS_PACCT'],
      [22, 'kcmp', 'CAP_SYS_PTRACE'],
      [24, 'ioperm', 'CAP_SYS_RAWIO'],
      [26, 'clock_settime', 'CAP_SYS_TIME'],
      [28, 'vhangup', 'CAP_SYS_TTY_CONFIG'],
    ] as const;
    expect(conditions(profile)).toEqual([
      '7 sync_file_range2 {"arches":["ppc64le"]} but {}',
      '8 arm_fadvise64_64 {"arches":["arm","arm64"]} but {}',
      '9 arch_prctl {"arches":["amd64","x32"]} but {}',
      '10 modify_ldt {"arches":["amd64","x32","x86"]} but {}',
      '11 s390_pci_mmio_read {"arches":["s390","s390x"]} but {}',
      ...pairs.flatMap(([index, name, capability]) => [
        `${index} ${name} {"caps":["${capability}"]} but {}`,
        `${index + 1} ${name} {} but {"caps":["${capability}"]}`,
      ]),
      ...[30, 31, 32, 33].map((index) => `${index} socket {} but {"caps":["CAP_AUDIT_WRITE"]}`),
      '34 socket {"caps":["CAP_AUDIT_WRITE"]} but {}',
    ]);
  });

  const NO_CAPS = '13 15 17 19 21 23 25 27 29-33';
  const ALL_CAPS = '12 14 16 18 20 22 24 26 28 34';
  it.each<[Target, string]>([
    [{ arch: 'x86_64' }, `0-6 9-10 ${NO_CAPS}`],
    [{ arch: 'x32' }, `0-6 9-10 ${NO_CAPS}`],
    [{ arch: 'x86' }, `0-6 10 ${NO_CAPS}`],
    [{ arch: 'aarch64' }, `0-6 8 ${NO_CAPS}`],
    [{ arch: 'arm' }, `0-6 8 ${NO_CAPS}`],
    [{ arch: 'ppc64le' }, `0-7 ${NO_CAPS}`],
    [{ arch: 's390x' }, `0-6 11 ${NO_CAPS}`],
    [{ arch: 's390' }, `0-6 11 ${NO_CAPS}`],
    [{ arch: 'riscv64' }, `0-6 ${NO_CAPS}`],
    [{ arch: 'mips64' }, `0-6 ${NO_CAPS}`],
    [{ arch: 'x86_64', capabilities: ['all'] }, `0-6 9-10 ${ALL_CAPS}`],
    [{ arch: 's390x', capabilities: ['all'] }, '0-6 11-12 14 16 18 20 22 24 26 28 34'],
    [{ arch: 'x86_64', capabilities: ['SYS_ADMIN'] }, '0-6 9-10 13-14 17 19 21 23 25 27 29-33'],
    [{ arch: 'riscv64', capabilities: ['cap_sys_time', 'audit_write'] }, '0-6 13 15 17 19 21 23 25-26 29 34'],
    [{ arch: 'aarch64', capabilities: ['sys_chroot'] }, '0-6 8 13 15-16 19 21 23 25 27 29-33'],
    // Docker's own set for a container: none of these but AUDIT_WRITE and SYS_CHROOT decides anything here.
    [
      { arch: 'x86_64', capabilities: ['CHOWN', 'AUDIT_WRITE', 'SYS_CHROOT', 'KILL'] },
      '0-6 9-10 13 15-16 19 21 23 25 27 29 34',
    ],
    [{ arch: 'x86_64', kernel: '3.10' }, `0-6 9-10 ${NO_CAPS}`],
  ])('on %j', (target, expected) => {
    expect(applying(profile, target)).toBe(expected);
  });
});

describe("Moby's default profile", () => {
  const profile = packagedProfile('moby');
  const MIPS = '"arches":["mips3l64n32","mips64","mips64n32","mipsel","mipsel64"]';

  it('has the conditional entries that the table is about', () => {
    expect(conditions(profile).map((line) => line.replaceAll('\n', ''))).toEqual([
      '1 ptrace {"minKernel":"4.8"} but {}',
      '7 sync_file_range2 {"arches":["ppc64le"]} but {}',
      '8 arm_fadvise64_64 {"arches":["arm","arm64"]} but {}',
      '9 arch_prctl {"arches":["amd64","x32"]} but {}',
      '10 modify_ldt {"arches":["amd64","x32","x86"]} but {}',
      '11 s390_pci_mmio_read {"arches":["s390","s390x"]} but {}',
      '12 open_by_handle_at {"caps":["CAP_DAC_READ_SEARCH"]} but {}',
      '13 bpf {"caps":["CAP_SYS_ADMIN"]} but {}',
      '14 clone {} but {"caps":["CAP_SYS_ADMIN"],"arches":["s390","s390x"]}',
      '15 clone {"arches":["s390","s390x"]} but {"caps":["CAP_SYS_ADMIN"]}',
      `16 clone3 {} but {"caps":["CAP_SYS_ADMIN"],${MIPS}}`,
      `17 clone3 {${MIPS}} but {"caps":["CAP_SYS_ADMIN"]}`,
      '18 reboot {"caps":["CAP_SYS_BOOT"]} but {}',
      '19 chroot {"caps":["CAP_SYS_CHROOT"]} but {}',
      '20 delete_module {"caps":["CAP_SYS_MODULE"]} but {}',
      '21 acct {"caps":["CAP_SYS_PACCT"]} but {}',
      '22 kcmp {"caps":["CAP_SYS_PTRACE"]} but {}',
      '23 iopl {"caps":["CAP_SYS_RAWIO"]} but {}',
      '24 settimeofday {"caps":["CAP_SYS_TIME"]} but {}',
      '25 vhangup {"caps":["CAP_SYS_TTY_CONFIG"]} but {}',
      '26 get_mempolicy {"caps":["CAP_SYS_NICE"]} but {}',
      '27 syslog {"caps":["CAP_SYSLOG"]} but {}',
    ]);
  });

  it.each<[Target, string]>([
    [{ arch: 'x86_64' }, '0-6 9-10 14 16'],
    [{ arch: 'x86_64', kernel: '4.8' }, '0-6 9-10 14 16'],
    [{ arch: 'x86_64', kernel: '4.7.99' }, '0 2-6 9-10 14 16'],
    [{ arch: 'x86_64', kernel: '3.10.0-1160.el7' }, '0 2-6 9-10 14 16'],
    [{ arch: 'x86_64', kernel: '5.0' }, '0-6 9-10 14 16'],
    [{ arch: 'x86_64', kernel: '4.10' }, '0-6 9-10 14 16'],
    [{ arch: 'x86' }, '0-6 10 14 16'],
    [{ arch: 'aarch64' }, '0-6 8 14 16'],
    [{ arch: 'ppc64le' }, '0-7 14 16'],
    [{ arch: 's390x' }, '0-6 11 15-16'],
    [{ arch: 's390' }, '0-6 11 15-16'],
    [{ arch: 'riscv64' }, '0-6 14 16'],
    [{ arch: 'mips' }, '0-6 14 16'],
    [{ arch: 'mips64' }, '0-6 14 17'],
    [{ arch: 'mipsel' }, '0-6 14 17'],
    [{ arch: 'mipsel64' }, '0-6 14 17'],
    // Moby spells this one mips3l64n32
    [{ arch: 'mipsel64n32' }, '0-6 14 17'],
    [{ arch: 'x86_64', capabilities: ['all'] }, '0-6 9-10 12-13 18-27'],
    [{ arch: 's390x', capabilities: ['all'], kernel: '4.4' }, '0 2-6 11-13 18-27'],
    [{ arch: 'mips64', capabilities: ['SYS_ADMIN'] }, '0-6 13'],
    [{ arch: 'x86_64', capabilities: ['SYS_PTRACE'], kernel: '4.4' }, '0 2-6 9-10 14 16 22'],
    [{ arch: 'aarch64', capabilities: ['net_admin'] }, '0-6 8 14 16'],
  ])('on %j', (target, expected) => {
    expect(applying(profile, target)).toBe(expected);
  });

  it.each([
    ['x86_64', ['x86_64', 'x86', 'x32'], 'archMap[0], the first for SCMP_ARCH_X86_64'],
    ['s390x', ['s390x', 's390'], 'archMap[6], the first for SCMP_ARCH_S390X'],
    ['riscv64', ['riscv64'], 'archMap has no entry for SCMP_ARCH_RISCV64: the target alone'],
  ])('has its architectures for %s', (arch, architectures, from) => {
    const explanation = explainResolution(readProfile(profile), { arch: parseArchitecture(arch) });
    expect(explanation).toMatchObject({ architectures, architecturesFrom: from });
  });

  it('is read without a warning about the names of its architectures', () => {
    expect(readProfile(profile).warnings).toEqual([]);
  });
});

describe('an explanation', () => {
  const text = `{
  "defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "ENOSYS",
  "syscalls": [
    {"names": ["read", "write", "close", "fstat", "lseek"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF", "CAP_SYS_ADMIN"], "minKernel": "5.8"}},
    {"names": ["bpf"], "action": "SCMP_ACT_ERRNO", "errno": "EPERM", "excludes": {"caps": ["CAP_BPF"], "arches": ["arm"]}}
  ]
}`;
  const profile = readProfile(text, { source: 'p.json' });
  const explain = (options: object) => explainResolution(profile, { arch: parseArchitecture('mips'), ...options });

  it('names the conditions that drop an entry, and those that all hold', () => {
    const { entries } = explain({ capabilities: ['bpf'], kernel: '5.4' });
    expect(entries.map(({ applies }) => applies)).toEqual([true, false, false]);
    expect(entries[0]!.because).toEqual([]);
    expect(entries[1]!.because).toEqual([
      { clause: 'includes', key: 'caps', holds: false, reason: 'the container lacks CAP_SYS_ADMIN' },
      { clause: 'includes', key: 'minKernel', holds: false, reason: 'the kernel (5.4) is older than 5.8' },
    ]);
    expect(entries[2]!.because).toEqual([
      { clause: 'excludes', key: 'caps', holds: false, reason: 'the container has CAP_BPF' },
    ]);
    expect(explain({}).entries[2]!.because).toEqual([
      { clause: 'excludes', key: 'arches', holds: true, reason: 'mips is not among arm' },
      { clause: 'excludes', key: 'caps', holds: true, reason: 'the container lacks CAP_BPF' },
    ]);
  });

  it('agrees with the policy, errno names in the target’s numbers', () => {
    const explanation = explain({});
    const { policy } = resolvePolicy(profile, { arch: parseArchitecture('mips') });
    expect(policy.defaultAction).toEqual({ kind: 'ERRNO', data: 89 });
    expect(explanation.defaultAction).toBe('ERRNO(ENOSYS)');
    const applied = explanation.entries.filter(({ applies }) => applies);
    expect(applied.map(({ path }) => path)).toEqual(policy.rules.map(({ path }) => path));
  });

  it('is readable', () => {
    expect(formatResolution(explain({ capabilities: [], kernel: '5.4' }))).toBe(`target         mips
capabilities   none
kernel         5.4
architectures  mips (the profile lists none: the target alone)
default        ERRNO(ENOSYS)
entries        2 apply, 1 do not

applies  p.json:4:5: syscalls[0]: ALLOW  read, write, close, fstat, … (5)
         it has no conditions

dropped  p.json:5:5: syscalls[1]: ALLOW  bpf
         includes.caps: the container lacks CAP_BPF, CAP_SYS_ADMIN
         includes.minKernel: the kernel (5.4) is older than 5.8

applies  p.json:6:5: syscalls[2]: ERRNO(EPERM)  bpf
         excludes.arches: mips is not among arm
         excludes.caps: the container lacks CAP_BPF
`);
  });
});
