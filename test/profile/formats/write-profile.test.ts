import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../../src/architecture.js';
import { createSimulator, type SeccompData } from '../../../src/bpf/index.js';
import { type CompiledFilter, CompileError, compileProfileSync } from '../../../src/compiler/index.js';
import { loadLibseccompSync } from '../../../src/libseccomp/index.js';
import { type OutputFormat, type ProfileError, readProfile, writeProfile } from '../../../src/profile/index.js';

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
      { numRuns: 150 },
    );
    expect(counts.written / counts.all).toBeGreaterThan(leastShare);
    expect(counts.sameBytes).toBeGreaterThan(counts.written / 3);
  });
});
