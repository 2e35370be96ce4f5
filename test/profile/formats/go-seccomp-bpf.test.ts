import { describe, expect, it } from 'vitest';
import { compareDecisions, simulate } from '../../../src/bpf/index.js';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { formatProfileText } from '../../../src/editor/format/format-profile-text.js';
import { ScmpError } from '../../../src/errors.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { readProfile, writeProfile } from '../../../src/profile/index.js';
import { seeded } from '../../owners/owner.js';

const POLICY = `seccomp:
  enabled: true
  default_action: errno
  syscalls:
  - action: allow
    names: [read, write]
    names_with_args:
    - name: socket
      arguments:
      - {argument: 0, operation: Equal, value: 1}
    - name: socket
      arguments:
      - {argument: 0, operation: Equal, value: 16}
      - {argument: 2, operation: LessOrEqual, value: 4}
    - name: clone
      arguments:
      - {argument: 0, operation: BitsNotSet, value: 0x7e020000}
      - {argument: 0, operation: BitsSet, value: 0x11}
`;

const compile = (text: string) => compileProfileSync(text, { arch: 'x86_64' });

function decide(text: string, nr: number, ...[a = 0n, b = 0n, c = 0n]: bigint[]): string {
  const data = { nr, arch: 0xc000003e, instructionPointer: 0n, args: [a, b, c, 0n, 0n, 0n] as const };
  return simulate(compile(text), data).action?.kind ?? '';
}

const issuesOf = (text: string) => {
  try {
    readProfile(text);
  } catch (error) {
    if (error instanceof ProfileError)
      return error.issues.map(({ code, position }) => `${position?.line}:${position?.column} ${code}`);
    throw error;
  }
  return [];
};

describe('readGoSeccompBpf', () => {
  it('has names, and conditions of which all must hold', () => {
    expect(decide(POLICY, 0)).toBe('ALLOW');
    expect(decide(POLICY, 41, 1n)).toBe('ALLOW');
    expect(decide(POLICY, 41, 16n, 0n, 4n)).toBe('ALLOW');
    expect(decide(POLICY, 41, 16n, 0n, 5n)).toBe('ERRNO');
    expect(decide(POLICY, 41, 0x1_0000_0001n)).toBe('ERRNO');
    expect(decide(POLICY, 56, 0x10n)).toBe('ALLOW');
    expect(decide(POLICY, 56, 0x20n)).toBe('ERRNO');
    expect(decide(POLICY, 56, 0x10000011n)).toBe('ERRNO');
    expect(readProfile(POLICY).locate('syscalls', 0, 'names', 1).position).toMatchObject({ line: 6, column: 19 });
  });

  it('takes several groups in their order, and says that the library does not', () => {
    const text =
      'default_action: allow\nsyscalls:\n- {action: errno, names: [fork]}\n- {action: trap, names: [fork, vfork]}\n';
    expect(readProfile(text).warnings.map(({ code }) => code)).toEqual(['unreached-group']);
    expect([decide(text, 57), decide(text, 58), decide(text, 59)]).toEqual(['ERRNO', 'TRAP', 'ALLOW']);
  });

  it('takes keys with dots for keys of seccomp, as Beats do', () => {
    const groups = '- {action: allow, names: [read, WORD]}\n';
    const dotted = `output.x: {}\nseccomp.default_action: errno\nseccomp.syscalls:\n${groups}`;
    const half = `seccomp: {default_action: errno}\nseccomp.syscalls:\n${groups}`;
    for (const [text, line] of [
      [dotted, 4],
      [half, 3],
    ] as const) {
      const good = text.replace('WORD', 'write');
      const { format, seccomp, locate } = readProfile(good);
      expect([format, seccomp]).toEqual([
        'go-seccomp-bpf',
        readProfile(POLICY.replace(/ {4}names_with[\s\S]*$/, '')).seccomp,
      ]);
      expect(locate('syscalls', 0, 'names', 1).position).toMatchObject({ line });
      expect(formatProfileText(good)).toBe(good);
      expect(issuesOf(text.replace('WORD', '7'))).toEqual([`${line}:33 wrong-type`]);
    }
    expect(issuesOf(`${dotted}seccomp.enbled: false\n`)).toEqual(['5:1 misspelt-key']);
    expect(issuesOf(`${dotted}seccomp: {syscalls: []}\n`)).toEqual(['5:21 duplicate-key']);
    expect(issuesOf('seccomp.syscalls:\n- {action: allow, names: [read]}\n')).toEqual(['1:1 missing-key']);
  });

  it.each(['seccomp.enabled: false\n', 'seccomp: {enabled: false}\n'])('says of %j that it has no policy', (text) => {
    expect(() => readProfile(text)).toThrow('"enabled" is false, and the Beat installs no filter');
  });

  const group = (text: string) => `default_action: allow\nsyscalls:\n- action: errno\n  ${text}\n`;
  it.each([
    [group('names: [fork, fork]'), '4:17 mixed-rules'],
    [group('nams: [fork]'), '4:3 misspelt-key'],
    [group('names: [7]'), '4:11 wrong-type'],
    [group('names_with_args: [{name: fork, arguments: []}]'), '4:21 missing-key'],
    [group('names_with_args: [{name: fork, arguments: [{operation: Equals, value: 1}]}]'), '4:58 unknown-operator'],
    [group('names_with_args: [{name: fork, arguments: [{argument: 6, operation: Equal}]}]'), '4:46 out-of-range'],
    ['default_action: deny\nsyscalls:\n- {action: errno, names: [fork]}\n', '1:17 unknown-action'],
    ['default_action: allow\nsyscalls: []\n', '2:11 wrong-type'],
  ])('refuses %j at its place', (text, issue) => {
    expect(issuesOf(text)).toEqual([issue]);
  });
});

describe('writeGoSeccompBpf', () => {
  it('decides alike when it is read again', () => {
    const again = writeProfile(readProfile(POLICY), 'go-seccomp-bpf');
    expect(compareDecisions(compile(POLICY), compile(again)).equal).toBe(true);
  });

  it('names what it cannot say', () => {
    const paths = (profile: object) => {
      try {
        return writeProfile(readProfile(profile), 'go-seccomp-bpf');
      } catch (error) {
        return (error as ProfileError).issues.map(({ path }) => path).join(' ');
      }
    };
    const entry = (action: string, errnoRet?: number) => ({ names: ['read'], action, errnoRet });
    const base = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry('SCMP_ACT_ALLOW')] };
    expect(paths(base)).toBe(
      'seccomp:\n  default_action: errno\n  syscalls:\n    - action: allow\n      names:\n        - read\n',
    );
    expect(paths({ ...base, defaultErrnoRet: 38 })).toBe('defaultAction');
    expect(paths({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry('SCMP_ACT_ERRNO', 1)] })).toBe('defaultAction');
    expect(paths({ ...base, syscalls: [entry('SCMP_ACT_ALLOW'), entry('SCMP_ACT_TRAP')] })).toBe('syscalls[1].action');
    expect(paths({ ...base, syscalls: [entry('SCMP_ACT_ERRNO', 38)] })).toBe('syscalls[0].action');
  });
});

it('a damaged policy is read or refused', () => {
  const damage = 'errno : - [ ] { } 0 -1 99999999999999999999 \n names'.split(' ').concat(' ');
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    const at = random.below(POLICY.length);
    const text = POLICY.slice(0, at) + random.of(damage) + POLICY.slice(at + random.below(4));
    try {
      readProfile(text, { format: 'go-seccomp-bpf' });
    } catch (error) {
      expect(error, text).toBeInstanceOf(ScmpError);
    }
  }
});
