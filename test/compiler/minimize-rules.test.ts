import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { buildDecisionDiagram } from '../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore } from '../../src/bpf/decisions/diagram-store.js';
import { compareDecisions, simulate } from '../../src/bpf/index.js';
import { MinimizerFaultError, minimizeProgram } from '../../src/bpf/minimize/index.js';
import {
  type CompiledRules,
  CompileError,
  compileProfileSync,
  type Minimizer,
  type OwnCompileProfileOptions,
  proveDecisions,
} from '../../src/compiler/index.js';
import { minimizeRules } from '../../src/compiler/minimize-rules.js';
import { ruleDecisions } from '../../src/compiler/rule-decisions.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { builtinProfile } from '../../src/profile/builtin/index.js';
import { BUILTIN_NAMES, BUILTIN_PREFIX } from '../../src/profile/builtin/names.js';
import { compareRandomProfiles } from '../oracle/random-profiles.js';

const libseccomp = loadLibseccompSync();
const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root));

type Condition = [index: number, op: string, value: number, valueTwo?: number];
const entry = (name: string, action: string, ...conditions: Condition[]) => ({
  names: [name],
  action: `SCMP_ACT_${action}`,
  args: conditions.map(([index, op, value, valueTwo = 0]) => ({ index, op: `SCMP_CMP_${op}`, value, valueTwo })),
});
const profile = (defaultAction: string, ...syscalls: object[]) => ({
  defaultAction: `SCMP_ACT_${defaultAction}`,
  syscalls,
});

function compile(given: object | Uint8Array, options: Partial<OwnCompileProfileOptions> = {}) {
  return compileProfileSync(given, { arch: 'x86_64', libseccomp, ...options });
}
const min = (given: object | Uint8Array, options: Partial<OwnCompileProfileOptions> = {}) =>
  compile(given, { optimize: 'min', verify: proveDecisions, ...options });

function refusal(run: () => unknown): CompileError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CompileError);
    return error as CompileError;
  }
  throw new Error('nothing was refused');
}

/** What a program decides on a call of x86_64. */
function decides(program: Uint8Array, nr: number, ...values: (number | bigint)[]): string {
  const args = Array.from({ length: 6 }, (_, index) => BigInt(values[index] ?? 0));
  const { auditArch: arch } = parseArchitecture('x86_64');
  return simulate(program, { arch, nr, instructionPointer: 0n, args: args as never }, { endianness: 'little' }).action
    .kind;
}

const MISCOMPILED = {
  'NE of two arguments beside an EQ': profile(
    'ERRNO',
    entry('ioctl', 'ALLOW', [0, 'NE', 2], [1, 'NE', 1]),
    entry('ioctl', 'ALLOW', [0, 'EQ', 1]),
  ),
  'three ranges of 64 bits': profile(
    'ERRNO',
    entry('lseek', 'ALLOW', [1, 'LT', 0x100000100]),
    entry('lseek', 'ALLOW', [1, 'GT', 0x200000200]),
    entry('lseek', 'LOG', [1, 'EQ', 0x180000000]),
  ),
  'LT in one entry and GT in the next': profile(
    'ERRNO',
    entry('lseek', 'ALLOW', [1, 'LT', 0x100000100]),
    entry('lseek', 'ALLOW', [1, 'GT', 0x200000200]),
  ),
};

describe('optimize: min', () => {
  const TARGETS = ['x86_64', 'x86', 'x32', 'arm', 'aarch64', 'riscv64', 'ppc64le', 'loongarch64', 's390x', 'mips64'];
  const profiles: [string, () => object | Uint8Array][] = [
    ...['podman', 'moby'].map((name): [string, () => Uint8Array] => [
      `${name}'s default`,
      () => read(`build/test-inputs/${name}-default.json`),
    ]),
    ...readdirSync(new URL('examples', root))
      .filter((name) => name.endsWith('.json'))
      .map((name): [string, () => Uint8Array] => [name, () => read(`examples/${name}`)]),
    ...BUILTIN_NAMES.map((name): [string, () => object] => [
      name,
      () => builtinProfile(BUILTIN_PREFIX + name) as object,
    ]),
  ];

  it.each(profiles)(
    '%s on ten targets is proved, and decides as the program of libseccomp',
    (_, given) => {
      for (const arch of TARGETS) {
        for (const options of [{}, { runtime: 'runc' as const }]) {
          const small = min(given(), { arch, unknownSyscall: 'ignore', ...options });
          const usual = compile(given(), { arch, unknownSyscall: 'ignore', ...options });
          expect(small.program.length).toBeLessThanOrEqual(usual.program.length);
          expect(compareDecisions(usual, small).equal).toBe(true);
          expect({ ...small, program: undefined }).toEqual({ ...usual, program: undefined });
        }
      }
    },
    300_000,
  );

  it('is the same every time', () => {
    const once = min(read('build/test-inputs/podman-default.json'));
    expect(min(read('build/test-inputs/podman-default.json'))).toEqual(once);
  });

  it.each(Object.entries(MISCOMPILED))('compiles what libseccomp gets wrong: %s', (_, given) => {
    const error = refusal(() => compile(given));
    expect(error).toMatchObject({ code: 'MISCOMPILED', remedy: 'min' });
    expect(error.message).toMatch(/; the option optimize: 'min' compiles it as it is$/);
    expect(error.reason).not.toContain('min');
    expect(min(given).warnings).toEqual([]);
  });

  it('compiles what is too long otherwise, and says by how much where it is too long too', () => {
    const values = (count: number, value: (index: number) => number) =>
      profile('ERRNO', ...Array.from({ length: count }, (_, i) => entry('ioctl', 'ALLOW', [1, 'EQ', value(i)])));
    const regular = values(4200, (index) => 3 * index);
    expect(refusal(() => compile(regular))).toMatchObject({ code: 'PROGRAM_TOO_LARGE', remedy: 'min' });
    expect(refusal(() => compile(regular)).message).toMatch(/; the option optimize: 'min' makes shorter programs$/);
    expect(min(regular).program.length / 8).toBeLessThan(4096);
    const scattered = values(2500, (index) => ((index + 1) * 0x9e3779b1 * 3) % 2 ** 50);
    const error = refusal(() => min(scattered));
    expect(error).toMatchObject({ code: 'PROGRAM_TOO_LARGE', remedy: undefined });
    expect(error.message).toMatch(/has \d+ instructions, \d+ more than the 4096 that the kernel loads/);
  }, 120_000);

  it('takes rules that libseccomp refuses: of the same conditions the stricter action, with a warning', () => {
    const conflict = profile('LOG', entry('kill', 'ALLOW', [1, 'EQ', 9]), entry('kill', 'ERRNO', [1, 'EQ', 9]));
    expect(refusal(() => compile(conflict)).code).toBe('RULE_REFUSED');
    const { program, warnings } = min(conflict);
    expect(decides(program, 62, 0, 9)).toBe('ERRNO');
    expect(warnings).toEqual([expect.objectContaining({ code: 'ineffective-rule', path: 'syscalls[0].names[0]' })]);
    // A special entry before a general one: libseccomp refuses it too.
    for (const [special, general, decided] of [
      ['KILL_PROCESS', 'ERRNO', 'KILL_PROCESS'],
      ['ALLOW', 'ERRNO', 'ERRNO'],
    ] as const) {
      const nested = profile(
        'LOG',
        entry('kill', special, [0, 'EQ', 1], [1, 'EQ', 9]),
        entry('kill', general, [0, 'EQ', 1]),
      );
      expect(refusal(() => compile(nested)).code).toBe('RULE_REFUSED');
      expect(decides(min(nested).program, 62, 1, 9)).toBe(decided);
      expect(decides(min(nested).program, 62, 1, 8)).toBe(general);
    }
  });

  it('takes several conditions on one argument that hold together', () => {
    const between = profile('ERRNO', entry('kill', 'ALLOW', [1, 'GE', 5], [1, 'LE', 9]));
    const { program } = min(between, { conditions: 'together' });
    expect([4, 5, 9, 10].map((value) => decides(program, 62, 0, value))).toEqual(['ERRNO', 'ALLOW', 'ALLOW', 'ERRNO']);
  });

  it.each([
    [
      'the higher-numbered argument',
      [entry('kill', 'ERRNO', [0, 'EQ', 1]), entry('kill', 'KILL_PROCESS', [1, 'EQ', 9])],
      'KILL_PROCESS',
    ],
    [
      'the higher-numbered argument',
      [entry('kill', 'KILL_PROCESS', [0, 'EQ', 1]), entry('kill', 'ERRNO', [1, 'EQ', 9])],
      'ERRNO',
    ],
    ['EQ before LE', [entry('kill', 'TRAP', [1, 'LE', 20]), entry('kill', 'ERRNO', [1, 'EQ', 9])], 'ERRNO'],
    ['LT before GT', [entry('kill', 'TRAP', [1, 'GT', 2]), entry('kill', 'ERRNO', [1, 'LT', 20])], 'ERRNO'],
    ['the larger bound of GE', [entry('kill', 'TRAP', [1, 'GE', 2]), entry('kill', 'ERRNO', [1, 'GE', 8])], 'ERRNO'],
    ['the smaller bound of LE', [entry('kill', 'TRAP', [1, 'LE', 30]), entry('kill', 'ERRNO', [1, 'LE', 9])], 'ERRNO'],
    [
      'a general entry before a special one',
      [entry('kill', 'TRAP', [0, 'EQ', 1]), entry('kill', 'ERRNO', [0, 'EQ', 1], [1, 'EQ', 9])],
      'TRAP',
    ],
  ])('of several entries that hold decides %s, as in the program of libseccomp', (_, entries, decided) => {
    for (const optimize of [0, 'min'] as const) {
      const { program } = compile(profile('ALLOW', ...entries), { optimize, verify: proveDecisions });
      expect(decides(program, 62, 1, 9)).toBe(decided);
    }
  });

  it('decides as the program of libseccomp wherever that is right, but where many entries of different actions meet', () => {
    let [alike, others] = [0, 0];
    const verify = (compiledRules: CompiledRules) => {
      proveDecisions(compiledRules);
      const store = new DiagramStore();
      const endianness = compiledRules.architectures[0]?.endianness;
      const isAlike =
        buildDecisionDiagram(compiledRules.program, { store, endianness }).root === ruleDecisions(compiledRules, store);
      if (isAlike) alike++;
      else others++;
    };
    expect(compareRandomProfiles(libseccomp, 1, 500, { verify }).differences).toEqual([]);
    expect(alike).toBeGreaterThan(300);
    expect(others).toBeLessThan(0.01 * alike);
  }, 120_000);

  it('refuses what no program can do', () => {
    const mixed = { ...profile('ALLOW'), architectures: ['SCMP_ARCH_S390X'] };
    expect(refusal(() => min(mixed))).toMatchObject({ code: 'ARCHITECTURE_REFUSED' });
    expect(refusal(() => min(mixed)).message).toMatch(/s390x: its byte order is not that of x86_64/);
    expect(() => min(profile('ALLOW'), { pfc: true })).toThrow(/pfc is libseccomp's text/);
    expect(() => compile(profile('ALLOW'), { pfc: true, fallback: 'min' })).toThrow(/pfc is libseccomp's text/);
    expect(() => compile(profile('ALLOW'), { fallback: 'min', verify: false })).toThrow(/fallback needs the proof/);
  });

  it('is made for the calls that are weighed', () => {
    const given = profile(
      'ERRNO',
      ...['read', 'write', 'ioctl', 'kill', 'openat', 'clone'].map((name) => entry(name, 'ALLOW')),
    );
    const weights = [{ auditArch: parseArchitecture('x86_64').auditArch, nr: 56, weight: 1000 }];
    for (const each of [weights, 'uncached'] as const) {
      const weighed = min(given, { weights: each });
      expect(compareDecisions(weighed, compile(given)).equal).toBe(true);
      expect(minimizeProgram(compile(given), { arch: 'x86_64', weights: each }).program).toEqual(weighed.program);
    }
  });
});

describe('a fault of the minimiser', () => {
  const given = profile('ERRNO', entry('read', 'ALLOW'), entry('kill', 'ALLOW', [1, 'GT', 9]));
  const { program: right } = compile(given);
  const faults: [string, Minimizer][] = [
    [
      'that it finds itself',
      () => {
        throw new MinimizerFaultError('the proof failed');
      },
    ],
    [
      'that the proof of the compiler finds',
      () => compile(profile('ERRNO', entry('kill', 'ALLOW', [1, 'GT', 8]))).program,
    ],
  ];

  it.each(faults)('%s gives the program of libseccomp, with a warning', (_, minimizer) => {
    const { program, warnings } = min(given, { minimizer });
    expect(program).toEqual(right);
    expect(warnings).toEqual([
      expect.objectContaining({
        code: 'other-compiler',
        message: expect.stringMatching(/a fault of it, please report it/),
      }),
    ]);
  });

  it('is no way around what libseccomp gets wrong', () => {
    const [, minimizer] = faults[0] as [string, Minimizer];
    const wrong = MISCOMPILED['three ranges of 64 bits'];
    expect(refusal(() => min(wrong, { minimizer }))).toMatchObject({ code: 'MISCOMPILED', remedy: undefined });
    expect(() => compile(wrong, { fallback: 'min', minimizer })).toThrow(MinimizerFaultError);
  });
});

describe('fallback: min', () => {
  it('leaves the program of libseccomp where it is right', () => {
    const given = read('build/test-inputs/podman-default.json');
    const minimizer: Minimizer = () => {
      throw new Error('not asked for');
    };
    for (const optimize of [undefined, 0, 1, 2] as const) {
      const kept = compile(given, { optimize, fallback: 'min', minimizer });
      expect(kept).toEqual(compile(given, { optimize }));
    }
  });

  it.each(Object.entries(MISCOMPILED))('takes the other one where it is not, and says so: %s', (_, given) => {
    const { program, warnings } = compile(given, { fallback: 'min', source: 'p.json' });
    expect(program).toEqual(min(given).program);
    expect(warnings).toEqual([
      expect.objectContaining({
        code: 'other-compiler',
        path: expect.stringMatching(/^syscalls\[/),
        message: expect.stringMatching(
          /^libseccomp's program is not used, this one is the minimiser's: .* does not make of these/,
        ),
      }),
    ]);
  });

  it.each([
    ['adding the rules', 10],
    ['making the program', 1000],
  ])('takes the other one where libseccomp cannot combine the rules in bearable time, in %s', (_, steps) => {
    const given = profile(
      'ALLOW',
      ...[0, 1, 2].map((value) => entry('mmap', 'ERRNO', [0, 'GT', value], [1, 'GT', value])),
    );
    const limited = loadLibseccompSync();
    limited.workLimit = steps;
    expect(refusal(() => compile(given, { libseccomp: limited.another() }))).toMatchObject({ code: 'TOO_COMPLEX' });
    const { program, warnings } = compile(given, { libseccomp: limited, fallback: 'min' });
    expect(program).toEqual(min(given).program);
    expect(warnings).toMatchObject([
      { code: 'other-compiler', message: expect.stringMatching(/more LT, LE.* than it can combine.*MASKED_EQ$/) },
    ]);
    expect(limited.usable).toBe(true);
  });

  it('keeps what libseccomp refuses refused', () => {
    const conflict = profile('LOG', entry('kill', 'ALLOW', [1, 'EQ', 9]), entry('kill', 'ERRNO', [1, 'EQ', 9]));
    expect(refusal(() => compile(conflict, { fallback: 'min' })).code).toBe('RULE_REFUSED');
  });
});

it('the minimiser is asked for the rules, and libseccomp for its programs only where it takes no time', () => {
  const counts: number[] = [];
  const minimizer: Minimizer = (rules, options) => {
    const candidates = options.candidates();
    counts.push(candidates.length);
    return minimizeRules(rules, { ...options, candidates: () => candidates });
  };
  const ranges = (count: number) =>
    profile(
      'ERRNO',
      ...Array.from({ length: count }, (_, i) => entry('lseek', 'ALLOW', [i % 6, 'NE', 2 ** 32 * i + 7])),
    );
  for (const count of [2, 40]) min(ranges(count), { minimizer });
  min(profile('LOG', entry('kill', 'ALLOW', [1, 'EQ', 9]), entry('kill', 'ERRNO', [1, 'EQ', 9])), { minimizer });
  expect(counts).toEqual([2, 0, 0]);
});
