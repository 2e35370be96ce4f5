import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeReturnValue } from '../../../src/action.js';
import { type ArchitectureName, findArchitecture } from '../../../src/architecture.js';
import { createSimulator } from '../../../src/bpf/execution/simulate.js';
import { compileParsedWith } from '../../../src/compiler/compile-parsed-profile.js';
import { minimizeRules } from '../../../src/compiler/minimize-rules.js';
import { ScmpError } from '../../../src/errors.js';
import type { ProfileError } from '../../../src/profile/document/profile-error.js';
import { kafelCall } from '../../../src/profile/formats/kafel/calls.js';
import { writeWarnings } from '../../../src/profile/formats/write-profile.js';
import { loadProfile, type ParsedProfile, readProfile, writeProfile } from '../../../src/profile/index.js';
import { numberedSyscalls } from '../../../src/syscalls/syscall-name.js';
import fc from '../../fast-check.js';
import { problemsOf } from './problems.js';

const FOLDER = new URL('../policies/', import.meta.url);
const textOf = (name: string) => readFileSync(new URL(name, FOLDER)).toString();
const six = ([a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n]: readonly bigint[]) => [a, b, c, d, e, f] as const;

type Texts = Readonly<Record<string, string>>;
const read = (text: string, files: Texts = {}, format: 'kafel' | 'nsjail' = 'kafel') =>
  readProfile(text, {
    format,
    source: 'main',
    include: (path) => (Object.hasOwn(files, path) ? { text: files[path]!, source: path } : undefined),
  });

function simulating(profile: ParsedProfile, target: ArchitectureName = 'x86_64') {
  const program = compileParsedWith(profile, { arch: target, fallback: 'min', minimizer: minimizeRules });
  const simulator = createSimulator(program);
  return (nr: number, args: readonly bigint[] = [], arch = 0xc000003e) =>
    simulator.simulate({ arch, nr, instructionPointer: 0n, args: six(args) }).action;
}

function deciding(text: string, files?: Texts) {
  const decide = simulating(read(text, files));
  return (nr: number, ...args: bigint[]): string => {
    const action = decide(nr, args);
    return 'data' in action && action.data !== undefined ? `${action.kind} ${action.data}` : action.kind;
  };
}

const problems = (text: string, files?: Texts, format?: 'nsjail'): string[] =>
  problemsOf(() => read(text, files, format));

const [READ, WRITE, OPEN] = [0, 1, 2];
const KILLED = 'KILL_THREAD';

describe('samples of kafel and configurations of nsjail', () => {
  const rows = ['kafel', 'nsjail'].flatMap((folder) =>
    textOf(`${folder}/decisions.tsv`)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [folder, ...line.split('\t')] as [string, string, string, string, string, string]),
  );

  it.each([...new Set(rows.map(([folder, file]) => `${folder}/${file}`))])(
    '%s decides as the program of kafel',
    (name) => {
      const profile = readProfile(textOf(name), { source: name });
      expect(profile.format).toBe(name.split('/')[0]);
      const decide = simulating(profile);
      for (const [folder, file, arch, nr, given, returnValue] of rows) {
        if (`${folder}/${file}` !== name) continue;
        const args = given.split(' ').filter(Boolean).map(BigInt);
        const expected = decodeReturnValue(Number(returnValue));
        expect(decide(Number(nr), args, Number(arch)), `${nr}(${given})`).toEqual(expected);
      }
    },
  );
});

describe('what a policy means', () => {
  it('the first block that matches decides, of the policies that are used', () => {
    const decide = deciding(`
      #define LIMIT 010
      POLICY unused { KILL_PROCESS { read } }
      POLICY base { ERRNO(5) { read { fd == LIMIT } }, LOG { open } }
      USE base
      ALLOW { read { fd < 0x10 || count == 0b11, buf == 7 }, open, SYSCALL[3] }
      TRACE(9) { read }
      DEFAULT TRAP(0)
    `);
    expect([8n, 9n, 16n].map((fd) => decide(READ, fd))).toEqual(['ERRNO 5', 'ALLOW', 'TRACE 9']);
    expect([decide(READ, 99n, 0n, 3n), decide(READ, 99n, 7n), decide(READ, 8n, 7n)]).toEqual([
      'ALLOW',
      'ALLOW',
      'ERRNO 5',
    ]);
    expect([decide(OPEN), decide(3), decide(99)]).toEqual(['LOG', 'ALLOW', 'TRAP']);
  });

  it('names are those of ftrace', () => {
    const { seccomp } = read('ALLOW { newstat, newfstat, newlstat, newuname, umount, sendfile64, sysctl }');
    const names = seccomp.syscalls!.flatMap((entry) => (entry.includes || entry.excludes ? [] : entry.names!));
    expect(names).toEqual(['stat', 'fstat', 'lstat', 'uname', 'sendfile64', '_sysctl']);
    expect(seccomp.defaultAction).toBe('SCMP_ACT_KILL_THREAD');
    expect(() => read('ALLOW { stat }')).toThrow('kafel knows no system call "stat"; did you mean "newstat"?');
    expect(() => read('ALLOW { raed }')).toThrow('main:1:9: kafel knows no system call "raed"; did you mean "read"?');
  });

  // The numbers are the kernel's: of the functions that kafel's words name, on each of its targets.
  it.each([
    ['x86', 'getuid getuid16 setresgid setresgid16', '199 24 210 170'],
    ['arm', 'getuid getuid16 chown chown16 getgroups16', '199 24 212 182 80'],
    ['m68k', 'getuid getuid16 chown chown16 lchown', '199 24 198 16 212'],
    ['mips', 'getuid umount sendfile sendfile64 mmap mmap2', '4024 4052 4207 4237 4090 4210'],
    ['aarch64', 'newfstat newuname sendfile umount sync_file_range2', '80 160 71 39 84'],
    ['x86', 'stat newstat fstat newfstat lstat newlstat', '18 106 28 108 84 107'],
    ['x86', 'uname olduname newuname umount oldumount', '109 59 122 52 22'],
    ['x86', 'select old_select getrlimit old_getrlimit', '142 82 191 76'],
    ['x86', 'old_mmap mmap_pgoff old_readdir llseek sysctl', '90 192 89 140 149'],
    ['x86', 'sendfile sendfile64 mmap', '187 239 90'],
    ['arm', 'select getrlimit umount mmap2 newstat newuname sync_file_range2', '142 191 52 192 106 122 341'],
    ['m68k', 'umount umount2 stat oldstat uname select getrlimit', '22 52 106 18 122 82 76'],
    ['x86_64', 'sendfile64 newstat umount select getuid', '40 4 166 23 102'],
  ] as const)('on %s the calls %s are those of these numbers alone', (arch, words, numbers) => {
    const text = words.split(' ').map((word, at) => {
      const guard = kafelCall(word) ? '' : ` ON ${arch}`;
      return `ERRNO(${at + 1}) { ${word}${guard} }`;
    });
    const policy = read(`${text.join('\n')}\nDEFAULT ALLOW`);
    const expected = Object.fromEntries(numbers.split(' ').map((number, at) => [number, at + 1]));
    const { auditArch } = findArchitecture(arch)!;
    // What is written again, for all targets and for this one, is read as the same.
    const rewritten = [{}, { arch }].map((target) => read(writeProfile(policy, 'kafel', target)));
    for (const each of [policy, ...rewritten]) {
      const decide = simulating(each, arch);
      const decided = [...numberedSyscalls(arch).keys()].flatMap((nr) => {
        const action = decide(nr, [], auditArch);
        return action.kind === 'ERRNO' ? [[nr, action.data]] : [];
      });
      expect(Object.fromEntries(decided)).toEqual(expected);
    }
  });

  it('a word that x86_64 has not is known where its call is, and one that it calls otherwise with ON', () => {
    expect(() => read('ALLOW { stat }')).toThrow(
      /did you mean "newstat"\? On x86, m68k it has this one: "stat ON \{ x86, m68k \}"/,
    );
    expect(() => read('ALLOW { stat ON x86_64 }')).toThrow('did you mean "newstat"?');
    expect(() => read('ALLOW { getuid32 }')).toThrow('did you mean "getuid"?');
    expect(() => read('ALLOW { mmap2 ON x86 }')).toThrow('did you mean "mmap_pgoff"?');
    expect(() => read('ALLOW { _newselect }')).toThrow('"_" has no meaning');
    expect(read('KILL { getuid16 }\nDEFAULT ALLOW').seccomp.syscalls).toMatchObject([{ names: ['getuid'] }]);
  });

  it('names are written as the target has them, with ON where a word is another call elsewhere', () => {
    const policy = read('KILL { getuid, setuid { uid == 5 }, select, llseek }\nDEFAULT ERRNO(1)');
    for (const [arch, words] of [
      [undefined, 'getuid setuid select llseek'],
      ['x86_64', 'getuid setuid select'],
      ['x86', 'getuid setuid select llseek'],
    ] as const) {
      const text = writeProfile(policy, 'kafel', arch ? { arch } : {});
      expect(text.match(/(?<= )[a-z]\w+(?=,\n|\(|\n)/g)?.join(' ')).toBe(words);
    }
    const wide = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['getuid32'], action: 'SCMP_ACT_ALLOW' }] };
    const of = (arch?: string) => writeProfile(readProfile(wide), 'kafel', { arch });
    expect(of()).toBe('ALLOW {\n  getuid ON { x86, arm, m68k }\n}\nDEFAULT ERRNO(1)\n');
    expect(of('x86')).toBe('ALLOW {\n  getuid\n}\nDEFAULT ERRNO(1)\n');
    expect(of('x86_64')).toBe('DEFAULT ERRNO(1)\n');
  });

  it.each(['kafel', 'minijail-py', 'minijail'] as const)(
    'names that the target has not are left out of %s',
    (format) => {
      const entry = { names: ['read', 'mmap2', 'dup2'], action: 'SCMP_ACT_ALLOW' };
      const profile = readProfile({ defaultAction: 'SCMP_ACT_KILL_THREAD', syscalls: [entry] });
      const names = (arch: string) => writeProfile(profile, format, { arch }).match(/\b(?:read|mmap2|dup2)\b/g);
      expect(['x86_64', 'aarch64', 'arm'].map(names)).toEqual([['read', 'dup2'], ['read'], ['read', 'mmap2', 'dup2']]);
    },
  );

  it('an int is 32 bits wide where it has its own name, and compares more only with what has more', () => {
    const own = deciding('ALLOW { write { fd == 1 }, read { fd == -1 }, open { flags == 0xffffffff } }');
    expect([own(WRITE, 1n), own(WRITE, 2n ** 40n + 1n), own(WRITE, 2n)]).toEqual(['ALLOW', 'ALLOW', KILLED]);
    expect([own(READ, 2n ** 64n - 1n), own(READ, 0xffffffffn)]).toEqual(['ALLOW', KILLED]);
    expect(own(OPEN, 0n, 2n ** 33n - 1n)).toBe('ALLOW');
    const declared = deciding('ALLOW { write(a, b) { a == 1 && b != 1 } }');
    expect([declared(WRITE, 1n), declared(WRITE, 2n ** 40n + 1n), declared(WRITE, 1n, 1n)]).toEqual([
      'ALLOW',
      KILLED,
      KILLED,
    ]);
  });

  it('& and | bind tighter than comparisons, and parentheses hold either', () => {
    const decide = deciding('ALLOW { write { ((fd & 6) == 4 || !(buf | 1 == 5)) && (count) >= (2 | 4) } }');
    const expected = (fd: bigint, buf: bigint, count: bigint) => ((fd & 6n) === 4n || (buf | 1n) !== 5n) && count >= 6n;
    for (const fd of [0n, 4n, 6n, 5n]) {
      for (const buf of [0n, 4n, 5n]) {
        for (const count of [5n, 6n, 7n]) {
          expect(decide(WRITE, fd, buf, count), `${fd} ${buf} ${count}`).toBe(
            expected(fd, buf, count) ? 'ALLOW' : KILLED,
          );
        }
      }
    }
  });

  it('is on some architectures only, and numbers are those of each', () => {
    const { seccomp } = read('ALLOW { read ON x86_64, open ON { arm, x86 }, SYSCALL[0] }');
    expect(seccomp.syscalls).toMatchObject([
      { names: ['read'], includes: { arches: expect.arrayContaining(['amd64']) } },
      { names: ['open'], includes: { arches: ['x86', 'arm'] } },
      { names: ['restart_syscall'], includes: { arches: expect.arrayContaining(['x86']) } },
      { names: ['io_setup'], includes: { arches: expect.arrayContaining(['arm64']) } },
    ]);
  });

  it('what it includes stands in its place', () => {
    const files = { 'one.policy': '#define OUT 1\n', 'two.policy': 'POLICY out { ALLOW { write { fd == OUT } } }\n' };
    const decide = deciding('#include "one.policy" "two.policy"; USE out\n', files);
    expect([decide(WRITE, 1n), decide(WRITE, 2n)]).toEqual(['ALLOW', KILLED]);
    expect(problems('#include "two.policy"\n', files)).toEqual([
      'two.policy:1:36: unknown-argument: write has no argument "OUT"',
    ]);
    expect(problems('#include "a"\n', { a: '#include "a"\n' })).toEqual([
      'a:1:10: include-cycle: the policy includes itself: main → a → a',
    ]);
    expect(problems('#include "gone"\n')).toEqual(['main:1:10: include-not-found: there is no file "gone" to include']);
  });

  it("x32's calls get the default, whatever is said of their names, as no program of kafel looks at x32's bit", () => {
    const X32 = 0x40000000;
    const decide = simulating(read('ERRNO(5) { read } DEFAULT ALLOW'));
    expect([decide(READ), decide(X32 + READ), decide(0x7fffffff)].map(({ kind }) => kind)).toEqual([
      'ERRNO',
      'ALLOW',
      'ALLOW',
    ]);
    expect(simulating(read('ALLOW { read } DEFAULT KILL_PROCESS'))(X32 + READ).kind).toBe('KILL_PROCESS');
    expect(read('DEFAULT ALLOW').warnings).toMatchObject([{ code: 'x32-by-default', position: { line: 1 } }]);
    expect(read('DEFAULT KILL').warnings).toEqual([]);
  });

  it('and that is not carried to a format whose programs kill them, or back', () => {
    expect(() => writeProfile(read('ERRNO(5) { read } DEFAULT ALLOW'), 'oci')).toThrow("x32's calls are killed there");
    expect(writeProfile(read('ERRNO(5) { read } DEFAULT ALLOW'), 'oci', { arch: 'aarch64' })).toContain('"read"');
    const denying = read('ALLOW { read } DEFAULT ERRNO(5)');
    expect(writeProfile(denying, 'oci')).toContain('"read"');
    expect(writeWarnings(denying, 'oci')).toMatchObject([{ code: 'x32-differs', position: { line: 1 } }]);
    expect(writeWarnings(denying, 'kafel')).toEqual([]);
    expect(writeWarnings(read('ALLOW { read }'), 'oci')).toEqual([]);
  });

  it('keeps comments and places', () => {
    const { seccomp, locate } = read('ALLOW {\n  // the log\n  write { fd == 2 },\n  read\n}\n');
    expect(seccomp.syscalls).toMatchObject([{ names: ['write'], comment: 'the log' }, { names: ['read'] }]);
    expect(locate('syscalls', 0, 'names', 0).position).toMatchObject({ line: 3, column: 3 });
    expect(locate('syscalls', 1, 'action').position).toMatchObject({ line: 1, column: 1 });
  });

  it('bits of two arguments at once are rules for each bit, where that says it', () => {
    expect(read('ALLOW { write { (fd & buf) != 0 } }').seccomp.syscalls).toHaveLength(64);
    expect(read('ALLOW { dup2 { oldfd != newfd } }').seccomp.syscalls).toHaveLength(64);
    const decide = deciding('ALLOW { dup2 { oldfd != newfd } }');
    expect([decide(33, 5n, 5n), decide(33, 5n, 4n), decide(33, 2n ** 32n + 5n, 5n)]).toEqual([KILLED, 'ALLOW', KILLED]);
  });

  it('TRAP has its data', () => {
    const text = 'TRAP(7) {\n  read\n}\nDEFAULT TRAP(9)\n';
    expect(writeProfile(read(text), 'kafel')).toBe(text);
    expect(() => writeProfile(read(text), 'oci')).toThrow('data of SCMP_ACT_TRAP');
    expect(deciding(text)(READ)).toBe('TRAP 7');
  });

  it('other comparisons of two arguments are refused where they stand', () => {
    const told = "arguments are compared with each other by ==, which libseccomp's rules cannot say";
    expect(problems('ALLOW { dup2 { oldfd > 2 &&\n oldfd == newfd } }')).toEqual([
      `main:2:2: too-many-conditions: dup2: ${told}`,
    ]);
    expect(problems('ALLOW { dup2 { !(oldfd != newfd) } }')).toHaveLength(1);
  });
});

describe('what kafel refuses, or a profile cannot say, is refused at its place', () => {
  it.each([
    ['ALLOW { read } DEFAULT KILL DEFAULT KILL', '1:29: duplicate-key: the default was given before, in line 1'],
    ['POLICY a {} POLICY a {}', '1:20: duplicate-key: the policy "a" is there already'],
    ['#define A 1\n#define A 2', '2:9: duplicate-key: "A" is 1 already'],
    ['USE web', '1:5: bad-syntax: there is no policy "web" before this'],
    ['ALLOW { read { fd & 1 } }', '1:23: bad-syntax: a value where a comparison is expected'],
    ['ALLOW { read { (fd == 1) & 1 == 1 } }', '1:28: bad-syntax: a comparison where a value is expected'],
    ['ALLOW { read(a, a) }', '1:17: duplicate-key: the argument "a" is there already'],
    ['ALLOW { read { a0 == 1 } }', '1:16: unknown-argument: read has no argument "a0"'],
    ['ERRNO(EPERM) { read }', '1:7: bad-syntax: expected a number, found "EPERM"'],
    ['ERRNO(65536) { read }', '1:7: out-of-range: ERRNO takes 0 to 65535'],
    ['ERRNO(5000) { read }', '1:1: out-of-range: an errno is at most 4094, and this is 5000'],
    [
      'ALLOW { SYSCALL[-1] }',
      '1:9: unknown-syscall: SYSCALL[-1] is the number 4294967295, which is that of no system call',
    ],
    ['ALOW { read }', '1:1: bad-syntax: expected an action or a statement, found "ALOW"'],
    ['POLICY a { ALLOW { read } KILL { write } }', '1:27: bad-syntax: expected "," or "}", found "KILL"'],
    ['ALLOW {}\n/* no end', '2:1: bad-syntax: a comment that is not ended'],
    [
      'ALLOW { read { fd == 0x1ffffffffffffffff } }',
      '1:22: out-of-range: "0x1ffffffffffffffff" is no number of 64 bits',
    ],
    ['ALLOW { read }\r\n', '1:15: bad-syntax: "\\r" has no meaning in a kafel policy'],
    [`ALLOW { read { ${'('.repeat(200)}fd == 1`, '1:117: nesting-too-deep: too many parentheses'],
    ['ALLOW { read ON x86_65 }', '1:17: unknown-architecture: unknown architecture "x86_65"'],
    ['// nothing\n// more\n', '3:1: empty-input: empty: there is no statement in it'],
  ])('%s', (text, problem) => {
    expect(problems(text)).toEqual([`main:${problem}`]);
  });

  it('names in a policy that is not used, too', () => {
    expect(problems('POLICY a { ALLOW { nothing } }\nDEFAULT ALLOW')).toEqual([
      'main:1:20: unknown-syscall: kafel knows no system call "nothing"',
    ]);
  });
});

describe('nsjail', () => {
  it('reads a list of strings as so many settings, strings beside each other as one', () => {
    const rest = 'exec_bin { arg: ["a", "b"] }\npass_fd: [1, 2]\nmount: [{ dst: "/" }, { dst: "/x" }]\n';
    const one = 'seccomp_string: "ALLOW { read }"\nseccomp_string: "DEFAULT KILL"\n';
    const list = 'seccomp_string: ["ALLOW { " \'read }\', "DEFAULT KILL"]\n';
    const read = (text: string) => readProfile(text, { format: 'nsjail' }).seccomp;
    expect(read(rest + list)).toEqual(read(one));
    expect(problems('seccomp_string: ["ALLOW {", "raed }"]', {}, 'nsjail')).toEqual([
      expect.stringContaining('main:1:30: unknown-syscall'),
    ]);
    expect(problems('seccomp_string: [ALLOW]', {}, 'nsjail')).toEqual([
      'main:1:18: wrong-type: seccomp_string takes a string in quotes',
    ]);
  });

  it('has places in the .cfg, for what each string says', () => {
    const text = 'name: "x"\nseccomp_string: "ALLOW {"\nseccomp_string: "\\twrite, raed"\nseccomp_string: "}"\n';
    expect(problems(text, {}, 'nsjail')).toEqual(['main:3:27: unknown-syscall: kafel knows no system call "raed"']);
    const { locate, seccomp } = readProfile(text.replace('raed', 'read'));
    expect(locate('syscalls', 0, 'names', 1).position).toMatchObject({ line: 3, column: 27 });
    expect(seccomp.flags).toBeUndefined();
  });

  it.each([
    ['a string of several lines', 'seccomp_string: "\n  ALLOW {\n    read,\n    WORD\n  }\n  DEFAULT KILL\n"\n', 4, 5],
    ['three quotes', 'seccomp_string: """\nALLOW { read, WORD }\nDEFAULT KILL\n"""\n', 2, 15],
  ])('reads %s as nsjail once did, says that it does not now, and has its places', (_, text, line, column) => {
    const rest = 'mode: ONCE\n';
    const { format, seccomp, warnings, locate } = readProfile(text.replace('WORD', 'write') + rest);
    expect([format, seccomp.syscalls]).toMatchObject(['nsjail', [{ names: ['read', 'write'] }]]);
    expect(warnings).toMatchObject([{ code: 'string-over-lines', position: { line: 1 } }]);
    expect(locate('syscalls', 0, 'names', 1).position).toMatchObject({ line, column });
    expect(problems(text.replace('WORD', 'raed'), {}, 'nsjail')).toEqual([
      expect.stringContaining(`main:${line}:${column}: unknown-syscall`),
    ]);
    // One quote less leaves a string open; what is in it decides nothing.
    expect(problems(text.replace('"', ''), {}, 'nsjail')).not.toEqual([]);
  });

  it.each(['seccompString', 'seccomp_string'])('reads JSON, where it is called %s', async (name) => {
    const of = (word: string, more = '') =>
      `{\n "mode": "ONCE", "mount": [{"src": "/", "seccompString": ["KILL { write }"]}],\n "${name}": [\n  "ALLOW {\\t\\u0072ead, ${word} }",\n  "DEFAULT KILL" ]${more}\n}\n`;
    const { format, seccomp, locate } = readProfile(of('write', ', "seccompPolicyFile": null, "seccompLog": true'));
    expect([format, seccomp.flags]).toEqual(['nsjail', ['SECCOMP_FILTER_FLAG_LOG']]);
    expect(seccomp.syscalls).toMatchObject([{ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' }]);
    expect(locate('syscalls', 0, 'names', 1).position).toMatchObject({ line: 4, column: 24 });
    expect((await loadProfile(of('write'))).format).toBe('nsjail');
    expect(problems(of('raed'), {}, 'nsjail')).toEqual([expect.stringContaining('main:4:24: unknown-syscall')]);
    expect(problems(of('read', ','), {}, 'nsjail')).toEqual([expect.stringContaining('main:5:19: bad-syntax')]);
    // The keys of an OCI profile show that it is one, whatever else it has.
    expect(readProfile(`{"defaultAction": "SCMP_ACT_LOG", "x": {"${name}": []}}`).format).toBe('oci');
  });

  it.each([
    ['seccomp_string: "@/etc/web.kafel"', 'a file is named by seccomp_policy_file'],
    ['seccomp_string: "/etc/web.policy"', 'a file is named by seccomp_policy_file'],
    ['seccomp_string: "{ \\"defaultAction\\": 1 }"', 'scmp convert --to kafel'],
    ['name: "of "two" words"\nseccomp_string: "DEFAULT ALLOW"', 'a quote in a string is written \\"'],
    ['seccomp_string: "# what it is for"', 'a comment of kafel begins with "//"'],
    ['seccomp_string: "ALLOW { read, }"', 'take out the "," before it'],
    ['seccomp_string: "ALLOW { read write }"', 'put a "," between them'],
    ['seccomp_string: "POLICY a { ALLOW { read }, }"', 'take out the "," before it'],
    ['seccomp_string: "POLICY a { ALLOW { read } KILL { write } }"', 'put a "," between them'],
  ])('says what to write for %s', (text, hint) => {
    expect(() => read(text, {}, 'nsjail')).toThrow(hint);
  });

  it('takes the policy of a file, and the flag', () => {
    const files = { 'web.kafel': 'ALLOW { read }\n' };
    const { seccomp, format } = read('seccomp_policy_file: "web.kafel"\nseccomp_log: true\n', files, 'nsjail');
    expect(format).toBe('nsjail');
    expect(seccomp).toMatchObject({ flags: ['SECCOMP_FILTER_FLAG_LOG'], syscalls: [{ names: ['read'] }] });
    expect(problems('seccomp_policy_file: "web.kafel"\nseccomp_string: "DEFAULT ALLOW"', files, 'nsjail')).toEqual([
      'main:1:1: ambiguous-format: seccomp_policy_file beside seccomp_string: nsjail does not start',
    ]);
  });

  it.each([
    [
      'mount { src: "/" }\n',
      'main:undefined:undefined: no-seccomp-section: no seccomp_string and no seccomp_policy_file: nsjail installs no filter',
    ],
    ['mount {\n', 'main:2:1: bad-syntax: expected "}" before the end'],
    ['seccomp_string: 7\n', 'main:1:17: wrong-type: seccomp_string takes a string in quotes'],
    ['seccomp_string: "ALLOW\n', 'main:1:17: bad-syntax: a string without its closing quote'],
    ['seccomp_string "ALLOW"\n', 'main:1:16: bad-syntax: expected ":" after "seccomp_string"'],
  ])('%j is refused', (text, problem) => {
    expect(problems(text, {}, 'nsjail')).toEqual([problem]);
  });
});

/** A comparison of `write`, and whether it holds, written a second time. */
const constant = fc.constantFrom(0n, 1n, 5n, 6n, 0xffffffffn, 0x100000000n, 2n ** 64n - 1n);
const operand = fc.oneof(
  fc.constantFrom('fd', 'buf').map((name) => ({
    text: name,
    at: (args: readonly bigint[]) => args[name === 'fd' ? 0 : 1]!,
    wide: name === 'buf',
    number: undefined as bigint | undefined,
  })),
  constant.map((value) => ({
    text: String(value),
    at: () => value,
    wide: value > 0xffffffffn,
    number: value as bigint | undefined,
  })),
);
const masked = fc
  .tuple(fc.constantFrom('fd', 'buf'), fc.constantFrom(1n, 5n, 6n), fc.constantFrom('&', '|'))
  .map(([name, mask, sign]) => ({
    text: `(${name} ${sign} ${mask})`,
    at: (args: readonly bigint[]) =>
      sign === '&' ? args[name === 'fd' ? 0 : 1]! & mask : args[name === 'fd' ? 0 : 1]! | mask,
    wide: name === 'buf',
    number: undefined as bigint | undefined,
  }));
const comparison = fc
  .tuple(fc.oneof(operand, masked), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), constant)
  .map(([left, op, right]) => ({
    text: `${left.text} ${op} ${right}`,
    holds: (args: readonly bigint[]) => {
      const isConstant = left.number !== undefined;
      const bits = isConstant || left.wide || right > 0xffffffffn ? 64 : 32;
      const [a, b] = [BigInt.asUintN(bits, left.at(args)), BigInt.asUintN(bits, right)];
      return { '==': a === b, '!=': a !== b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b }[op]!;
    },
  }));

it('decides any comparisons as kafel compiles them', () => {
  const blocks = fc.array(
    fc.tuple(
      fc.constantFrom('ALLOW', 'ERRNO(5)', 'LOG', 'KILL'),
      fc.boolean(),
      fc.array(comparison, { minLength: 1, maxLength: 2 }),
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  );
  const values = fc.constantFrom(
    0n,
    1n,
    4n,
    5n,
    6n,
    7n,
    0xfffffffen,
    0xffffffffn,
    0x100000000n,
    0x100000005n,
    2n ** 64n - 1n,
  );
  let compared = 0;
  fc.assert(
    fc.property(blocks, fc.array(fc.tuple(values, values), { minLength: 8, maxLength: 8 }), (list, calls) => {
      const text = list
        .map(
          ([action, isAny, all]) =>
            `${action} { write { ${all.map((each) => each.text).join(isAny ? ' || ' : ' && ')} } }`,
        )
        .join('\n');
      let decide: ReturnType<typeof deciding>;
      try {
        decide = deciding(text);
      } catch (error) {
        if (error instanceof ScmpError) return;
        throw error;
      }
      for (const args of calls) {
        const found = list.find(([, isAny, all]) =>
          isAny ? all.some((each) => each.holds(args)) : all.every((each) => each.holds(args)),
        );
        const expected = found ? { ALLOW: 'ALLOW', 'ERRNO(5)': 'ERRNO 5', LOG: 'LOG', KILL: KILLED }[found[0]] : KILLED;
        expect(decide(WRITE, ...args), `${text}\n${args}`).toBe(expected);
        compared++;
      }
    }),
    { numRuns: 60 },
  );
  expect(compared).toBeGreaterThan(200);
});

describe('what was written in a language of policies', () => {
  const actions = fc.constantFrom('ALLOW', 'ERRNO(5)', 'LOG', 'KILL_PROCESS', 'USER_NOTIF');
  const blocks = fc.array(
    fc.tuple(actions, fc.constantFrom('read', 'dup2'), fc.boolean(), fc.array(comparison, { maxLength: 2 })),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  const values = fc.constantFrom(0n, 1n, 4n, 5n, 6n, 7n, 0xffffffffn, 0x100000000n, 0x100000005n, 2n ** 64n - 1n);

  it.each(['kafel', 'minijail-py'] as const)('decides alike when it is read: %s', (format) => {
    let written = 0;
    fc.assert(
      fc.property(blocks, fc.array(fc.tuple(values, values), { minLength: 6, maxLength: 6 }), (list, calls) => {
        const text = list
          .map(([action, name, isAny, all]) => {
            const words = all.map((each) => each.text).join(isAny ? ' || ' : ' && ');
            return `${action} { ${name}(fd, buf)${words === '' ? '' : ` { ${words} }`} }`;
          })
          .join('\n');
        let before: ReturnType<typeof simulating>;
        let copy: string;
        try {
          const profile = read(text);
          before = simulating(profile);
          copy = writeProfile(profile, format);
        } catch (error) {
          if (error instanceof ScmpError) return;
          throw error;
        }
        written++;
        const after = simulating(readProfile(copy, { format }));
        for (const nr of [READ, 33, 39]) {
          for (const args of calls)
            expect(after(nr, args), `${text}\n${copy}\n${nr} ${args}`).toEqual(before(nr, args));
        }
      }),
      { numRuns: 30 },
    );
    expect(written).toBeGreaterThan(15);
  });

  it.each(['kafel', 'minijail-py'] as const)('keeps comments, order and architectures: %s', (format) => {
    const text = '// first\nALLOW { write { fd == 1 },\n// second\nread, close ON { x86_64, arm } }\nDEFAULT TRAP(0)\n';
    const copy = writeProfile(read(text), format);
    const { seccomp } = readProfile(copy, { format });
    expect(seccomp).toMatchObject({
      defaultAction: 'SCMP_ACT_TRAP',
      syscalls: [
        { names: ['write'] },
        { names: ['read'], comment: 'second' },
        { names: ['close'], includes: { arches: ['amd64', 'arm'] } },
      ],
    });
  });

  it('minijail0 -S has what is allowed, and one answer to the rest', () => {
    const entry = (action: string, op: string) => ({ names: ['read'], action, args: [{ index: 0, value: 1, op }] });
    const syscalls = [entry('SCMP_ACT_ALLOW', 'SCMP_CMP_EQ'), entry('SCMP_ACT_ERRNO', 'SCMP_CMP_NE')];
    const profile = readProfile({ defaultAction: 'SCMP_ACT_KILL', syscalls });
    expect(writeProfile(profile, 'minijail')).toBe('read: arg0 == 1; return 1\n');
  });

  it('nsjail has a string for each line of the policy, and the flag LOG', () => {
    const text = 'seccomp_string: "// \\"first\\""\nseccomp_string: "ALLOW { read }"\nseccomp_log: true\n';
    expect(writeProfile(read(text, {}, 'nsjail'), 'nsjail')).toBe(
      [
        ...['ALLOW {', '  read', '}', 'DEFAULT KILL_THREAD'].map((line) => `seccomp_string: "${line}"\n`),
        'seccomp_log: true\n',
      ].join(''),
    );
    expect(writeProfile(read('ALLOW {\n// a "b" \\\nread }'), 'nsjail')).toContain(
      'seccomp_string: "  // a \\"b\\" \\\\"',
    );
  });

  it('has a comment of several calls once', () => {
    const text = 'ALLOW {\n  // both\n  read,\n  close\n}\nDEFAULT KILL_THREAD\n';
    expect(writeProfile(read(text), 'kafel')).toBe(text);
  });

  it.each([
    ['kafel', { flags: ['SECCOMP_FILTER_FLAG_LOG'] }, 'flags'],
    ['kafel', { defaultAction: 'SCMP_ACT_ALLOW' }, 'defaultAction'],
    ['kafel', { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] }, 'architectures'],
    ['nsjail', { flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC'] }, 'flags'],
    ['minijail-py', { defaultAction: 'SCMP_ACT_LOG' }, 'defaultAction'],
    ['minijail', { defaultAction: 'SCMP_ACT_TRAP' }, 'defaultAction'],
    ['minijail', { syscalls: [{ names: ['read'], action: 'SCMP_ACT_LOG' }] }, 'syscalls[0].action'],
    [
      'minijail',
      {
        syscalls: [
          { names: ['close'], action: 'SCMP_ACT_ALLOW' },
          { names: ['read'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
        ],
      },
      'syscalls[1]',
    ],
    ['minijail-py', { syscalls: [{ names: ['read'], action: 'SCMP_ACT_TRACE' }] }, 'syscalls[0].errnoRet'],
    [
      'minijail-py',
      {
        syscalls: [
          { names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
          { names: ['read'], action: 'SCMP_ACT_LOG', args: [{ index: 1, value: 1, op: 'SCMP_CMP_EQ' }] },
        ],
      },
      'syscalls[1]',
    ],
  ] as const)('is an error where it cannot be said: %s %j', (format, members, path) => {
    const profile = readProfile({
      defaultAction: 'SCMP_ACT_KILL_THREAD',
      syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }],
      ...members,
    });
    const paths = (): string[] => {
      try {
        return [writeProfile(profile, format)];
      } catch (error) {
        return (error as ProfileError).issues.map((issue) => `${issue.code} ${issue.path}`);
      }
    };
    expect(paths()).toContain(`not-in-format ${path}`);
  });
});

it('never crashes on a mutated policy', () => {
  const texts = [
    'kafel/sample_basic.policy',
    'kafel/sample_constants.policy',
    'nsjail/firefox-with-net-X11.cfg',
    'nsjail/imagemagick-convert.cfg',
  ].map(textOf);
  const pieces = [
    '{',
    '}',
    '(',
    ')',
    ',',
    '||',
    '!',
    '&',
    '#',
    '"',
    '\\',
    '/*',
    '//',
    '\n',
    'USE ',
    'POLICY x {',
    '0x',
    '-',
    '[',
    ' ON ',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(30), fc.constantFrom(...pieces)), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.constantFrom<'kafel' | 'nsjail'>('kafel', 'nsjail'),
      (text, edits, format) => {
        let mutated = text;
        for (const [where, cut, piece] of edits) {
          const at = Math.floor(where * mutated.length);
          mutated = mutated.slice(0, at) + piece + mutated.slice(at + cut);
        }
        try {
          readProfile(mutated, { format });
        } catch (error) {
          expect(error).toBeInstanceOf(ScmpError);
        }
      },
    ),
    { numRuns: 200 },
  );
});
