import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeReturnValue } from '../../../src/action.js';
import { createSimulator, type SeccompData } from '../../../src/bpf/execution/simulate.js';
import { compileParsedWith } from '../../../src/compiler/compile-parsed-profile.js';
import { minimizeRules } from '../../../src/compiler/minimize-rules.js';
import { ScmpError } from '../../../src/errors.js';
import type { ReadOptions } from '../../../src/profile/formats/read-options.js';
import { readProfile, writeProfile } from '../../../src/profile/index.js';
import fc from '../../fast-check.js';
import { problemsOf } from './problems.js';

const FOLDER = new URL('../policies/minijail/', import.meta.url);
const fileNamed = (name: string) => readFileSync(new URL(name, FOLDER));

/** What crosvm installs under /usr/share/policy/crosvm. */
const include: ReadOptions['include'] = (path) => {
  const name = path.split('/').at(-1)!;
  return name.endsWith('.policy') ? { text: fileNamed(name), source: name } : undefined;
};

const six = ([a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n]: readonly bigint[]) => [a, b, c, d, e, f] as const;

type Format = 'minijail-py' | 'minijail';
type Texts = Readonly<Record<string, string>>;

const read = (text: string, format: Format | undefined = 'minijail-py', files: Texts = {}) =>
  readProfile(text, {
    format,
    source: 'main',
    include: (path) => (Object.hasOwn(files, path) ? { text: files[path]!, source: path } : undefined),
  });

/** The action for a call on x86_64, as the program of the profile decides. */
function deciding(text: string, format?: Format, files?: Texts) {
  return simulating(read(text, format, files));
}

function simulating(profile: ReturnType<typeof read>) {
  const program = compileParsedWith(profile, { arch: 'x86_64', fallback: 'min', minimizer: minimizeRules });
  const simulator = createSimulator(program);
  return (nr: number, ...args: bigint[]): string => {
    const call: SeccompData = {
      arch: 0xc000003e,
      nr,
      instructionPointer: 0n,
      args: six(args),
    };
    const { action } = simulator.simulate(call);
    return 'data' in action && action.data !== undefined ? `${action.kind} ${action.data}` : action.kind;
  };
}

const problems = (text: string, format?: Format, files?: Texts): string[] =>
  problemsOf(() => read(text, format, files));

const READ = 0;
const [OPEN, IOCTL] = [2, 16];
const KILLED = 'KILL_THREAD';

describe('crosvm\u2019s policies', () => {
  const rows = fileNamed('decisions.tsv')
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t') as [string, string, string, string, string]);

  it.each([...new Set(rows.map(([file]) => file))])(
    '%s decides as the program of compile_seccomp_policy.py',
    (file) => {
      const profile = readProfile(fileNamed(file), { source: file, include });
      expect(profile.format).toBe('minijail-py');
      const simulator = createSimulator(compileParsedWith(profile, { arch: 'x86_64' }));
      const own = rows.filter(([name]) => name === file);
      expect(own.length).toBeGreaterThan(30);
      for (const [, arch, nr, given, returnValue] of own) {
        const args = given.split(' ').filter(Boolean).map(BigInt);
        const call = {
          arch: Number(arch),
          nr: Number(nr),
          instructionPointer: 0n,
          args: six(args),
        };
        expect(simulator.simulate(call).action, `${nr}(${given})`).toEqual(decodeReturnValue(Number(returnValue)));
      }
    },
  );
});

describe('what a line means', () => {
  it('to compile_seccomp_policy.py', () => {
    const decide = deciding(
      [
        'read: arg0 == 1; return EPERM',
        'write: { arg0 == 1; return 5, arg0 & 6; allow, log }',
        '{close, dup}: kill-process',
        'open: arg1 in O_RDONLY|O_CLOEXEC && arg0 != 0 || \\',
        '  arg2 > 0xffffffff',
        'ioctl: arg1 == -1',
        'ptrace: trace',
        'kill: user-notify',
        'mmap: arg2 in ~(PROT_EXEC|PROT_WRITE)',
      ].join('\n'),
    );
    expect([decide(READ, 1n), decide(READ, 2n)]).toEqual(['ERRNO 1', KILLED]);
    expect([1n, 2n, 3n, 8n, 0n].map((value) => decide(1, value))).toEqual(['ERRNO 5', 'ALLOW', 'ALLOW', 'LOG', 'LOG']);
    expect([decide(3), decide(32)]).toEqual(['KILL_PROCESS', 'KILL_PROCESS']);
    expect(decide(OPEN, 1n, 0o2000000n)).toBe('ALLOW');
    expect(decide(OPEN, 1n, 0o2000001n)).toBe(KILLED);
    expect(decide(OPEN, 1n, 2n ** 40n)).toBe(KILLED);
    expect(decide(OPEN, 0n, 0n, 2n ** 32n)).toBe('ALLOW');
    expect([decide(IOCTL, 0n, 0xffffffffn), decide(IOCTL, 0n, 2n ** 64n - 1n)]).toEqual([KILLED, 'ALLOW']);
    expect([decide(101), decide(62)]).toEqual(['TRACE 0', 'NOTIFY']);
    expect([decide(9, 0n, 0n, 1n), decide(9, 0n, 0n, 2n), decide(9, 0n, 0n, 4n)]).toEqual(['ALLOW', KILLED, KILLED]);
  });

  it('to minijail0 -S, which reads the condition as what is let through', () => {
    const decide = deciding(
      '# a\nread: arg0 == 1; return EPERM\nopen: arg0 == 1\nioctl: return 7\nclose: arg0 & 4 ; return\n',
      'minijail',
    );
    expect([decide(READ, 1n), decide(READ, 2n)]).toEqual(['ALLOW', 'ERRNO 1']);
    expect([decide(OPEN, 1n), decide(OPEN, 2n), decide(IOCTL)]).toEqual(['ALLOW', KILLED, 'ERRNO 7']);
    expect([decide(3, 4n), decide(3, 3n)]).toEqual(['ALLOW', KILLED]);
  });

  it('to nobody knows whom is refused, at its place', () => {
    const text = 'close: 1\nread: arg0 == 1; return EPERM\n';
    const refused = () => readProfile(text, { source: 'p' });
    expect(refused).toThrow('p:2:7: read: compile_seccomp_policy.py does "return EPERM" where the condition holds');
    expect(refused).toThrow('--from minijail-py, or --from minijail');
    for (const same of ['read: { arg0 == 1; return EPERM }', 'read: arg0 == 1; allow', 'read: return EPERM']) {
      expect(readProfile(`${same}\n`).format).toBe('minijail-py');
    }
  });

  it('of one call in several lines and files is tried in order', () => {
    const files = { './more': 'read: arg0 == 2\nread: arg0 == 1; return 3\n' };
    const decide = deciding('read: arg0 == 1; return 5\n@include ./more\n', 'minijail-py', files);
    expect([1n, 2n, 3n].map((value) => decide(READ, value))).toEqual(['ERRNO 5', 'ALLOW', KILLED]);
    expect(problems('read: 1\n@include ./more\n', 'minijail-py', files)).toEqual([
      './more:1:7: duplicate-key: read was decided for all arguments before, in line 1 of main',
    ]);
    const common = { './common': 'read: 1\nwrite: 1\nclose: 1\n', './other': '@include ./common\n' };
    expect(problems('@include ./common\nopen: 1\n@include ./other\n', 'minijail-py', common)).toEqual([
      './other:1:1: duplicate-key: ./common was included before, and decides read for all arguments',
    ]);
    expect(problems('read: 1\nread: 1\n')).toEqual([
      'main:2:7: duplicate-key: read was decided for all arguments before, in line 1',
    ]);
  });

  it('is on some architectures only, where it says so', () => {
    const { seccomp, warnings } = read(
      'read[arch=x86_64,arm]: 1\nopen[arch=arm64]: 1\n{dup, close[arch=aarch64]}: 1\n',
    );
    expect(seccomp.syscalls).toMatchObject([
      { names: ['read'], includes: { arches: ['amd64', 'arm'] } },
      { names: ['open'], includes: { arches: ['arm64'] } },
      { names: ['dup'] },
    ]);
    expect(warnings).toMatchObject([
      { code: 'unknown-condition', message: expect.stringContaining('did you mean "arm64"?'), position: { line: 3 } },
    ]);
  });

  it('has the constants of getrandom, which policies of ChromiumOS compare with', () => {
    const decide = deciding('getrandom: arg2 in ~GRND_RANDOM\n');
    expect([decide(318, 0n, 0n, 1n), decide(318, 0n, 0n, 2n), decide(318, 0n, 0n, 4n)]).toEqual([
      'ALLOW',
      'KILL_THREAD',
      'ALLOW',
    ]);
  });

  it('has constants of each architecture', () => {
    const { seccomp } = read('open: arg1 == O_DIRECTORY\nmmap: arg2 in PROT_READ\n');
    expect(
      seccomp.syscalls!.filter(({ names }) => names![0] === 'open').map(({ includes }) => includes?.arches),
    ).toEqual([expect.arrayContaining(['amd64', 'x86']), expect.arrayContaining(['arm64', 'arm'])]);
    expect(seccomp.syscalls!.filter(({ names }) => names![0] === 'mmap')).toHaveLength(1);
  });

  it('is a deny-list where the file says so', () => {
    const decide = deciding('@denylist\nread: return EPERM\nopen: arg0 == 1; return ENOENT\n');
    expect([decide(READ), decide(OPEN, 1n), decide(OPEN), decide(3)]).toEqual(['ERRNO 1', 'ERRNO 2', 'ALLOW', 'ALLOW']);
    expect(problems('@denylist\nread: 1\n')).toEqual(['main:2:7: bad-syntax: "1" in a deny-list']);
  });

  it('keeps comments, order and places', () => {
    const { seccomp, locate } = read('# for everyone\nread: 1\nwrite: 1\n\n# the device\nioctl: arg1 == 1\nclose: 1\n');
    expect(seccomp.syscalls).toMatchObject([
      { names: ['read', 'write'], comment: 'for everyone' },
      { names: ['ioctl'], comment: 'the device' },
      { names: ['close'] },
    ]);
    expect(locate('syscalls', 0, 'names', 1).position).toMatchObject({ line: 3, column: 1 });
    expect(locate('syscalls', 1, 'args').position).toMatchObject({ line: 6, column: 8 });
  });
});

describe('what minijail refuses is refused, at its place', () => {
  it.each([
    ['open: argnn ==', '1:7: unknown-action: "argnn" is neither an action nor an argument (arg0 to arg5)'],
    ['read: arg6 == 1', '1:7: unknown-argument: there is no argument "arg6"'],
    ['read: arg0 == AT_FDCWD', '1:15: unknown-constant: minijail knows no constant "AT_FDCWD"'],
    ['read: arg0 == PROT_REED', '1:15: unknown-constant: minijail knows no constant "PROT_REED"'],
    ['raed: 1', '1:1: unknown-syscall: there is no system call "raed"'],
    ['0: 1', '1:1: bad-syntax: expected the name of a system call, found "0"'],
    ['read', '1:5: bad-syntax: expected ":", found the end of the line'],
    ['read: allow 1', '1:13: bad-syntax: "1" is more than the statement takes'],
    ['read: arg0', '1:11: bad-syntax: expected a comparison (==, !=, <, <=, >, >=, &, in), found the end of the line'],
    ['read: arg0 == ~~1', '1:16: bad-syntax: expected a number or the name of a constant, found "~"'],
    ['read: arg0 == 0x1ffffffffffffffff', '1:15: out-of-range: "0x1ffffffffffffffff" is no number of 64 bits'],
    ['read: return 4096', '1:7: out-of-range: an errno is at most 4094, and this is 4096'],
    ['read: 2', '1:7: unknown-action: "2" is neither an action nor an argument (arg0 to arg5)'],
    ['@default allow\nread: 1', '1:10: bad-syntax: a default that permits calls, "allow"'],
    ['a@b: 1', '1:1: unknown-group: the group "a@b" is not known here'],
    ['read: 1 %', '1:9: bad-syntax: "%" has no meaning in a policy'],
    ['read: { 1', '1:10: bad-syntax: expected "}", found the end of the line'],
    ['@include ./gone', '1:10: include-not-found: there is no file "./gone" to include'],
    [`read: arg0 == ${'('.repeat(99)}1${')'.repeat(99)}`, '1:79: nesting-too-deep: too many parentheses'],
    ['# nothing\n', '2:1: empty-input: empty: no system call is named'],
  ])('%s', (text, problem) => {
    expect(problems(text)).toEqual([`main:${problem}`]);
  });

  it.each([
    ['read: allow', '1:7: bad-syntax: minijail0 -S does not know the action "allow"'],
    ['read: 1\nread: 1', '2:1: duplicate-key: "read" was given before, in line 1'],
    ['@default kill', '1:1: bad-syntax: minijail0 -S does not know the statement "@default"'],
    ['read: arg0 == 1 # why', '1:17: bad-syntax: minijail0 -S does not know a comment after a statement'],
    ['read: arg0 == A | B', '1:17: bad-syntax: minijail0 ignores "| B", which comes after a blank'],
    ['read: arg0==1', '1:7: unknown-argument: "arg0==1" is no argument'],
    ['{read}: 1', '1:1: bad-syntax: minijail0 -S does not know a list of calls in braces'],
    ['read: arg0 == 1 || \\\n  arg0 === 2', '2:8: unknown-operator: "===" is no comparison'],
  ])('by minijail0 -S: %s', (text, problem) => {
    expect(problems(text, 'minijail')).toEqual([`main:${problem}`]);
  });

  it('an include of itself, too long a chain, and one that nobody reads', () => {
    expect(problems('@include ./a', 'minijail-py', { './a': '@include ./b', './b': '\n@include ./a' })).toEqual([
      './b:2:10: include-cycle: the policy includes itself: main → ./a → ./b → ./a',
    ]);
    const chain = Object.fromEntries([...Array(12).keys()].map((n) => [`./${n}`, `@include ./${n + 1}`]));
    expect(problems('@include ./0', 'minijail-py', chain)).toEqual([
      './7:1:10: include-too-deep: more than 9 files include each other',
    ]);
    expect(problems('@include ./a', 'minijail', { './a': '@include ./b', './b': 'read: 1' })).toEqual([
      './a:1:10: include-too-deep: more than 2 files include each other',
    ]);
    expect(() => readProfile('@include ./a.policy', { include: () => undefined })).toThrow(
      'profile:1:10: there is no file "./a.policy"',
    );
    expect(() => readProfile('@include ./a\n')).toThrow(
      'the policy includes "./a", which was not read; give the option "include"',
    );
  });

  it('conditions that take more rules than are bearable', () => {
    const values = [...Array(40).keys()].map((n) => `arg1 == ${n * 7919 + 0x40001234}`).join(' || ');
    expect(problems(`ioctl: ${values}`)).toEqual([]);
    expect(problems(`ioctl: { ${values}; return 5, log }`)).toEqual([
      'main:1:1: too-many-conditions: ioctl: these conditions would take more than 512 libseccomp rules',
    ]);
  });
});

it('says where a policy has no effect, or its compiler another one', () => {
  const codes = (text: string) =>
    read(text).warnings.map(({ code, position }) => `${code} ${position?.line}:${position?.column}`);
  expect(codes('read: arg0 & 0\n')).toEqual(['never-matches 1:7']);
  expect(codes('read: arg0 == 1 && arg0 == 2\n')).toEqual(['never-matches 1:7']);
  expect(codes('read: { arg0 == 1; return 5, allow }\n')).toEqual(['compiler-differs 1:9']);
  expect(codes('read: arg0 == 1\nread: arg0 == 2\nread: arg0 == 3\n')).toEqual(['repeated-call 2:1']);
  expect(codes('read: arg0 == 1; return 5\n')).toEqual(['two-meanings 1:7']);
  expect(codes('@frequency ./gone\nread: 1\n')).toEqual(['frequency-not-found 1:12']);
});

/** A policy of one call, and what it means, written a second time. */
interface Comparison {
  index: number;
  op: '==' | '!=' | '<' | '<=' | '>' | '>=' | '&' | 'in';
  value: bigint;
}
const value = fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.constantFrom(0xffffffffn, 0x100000000n, 2n ** 64n - 1n));
const comparison: fc.Arbitrary<Comparison> = fc.record({
  index: fc.constantFrom(0, 2),
  op: fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '&', 'in'),
  value,
});
const expression = fc.array(fc.array(comparison, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 });
const filters = fc.array(fc.tuple(expression, fc.constantFrom('allow', 'return 5', 'trap', 'kill')), {
  minLength: 1,
  maxLength: 3,
});

function holds({ index, op, value: wanted }: Comparison, args: readonly bigint[]): boolean {
  const given = args[index]!;
  switch (op) {
    case '&':
      return (given & wanted) !== 0n;
    case 'in':
      return (given & ~wanted & (2n ** 64n - 1n)) === 0n;
    default: {
      const order = given < wanted ? -1 : given > wanted ? 1 : 0;
      return { '==': [0], '!=': [-1, 1], '<': [-1], '<=': [-1, 0], '>': [1], '>=': [0, 1] }[op].includes(order);
    }
  }
}

it('decides any conditions as they are written', () => {
  const ACTIONS: Readonly<Record<string, string>> = {
    allow: 'ALLOW',
    'return 5': 'ERRNO 5',
    trap: 'TRAP',
    kill: KILLED,
  };
  let compared = 0;
  fc.assert(
    fc.property(filters, fc.array(fc.tuple(value, value), { minLength: 6, maxLength: 6 }), (list, calls) => {
      const text = list
        .map(([or, action]) => {
          const words = or
            .map((and) => and.map((each) => `arg${each.index} ${each.op} ${each.value}`).join(' && '))
            .join(' || ');
          return `read: ${words}; ${action}\n`;
        })
        .join('');
      let decide: ReturnType<typeof deciding>;
      try {
        decide = deciding(text);
      } catch (error) {
        // Too many rules, or more than the minimiser's budget: refused, never weaker.
        if (error instanceof ScmpError) return;
        throw error;
      }
      for (const [first, third] of calls) {
        const args = [first, 0n, third, 0n, 0n, 0n];
        const found = list.find(([or]) => or.some((and) => and.every((each) => holds(each, args))));
        expect(decide(READ, ...args), `${text}${args}`).toBe(found ? ACTIONS[found[1]] : KILLED);
        compared++;
      }
    }),
    { numRuns: 60 },
  );
  expect(compared).toBeGreaterThan(200);
});

it('never crashes on a mutated policy', () => {
  const texts = ['common_device.policy', 'fs_device.policy', 'gpu_common.policy'].map((name) =>
    fileNamed(name).toString(),
  );
  const pieces = [
    '{',
    '}',
    '(',
    ')',
    ';',
    '||',
    '&&',
    '|',
    '~',
    '\\\n',
    '@include ',
    'arg0',
    ' in ',
    '[arch=',
    '#',
    '\n',
    '0x',
    '-',
    'return ',
    '\r',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(30), fc.constantFrom(...pieces)), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.constantFrom<Format>('minijail-py', 'minijail'),
      (text, edits, format) => {
        let mutated = text;
        for (const [where, cut, piece] of edits) {
          const at = Math.floor(where * mutated.length);
          mutated = mutated.slice(0, at) + piece + mutated.slice(at + cut);
        }
        try {
          readProfile(mutated, { format, include });
        } catch (error) {
          expect(error).toBeInstanceOf(ScmpError);
        }
      },
    ),
    { numRuns: 150 },
  );
});

it("arm's own calls have their header's prefix", () => {
  const text = 'read: 1\nARM_set_tls: 1\n';
  const profile = readProfile(text);
  expect(profile).toMatchObject({ format: 'minijail-py', seccomp: { syscalls: [{ names: ['read', 'set_tls'] }] } });
  for (const format of ['minijail', 'minijail-py'] as const) expect(writeProfile(profile, format)).toBe(text);
});
