import { describe, expect, it } from 'vitest';
import { formatAction } from '../../src/action.js';
import { assemble, createSimulator, implies } from '../../src/bpf/index.js';
import { compileParsedProfile } from '../../src/compiler/library.js';
import {
  ComposeError,
  type ComposeOptions,
  intersectProfiles,
  subtractProfiles,
  unionProfiles,
} from '../../src/compose/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { builtinProfile } from '../../src/profile/builtin/index.js';
import { BUILTIN_NAMES } from '../../src/profile/builtin/names.js';
import type { OutputFormat } from '../../src/profile/formats/index.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import type { ParsedProfile } from '../../src/profile/model/parsed-profile.js';
import { checkRandomTriples } from './random-algebra.js';

const libseccomp = loadLibseccompSync();
const X86_64 = { arch: 'x86_64', libseccomp } as const;

const LANGUAGES: readonly OutputFormat[] = [
  'oci',
  'docker',
  'spo',
  'go-seccomp-bpf',
  'lxc',
  'snapd',
  'minijail',
  'kafel',
  'list',
];

type Entry = [names: string, action: string, args?: object[]];

function profile(text: string, entries: readonly Entry[], more: object = {}): ParsedProfile {
  const keys = (action: string, errno: string, written: string) => {
    const [name, data] = written.split(' ');
    return { [action]: `SCMP_ACT_${name}`, ...(data && { [errno]: Number(data) }) };
  };
  const section = {
    ...keys('defaultAction', 'defaultErrnoRet', text),
    syscalls: entries.map(([names, action, args]) => ({
      names: names.split(' '),
      ...keys('action', 'errnoRet', action),
      ...(args && { args }),
    })),
    ...more,
  };
  return readProfile(section, { format: 'docker', source: `${text}.json`, notifyGuards: false });
}

const is = (index: number, value: number, op = 'EQ') => ({ index, value, op: `SCMP_CMP_${op}` });
const programOf = (made: ParsedProfile, options: ComposeOptions = X86_64) =>
  compileParsedProfile(made, { ...options, arch: String(options.arch), unknownSyscall: 'ignore' }).program;

/** What a profile does with a call on x86_64. */
function decide(made: ParsedProfile, name: string, ...args: number[]): string {
  const nr = libseccomp.resolveSyscallName(name, { name: 'x86_64' } as never) ?? -1;
  const [a = 0, b = 0] = args;
  const data = { nr, arch: 0xc000003e, instructionPointer: 0n, args: [BigInt(a), BigInt(b), 0n, 0n, 0n, 0n] } as const;
  return formatAction(createSimulator(programOf(made)).simulate(data).action);
}

describe('the three operations', () => {
  const a = profile('ERRNO 1', [
    ['read write', 'ALLOW'],
    ['socket', 'ALLOW', [is(0, 1)]],
    ['ptrace', 'LOG'],
  ]);
  const b = profile('ALLOW', [
    ['write', 'ERRNO 13'],
    ['socket', 'ERRNO 97', [is(1, 3)]],
    ['ptrace', 'KILL_PROCESS'],
  ]);

  it('intersect: the stricter decision of every call and argument', () => {
    const made = intersectProfiles([a, b], X86_64).profile;
    const decisions = ['read', 'write', 'open', 'ptrace'].map((name) => decide(made, name));
    expect(decisions).toEqual(['ALLOW', 'ERRNO(EACCES)', 'ERRNO(EPERM)', 'KILL_PROCESS']);
    expect(decide(made, 'socket', 1, 1)).toBe('ALLOW');
    expect(decide(made, 'socket', 1, 3)).toBe('ERRNO(EAFNOSUPPORT)');
    expect(decide(made, 'socket', 2, 1)).toBe('ERRNO(EPERM)');
    for (const each of [a, b]) expect(implies(programOf(made), programOf(each)).holds).toBe(true);
  });

  it('union: the weaker decision', () => {
    const made = unionProfiles([a, b], X86_64).profile;
    expect(['read', 'write', 'open', 'ptrace'].map((name) => decide(made, name))).toEqual([
      'ALLOW',
      'ALLOW',
      'ALLOW',
      'LOG',
    ]);
    expect(decide(made, 'socket', 1, 3)).toBe('ALLOW');
    expect(decide(made, 'socket', 2, 3)).toBe('ERRNO(EPERM)');
    for (const each of [a, b]) expect(implies(programOf(each), programOf(made)).holds).toBe(true);
  });

  it('subtract: what the first lets run and no other does; all else is as the first has it', () => {
    const made = subtractProfiles([a, b], X86_64).profile;
    expect(['read', 'write', 'open', 'ptrace'].map((name) => decide(made, name))).toEqual([
      'ERRNO(EPERM)',
      'ALLOW',
      'ERRNO(EPERM)',
      'LOG',
    ]);
    expect(decide(made, 'socket', 1, 3)).toBe('ALLOW');
    expect(decide(made, 'socket', 1, 2)).toBe('ERRNO(EPERM)');
    const asking = profile('ERRNO 1', [['read', 'NOTIFY']]);
    expect(decide(subtractProfiles([a, asking], X86_64).profile, 'read')).toBe('ERRNO(EPERM)');
    const killing = subtractProfiles([b, a], { ...X86_64, denied: 'KILL_PROCESS' }).profile;
    expect(decide(killing, 'read')).toBe('KILL_PROCESS');
    expect(decide(subtractProfiles([b, a], X86_64).profile, 'read')).toBe('ERRNO(EPERM)');
    expect(() => subtractProfiles([a, b], { ...X86_64, denied: 'LOG' })).toThrow('does not deny');
  });

  it('groups entries, and comments say which input they are from', () => {
    const made = intersectProfiles([a, profile('ERRNO 1', [['read socket', 'ALLOW']], {})], X86_64).profile;
    const entries = made.seccomp.syscalls!.map(({ names, comment }) => [names, comment]);
    expect(entries).toEqual([
      [['read'], 'from ERRNO 1.json (1) and ERRNO 1.json (2)'],
      [['socket'], 'from ERRNO 1.json (1) and ERRNO 1.json (2); the arguments from ERRNO 1.json (1)'],
    ]);
    expect(JSON.parse(writeProfile(made, 'docker')).syscalls[0].comment).toContain('from');
    expect(writeProfile(made, 'oci')).not.toContain('comment');
  });

  it('the report has what each input does to every call', () => {
    const report = intersectProfiles([a, b], X86_64).report();
    const row = report.calls.find(({ names }) => names.includes('write'))!;
    const said = [...row.inputs, row.result].map((decisions) => decisions.map(({ action }) => formatAction(action)));
    expect(said).toEqual([['ALLOW'], ['ERRNO(EACCES)'], ['ERRNO(EACCES)']]);
    expect(report.lost).toEqual([]);
  });
});

describe('what one profile cannot say', () => {
  const program = (source: string) => ({ program: assemble(source), source: 'asked.bpf' });
  const open = profile('ALLOW', []);
  const trap = program('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return TRAP(5)');

  it('is an error that names the call, or the nearest stricter one with what was lost', () => {
    let error: unknown;
    try {
      intersectProfiles([open, trap], X86_64);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ComposeError);
    expect((error as ComposeError).code).toBe('NOT_EXPRESSIBLE');
    expect((error as ComposeError).message).toContain(
      'ptrace on x86_64: the format has no data for TRAP, which a list has',
    );
    const made = intersectProfiles([open, trap], { ...X86_64, stricter: true });
    expect(decide(made.profile, 'ptrace')).toBe('TRAP');
    expect(made.report().lost.map(({ names }) => names)).toEqual([['ptrace']]);
  });

  it('data of TRAP is kept where the format has it, and compiled by the minimiser', () => {
    const withoutX32 = (test: string, rest: string) =>
      program(
        `.arch x86_64\nA = arch\nif (A != 0xc000003e) goto kill\nA = nr\nif (A == 0xffffffff) goto rest\nif (A >= 0x40000000) goto kill\n${test}\nrest: ${rest}\nkill: return KILL`,
      );
    const some = withoutX32('if (A == 101) goto no', 'return ALLOW\nno: return TRAP(5)');
    const others = withoutX32('if (A == 101) goto yes\nif (A == 102) goto yes', 'return TRAP(9)\nyes: return ALLOW');
    const made = intersectProfiles([some, others], { ...X86_64, to: 'list' });
    expect(made.differences).toEqual([]);
    const text = made.write();
    expect(text).toContain('default trap 9');
    expect(text).toMatch(/^ptrace -> trap 5\b/m);
    const read = readProfile(text, { format: 'list' });
    const { program: compiled } = compileParsedProfile(read, { ...X86_64, fallback: 'min' });
    for (const { program: each } of [some, others]) expect(implies(compiled, each)).toMatchObject({ holds: true });
  });

  it('what depends on the instruction pointer is denied wherever it may be', () => {
    const pointer = program(
      '.arch x86_64\nA = nr\nif (A != 39) goto yes\nA = instruction_pointer.low\nif (A == 5) goto yes\nreturn ERRNO(EPERM)\nyes: return ALLOW',
    );
    expect(() => intersectProfiles([open, pointer], X86_64)).toThrow('getpid on x86_64: it depends on where');
    expect(decide(intersectProfiles([open, pointer], { ...X86_64, stricter: true }).profile, 'getpid')).toBe(
      'ERRNO(EPERM)',
    );
  });

  it('a call that is decided otherwise on another architecture', () => {
    const both = profile('ERRNO 1', [['read write', 'ALLOW']], {
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    });
    const own = profile('ERRNO 1', [['fork', 'ALLOW']], { architectures: ['SCMP_ARCH_X86_64'] });
    expect(() => unionProfiles([both, own], X86_64)).toThrow('fork on x86: ALLOW for ERRNO(EPERM)');
    const made = unionProfiles([both, own], { ...X86_64, stricter: true });
    expect(['read', 'fork'].map((name) => decide(made.profile, name))).toEqual(['ALLOW', 'ALLOW']);
    expect(made.profile.seccomp.architectures).toEqual(['SCMP_ARCH_X86_64']);
    expect(made.differences.join()).toContain('not in the profile (x86)');
    expect(made.report().lost.map(({ architecture, names }) => [architecture, names])).toEqual([
      ['x86', ['read', 'write']],
    ]);
  });

  it('a format that lacks something', () => {
    const far = { index: 0n, value: 2n ** 64n - 1n, op: 'SCMP_CMP_EQ' };
    const narrow = profile('ERRNO 1', [
      ['read', 'ALLOW'],
      ['lseek', 'ALLOW', [far]],
    ]);
    expect(() => intersectProfiles([open, narrow], { ...X86_64, to: 'spo' })).toThrow(/lseek .*a value past 2\^63-1/);
    const made = intersectProfiles([open, narrow], { ...X86_64, to: 'spo', stricter: true });
    expect(['read', 'lseek'].map((name) => decide(made.profile, name))).toEqual(['ALLOW', 'ERRNO(EPERM)']);
    expect(made.write('both')).toContain('name: both');
  });

  it('it is written in languages of all kinds, and read again', () => {
    const architectures: Partial<Record<OutputFormat, string[]>> = { lxc: ['X86', 'X32'], snapd: ['X86'] };
    for (const to of LANGUAGES) {
      const denied = to === 'minijail' ? 'KILL_THREAD' : 'ERRNO 1';
      const names = ['X86_64', ...(architectures[to] ?? [])].map((name) => `SCMP_ARCH_${name}`);
      const narrow = profile(denied, [['read write', 'ALLOW']], { architectures: names });
      const { profile: made, write } = intersectProfiles([narrow, profile('ALLOW', [], { architectures: names })], {
        ...X86_64,
        to,
      });
      const again = readProfile(write('both'), { format: to });
      const answers = ['read', 'open'].map((name) => decide(made, name));
      expect([to, answers]).toEqual([to, ['ALLOW', denied === 'KILL_THREAD' ? denied : 'ERRNO(EPERM)']]);
      expect([to, ['read', 'open'].map((name) => decide(again, name))]).toEqual([to, answers]);
    }
  });
});

describe('flags and the listener', () => {
  const notifying = (more: object) => profile('ALLOW', [['mount', 'NOTIFY']], more);

  it('what restricts is of any input, what loosens is of all', () => {
    const [one, other] = [
      profile('ALLOW', [], { flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'] }),
      profile('ALLOW', [], { flags: ['SECCOMP_FILTER_FLAG_TSYNC'] }),
    ];
    expect(unionProfiles([one, other], X86_64).profile.seccomp.flags).toEqual([
      'SECCOMP_FILTER_FLAG_TSYNC',
      'SECCOMP_FILTER_FLAG_LOG',
    ]);
    expect(intersectProfiles([one, one], X86_64).profile.seccomp.flags).toContain('SECCOMP_FILTER_FLAG_SPEC_ALLOW');
    const silent = profile('ALLOW', []);
    expect(intersectProfiles([silent, silent], X86_64).profile.seccomp.flags).toBeUndefined();
    // runc sets it where there is no key
    const runc = intersectProfiles([silent, one], { ...X86_64, runtime: 'runc' }).profile.seccomp.flags;
    expect(runc).toContain('SECCOMP_FILTER_FLAG_SPEC_ALLOW');
    expect(intersectProfiles([silent, other], { ...X86_64, runtime: 'runc' }).profile.seccomp.flags).not.toContain(
      'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
    );
  });

  it('a listener is kept where the result notifies, and two are a conflict', () => {
    const [one, other] = [notifying({ listenerPath: '/run/a.sock' }), notifying({ listenerPath: '/run/b.sock' })];
    const made = intersectProfiles([one, profile('ALLOW', [])], X86_64).profile;
    expect(made.seccomp.listenerPath).toBe('/run/a.sock');
    expect(() => intersectProfiles([one, other], X86_64)).toThrow(
      expect.objectContaining({ code: 'COMPOSE_CONFLICT' }),
    );
    const denied = intersectProfiles([one, other, profile('ALLOW', [['mount', 'ERRNO 1']])], X86_64).profile;
    expect(denied.seccomp.listenerPath).toBeUndefined();
  });
});

describe('several machines in one profile', () => {
  const one = profile('ERRNO 1', [
    ['read openat', 'ALLOW'],
    ['arch_prctl', 'ALLOW'],
  ]);
  const conditional = readProfile(
    {
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [
        { names: ['read'], action: 'SCMP_ACT_ALLOW' },
        { names: ['openat'], action: 'SCMP_ACT_ALLOW', includes: { arches: ['arm64'] } },
      ],
    },
    { format: 'docker' },
  );

  it('entries that differ are for the machines that have them so; each program is proven', () => {
    const { profile: made } = intersectProfiles([one, conditional], { ...X86_64, arch: ['x86_64', 'aarch64'] });
    const openat = made.seccomp.syscalls!.find(({ names }) => names?.includes('openat'));
    expect(openat?.includes?.arches).toEqual(['arm64']);
    for (const arch of ['x86_64', 'aarch64']) {
      const programs = [made, one, conditional].map((each) => programOf(each, { ...X86_64, arch }));
      expect(implies(programs[0]!, programs[1]!).holds && implies(programs[0]!, programs[2]!).holds).toBe(true);
    }
  });

  it('an architecture that one machine gives up may be the own one of another', () => {
    const architectures = ['SCMP_ARCH_X86_64'];
    const inputs = [
      profile('ERRNO 1', [['mount', 'ALLOW']], { architectures }),
      profile('ERRNO 1', [['read', 'ALLOW']]),
    ];
    const { profile: made } = unionProfiles(inputs, { ...X86_64, arch: ['x86_64', 'aarch64'], stricter: true });
    expect(made.seccomp.archMap?.map(({ architecture }) => architecture)).toEqual([
      'SCMP_ARCH_X86_64',
      'SCMP_ARCH_AARCH64',
    ]);
    expect(['mount', 'read'].map((name) => decide(made, name))).toEqual(['ALLOW', 'ALLOW']);
  });
});

it('the built-in profiles, each with each', () => {
  const all = BUILTIN_NAMES.map((name) => builtinProfile(name)!);
  for (const [index, a] of all.entries()) {
    for (const b of all.slice(index)) {
      const both = intersectProfiles([a, b], { ...X86_64, stricter: true }).profile;
      for (const each of [a, b]) expect(implies(programOf(both), programOf(each)).holds).toBe(true);
    }
  }
});

/** The same by rules: for profiles without conditions, on one architecture, names decide. */
it('as a reference by rules has it', () => {
  const RANK = ['KILL_PROCESS', 'KILL_THREAD', 'TRAP', 'ERRNO', 'NOTIFY', 'TRACE', 'LOG', 'ALLOW'];
  const names = ['read', 'write', 'open', 'close', 'ptrace', 'mount'];
  const decisions = ['KILL_PROCESS', 'ERRNO 1', 'ERRNO 38', 'LOG', 'ALLOW'];
  const rank = (action: string) => RANK.indexOf(action.split(' ')[0]!) * 2 - (action === 'ERRNO 38' ? 1 : 0);
  const shown = (action: string) => ({ 'ERRNO 1': 'ERRNO(EPERM)', 'ERRNO 38': 'ERRNO(ENOSYS)' })[action] ?? action;
  const tables = [0, 1, 2, 3, 4].map((seed) => ({
    otherwise: decisions[(seed * 3) % decisions.length]!,
    of: new Map(names.map((name, index) => [name, decisions[(seed * 7 + index * (seed + 1)) % decisions.length]!])),
  }));
  const profiles = tables.map(({ otherwise, of }) =>
    profile(
      otherwise,
      [...of].filter(([, action]) => action !== otherwise),
    ),
  );
  for (const [one, a] of tables.entries()) {
    for (const [other, b] of tables.entries()) {
      const pair = [profiles[one]!, profiles[other]!];
      const [both, any] = [intersectProfiles(pair, X86_64).profile, unionProfiles(pair, X86_64).profile];
      for (const name of [...names, 'fork']) {
        const [x, y] = [a.of.get(name) ?? a.otherwise, b.of.get(name) ?? b.otherwise];
        const [less, more] = rank(x) <= rank(y) ? [x, y] : [y, x];
        expect([decide(both, name), decide(any, name)]).toEqual([shown(less), shown(more)]);
      }
    }
  }
});

it('random profiles, three at a time: the laws by diagram, answers as their rules say, and each program implies or is implied', () => {
  const tally = checkRandomTriples(libseccomp, 26, 12);
  expect(tally.problems).toEqual([]);
  expect(tally.triples).toBe(12);
  expect(tally.exact).toBeGreaterThan(20);
  expect(tally.byRules).toBeGreaterThan(20);
});
