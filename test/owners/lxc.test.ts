import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import { differences, hasOwner, scratchFolder, seeded } from './owner.js';
import { lxcCompiler, type Made } from './run-owners.js';

// What LXC makes of a policy, and what we do: docs/formats.md has the differences.

const hasLxc = hasOwner('lxc-execute', 'lxc');

describe.skipIf(!hasLxc)('LXC', () => {
  const folder = scratchFolder('lxc');
  let lxc: (policy: string) => Made;
  beforeAll(() => {
    lxc = lxcCompiler(folder.path);
  });
  afterAll(() => folder.remove());

  const compile = (text: string) => compileProfileSync(text, { arch: 'x86_64', unknownSyscall: 'ignore' }).program;

  /** Ours and LXC's of a policy: both refuse it, or both decide every call alike. */
  function compared(policy: string): string[] {
    const theirs = lxc(policy);
    let ours: Uint8Array;
    try {
      ours = compile(policy);
    } catch (error) {
      return typeof theirs === 'string' ? [] : [`only we refuse it: ${(error as Error).message}`];
    }
    return typeof theirs === 'string' ? [`only LXC refuses it: ${theirs}`] : differences(ours, theirs);
  }

  it.each([
    '2\nallowlist\n[x86]\nread\n[all]\nwrite\n[arm]\nclose\n',
    '2\nallowlist trap\nopen\n# why\n  # indented\n\nclose\n',
    '2\n\n\nwhitelist errno 38\nread kill\nwrite errno 1 # comment\n',
    '2\nblacklist\nreject_force_umount  # comment\n[all]\nkexec_load errno 1\ninit_module errno 1\nsocket errno 97 [0,16,==]\n',
    '2\ndenylist\n[x86_64]\nsocket\nshmat trap\nsocketcall errno 1\nipc\nmmap2 errno 1\n',
    '2\nallowlist\nioctl allow [1,0x5401,==]\nclone allow [0,0,&=,0x7e020000][1,0,SCMP_CMP_NE]\npersonality allow[0,010,<=]\n',
    '2\nallowlist\nclone allow [0,1,&=]\n',
    '2\ndenylist\nmknod errno 1 [1,8192,SCMP_CMP_MASKED_EQ,61440]\nmknod notify [1,24576,SCMP_CMP_MASKED_EQ,61440]\n',
    '1\nallowlist\n0\n1\n60\n231\n',
    '2\nallowlist errno 0\nread\n',
  ])('decides every call as %j says', (policy) => {
    expect(typeof lxc(policy)).toBe('object');
    expect(compared(policy)).toEqual([]);
  });

  it.each(['/usr/share/lxc/config/common.seccomp', ...['v1', 'v2', 'v2-denylist'].map(exampleOf)])(
    'decides every call as %s says, which LXC comes with',
    (path) => {
      const policy = readFileSync(path, 'utf8');
      expect(typeof lxc(policy)).toBe('object');
      // A number of version 1 that no call has is in the table of docs/formats.md.
      const noCall = /^x86_64 1024-|^others|^x86_64 \d{4}/;
      expect(compared(policy).filter((each) => !noCall.test(each))).toEqual([]);
    },
  );

  it.each([
    '3\nallowlist\nread\n',
    '2\nsomelist\nread\n',
    '2\nallowlist debug\nread\n',
    '1\nwhitelist\n0\n',
    '1\nallowlist\n0\n# comment\n1\n',
    '2\nallowlist\nread allow\nwrite kill\n',
    '2\ndenylist\nread allow\n',
    '2\nallowlist\nwrite [0,1,==]\n',
    '2\nallowlist\nwrite allow [0,1,==] # comment\n',
    '2\nallowlist\nwrite allow [0,1, ==]\n',
    '2\nallowlist\nwrite allow [6,1,==]\n',
    '2\nallowlist\nwrite allow [0,one,==]\n',
    '2\nallowlist\nwrite allow [0,1,==][0,2,==]\n',
    '2\nallowlist\nwrite errno EPERM\n',
    '2\nallowlist log\nwrite\n',
    '2\nallowlist\n[riscv64]\nread\n',
    '2\nallowlist\n[x86 ]\nread\n',
    '2\nallowlist\nread # see [1]\n',
    '2\nallowlist errno 5000\nread\n',
    '2\ndenylist\n reboot\n',
    '2\ndenylist\nreboot\terrno 1\n',
  ])('refuses %j as LXC does', (policy) => {
    expect(typeof lxc(policy)).toBe('string');
    expect(compared(policy)).toEqual([]);
  });

  /** What LXC silently ignores, and so does not enforce. */
  it.each(['2\ndenylist\nreboot\t\n', '2\ndenylist\nwrite[0,1,==]\n'])(
    'refuses %j, of which LXC makes no rule',
    (policy) => {
      expect(differences(lxc(policy) as Uint8Array, lxc('2\ndenylist\n') as Uint8Array)).toEqual([]);
      expect(() => compile(policy)).toThrow('LXC');
    },
  );

  it('agrees on random policies, which it writes as they were read', () => {
    let accepted = 0;
    const found: string[] = [];
    for (let seed = 1; seed <= 70; seed++) {
      const policy = randomPolicy(seed);
      for (const difference of compared(policy)) found.push(`seed ${seed}: ${difference}\n${policy}`);
      if (typeof lxc(policy) === 'string') continue;
      accepted++;
      const again = writeProfile(readProfile(policy), 'lxc');
      for (const difference of differences(compile(policy), compile(again)))
        found.push(`seed ${seed}, written again: ${difference}\n${policy}\n${again}`);
    }
    expect(found).toEqual([]);
    expect(accepted).toBeGreaterThan(25);
  });
});

const exampleOf = (name: string) => `/usr/share/doc/lxc/examples/seccomp-${name}.conf`;

function randomPolicy(seed: number): string {
  const random = seeded(seed);
  const actions = ['', '', '', ' kill', ' errno 1', ' errno 38', ' trap', ' allow', ' notify'];
  const names = 'read open clone socket connect accept4 shmat semop socketcall ipc umount2 mmap2 openat mknod'.split(
    ' ',
  );
  const operators = ['==', '!=', '<', '<=', '>', '>=', 'SCMP_CMP_EQ'];
  const lines = ['2', `${random.of(['allowlist', 'denylist'])}${random.of(['', '', ' errno 1', ' trap'])}`];
  for (let count = 1 + random.below(8); count > 0; count--) {
    if (random.below(5) === 0) lines.push(random.of(['[all]', '[x86]', '[X86_64]', '[x32]', '# note']));
    if (random.below(9) === 0) lines.push('reject_force_umount');
    const action = random.of(actions);
    const value = random.of(['0', '1', '0x10', '4294967295', '017']);
    const index = random.below(3);
    const condition =
      random.below(4) === 0
        ? `[${index},${value},&=,${random.of(['0xff', '0xffffffff', '1'])}]`
        : `[${index},${value},${random.of(operators)}]`;
    const tail = action !== '' && random.below(2) === 0 ? ` ${condition}` : '';
    lines.push(`${random.of(names)}${action}${tail}`);
  }
  return `${lines.join('\n')}\n`;
}
