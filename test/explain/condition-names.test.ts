import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { assemble, type ProgramInput, policyTable } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { formatDecisions, formatPolicy, nameTable } from '../../src/explain/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallNaming } from '../../src/libseccomp/syscall-naming.js';

interface Args {
  index: number;
  op?: string;
  value: number | bigint;
  valueTwo?: number;
}

/** What a program does with a call, in words. */
function wordsOf(program: ProgramInput, architecture: string, syscall: string): string {
  const { endianness } = parseArchitecture(architecture);
  const policy = nameTable(policyTable(program, { endianness }), loadLibseccompSync());
  const found = policy.architectures.find((each) => each.architecture === architecture);
  return formatDecisions(found!.calls.find(({ name }) => name === syscall)!.decisions);
}

/** What a profile that denies a call by its arguments does with it. */
function denied(architecture: string, syscall: string, args: Args[]): string {
  const { program } = compileProfileSync(
    {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        {
          names: [syscall],
          action: 'SCMP_ACT_ERRNO',
          args: args.map(({ op = 'SCMP_CMP_EQ', ...rest }) => ({ ...rest, op })),
        },
      ],
    },
    { arch: architecture },
  );
  return wordsOf(program, architecture, syscall);
}
const masked = (index: number, value: number, valueTwo = 0): Args => ({
  index,
  value,
  valueTwo,
  op: 'SCMP_CMP_MASKED_EQ',
});

/** What a program written by hand does with a call on x86_64, whose number is in A. */
function assembled(syscall: string, lines: string): string {
  const text = `.arch x86_64\n  A = arch\n  if (A != x86_64) goto k\n  A = nr\n  if (A != ${syscall}) goto a\n${lines}a: return ALLOW\ne: return ERRNO(EPERM)\nk: return KILL_PROCESS\n`;
  return wordsOf(assemble(text, syscallNaming(loadLibseccompSync())), 'x86_64', syscall);
}

describe('masks in words', () => {
  it.each([
    // O_RDONLY, SIGHUP's place, PER_LINUX are no bits
    ['open', [masked(1, 0x40, 0x40)], 'ALLOW when (flags & O_CREAT) == 0, else ERRNO(EPERM)'],
    ['openat', [masked(2, 0x40)], 'ERRNO(EPERM) when (flags & O_CREAT) == 0, else ALLOW'],
    ['openat', [masked(2, 0x3)], 'ERRNO(EPERM) when (flags & 0x3) == O_RDONLY, else ALLOW'],
    ['openat', [masked(2, 0x43, 0x41)], 'ERRNO(EPERM) when (flags & (O_CREAT|0x3)) == O_WRONLY|O_CREAT, else ALLOW'],
    ['personality', [masked(0, 0x40000)], 'ERRNO(EPERM) when (persona & ADDR_NO_RANDOMIZE) == 0, else ALLOW'],
    ['socket', [masked(1, 0x800)], 'ERRNO(EPERM) when (type & SOCK_NONBLOCK) == 0, else ALLOW'],
    ['socket', [masked(1, 0xf, 3)], 'ERRNO(EPERM) when (type & 0xf) == SOCK_RAW, else ALLOW'],
    // bits without a name beside those with one
    ['clone', [masked(0, 0x10000080)], 'ERRNO(EPERM) when (flags & (CLONE_NEWUSER|0x80)) == 0, else ALLOW'],
    ['unshare', [masked(0, 0x10000001)], 'ERRNO(EPERM) when (flags & (CLONE_NEWUSER|0x1)) == 0, else ALLOW'],
    ['openat', [masked(3, 0o6111)], 'ERRNO(EPERM) when (mode & (S_ISGID|S_ISUID|0o111)) == 0, else ALLOW'],
  ] as const)('%s %j', (syscall, args, expected) => {
    expect(denied('x86_64', syscall, [...args])).toBe(expected);
  });

  it('leaves out the flags that do not matter', () => {
    const tor = assembled(
      'socket',
      '  A = args[1].low\n  A &= 0xfff7f7ff\n  if (A == 1) goto a\n  if (A == 2) goto a\n  goto e\n',
    );
    expect(tor).toBe(
      'ERRNO(EPERM) when (type & ~(SOCK_NONBLOCK|SOCK_CLOEXEC) & 0xffffffff) not in {SOCK_STREAM, SOCK_DGRAM}, else ALLOW',
    );
    expect(denied('x86', 'openat', [masked(2, 0xfff7ffff, 1)])).toBe(
      'ERRNO(EPERM) when (flags & ~O_CLOEXEC) == O_WRONLY, else ALLOW',
    );
    // Two values that differ in a bit of the value are two values.
    expect(denied('x86_64', 'socket', [{ index: 0, value: 2 }])).toBe(
      'ERRNO(EPERM) when domain == AF_INET, else ALLOW',
    );
  });

  it('tells what all values have in common, and the exceptions', () => {
    const bits = '  A = args[1].low\n  if (A == 0) goto e\n  if (A & 0x7e020080) goto e\n';
    expect(assembled('setns', bits)).toMatch(
      /^ALLOW when \(nstype & 0xffffffff\) != 0 and \(nstype & \(CLONE_NEWNS\|.*CLONE_NEWTIME\)\) == 0, else ERRNO\(EPERM\)$/,
    );
  });
});

describe('values in words', () => {
  it('names zero alike whatever the width of registers', () => {
    for (const arch of ['x86_64', 'x86', 'arm', 'aarch64']) {
      expect(denied(arch, 'setpriority', [{ index: 0, value: 0 }])).toBe(
        'ERRNO(EPERM) when which == PRIO_PROCESS, else ALLOW',
      );
    }
    expect(denied('x86_64', 'setpriority', [masked(0, 0xffffffff)])).toBe(
      'ERRNO(EPERM) when (which & 0xffffffff) == PRIO_PROCESS, else ALLOW',
    );
  });

  it('says where the low half alone is compared, which is so on x32 and n32: their registers have 64 bits', () => {
    for (const arch of ['x32', 'mips64n32']) {
      expect(denied(arch, 'socket', [{ index: 0, value: 16 }])).toBe(
        'ERRNO(EPERM) when (domain & 0xffffffff) == AF_NETLINK, else ALLOW',
      );
    }
    expect(denied('arm', 'socket', [{ index: 0, value: 16 }])).toBe(
      'ERRNO(EPERM) when domain == AF_NETLINK, else ALLOW',
    );
  });
});

describe('the rest of a policy', () => {
  const policyOf = (text: string) => formatPolicy(nameTable(policyTable(assemble(text)), loadLibseccompSync()));

  it('is no "other" where nothing else was spoken of', () => {
    const text = policyOf(
      '.arch x86_64\n  A = arch\n  if (A != x86_64) goto k\n  return ERRNO(EPERM)\nk: return KILL_PROCESS\n',
    );
    expect(text).toMatch(/x86_64\n {2}every call \(\d+ with a name\): ERRNO\(EPERM\)\n/);
    expect(text).not.toContain('every other call');
  });

  it('is the nameless numbers where every name was spoken of', () => {
    const text = policyOf(
      '.arch x86_64\n  A = arch\n  if (A != x86_64) goto k\n  A = nr\n  if (A < 1000) goto a\n  return ERRNO(ENOSYS)\na: return ALLOW\nk: return KILL_PROCESS\n',
    );
    expect(text).toMatch(/ {2}numbers without a name: ERRNO\(ENOSYS\)\n/);
    expect(text).not.toContain('none with a name');
  });
});
