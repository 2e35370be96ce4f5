import { describe, expect, it } from 'vitest';
import { createSimulator } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { readProfile } from '../../src/profile/index.js';
import { seccompMatchers } from '../../src/testing/index.js';
import fc from '../fast-check.js';

expect.extend(seccompMatchers({ arch: 'x86_64' }));

const args = (...list: [number, string, bigint | number, (bigint | number)?][]) =>
  list.map(([index, op, value, valueTwo]) => ({ index, op: `SCMP_CMP_${op}`, value, valueTwo }));

/** Allows sockets of two families; one compared as most profiles do, the other as the kernel reads it. */
const PROFILE = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 38,
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
  syscalls: [
    { names: ['read', 'write', 'exit_group'], action: 'SCMP_ACT_ALLOW' },
    { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: args([0, 'EQ', 1]) },
    { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: args([0, 'MASKED_EQ', 0xffffffff, 2]) },
    { names: ['ptrace'], action: 'SCMP_ACT_KILL_PROCESS' },
    { names: ['mount'], action: 'SCMP_ACT_NOTIFY' },
    { names: ['ioctl'], action: 'SCMP_ACT_ALLOW', args: args([1, 'NE', 0x5412]) },
    { names: ['lseek'], action: 'SCMP_ACT_ALLOW', args: args([1, 'EQ', 2n ** 64n - 1n]) },
  ],
};

const failure = (claim: () => void): string => {
  try {
    claim();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the claim held');
};

describe('toAllow', () => {
  it('holds where every such call is allowed', () => {
    expect(PROFILE).toAllow('read');
    expect(PROFILE).toAllow('socket', { domain: 'AF_UNIX' });
    expect(PROFILE).toAllow('socket', { domain: 'AF_UNIX', type: 'SOCK_STREAM|SOCK_CLOEXEC' });
    expect(PROFILE).toAllow('socket', [2]);
    expect(PROFILE).toAllow('lseek', { offset: -1 });
    const text = JSON.stringify({ ...PROFILE, syscalls: PROFILE.syscalls.slice(0, 3) });
    expect(text).toAllow('read', { fd: 0 });
    expect(compileProfileSync(PROFILE, { arch: 'x86_64' })).toAllow('write');
  });

  it('does not where one call is not, and shows it', () => {
    expect(failure(() => expect(PROFILE).toAllow('socket'))).toMatch(
      /^on x86_64, socket\(domain=\w+, type=\w+, protocol=\w+\) is not allowed: the filter's answer is ERRNO\(ENOSYS\)\n {2}the default action decides$/,
    );
    expect(failure(() => expect(PROFILE).toAllow('ioctl'))).toContain('request=TIOCSTI');
    expect(failure(() => expect(PROFILE).toAllow('mount'))).toContain('NOTIFY');
  });
});

describe('toDeny', () => {
  it('holds where no such call is executed', () => {
    expect(PROFILE).toDeny('ptrace');
    expect(PROFILE).toDeny('socket', { domain: 'AF_NETLINK' });
    expect(PROFILE).toDeny('openat');
  });

  it('does not where the upper half of an argument gets round it', () => {
    // As the C library passes it, the call is denied.
    expect(PROFILE).not.toAllow('ioctl', { request: 'TIOCSTI' });
    expect(failure(() => expect(PROFILE).toDeny('ioctl', { request: 'TIOCSTI' }))).toMatch(
      /request=0x[\da-f]+00005412/,
    );
  });

  it('does not where another process decides', () => {
    expect(PROFILE).not.toDeny('mount');
    expect(PROFILE).not.toAllow('mount');
  });
});

describe('toAnswer', () => {
  it('compares the whole answer', () => {
    expect(PROFILE).toAnswer('ERRNO(ENOSYS)', 'openat');
    expect(PROFILE).toAnswer('ERRNO(38)', 'openat');
    expect(PROFILE).toAnswer({ kind: 'KILL_PROCESS' }, 'ptrace');
    expect(PROFILE).toAnswer('NOTIFY', 'mount', { source: 0 });
    expect(PROFILE).not.toAnswer('ERRNO(EPERM)', 'openat');
    expect(failure(() => expect(PROFILE).not.toAnswer('KILL_PROCESS', 'ptrace'))).toContain('was not to be');
  });
});

describe('a failure says why', () => {
  const why = (claim: () => void) => failure(claim).split('\n').slice(1).join('\n');

  it('the kernel reads some of the bits', () => {
    expect(why(() => expect(PROFILE).toDeny('ioctl', { request: 'TIOCSTI' }))).toMatch(
      /kernel reads only the low 32 bits of request.*SCMP_CMP_MASKED_EQ and the mask 0xffffffff/,
    );
  });

  it('which entry it was, and where', () => {
    const text =
      '{"defaultAction": "SCMP_ACT_ALLOW",\n"syscalls": [{"names": ["ptrace"], "action": "SCMP_ACT_ERRNO"}]}';
    expect(why(() => expect(text).toAllow('ptrace'))).toMatch(/profile:2:\d+\) has this action/);
    expect(why(() => expect(text).toDeny('read'))).toContain('the default action decides');
  });

  it('the capability that the container lacks', () => {
    const entry = { names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } };
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] };
    expect(why(() => expect(profile).toAllow('mount'))).toMatch(
      /lacks CAP_SYS_ADMIN.*capabilities: \['CAP_SYS_ADMIN'\]/,
    );
    expect(seccompMatchers({ capabilities: ['SYS_ADMIN'] }).toAllow(profile, 'mount').pass).toBe(true);
  });

  it('another process decides', () => {
    expect(why(() => expect(PROFILE).toDeny('mount'))).toContain('a supervisor decides');
  });

  it('the call has another way, through a multiplexer', () => {
    const entry = { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: args([0, 'MASKED_EQ', 0xffffffff, 1]) };
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] };
    const { toDeny } = seccompMatchers({ arch: 'x86' });
    const { pass, message } = toDeny(profile, 'socket', { domain: 'AF_INET' });
    expect([pass, message()]).toEqual([false, expect.stringContaining('x86 makes the call through socketcall too')]);
  });

  it('the kernel asks no filter', () => {
    const { pass, message } = seccompMatchers().toDeny({ defaultAction: 'SCMP_ACT_ERRNO' }, 'uretprobe');
    expect([pass, message()]).toEqual([false, expect.stringContaining('never ask a filter')]);
  });
});

it('reads a built-in profile that another extends, and others by loadBase', () => {
  expect({ extends: 'no-network' }).toDeny('socket', { domain: 'AF_INET' });
  expect({ extends: 'container-default' }).toAllow('read');
  expect(() => seccompMatchers().toAllow({ extends: 'container-defualt' }, 'read')).toThrow('did you mean');
  const base = readProfile({ defaultAction: 'SCMP_ACT_ERRNO' }, { source: 'base' });
  const { toDeny } = seccompMatchers({ loadBase: () => base });
  expect(toDeny({ extends: 'mine', syscalls: [] }, 'read').pass).toBe(true);
});

it('refuses a filter for another machine', () => {
  const filter = compileProfileSync(PROFILE, { arch: 'x86_64' });
  expect(() => seccompMatchers({ arch: 'arm64' }).toAllow(filter, 'read')).toThrow(
    'compiled for x86_64, not for arm64',
  );
});

describe('what is asked wrong', () => {
  it.each([
    ['no such system call', () => expect(PROFILE).toAllow('opennat'), 'x86_64 has no system call "opennat"'],
    ['no such argument', () => expect(PROFILE).toAllow('socket', { family: 1 }), 'it has domain, type, protocol'],
    ['no such constant', () => expect(PROFILE).toAllow('socket', { domain: 'AF_NIX' }), 'no constant "AF_NIX"'],
    ['too wide', () => expect(PROFILE).toAllow('socket', { domain: 2n ** 32n }), 'does not fit its 32 bits'],
    ['inexact', () => expect(PROFILE).toAllow('lseek', { offset: 2 ** 60 }), 'give a bigint'],
    ['no such action', () => expect(PROFILE).toAnswer('EPERM', 'read'), 'is no action'],
  ])('%s', (_, claim, message) => {
    // Also where the claim is negated: a misspelt question has no answer.
    expect(failure(claim)).toContain(message);
  });
});

it('asks about another architecture of the filter', () => {
  const matchers = seccompMatchers({ arch: 'x86_64', callArch: 'x86' });
  expect(matchers.toAllow(PROFILE, 'read').pass).toBe(true);
  expect(matchers.toDeny(PROFILE, 'openat').pass).toBe(true);
  const other = seccompMatchers({ arch: 'x86_64', callArch: 'aarch64' });
  expect(() => other.toAllow(PROFILE, 'read')).toThrow('not for aarch64');
});

it('says what the simulator says of each call', () => {
  const { program } = compileProfileSync(PROFILE, { arch: 'x86_64' });
  const simulator = createSimulator(program);
  const { toAllow } = seccompMatchers({ arch: 'x86_64' });
  const value = fc.constantFrom(0n, 1n, 2n, 0x5412n, 0xffffffffn, 2n ** 64n - 1n);
  fc.assert(
    fc.property(fc.constantFrom(0, 8, 41, 16, 101), fc.array(value, { minLength: 6, maxLength: 6 }), (nr, values) => {
      const name = ({ 0: 'getpid', 8: 'lseek', 41: 'socket', 16: 'ioctl', 101: 'ptrace' } as const)[nr] as string;
      const number = name === 'getpid' ? 39 : nr;
      // Within what the parameter holds, so that the question is one.
      const narrow = values.map((each) => each & 0xffffffffn) as [bigint, bigint, bigint, bigint, bigint, bigint];
      const { action } = simulator.simulate({ nr: number, arch: 0xc000003e, instructionPointer: 0n, args: narrow });
      expect(toAllow(PROFILE, name, narrow).pass).toBe(action.kind === 'ALLOW');
    }),
    { numRuns: 200 },
  );
});
