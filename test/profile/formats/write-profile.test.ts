import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../../src/architecture.js';
import { createSimulator, type SeccompData } from '../../../src/bpf/execution/simulate.js';
import { type CompiledFilter, CompileError, compileProfileSync } from '../../../src/compiler/index.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import { loadLibseccompSync } from '../../../src/libseccomp/index.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { writeWarnings } from '../../../src/profile/formats/write-profile.js';
import { type OutputFormat, readProfile, writeProfile } from '../../../src/profile/index.js';
import fc from '../../fast-check.js';

const libseccomp = loadLibseccompSync();
const SYSCALLS = ['socket', 'ioctl', 'clone', 'personality', 'read', 'openat', 'lseek'];

const value = fc.oneof(
  fc.bigInt({ min: 0n, max: 5n }),
  fc.constantFrom(0xffffffffn, 0x5401n, 0x10000000n, 0x7e020000n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 64n - 1n),
);
const argument = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      index: fc.bigInt({ min: 0n, max: 2n }),
      value,
      op: fc.constantFrom('SCMP_CMP_EQ', 'SCMP_CMP_NE', 'SCMP_CMP_GT'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      index: fc.bigInt({ min: 0n, max: 2n }),
      value: fc.oneof(fc.constantFrom(0xffffffffn, 2n ** 64n - 1n, 0x10000000n), value),
      valueTwo: value,
      op: fc.constant('SCMP_CMP_MASKED_EQ'),
    }),
  },
);
const errno = fc.oneof(
  fc.constant({}),
  fc.constantFrom({ errnoRet: 38n }, { errnoRet: 1n }, { errno: 'ENOSYS' }, { errno: 'EACCES', errnoRet: 13n }),
);
const condition = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.record({
      includes: fc.constantFrom({}, { arches: ['amd64', 'arm64'] }, { caps: ['CAP_BPF'] }, { minKernel: '4.8' }),
      excludes: fc.constantFrom(
        {},
        { arches: ['s390x'] },
        { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] },
        { minKernel: '6.0' },
      ),
    }),
  },
);
const entry = fc
  .tuple(
    fc.record({
      names: fc.uniqueArray(fc.constantFrom(...SYSCALLS), { minLength: 1, maxLength: 3 }),
      action: fc.constantFrom('SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_LOG', 'SCMP_ACT_KILL', 'SCMP_ACT_TRAP'),
      args: fc.array(argument, { maxLength: 2 }),
      comment: fc.constantFrom('why', 'two\nlines'),
    }),
    errno,
    condition,
  )
  .map(([base, carried, conditions]) => ({
    ...base,
    ...(base.action === 'SCMP_ACT_ERRNO' ? carried : {}),
    ...conditions,
  }));
const profile = fc
  .record({
    defaultAction: fc.constantFrom('SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW', 'SCMP_ACT_KILL_PROCESS'),
    flags: fc.constantFrom(undefined, [], ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC']),
    architectures: fc.constantFrom(undefined, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64']),
    syscalls: fc.array(entry, { maxLength: 4 }),
  })
  .map((made) =>
    JSON.parse(
      JSON.stringify(made, (_, each) => (typeof each === 'bigint' ? `${each}n` : each)),
      revive,
    ),
  );

/** JSON.stringify drops what is undefined; the integers come back as they were. */
function revive(_: string, each: unknown): unknown {
  return typeof each === 'string' && /^\d+n$/.test(each) ? BigInt(each.slice(0, -1)) : each;
}

const TARGET = { arch: 'x86_64', capabilities: ['CAP_BPF'], kernel: '5.10' };

/** The filter, or the code of what libseccomp does not take. */
function compile(input: object | string): CompiledFilter | string {
  try {
    return compileProfileSync(input, TARGET);
  } catch (error) {
    if (error instanceof CompileError) return error.code;
    throw error;
  }
}

function sample(filter: CompiledFilter, values: readonly bigint[]): number[] {
  const { simulate } = createSimulator(filter);
  return filter.arches.flatMap((name) => {
    const architecture = parseArchitecture(name);
    return [...SYSCALLS, 'write'].flatMap((syscall) => {
      const nr = libseccomp.resolveSyscallName(syscall, architecture)!;
      return values.flatMap((a0) =>
        values.map((a1) => {
          const args: SeccompData['args'] = [a0, a1, a0, 0n, 0n, 0n];
          return simulate({ nr, arch: architecture.auditArch, instructionPointer: 0n, args }).returnValue;
        }),
      );
    });
  });
}

const VALUES = [
  0n,
  1n,
  2n,
  5n,
  6n,
  0x5401n,
  0x10000000n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 62n,
  2n ** 64n - 1n,
];

describe('what was written decides as what was read', () => {
  it.each<[OutputFormat, boolean, number]>([
    ['oci', true, 0.9],
    ['docker', false, 0.9],
    ['docker', true, 0.9],
    ['spo', true, 0.05],
    ['list', false, 0.9],
    ['list', true, 0.9],
  ])('%s, decided for a target: %s', (format, isResolved, leastShare) => {
    const counts = { all: 0, written: 0, sameBytes: 0 };
    fc.assert(
      fc.property(profile, (made) => {
        counts.all++;
        const first = readProfile(made, { source: 'made' });
        let text: string;
        try {
          text = writeProfile(first, format, isResolved ? TARGET : {});
        } catch (error) {
          expect((error as ProfileError).issues.map(({ code }) => code)).toContain('not-in-format');
          return;
        }
        counts.written++;
        const second = readProfile(text, { source: 'written' });
        // Writing again changes nothing: what is read is what was meant. (A list gives each call with conditions its entry.)
        if (format !== 'list') expect(writeProfile(second, format, isResolved ? TARGET : {})).toBe(text);
        const [before, after] = [compile(first), compile(second)];
        if (typeof before === 'string' || typeof after === 'string') {
          // Conditions that libseccomp refuses beside one another are refused in any format.
          if (typeof before !== typeof after) expect(format, `${before} ${after}`).toBe('list');
          return;
        }
        expect(after.arches).toEqual(before.arches);
        expect(after.flags).toEqual(before.flags);
        if (Buffer.compare(before.program, after.program) === 0) counts.sameBytes++;
        else expect(sample(after, VALUES)).toEqual(sample(before, VALUES));
      }),
      { numRuns: 200 },
    );
    expect(counts.written / counts.all).toBeGreaterThan(leastShare);
    expect(counts.sameBytes).toBeGreaterThan(counts.written / 3);
  });
});

describe('what a format cannot say', () => {
  const made = (members: object, entry: object = {}) =>
    readProfile({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', errnoRet: 5, ...entry }],
      ...members,
    });

  it.each<[OutputFormat, string, object, object, string]>([
    ['oci', 'archMap', { archMap: [{ architecture: 'SCMP_ARCH_X86_64' }] }, {}, 'archMap'],
    ['oci', 'a conditional entry', {}, { includes: { caps: ['CAP_BPF'] } }, 'syscalls[0]'],
    ['oci', 'an errno of several numbers', {}, { errno: 'ENOSYS' }, 'syscalls[0].errno'],
    ['oci', 'such a default errno', { defaultErrno: 'ENOSYS' }, {}, 'defaultErrno'],
    ['oci', 'extends', { extends: 'base' }, {}, 'extends'],
    ['docker', 'extends', { extends: 'base' }, {}, 'extends'],
    ['spo', 'a default errno', { defaultErrnoRet: 38 }, {}, 'defaultErrnoRet'],
    ['spo', 'an errno of 0', {}, { errnoRet: 0 }, 'syscalls[0].errnoRet'],
    ['spo', 'an architecture', { architectures: ['SCMP_ARCH_M68K'] }, {}, 'architectures[0]'],
    [
      'spo',
      'a value past 2^63-1',
      {},
      { args: [{ index: 0, value: 2n ** 63n, op: 'SCMP_CMP_EQ' }] },
      'syscalls[0].args[0].value',
    ],
    ['list', 'archMap', { archMap: [{ architecture: 'SCMP_ARCH_X86_64' }] }, {}, 'archMap'],
    ['list', 'a name that is no word', {}, { names: ['read write'] }, 'syscalls[0].names[0]'],
    ['list', 'a capability Linux lacks', {}, { excludes: { caps: ['SYS_ADMIN'] } }, 'syscalls[0].excludes.caps[0]'],
    [
      'list',
      'an architecture Docker lacks',
      {},
      { includes: { arches: ['x86_64'] } },
      'syscalls[0].includes.arches[0]',
    ],
    [
      'list',
      '33 bits beside x86',
      { architectures: ['SCMP_ARCH_X86'] },
      { args: [{ index: 0, value: 2n ** 32n, op: 'SCMP_CMP_EQ' }] },
      'syscalls[0].args',
    ],
  ])('%s: %s', (format, _, members, entry, path) => {
    const profileOf = made(members, entry);
    try {
      writeProfile(profileOf, format);
    } catch (error) {
      expect(error).toBeInstanceOf(ProfileError);
      expect((error as ProfileError).issues).toMatchObject([{ code: 'not-in-format', path }]);
      return;
    }
    throw new Error('it was written');
  });

  it('is decided for a target, where that helps', () => {
    const conditional = made({ defaultErrno: 'ENOSYS' }, { includes: { arches: ['mips64'] } });
    expect(JSON.parse(writeProfile(conditional, 'oci', { arch: 'mips64' }))).toEqual({
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 89,
      architectures: ['SCMP_ARCH_MIPS64'],
      syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', errnoRet: 5 }],
    });
    expect(JSON.parse(writeProfile(conditional, 'oci', { arch: 'amd64' })).syscalls).toEqual([]);
    expect(() => writeProfile(conditional, 'oci', { kernel: '5.0' })).toThrow(InvalidArgumentError);
  });
});

it.each(['nope', 'seccompiler', 'oci-config', 'toString', undefined])('no profile is written as %s', (format) => {
  const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW' });
  expect(() => writeProfile(profile, format as OutputFormat)).toThrow(InvalidArgumentError);
  expect(writeWarnings(profile, format as OutputFormat)).toEqual([]);
});

describe('the text', () => {
  it('has integers of 64 bits as they are', () => {
    const args = [{ index: 0, value: 2n ** 64n - 1n, valueTwo: 2n ** 53n + 1n, op: 'SCMP_CMP_MASKED_EQ' }];
    const read = readProfile({
      defaultAction: 'SCMP_ACT_LOG',
      syscalls: [{ names: ['lseek'], action: 'SCMP_ACT_ALLOW', args }],
    });
    for (const format of ['oci', 'docker'] as const) {
      expect(writeProfile(read, format)).toContain(
        '"value": 18446744073709551615,\n          "valueTwo": 9007199254740993',
      );
    }
    expect(writeProfile(read, 'list')).toContain('arg0:64 & 0xffffffffffffffff == 0x20000000000001');
  });

  it('of a list has names where they mean the same everywhere', () => {
    const list = `extends "my base"
default errno EPERM
arch x86_64, native
flags none
listener /run/agent.sock
listener-metadata "two\\nlines, \\"quoted\\""

# why
notify read

allow socket(domain == AF_UNIX && type & 15 == 1)

when cap CAP_BPF, not kernel 5.8: allow bpf

unshare(flags & (CLONE_NEWUSER|CLONE_NEWNET) == 0) -> errno EROFS

trap clone(arg0:64 & 0x10000000 == 0x10000000)
`;
    expect(writeProfile(readProfile(list), 'list')).toBe(list);
  });

  it('of a SeccompProfile has a name Kubernetes takes', () => {
    const read = readProfile({ defaultAction: 'SCMP_ACT_LOG' }, { source: '/profiles/My profile.json' });
    expect(readProfile(writeProfile(read, 'spo'))).toMatchObject({ format: 'spo', name: 'my-profile' });
    expect(writeProfile(read, 'spo', { name: 'other' })).toContain('name: other');
  });
});

describe('what Docker does by its version', () => {
  const notify = { names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' };
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    listenerPath: '/run/a',
    listenerMetadata: 'm',
    syscalls: [notify],
  };

  it('a listener is written, with a warning that names the version', () => {
    const parsed = readProfile(profile);
    expect(JSON.parse(writeProfile(parsed, 'docker'))).toMatchObject({ listenerPath: '/run/a', listenerMetadata: 'm' });
    expect(writeWarnings(parsed, 'docker')).toMatchObject([
      {
        code: 'docker-listener',
        path: 'listenerPath',
        message: expect.stringMatching(/\(read\).*20\.10\.24 .*\(run\)/),
      },
    ]);
    expect(writeWarnings(parsed, 'oci')).toEqual([]);
  });

  it('and so are flags', () => {
    const flags = ['SECCOMP_FILTER_FLAG_LOG'];
    const codes = (given: object) => writeWarnings(readProfile(given), 'docker').map(({ code }) => code);
    expect(codes({ defaultAction: 'SCMP_ACT_ALLOW', flags })).toEqual(['docker-flags']);
    expect(codes({ defaultAction: 'SCMP_ACT_ALLOW', flags: [] })).toEqual([]);
    expect(codes({ defaultAction: 'SCMP_ACT_ALLOW' })).toEqual([]);
  });

  it('and so is an errno of the default action, but for the one that Docker gives anyhow', () => {
    const codes = (defaultErrnoRet: number) =>
      writeWarnings(readProfile({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet }), 'docker').map(
        ({ code }) => code,
      );
    expect(codes(38)).toEqual(['docker-default-errno']);
    expect(codes(1)).toEqual([]);
  });
});
