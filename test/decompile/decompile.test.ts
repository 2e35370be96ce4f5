import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assemble, compareDecisions } from '../../src/bpf/index.js';
import { compileParsedProfile, compileProfileSync } from '../../src/compiler/index.js';
import { DecompileError, decompile } from '../../src/explain/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallNaming } from '../../src/libseccomp/syscall-naming.js';
import { writeProfile } from '../../src/profile/formats/write-profile.js';
import fc from '../fast-check.js';

const libseccomp = loadLibseccompSync();
const program = (source: string) => assemble(source, syscallNaming(libseccomp));
const reasons = (source: string, arch?: string): readonly string[] => {
  try {
    decompile(program(source), { libseccomp, arch });
  } catch (error) {
    if (error instanceof DecompileError) return error.reasons;
    throw error;
  }
  return [];
};

/** A profile, the program of it, and the profile of that: both programs decide alike on every input. */
function roundTrip(profile: object, arch: string): ReturnType<typeof decompile> {
  const { program: compiled } = compileProfileSync(profile, { arch });
  const made = decompile(compiled, { libseccomp, arch });
  const again = compileParsedProfile(made.profile, { arch, libseccomp });
  expect(compareDecisions(compiled, again.program).equal).toBe(true);
  expect(made.differences).toEqual([]);
  return made;
}

describe('a compiled profile comes back', () => {
  it.each(['x86_64', 'aarch64', 's390x', 'x86', 'riscv64'])('as it was written, on %s', (arch) => {
    const { profile } = roundTrip(
      {
        defaultAction: 'SCMP_ACT_ERRNO',
        defaultErrnoRet: 38n,
        syscalls: [
          { names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' },
          { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0n, op: 'SCMP_CMP_EQ', value: 8n }] },
          { names: ['ptrace'], action: 'SCMP_ACT_LOG' },
        ],
      },
      arch,
    );
    const { defaultAction, defaultErrnoRet, syscalls } = profile.seccomp;
    expect([defaultAction, defaultErrnoRet]).toEqual(['SCMP_ACT_ERRNO', 38n]);
    expect(syscalls?.map(({ names, action }) => [names, action])).toEqual([
      [['read', 'write'], 'SCMP_ACT_ALLOW'],
      ...(arch === 'x86_64' || arch === 'x86' || arch === 's390x'
        ? [
            [['ptrace'], 'SCMP_ACT_LOG'],
            [['personality'], 'SCMP_ACT_ALLOW'],
          ]
        : [
            [['personality'], 'SCMP_ACT_ALLOW'],
            [['ptrace'], 'SCMP_ACT_LOG'],
          ]),
    ]);
  });

  it('with all its ABIs where one list of names says it', () => {
    const { profile } = roundTrip(
      {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
        syscalls: [{ names: ['ptrace', 'keyctl', 'vm86'], action: 'SCMP_ACT_ERRNO', errnoRet: 1n }],
      },
      'x86_64',
    );
    expect([...(profile.seccomp.architectures ?? [])].sort()).toEqual([
      'SCMP_ARCH_X32',
      'SCMP_ARCH_X86',
      'SCMP_ARCH_X86_64',
    ]);
  });

  it('the example', () => {
    const example = JSON.parse(readFileSync(new URL('../../examples/container-default.json', import.meta.url), 'utf8'));
    const { program: compiled } = compileProfileSync(example, { arch: 'aarch64' });
    const { profile } = decompile(compiled, { libseccomp });
    const again = compileParsedProfile(profile, { arch: 'aarch64', libseccomp }).program;
    const own = compareDecisions(compiled, again).architectures.filter(
      ({ architecture }) => architecture === 'aarch64',
    );
    expect(own).toEqual([]);
  });

  it('with any conditions', () => {
    const operators = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'].map((name) => `SCMP_CMP_${name}`);
    const value = fc.oneof(fc.bigInt(0n, 9n), fc.constantFrom(0xffffffffn, 1n << 32n, (1n << 64n) - 1n, 0x7e020000n));
    const arg = fc.record({ index: fc.bigInt(0n, 2n), op: fc.constantFrom(...operators), value, valueTwo: value });
    const entry = fc.record({
      names: fc.constantFrom(['lseek'], ['ioctl'], ['fcntl', 'mmap']),
      action: fc.constantFrom('SCMP_ACT_ALLOW', 'SCMP_ACT_LOG'),
      args: fc.uniqueArray(arg, { minLength: 1, maxLength: 2, selector: ({ index }) => index }),
    });
    let tried = 0;
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 3 }), (syscalls) => {
        let compiled: Uint8Array;
        try {
          compiled = compileProfileSync(
            { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1n, syscalls },
            { arch: 'x86_64' },
          ).program;
        } catch {
          return; // libseccomp does not take these rules together, or mistakes them
        }
        try {
          const { profile } = decompile(compiled, { libseccomp });
          const again = compileParsedProfile(profile, { arch: 'x86_64', libseccomp, verify: false }).program;
          expect(compareDecisions(compiled, again).equal).toBe(true);
          tried++;
        } catch (error) {
          if (!(error instanceof DecompileError)) throw error;
        }
      }),
      { numRuns: 60 },
    );
    expect(tried).toBeGreaterThan(20);
  });
});

describe('what no profile says is an error that names it', () => {
  const on = (rest: string) =>
    `.arch x86_64\nA = arch\nif (A != x86_64) goto bad\nA = nr\n${rest}\nbad: return KILL_THREAD`;
  it.each([
    [
      'the place of the call',
      on('if (A != ptrace) goto no\nA = instruction_pointer.low\nif (A == 5) goto bad\nno: return ALLOW'),
      /where the call is made/,
    ],
    [
      'a number without a name that is denied',
      on('if (A == 7000) goto bad\nreturn ALLOW'),
      /^numbers without a name on x86_64: ALLOW in the profile, and in the program KILL_THREAD/,
    ],
  ])('%s', (_, source, message) => {
    expect(reasons(source).join('\n')).toMatch(message);
  });

  it('an architecture that it does not look at', () => {
    expect(reasons(on('return ALLOW'), 'aarch64')[0]).toContain('decides nothing on aarch64');
  });
});

it('data of a TRAP is kept, and a list says it', () => {
  const source =
    'A = arch\nif (A != x86_64) goto bad\nA = nr\nif (A == 0xffffffff) goto last\nif (A >= 0x40000000) goto bad\nif (A == open) goto two\nif (A == stat) goto none\nif (A == ptrace) goto args\nif (A == read) goto yes\nreturn TRAP(1)\nargs: A = args[0].low\nif (A == 16) goto two\nyes: return ALLOW\ntwo: return TRAP(2)\nnone: return TRAP\nlast: return TRAP(1)\nbad: return KILL_THREAD';
  const original = program(source);
  const { profile, differences } = decompile(original, { libseccomp });
  expect(differences).toEqual([]);
  const text = writeProfile(profile, 'list');
  for (const line of [/^default trap 1$/m, /^open -> trap 2$/m, /^trap stat$/m]) expect(text).toMatch(line);
  for (const options of [{ optimize: 'min' }, { fallback: 'min' }] as const) {
    const again = compileProfileSync(text, { arch: 'x86_64', ...options }).program;
    expect(compareDecisions(original, again).equal).toBe(true);
  }
  expect(() => compileProfileSync(text, { arch: 'x86_64' })).toThrow(
    "the default action: libseccomp has no data for TRAP, and this is TRAP(1); the option optimize: 'min' compiles it as it is",
  );
  for (const target of [{}, { arch: 'x86_64' }]) {
    expect(() => writeProfile(profile, 'docker', target)).toThrow(
      /Docker's format cannot say this: data of SCMP_ACT_TRAP/,
    );
    expect(writeProfile(profile, 'list', target)).toContain('open -> trap 2\n');
  }
});

it('says where the profile is stricter than the program', () => {
  const source =
    'A = arch\nif (A != x86_64) goto yes\nA = nr\nif (A == ptrace) goto no\nyes: return ALLOW\nno: return ERRNO(EPERM)';
  const { profile, differences } = decompile(program(source), { libseccomp });
  expect(profile.seccomp.architectures).toEqual(['SCMP_ARCH_X86_64']);
  expect(differences.join('\n')).toMatch(
    /x32: KILL_THREAD in the profile, and in the program ALLOW\narchitectures that it does not name: KILL_THREAD/,
  );
});

it('a program that looks at no architecture is a profile of the one that is asked for', () => {
  const source = '.endian little\nA = nr\nif (A == 117) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)';
  const { profile } = decompile(program(source), { libseccomp, arch: 'aarch64' });
  expect(profile.seccomp.syscalls?.map(({ names }) => names)).toEqual([['ptrace']]);
});
