import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/bpf/index.js';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { ScmpError } from '../../../src/errors.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { readProfile, writeProfile } from '../../../src/profile/index.js';
import { seeded } from '../../owners/owner.js';

// test/owners/snapd.test.ts compares with snap-seccomp itself, of a release without "~".

const TEMPLATE = `# a network client
read
write
socket AF_INET
socket AF_NETLINK - NETLINK_ROUTE
# no terminals
~ioctl - TIOCSTI
~ioctl - >=21500 !7
ioctl
setuid -1
~ptrace
ptrace
`;

const compile = (text: string) => compileProfileSync(readProfile(text, { format: 'snapd' }), { arch: 'x86_64' });

function decide(text: string, nr: number, ...args: bigint[]): string {
  const [a = 0n, b = 0n] = args;
  const data = { nr, arch: 0xc000003e, instructionPointer: 0n, args: [a, b, 0n, 0n, 0n, 0n] as const };
  const { action } = simulate(compile(text), data) as { action: { kind: string; data?: number } };
  return `${action.kind} ${action.data ?? ''}`.trim();
}

const issuesOf = (text: string) => {
  try {
    readProfile(text, { format: 'snapd' });
  } catch (error) {
    if (error instanceof ProfileError)
      return error.issues.map(({ code, position }) => `${position?.line}:${position?.column} ${code}`);
    throw error;
  }
  return [];
};

describe('readSnapd', () => {
  it('allows what a line allows and none denies', () => {
    const ioctl = 16;
    expect(decide(TEMPLATE, ioctl, 0n, 0x5412n)).toBe('ERRNO 13');
    expect(decide(TEMPLATE, ioctl, 0n, 1n)).toBe('ALLOW');
    // Under another denial: its conditions are compared with all 64 bits.
    expect(decide(TEMPLATE, ioctl, 0n, 21500n)).toBe('ERRNO 13');
    expect(decide('ioctl - !7\n~ioctl - >=100\n', ioctl, 0n, 7n)).toBe('ERRNO 1');
    expect(decide('ioctl - !7\n~ioctl - >=100\n', ioctl, 0n, 99n)).toBe('ALLOW');
    expect(decide('ioctl - !7\n~ioctl - >=100\n', ioctl, 0n, 100n)).toBe('ERRNO 13');
    expect(decide(TEMPLATE, 101)).toBe('ERRNO 13');
    expect(decide(TEMPLATE, 2)).toBe('ERRNO 1');
  });

  it.each([
    ['read 4294967296\n', '1:6 out-of-range'],
    ['read 0x1\n', '1:6 unknown-constant'],
    ['setuid !0\n', '1:8 unknown-operator'],
    ['setuid u:somebody\n', '1:8 unknown-constant'],
    ['socket AF_UNIXX\n', '1:8 unknown-constant'],
    ['@strict\n', '1:1 bad-syntax'],
    ['read 1 2 3 4 5 6 7\n', '1:18 bad-syntax'],
  ])('refuses %j at its place', (text, issue) => {
    expect(issuesOf(text)).toEqual([issue]);
  });
});

describe('writeSnapd', () => {
  it('keeps comments, and names what snapd cannot say', () => {
    const plain = '# why\nsocket 2\nsocket 16 - 0\nsetuid 4294967295\n# never\n~ptrace\n';
    expect(writeProfile(readProfile(plain, { format: 'snapd' }), 'snapd')).toBe(plain);
    const paths = (profile: object) => {
      try {
        return writeProfile(readProfile(profile), 'snapd', { arch: 'x86_64' });
      } catch (error) {
        return (error as ProfileError).issues.map(({ path }) => path).join(' ');
      }
    };
    const base = { defaultAction: 'SCMP_ACT_ERRNO', architectures: ['SCMP_ARCH_X86'] };
    const allow = (args?: object[]) => [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args }];
    expect(paths({ ...base, syscalls: allow() })).toBe('read\n');
    expect(paths({ ...base, architectures: [], syscalls: allow() })).toBe('architectures');
    expect(paths({ ...base, defaultErrnoRet: 38 })).toBe('defaultAction');
    expect(paths({ ...base, syscalls: [{ names: ['read'], action: 'SCMP_ACT_TRAP' }] })).toBe('syscalls[0].action');
    expect(paths({ ...base, syscalls: allow([{ index: 0, value: 2 ** 32, op: 'SCMP_CMP_EQ' }]) })).toBe(
      'syscalls[0].args',
    );
  });
});

it('a damaged template is read or refused', () => {
  const damage = '~ ! | < >= - @ # 0 9999999999 u: \t \n AF_ x'.split(' ').concat(' ');
  for (let seed = 1; seed <= 300; seed++) {
    const random = seeded(seed);
    let text = TEMPLATE;
    for (let count = 1 + random.below(3); count > 0; count--) {
      const at = random.below(text.length);
      text = text.slice(0, at) + random.of(damage) + text.slice(at + random.below(4));
    }
    try {
      readProfile(text, { format: 'snapd' });
    } catch (error) {
      expect(error, text).toBeInstanceOf(ScmpError);
    }
  }
});
