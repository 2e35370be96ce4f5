import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, parseArchitecture } from '../../src/architecture.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { ProfileError } from '../../src/profile/document/profile-error.js';
import { readProfile } from '../../src/profile/index.js';
import { CAPABILITIES } from '../../src/profile/model/capability.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';

interface Target {
  arch?: string;
  capabilities?: string[];
  kernel?: string;
}

function resolve(profile: object, { arch = 'x86_64', ...rest }: Target = {}) {
  return resolvePolicy(readProfile(profile), { arch: parseArchitecture(arch), ...rest }).policy;
}

/** Whether an entry with these conditions is kept. */
function isKept(conditions: object, target?: Target): boolean {
  const syscalls = [{ names: ['bpf'], action: 'SCMP_ACT_ALLOW', ...conditions }];
  return resolve({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }, target).rules.length === 1;
}

describe('conditional entries', () => {
  it.each<[string, object, Target, boolean]>([
    ['no condition', { includes: {}, excludes: {} }, {}, true],
    ['empty lists', { includes: { arches: [], caps: [] }, excludes: { arches: [], caps: [] } }, {}, true],
    ['its architecture included', { includes: { arches: ['arm64', 'amd64'] } }, {}, true],
    ['another architecture included', { includes: { arches: ['arm64'] } }, {}, false],
    ['its architecture excluded', { excludes: { arches: ['amd64'] } }, {}, false],
    ['another architecture excluded', { excludes: { arches: ['arm64'] } }, {}, true],
    ["libseccomp's name, which Docker does not use", { includes: { arches: ['x86_64'] } }, {}, false],
    ['a name in another case', { includes: { arches: ['AMD64'] } }, {}, false],
    ['a 32-bit part of the filter, not its target', { includes: { arches: ['x86', 'x32'] } }, {}, false],
    ['a capability it has', { includes: { caps: ['CAP_BPF'] } }, { capabilities: ['bpf'] }, true],
    ['a capability it lacks', { includes: { caps: ['CAP_BPF'] } }, {}, false],
    ['one capability of two', { includes: { caps: ['CAP_BPF', 'CAP_SYS_ADMIN'] } }, { capabilities: ['BPF'] }, false],
    [
      'both of two',
      { includes: { caps: ['CAP_BPF', 'CAP_SYS_ADMIN'] } },
      { capabilities: ['CAP_BPF', 'cap_sys_admin'] },
      true,
    ],
    ['every capability', { includes: { caps: [...CAPABILITIES] } }, { capabilities: ['all'] }, true],
    [
      'a capability without CAP_, which never matches',
      { includes: { caps: ['BPF'] } },
      { capabilities: ['all'] },
      false,
    ],
    ['any of the excluded', { excludes: { caps: ['CAP_BPF', 'CAP_KILL'] } }, { capabilities: ['kill'] }, false],
    ['none of the excluded', { excludes: { caps: ['CAP_BPF', 'CAP_KILL'] } }, { capabilities: ['chown'] }, true],
    ['an older kernel', { includes: { minKernel: '5.10' } }, { kernel: '5.9' }, false],
    ['the very kernel', { includes: { minKernel: '5.10' } }, { kernel: '5.10' }, true],
    ['a newer kernel', { includes: { minKernel: '4.8' } }, { kernel: '4.19.0-27-amd64' }, true],
    ['a newer version', { includes: { minKernel: '4.8' } }, { kernel: '5.0' }, true],
    ['no kernel given: as new as any', { includes: { minKernel: '255.255' } }, {}, true],
    ['no kernel given, excluded from one on', { excludes: { minKernel: '4.8' } }, {}, false],
    ['excluded from a newer kernel on', { excludes: { minKernel: '4.8' } }, { kernel: '4.7' }, true],
    ['an empty minKernel', { includes: { minKernel: '' }, excludes: { minKernel: '' } }, { kernel: '1.0' }, true],
    [
      'included and excluded',
      { includes: { arches: ['amd64'] }, excludes: { caps: ['CAP_BPF'] } },
      { capabilities: ['bpf'] },
      false,
    ],
    ['null for conditions', { includes: null, excludes: { arches: null, caps: null, minKernel: null } }, {}, true],
  ])('%s', (_name, conditions, target, kept) => {
    expect(isKept(conditions, target)).toBe(kept);
  });

  it.each([
    ['x86', 'x86'],
    ['x86_64', 'amd64'],
    ['aarch64', 'arm64'],
    ['mipsel64n32', 'mipsel64n32'],
    ['ppc64le', 'ppc64le'],
    ['s390x', 's390x'],
    ['riscv64', 'riscv64'],
    ['loongarch64', 'loong64'],
  ])('call %s %s', (arch, name) => {
    expect(isKept({ includes: { arches: [name] } }, { arch })).toBe(true);
    expect(isKept({ excludes: { arches: [name] } }, { arch })).toBe(false);
  });

  it('warn of names that never match', () => {
    const parsed = readProfile({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [
        {
          names: ['bpf'],
          action: 'SCMP_ACT_ALLOW',
          includes: { arches: ['x86_64', 'amd64'], caps: ['SYS_ADMIN'] },
          excludes: { caps: ['CAP_SYS_ADMN', 'CAP_BPF'] },
        },
      ],
    });
    expect(parsed.warnings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'unknown-condition syscalls[0].includes.arches[0]',
      'unknown-condition syscalls[0].includes.caps[0]',
      'unknown-condition syscalls[0].excludes.caps[0]',
    ]);
    expect(parsed.warnings[1]!.message).toContain('did you mean "CAP_SYS_ADMIN"?');
  });
});

describe('archMap', () => {
  const archMap = [
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    { architecture: 'SCMP_ARCH_S390X', subArchitectures: null },
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: [] },
  ];

  it.each([
    ['x86_64', ['x86_64', 'x86', 'x32']],
    ['aarch64', ['aarch64', 'arm']],
    ['s390x', ['s390x']],
    ['x86', []],
    ['riscv64', []],
  ])('gives %s its architectures', (arch, expected) => {
    const { architectures } = resolve({ defaultAction: 'SCMP_ACT_ERRNO', archMap }, { arch });
    expect(architectures.map(({ architecture }) => architecture.name)).toEqual(expected);
  });

  it('places them', () => {
    const { architectures } = resolve({ defaultAction: 'SCMP_ACT_ERRNO', archMap });
    expect(architectures.map(({ path }) => path)).toEqual([
      'archMap[0].architecture',
      'archMap[0].subArchitectures[0]',
      'archMap[0].subArchitectures[1]',
    ]);
  });

  it('may be empty beside architectures', () => {
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', archMap: [], architectures: ['SCMP_ARCH_X86'] };
    expect(resolve(profile).architectures.map(({ architecture }) => architecture.name)).toEqual(['x86']);
  });
});

describe('names', () => {
  it('are one or many', () => {
    const { rules } = resolve({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [
        { name: 'read', action: 'SCMP_ACT_ALLOW' },
        { name: '', names: ['write', 'close'], action: 'SCMP_ACT_ALLOW' },
        { name: 'open', names: [], action: 'SCMP_ACT_ALLOW' },
      ],
    });
    expect(rules.map((rule) => rule.names.map(({ name }) => name))).toEqual([['read'], ['write', 'close'], ['open']]);
  });

  it('keep their entry’s path when earlier entries are dropped', () => {
    const { rules } = resolve({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [
        { names: ['bpf'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_BPF'] } },
        { names: ['read'], action: 'SCMP_ACT_ALLOW' },
      ],
    });
    expect(rules.map(({ path }) => path)).toEqual(['syscalls[1]']);
  });
});

describe('errno names', () => {
  const entry = (keys: object, arch?: string) =>
    resolve(
      { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['bpf'], action: 'SCMP_ACT_ERRNO', ...keys }] },
      arch === undefined ? {} : { arch },
    ).rules[0]!.action;

  it.each([
    ['x86_64', 'ENOSYS', 38],
    ['mips', 'ENOSYS', 89],
    ['mipsel64n32', 'ENOSYS', 89],
    ['parisc64', 'ENOSYS', 251],
    ['s390x', 'EPERM', 1],
    ['mips', 'EPERM', 1],
    ['mips', 'EDQUOT', 1133],
    ['mips', 'EHOSTUNREACH', 148],
    ['mips', 'EHWPOISON', 168],
    ['mips', 'EOPNOTSUPP', 122],
    ['parisc', 'ECONNREFUSED', 239],
    ['parisc', 'EHWPOISON', 257],
    ['parisc', 'EMULTIHOP', 64],
    ['aarch64', 'EWOULDBLOCK', 11],
    ['aarch64', 'EAFNOSUPPORT', 97],
    ['ppc64le', 'EDEADLOCK', 58],
    ['ppc64le', 'EDEADLK', 35],
  ])('on %s %s is %i', (arch, errno, data) => {
    expect(entry({ errno }, arch)).toEqual({ kind: 'ERRNO', data });
    const policy = resolve({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrno: errno }, { arch });
    expect(policy.defaultAction).toEqual({ kind: 'ERRNO', data });
  });

  it('win over the number, and may be digits', () => {
    expect(entry({ errno: 'ENOSYS', errnoRet: 1 })).toEqual({ kind: 'ERRNO', data: 38 });
    expect(entry({ errno: '5', errnoRet: 1 })).toEqual({ kind: 'ERRNO', data: 5 });
    expect(entry({ errno: '', errnoRet: 7 })).toEqual({ kind: 'ERRNO', data: 7 });
    expect(entry({ errno: null })).toEqual({ kind: 'ERRNO', data: 1 });
  });

  it('warn where the number beside them is another', () => {
    const warnings = (keys: object) =>
      readProfile({ defaultAction: 'SCMP_ACT_ERRNO', ...keys }).warnings.map(({ code }) => code);
    expect(warnings({ defaultErrno: 'ENOSYS', defaultErrnoRet: 38 })).toEqual([]);
    expect(warnings({ defaultErrno: 'ENOSYS', defaultErrnoRet: 89 })).toEqual([]);
    expect(warnings({ defaultErrno: '38', defaultErrnoRet: 38 })).toEqual([]);
    expect(warnings({ defaultErrno: 'ENOSYS', defaultErrnoRet: 1 })).toEqual(['errno-conflict']);
  });

  it('are refused where the architecture has no such name', () => {
    expect(entry({ errno: 'ENOSYM' }, 'parisc')).toEqual({ kind: 'ERRNO', data: 215 });
    expect(() => entry({ errno: 'ENOSYM' })).toThrow(ProfileError);
    expect(() => entry({ errno: 'ENOSYM' })).toThrow('x86_64 has no errno "ENOSYM"');
  });

  it('are looked up for actions that carry one only', () => {
    expect(entry({ action: 'SCMP_ACT_KILL', errno: 'ENOSYM' })).toEqual({ kind: 'KILL_THREAD' });
  });
});

describe('what the target may have', () => {
  it('knows forty-one capabilities', () => {
    expect(CAPABILITIES).toHaveLength(41);
    expect([CAPABILITIES[0], CAPABILITIES[21], CAPABILITIES[40]]).toEqual([
      'CAP_CHOWN',
      'CAP_SYS_ADMIN',
      'CAP_CHECKPOINT_RESTORE',
    ]);
  });

  it.each([
    ['SYS_ADMN', 'did you mean CAP_SYS_ADMIN?'],
    ['', 'see capabilities(7)'],
  ])('refuses the capability "%s"', (capability, hint) => {
    const run = () => resolve({ defaultAction: 'SCMP_ACT_ERRNO' }, { capabilities: [capability] });
    expect(run).toThrow(InvalidArgumentError);
    expect(run).toThrow(hint);
  });

  it.each(['6', 'x.y', '', '6.', 'v6.1', '-1.2'])('refuses the kernel "%s"', (kernel) => {
    expect(() => resolve({ defaultAction: 'SCMP_ACT_ERRNO' }, { kernel })).toThrow(InvalidArgumentError);
  });

  it.each(ARCHITECTURES.map(({ name }) => name))('resolves for %s', (arch) => {
    expect(resolve({ defaultAction: 'SCMP_ACT_ERRNO', archMap: [] }, { arch }).architectures).toEqual([]);
  });
});
