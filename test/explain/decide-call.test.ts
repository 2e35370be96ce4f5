import { describe, expect, it } from 'vitest';
import { createSimulator } from '../../src/bpf/index.js';
import { compileProfileSync, decideCall, decideCallSync, InvalidArgumentError, loadBuiltins } from '../../src/index.js';
import fc from '../fast-check.js';

const arg = (index: number, op: string, value: bigint | number, valueTwo?: bigint | number) => ({
  index,
  op: `SCMP_CMP_${op}`,
  value,
  ...(valueTwo !== undefined && { valueTwo }),
});
const allowing = (...syscalls: object[]) => ({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });
const allow = (name: string, ...args: object[]) => ({ names: [name], action: 'SCMP_ACT_ALLOW', args });
const deny = (name: string, ...args: object[]) => ({ names: [name], action: 'SCMP_ACT_ERRNO', args });

const EPERM = { kind: 'ERRNO', data: 1 };
const ALLOW = { kind: 'ALLOW' };

describe('decideCall', () => {
  it('answers in one line', async () => {
    const profile = allowing(allow('socket', arg(0, 'MASKED_EQ', 0xffffffff, 1)));
    const asked = (domain: string) => decideCall(profile, 'socket', { domain }, { arch: 'arm64' });
    expect(await asked('AF_UNIX')).toMatchObject({ action: ALLOW, text: 'ALLOW', architecture: 'aarch64', notes: [] });
    expect(await asked('AF_INET')).toMatchObject({ action: EPERM, text: 'ERRNO(EPERM)' });
    expect((await decideCall(profile, 'read', [0], { arch: 'arm64' })).action).toEqual(EPERM);
  });

  it('takes what compileProfile takes: text, bytes, an object that extends a built-in, a filter', async () => {
    const text = JSON.stringify(allowing(allow('read')));
    for (const profile of [text, Buffer.from(text), JSON.parse(text)]) {
      expect((await decideCall(profile, 'read', {}, { arch: 'x86_64' })).action).toEqual(ALLOW);
    }
    const extending = { extends: 'no-network' };
    expect((await decideCall(extending, 'socket', { domain: 'AF_INET' }, { arch: 'x86_64' })).text).toBe(
      'ERRNO(EAFNOSUPPORT)',
    );
    const loadBase = await loadBuiltins();
    expect(decideCallSync(extending, 'socket', { domain: 'AF_UNIX' }, { arch: 'x86_64', loadBase }).action).toEqual(
      ALLOW,
    );
    const filter = compileProfileSync(text, { arch: 'x86_64' });
    expect((await decideCall(filter, 'read')).action).toEqual(ALLOW);
  });

  it('says every answer that arguments which are not given can get', () => {
    const profile = allowing(allow('socket', arg(0, 'EQ', 1)), allow('socket', arg(0, 'EQ', 16), arg(2, 'EQ', 0)));
    const found = decideCallSync(profile, 'socket', {}, { arch: 'x86_64' });
    expect(found.action).toBeUndefined();
    expect(found.answers.map(({ action }) => action)).toEqual(expect.arrayContaining([ALLOW, EPERM]));
    expect(found.text).toMatch(
      /^ALLOW when domain == AF_UNIX, or domain == AF_NETLINK and protocol == IPPROTO_IP, else ERRNO\(EPERM\)$/,
    );
    const netlink = decideCallSync(profile, 'socket', { domain: 'AF_NETLINK' }, { arch: 'x86_64' });
    expect(netlink.text).toMatch(/^(?:ALLOW when protocol == \w+, else ERRNO\(EPERM\))/);
  });

  it('says where bits that the kernel does not read get round a comparison, and then has no one answer', () => {
    const found = decideCallSync(
      { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [deny('socket', arg(0, 'EQ', 16))] },
      'socket',
      { domain: 'AF_NETLINK' },
      { arch: 'x86_64' },
    );
    expect(found.action).toBeUndefined();
    expect(found.answers).toMatchObject([{ action: EPERM }, { action: ALLOW, unreadBits: ['domain'] }]);
    expect(found.answers[1]!.example.args[0]! & 0xffffffffn).toBe(16n);
    expect(found.text).toBe('ERRNO(EPERM); ALLOW with bits of domain that the kernel does not read');
    // Where they only lose by it, the answer stands.
    const strict = decideCallSync(allowing(allow('socket', arg(0, 'EQ', 16))), 'socket', [16], { arch: 'x86_64' });
    expect(strict.action).toEqual(ALLOW);
    expect(strict.answers).toHaveLength(2);
  });

  it('passes a negative int as C libraries do: with zeroes or with its sign', () => {
    const profile = allowing(allow('openat', arg(0, 'EQ', 0xffffff9c)));
    for (const dirfd of ['AT_FDCWD', -100, 0xffffff9c]) {
      const found = decideCallSync(profile, 'openat', { dirfd }, { arch: 'x86_64' });
      expect(found.action).toBeUndefined();
      expect(found.text).toBe('ALLOW when dirfd is passed as 0xffffff9c, else ERRNO(EPERM)');
    }
    expect(decideCallSync(profile, 'openat', { dirfd: -100 }, { arch: 'x86' }).action).toEqual(ALLOW);
  });

  it.each(['x86', 's390x', 's390', 'ppc64le', 'm68k'])('asks about both ways of a call on %s', (arch) => {
    // Through socketcall a filter does not see the family: libseccomp lets every socket through there.
    const profile = allowing(allow('socket', arg(0, 'MASKED_EQ', 0xffffffff, 1)));
    const found = decideCallSync(profile, 'socket', { domain: 'AF_INET' }, { arch });
    expect(found.action).toBeUndefined();
    expect(found.answers.filter(({ through, unreadBits }) => through === 'socketcall' && !unreadBits)).toMatchObject([
      { action: ALLOW },
    ]);
    expect(found.answers.filter(({ through }) => !through)).toMatchObject([{ action: EPERM }]);
    expect(found.text).toContain('ALLOW through socketcall');
    expect(decideCallSync(allowing(), 'socket', { domain: 'AF_INET' }, { arch })).toMatchObject({
      action: EPERM,
      text: 'ERRNO(EPERM)',
    });
  });

  it('says what capabilities change, where none are given', () => {
    const profile = allowing(
      { ...allow('bpf'), includes: { caps: ['CAP_BPF'] } },
      { ...allow('bpf'), includes: { caps: ['CAP_SYS_ADMIN'] } },
      { ...allow('mount'), includes: { caps: ['CAP_SYS_ADMIN'] } },
    );
    const asked = (syscall: string, capabilities?: string[]) =>
      decideCallSync(profile, syscall, {}, { arch: 'x86_64', capabilities });
    expect(asked('mount').action).toBeUndefined();
    expect(asked('mount').text).toBe('ERRNO(EPERM) without CAP_SYS_ADMIN; ALLOW with CAP_SYS_ADMIN');
    expect(asked('bpf').answers).toMatchObject([
      { action: EPERM, capabilities: [[]] },
      { action: ALLOW, capabilities: [['CAP_BPF'], ['CAP_SYS_ADMIN'], ['CAP_BPF', 'CAP_SYS_ADMIN']] },
    ]);
    expect(asked('mount', []).action).toEqual(EPERM);
    expect(asked('mount', ['docker']).action).toEqual(EPERM);
    expect(asked('mount', ['SYS_ADMIN']).action).toEqual(ALLOW);
    expect(asked('read').action).toEqual(EPERM);
  });

  it('has no one answer where the kernel does not ask the filter', () => {
    const found = decideCallSync(allowing(), 'uretprobe', {}, { arch: 'x86_64' });
    expect(found).toMatchObject({ action: undefined, notes: [expect.stringContaining('never ask a filter')] });
  });

  it('asks about another architecture of the profile', () => {
    const profile = { ...allowing(allow('openat')), architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] };
    const found = decideCallSync(profile, 'openat', {}, { arch: 'x86_64', callArch: 'x86' });
    expect(found).toMatchObject({ action: ALLOW, architecture: 'x86' });
    const foreign = () => decideCallSync(profile, 'openat', {}, { arch: 'x86_64', callArch: 'arm64' });
    expect(foreign).toThrow('not for aarch64');
  });

  const PROFILE = allowing(allow('read'));
  it.each([
    ['an unknown call', () => decideCallSync(PROFILE, 'opnat', {}, { arch: 'x86_64' }), 'did you mean openat?'],
    [
      'a call of other machines',
      () => decideCallSync(PROFILE, 'mmap2', {}, { arch: 'x86_64' }),
      'x86, arm, m68k, mips have it',
    ],
    [
      'an unknown argument',
      () => decideCallSync(PROFILE, 'openat', { pathnam: 1 }, { arch: 'x86_64' }),
      'did you mean pathname?',
    ],
    [
      'an argument of a call without any',
      () => decideCallSync(PROFILE, 'getpid', { pid: 1 }, { arch: 'x86_64' }),
      'a0 to a5',
    ],
    ['an argument twice', () => decideCallSync(PROFILE, 'read', { fd: 1, a0: 1 }, { arch: 'x86_64' }), 'given twice'],
    [
      'an unknown constant',
      () => decideCallSync(PROFILE, 'socket', { domain: 'AF_INTE' }, { arch: 'x86_64' }),
      'did you mean AF_INET?',
    ],
    [
      'a value that is too wide',
      () => decideCallSync(PROFILE, 'read', { fd: 2n ** 32n }, { arch: 'x86_64' }),
      'does not fit its 32 bits',
    ],
    [
      'an inexact value',
      () => decideCallSync(PROFILE, 'read', { count: 2 ** 60 }, { arch: 'x86_64' }),
      'give a bigint',
    ],
    [
      'an object as value',
      () => decideCallSync(PROFILE, 'read', { fd: {} } as never, { arch: 'x86_64' }),
      'not of type object',
    ],
    ['a number as call', () => decideCallSync(PROFILE, 3 as never, {}, { arch: 'x86_64' }), 'by its name'],
    ['no architecture', () => decideCallSync(PROFILE, 'read', {}, {} as never), 'by its name, as "x86_64"'],
    [
      'an unknown option',
      () => decideCallSync(PROFILE, 'read', {}, { arch: 'x86_64', caps: [] } as never),
      'no option "caps"',
    ],
    [
      'another machine than the filter is for',
      () => decideCallSync(compileProfileSync(PROFILE, { arch: 'arm64' }), 'read', {}, { arch: 'x86_64' }),
      'compiled for aarch64, not for x86_64',
    ],
    [
      'capabilities of a filter',
      () => decideCallSync(compileProfileSync(PROFILE, { arch: 'arm64' }), 'read', {}, { capabilities: [] } as never),
      'no option "capabilities"',
    ],
  ])('refuses %s', (_, ask, message) => {
    expect(ask).toThrow(InvalidArgumentError);
    expect(ask).toThrow(message);
  });

  it('says of every call what the simulator says', () => {
    const profile = allowing(
      allow('lseek', arg(1, 'GE', 7)),
      allow('socket', arg(0, 'EQ', 2), arg(1, 'NE', 3)),
      allow('ioctl', arg(1, 'MASKED_EQ', 0xffffffff, 0x5412)),
    );
    const filter = compileProfileSync(profile, { arch: 'x86_64' });
    const simulator = createSimulator(filter.program);
    const value = fc.constantFrom(undefined, 0n, 2n, 3n, 7n, 0x5412n, 0xfffffffen);
    const call = fc.constantFrom(['lseek', 8] as const, ['socket', 41] as const, ['ioctl', 16] as const);
    const rest = fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(call, fc.array(value, { minLength: 6, maxLength: 6 }), rest, ([name, nr], given, others) => {
        const { answers, action } = decideCallSync(filter, name, given);
        // Any registers of the question: what is not given is anything, and so are the bits that are not read.
        const args = given.map((each, index) => each ?? others[index]!) as [
          bigint,
          bigint,
          bigint,
          bigint,
          bigint,
          bigint,
        ];
        const got = simulator.simulate({ nr, arch: 0xc000003e, instructionPointer: 0n, args }).action;
        expect(answers.map((each) => each.action)).toContainEqual(got);
        if (action) expect(got).toEqual(action);
        for (const { example, action: its } of answers) expect(simulator.simulate(example).action).toEqual(its);
      }),
      { numRuns: 150 },
    );
  });
});
