import { describe, expect, it } from 'vitest';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { ScmpError } from '../../../src/errors.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { readProfile, writeProfile } from '../../../src/profile/index.js';
import { seeded } from '../../owners/owner.js';

// test/owners/lxc.test.ts compares with LXC itself.

const COMMON = `2
denylist
reject_force_umount  # comment this to allow umount -f;  not recommended
[all]
# no new kernels
kexec_load errno 1
open_by_handle_at errno 1
init_module errno 1 # neither modules
finit_module errno 1
[x86]
mknod errno 1 [1,0x2000,&=,0xf000]
socket notify
`;

const issuesOf = (text: string) => {
  try {
    readProfile(text, { format: 'lxc' });
  } catch (error) {
    if (error instanceof ProfileError)
      return error.issues.map(({ code, position }) => `${position?.line}:${position?.column} ${code}`);
    throw error;
  }
  return [];
};

describe('readLxc', () => {
  it('groups lines, keeps comments, and knows their places', () => {
    const { seccomp, locate } = readProfile(COMMON);
    expect(seccomp.defaultAction).toBe('SCMP_ACT_ALLOW');
    expect(seccomp.syscalls?.map(({ names, comment }) => [names?.join(' '), comment])).toEqual([
      ['umount2', undefined],
      ['kexec_load open_by_handle_at init_module finit_module', 'no new kernels'],
      ['mknod', undefined],
      ['socket', undefined],
    ]);
    expect(seccomp.syscalls?.[2]?.includes?.arches).toEqual(['x86', 'amd64']);
    expect(locate('syscalls', 1, 'names', 2).position).toMatchObject({ line: 8, column: 1 });
  });

  it('warns of a section that is taken for an ABI', () => {
    const codes = (text: string) => readProfile(text).warnings.map(({ code }) => code);
    expect(codes('2\nallowlist\n[x86]\nread\n')).toEqual(['lxc-section', 'lxc-no-all']);
    expect(codes('2\nallowlist\n[x86]\nread\n[all]\nwrite\n')).toEqual(['lxc-section']);
    expect(codes('2\nallowlist\n[all]\nread\n')).toEqual([]);
  });

  it.each([
    ['2\nallowlist\nread allow [0,1,=]\n', '3:12 unknown-operator'],
    ['2\nallowlist\nread allow [9,1,==]\n', '3:12 out-of-range'],
    ['2\nallowlist\nread allow [0,x,==]\n', '3:12 not-an-integer'],
    ['2\nallowlist\nread deny\n', '3:6 unknown-action'],
    ['2\nallowlist\nread errno EPERM\n', '3:12 bad-syntax'],
    ['2\nallowlist errno 4096\nread\n', '2:11 out-of-range'],
    ['2\ndenylist\n[x86_65]\nread\n', '3:1 unknown-architecture'],
    ['2\ndenylist\nread allow\n', '3:1 identical-actions'],
    ['2\ndenylist\nread\tkill\n', '3:1 bad-syntax'],
    ['4\nallowlist\n', '1:1 bad-syntax'],
    ['1\nallowlist\nread\n', '3:1 bad-syntax'],
  ])('refuses %j at its place', (text, issue) => {
    expect(issuesOf(text)).toEqual([issue]);
  });
});

describe('writeLxc', () => {
  it('writes what it read', () => {
    const again = writeProfile(readProfile(COMMON), 'lxc');
    expect(again).toContain('[all]\nreject_force_umount\n# no new kernels\nkexec_load errno 1\n');
    expect(writeProfile(readProfile(again), 'lxc')).toBe(again);
  });

  it('names what LXC cannot say', () => {
    const codes = (profile: object, arch?: string) => {
      try {
        return writeProfile(readProfile(profile), 'lxc', { arch });
      } catch (error) {
        return (error as ProfileError).issues.map(({ path }) => path).join(' ');
      }
    };
    const architectures = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'];
    const allow = (...names: string[]) => [{ names, action: 'SCMP_ACT_ALLOW' }];
    const base = { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38, architectures };
    expect(codes({ ...base, syscalls: allow('read') }, 'x86_64')).toBe('2\nallowlist errno 38\n[all]\nread\n');
    expect(codes({ ...base, syscalls: allow('read') })).toBe('architectures');
    expect(codes({ ...base, syscalls: allow('read', 'socket') }, 'x86_64')).toBe('syscalls[0].names[1]');
    expect(codes({ ...base, architectures: undefined, syscalls: allow('read') }, 'x86_64')).toBe('architectures');
    expect(codes({ ...base, defaultAction: 'SCMP_ACT_LOG', defaultErrnoRet: undefined }, 'x86_64')).toBe(
      'defaultAction',
    );
  });
});

it('a damaged policy is read or refused, never less than it says', () => {
  const damage = 'errno kill allow [ ] , & = # 0 1 999999999999999999999 \t \n x86 - '.split(' ').concat(' ');
  for (let seed = 1; seed <= 400; seed++) {
    const random = seeded(seed);
    let text = COMMON;
    for (let count = 1 + random.below(3); count > 0; count--) {
      const at = random.below(text.length);
      text = text.slice(0, at) + random.of(damage) + text.slice(at + random.below(4));
    }
    try {
      const profile = readProfile(text, { format: 'lxc' });
      compileProfileSync(writeProfile(profile, 'lxc'), {
        arch: 'x86_64',
        unknownSyscall: 'ignore',
        notifyGuards: false,
      });
    } catch (error) {
      expect(error, text).toBeInstanceOf(ScmpError);
    }
  }
});
