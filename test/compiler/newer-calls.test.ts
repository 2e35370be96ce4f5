import { describe, expect, it } from 'vitest';
import { formatAction } from '../../src/action.js';
import { ARCHITECTURES, type Architecture, parseArchitecture } from '../../src/architecture.js';
import { createSimulator } from '../../src/bpf/index.js';
import { compileProfileSync, type OwnCompileOptions } from '../../src/compiler/index.js';
import { minimizeRules } from '../../src/compiler/minimize-rules.js';
import { isAtLeast, parseRelease } from '../../src/kernel-version.js';
import { loadLibseccompSync, lookUpSyscallName } from '../../src/libseccomp/index.js';
import { extendProfile } from '../../src/profile/extend/extend-profile.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import { firstLinux } from '../../src/syscalls/first-linux.js';

const libseccomp = loadLibseccompSync();

function expectError(run: () => unknown, code: string, words: string): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code, message: expect.stringContaining(words) });
}
const X32_BIT = 0x40000000;

const NAMED = ['read', 'socket', 'openat2', 'mseal'];
const PROFILE = (architectures: readonly Architecture[], defaultAction = 'SCMP_ACT_ERRNO') => ({
  defaultAction,
  architectures: architectures.map(({ ociName }) => ociName),
  syscalls: [
    { names: NAMED.slice(0, 3), action: 'SCMP_ACT_TRAP' },
    { names: NAMED.slice(3), action: 'SCMP_ACT_TRAP', args: [{ index: 0, value: 1n, op: 'SCMP_CMP_EQ' }] },
  ],
});

/** The numbers to ask about: of every call, beside them, and far above. */
const NUMBERS = [...Array(1100).keys(), 0x1fff, 0xefff0, 0xf0000, 0xf0001, 0xf0005, 0xf0007, 0x3fffffff];
const FIRST: Record<string, number> = { x32: X32_BIT, mips: 4000, mipsel: 4000, mips64: 5000, mipsel64: 5000 };
const firstOf = ({ name }: Architecture) => FIRST[name] ?? (name.includes('n32') ? 6000 : 0);

/** What a number of an architecture is to be: said a second time, from names and not from ranges. */
function newerThan(architecture: Architecture, kernel: string): (number: number) => boolean {
  const first = firstOf(architecture);
  const nameOf = (number: number) =>
    number < first ? undefined : libseccomp.resolveSyscallNumber(number, architecture);
  const newest = Math.max(...Array.from({ length: 1000 }, (_, n) => n + first).filter((number) => nameOf(number)));
  const own = NAMED.map(
    (each) => lookUpSyscallName(libseccomp, each).find((entry) => entry.architecture === architecture.name)?.number,
  );
  const least = parseRelease(kernel)!;
  return (number) => {
    const name = nameOf(number);
    if (name === undefined) return number > newest;
    return !own.includes(number) && !isAtLeast(least, firstLinux(name, architecture));
  };
}

const compile = (profile: object, options: Partial<OwnCompileOptions> & { arch: string }) =>
  compileProfileSync(profile, { libseccomp, minimizer: minimizeRules, verify: 'all', ...options });
const decider = ({ program, arches }: ReturnType<typeof compile>) => {
  const target = parseArchitecture(arches[0]!);
  const simulator = createSimulator(program, { endianness: target.endianness });
  return ({ auditArch: arch }: Architecture, nr: number) => {
    const { action } = simulator.simulate({ arch, nr, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] });
    return formatAction(action, target.name);
  };
};
const decide = (program: ReturnType<typeof compile>, architecture: Architecture, nr: number) =>
  decider(program)(architecture, nr);

const FAMILIES = [
  ['x86_64', 'x86', 'x32'],
  ['x32'],
  ['aarch64', 'arm'],
  ['mips64', 'mips', 'mips64n32'],
  ['s390x', 's390'],
];
const TARGETS = [...ARCHITECTURES.map(({ name }) => [name] as string[]), ...FAMILIES];

describe.each(TARGETS.map((family) => [family.join(' + '), family] as const))('%s', (_title, family) => {
  const architectures = family.map((name) => parseArchitecture(name));
  const [target] = architectures as [Architecture];

  it.each(['3.17', '5.4', '6.1', '7.3'])(
    'calls newer than %s answer ENOSYS, older ones the default, named ones their rule',
    (kernel) => {
      const options = { arch: target.name, enosysNewerThan: kernel };
      const withStub = decider(compile(PROFILE(architectures), options));
      const without = decider(compile(PROFILE(architectures), { arch: target.name }));
      const wrong: string[] = [];
      let newer = 0;
      for (const architecture of architectures) {
        const isPlain64 = architecture.name === 'x86_64';
        const isNewer = newerThan(architecture, kernel);
        for (const number of [...NUMBERS, ...(isPlain64 ? [] : [0x7ffffff0 - firstOf(architecture)])]) {
          const nr = number + firstOf(architecture);
          if (isPlain64 && nr >= X32_BIT) continue;
          const isNew = isNewer(nr);
          if (isNew) newer++;
          const got = withStub(architecture, nr);
          const right = isNew ? 'ERRNO(ENOSYS)' : without(architecture, nr);
          if (got !== right) wrong.push(`${architecture.name} ${nr}: ${got}, right ${right}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(newer).toBeGreaterThan(100);
      // -1 is no call: a tracer skips one by it.
      expect(withStub(target, 0xffffffff)).toBe(without(target, 0xffffffff));
    },
  );
});

describe('enosysNewerThan', () => {
  const x86_64 = parseArchitecture('x86_64');

  it("comes to the same decisions in the minimiser's program, and behind runc's stub", () => {
    for (const kernel of ['4.19', '6.6']) {
      const [own, min, runc] = [{}, { optimize: 'min' }, { runtime: 'runc' }].map((more) =>
        compile(PROFILE([x86_64]), { arch: 'x86_64', enosysNewerThan: kernel, ...(more as object) }),
      );
      for (const nr of [...NUMBERS, 0x3fffffff, X32_BIT + 500, 0xffffffff]) {
        expect(decide(min!, x86_64, nr)).toBe(decide(own!, x86_64, nr));
        if (nr <= 472) expect(decide(runc!, x86_64, nr)).toBe(nr > 462 ? 'ERRNO(ENOSYS)' : decide(own!, x86_64, nr));
      }
      expect(min!.program.length).toBeLessThan(own!.program.length);
    }
  });

  it('holds under any default: a deny-list is closed to calls of tomorrow', () => {
    for (const [action, older] of [
      ['SCMP_ACT_ALLOW', 'ALLOW'],
      ['SCMP_ACT_KILL_PROCESS', 'KILL_PROCESS'],
    ] as const) {
      const program = compile(PROFILE([x86_64], action), { arch: 'x86_64', enosysNewerThan: '6.1' });
      expect([451, 900, 2].map((nr) => decide(program, x86_64, nr))).toEqual(['ERRNO(ENOSYS)', 'ERRNO(ENOSYS)', older]);
    }
  });

  it('is a key of the profile, which a base hands on and the option wins over', () => {
    const json = { ...PROFILE([x86_64]), enosysNewerThan: '6.1' };
    const at = (profile: Parameters<typeof compile>[0], more: object = {}) =>
      [424, 451].map((nr) => decide(compile(profile, { arch: 'x86_64', ...more }), x86_64, nr));
    expect(at(json)).toEqual(['ERRNO(EPERM)', 'ERRNO(ENOSYS)']);
    expect(at(json, { enosysNewerThan: '5.0' })).toEqual(['ERRNO(ENOSYS)', 'ERRNO(ENOSYS)']);
    expect(at(json, { enosysNewerThan: '6.5' })).toEqual(['ERRNO(EPERM)', 'ERRNO(EPERM)']);

    const list = readProfile('default errno EPERM\nenosys-newer-than 6.1\nallow read, write\n');
    expect(list.seccomp.enosysNewerThan).toBe('6.1');
    expect(writeProfile(readProfile(json), 'list')).toContain('\nenosys-newer-than 6.1\n');
    expect(writeProfile(list, 'list', { arch: 'x86_64' })).toContain('\nenosys-newer-than 6.1\n');
    const own = readProfile({ extends: 'base', syscalls: [{ names: ['mount'], action: 'SCMP_ACT_ERRNO' }] });
    expect(extendProfile(own, () => list).seccomp.enosysNewerThan).toBe('6.1');
  });

  it('is refused where it is no version, and in formats that have no such key', () => {
    expectError(() => compile(PROFILE([x86_64]), { arch: 'x86_64', enosysNewerThan: '5' }), 'INVALID_ARGUMENT', '"5"');
    const bad = { ...PROFILE([x86_64]), enosysNewerThan: 'new' };
    expectError(() => readProfile(bad), 'PROFILE_INVALID', 'must be a kernel version X.Y');
    expectError(() => readProfile('default allow\nenosys-newer-than six\n'), 'PROFILE_INVALID', 'kernel version');
    const json = readProfile({ ...PROFILE([x86_64]), enosysNewerThan: '6.1' });
    for (const format of ['oci', 'docker'] as const)
      expectError(() => writeProfile(json, format, { arch: 'x86_64' }), 'PROFILE_INVALID', 'enosysNewerThan');
  });
});
