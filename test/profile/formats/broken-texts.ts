import type { ProfileIssueCode } from '../../../src/profile/document/profile-error.js';

/** A text in a format that is not JSON's, or a document of its own shape, that must not be read. */
export interface BrokenText {
  name: string;
  content: string;
  errorCode: 'PROFILE_SYNTAX' | 'PROFILE_INVALID';
  issueCode: ProfileIssueCode;
  line: number;
  column: number;
}

const broken =
  (errorCode: BrokenText['errorCode']) =>
  (name: string, content: string, issueCode: ProfileIssueCode, line: number, column: number): BrokenText => ({
    name,
    content,
    errorCode,
    issueCode,
    line,
    column,
  });
const syntax = broken('PROFILE_SYNTAX');
const invalid = broken('PROFILE_INVALID');

const yaml = (line: string) => `defaultAction: SCMP_ACT_ERRNO\n${line}\n`;
const spo = (...lines: string[]) =>
  [
    'apiVersion: security-profiles-operator.x-k8s.io/v1beta1',
    'kind: SeccompProfile',
    'spec:',
    '  defaultAction: SCMP_ACT_LOG',
    ...lines,
  ].join('\n');
const firecracker = (rule: string) =>
  `{"main": {"mismatch_action": "trap", "match_action": "allow", "filter": [\n${rule}]}}`;
const condition = (text: string) => firecracker(`{"syscall": "ioctl", "args": [\n${text}]}`);
const unit = (line: string) => `[Service]\nSystemCallFilter=read\n${line}\n`;
const list = (line: string) => `default errno EPERM\n${line}\n`;

/** Every value of `items` is nine of the one before. */
const laughs = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcde'].map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcde'[index]}`)}]`).join('\n')}`;

export const BROKEN_TEXTS: readonly BrokenText[] = [
  // YAML
  syntax('YAML with a key twice', yaml('defaultAction: SCMP_ACT_LOG'), 'duplicate-key', 2, 1),
  syntax('YAML with a tab for indentation', yaml('syscalls:\n\t- x'), 'bad-syntax', 3, 1),
  syntax('YAML with an open bracket', yaml('flags: [a\n'), 'bad-syntax', 4, 1),
  syntax('YAML with an open quote', yaml('listenerPath: "x'), 'bad-syntax', 3, 1),
  syntax('YAML with a tag', yaml('defaultErrnoRet: !!int "1"'), 'yaml-feature', 2, 24),
  syntax('YAML with an unknown tag', yaml('flags: !python/object []'), 'yaml-feature', 2, 8),
  syntax('YAML with a merge key', yaml('<<: {flags: []}'), 'yaml-feature', 2, 1),
  syntax('YAML of version 1.1', `%YAML 1.1\n---\n${yaml('')}`, 'yaml-feature', 1, 1),
  syntax('YAML with an octal number', yaml('defaultErrnoRet: 010'), 'ambiguous-octal', 2, 18),
  invalid('YAML with a second document', yaml('---\nkind: SeccompProfile'), 'several-documents', 3, 1),
  syntax('YAML with an alias of nothing', yaml('flags: *flags'), 'bad-syntax', 2, 8),
  syntax('YAML whose aliases multiply', laughs, 'input-too-large', 5, 29),
  syntax('YAML that contains itself', yaml('flags: &f [*f]'), 'nesting-too-deep', 2, 12),
  syntax('YAML nested a hundred deep', `a: ${'['.repeat(100)}${']'.repeat(100)}`, 'nesting-too-deep', 1, 1),
  syntax('YAML with a list for a key', yaml('? [a]\n: b'), 'bad-syntax', 2, 3),
  invalid('YAML with a fraction', yaml('defaultErrnoRet: 1.0'), 'not-an-integer', 2, 18),
  invalid('YAML with a word for a number', yaml('defaultErrnoRet: one'), 'wrong-type', 2, 18),
  invalid('YAML with a misspelt key', yaml('syscals: []'), 'misspelt-key', 2, 1),
  invalid('YAML that is a list', '- a\n- b\n', 'wrong-type', 1, 1),

  // SeccompProfile
  invalid('a Pod', 'apiVersion: v1\nkind: Pod\nspec: {}\n', 'wrong-kind', 2, 7),
  invalid('a SeccompProfile of another group', 'apiVersion: v1\nkind: SeccompProfile\nspec: {}\n', 'wrong-kind', 1, 13),
  invalid('a SeccompProfile without version', 'kind: SeccompProfile\nspec: {}\n', 'missing-key', 1, 1),
  invalid('a SeccompProfile without kind', `apiVersion: v1\nspec: {}\n`, 'missing-key', 1, 1),
  invalid('a SeccompProfile without spec', spo().split('\n').slice(0, 2).join('\n'), 'missing-key', 1, 1),
  invalid(
    'a SeccompProfile with includes',
    spo('  syscalls:', '  - names: [bpf]', '    action: SCMP_ACT_ALLOW', '    includes: {caps: [CAP_BPF]}'),
    'foreign-key',
    8,
    5,
  ),
  invalid('a SeccompProfile with a default errno', spo('  defaultErrnoRet: 1'), 'foreign-key', 5, 3),
  invalid(
    'a SeccompProfile with a base of another scheme',
    spo('  baseProfileName: https://ghcr.io/x/y:v1'),
    'unsupported-base',
    5,
    20,
  ),
  invalid('a SeccompProfile with a number for its base', spo('  baseProfileName: 1'), 'wrong-type', 5, 20),
  invalid(
    'a SeccompProfile with an unknown action',
    spo('  syscalls:', '  - names: [bpf]', '    action: allow'),
    'unknown-action',
    7,
    13,
  ),
  invalid('a SeccompProfile beside a profile', `${spo()}\ndefaultAction: SCMP_ACT_ALLOW\n`, 'ambiguous-format', 5, 16),

  // seccompiler
  invalid('filters for two threads', '{"a": {"filter_action": "allow"}, "b": {}}', 'several-threads', 1, 1),
  invalid(
    'a filter without its rules',
    '{"a": {"mismatch_action": "trap", "match_action": "allow"}}',
    'missing-key',
    1,
    7,
  ),
  invalid(
    'a filter with one action',
    '{"a": {"mismatch_action": "trap", "match_action": "trap", "filter": []}}',
    'identical-actions',
    1,
    51,
  ),
  invalid(
    'a filter with an unknown action',
    '{"a": {"mismatch_action": "trapp", "match_action": "allow", "filter": []}}',
    'unknown-action',
    1,
    27,
  ),
  invalid(
    'a filter with an errno too large',
    '{"a": {"mismatch_action": {"errno": 4095}, "match_action": "allow", "filter": []}}',
    'out-of-range',
    1,
    37,
  ),
  invalid(
    'a filter with both names of an action',
    '{"a": {"mismatch_action": "trap", "default_action": "log", "match_action": "allow", "filter": []}}',
    'duplicate-key',
    1,
    53,
  ),
  invalid('a rule with an unknown key', firecracker('{"syscall": "read", "arguments": []}'), 'misspelt-key', 2, 21),
  invalid('a rule without a name', firecracker('{"comment": "x"}'), 'missing-key', 2, 1),
  invalid('a rule with no condition', firecracker('{"syscall": "read", "args": []}'), 'missing-key', 2, 29),
  invalid(
    'a rule with and one without conditions',
    firecracker(
      '{"syscall": "read", "args": [{"index": 0, "type": "dword", "op": "eq", "val": 1}]},\n{"syscall": "read"}',
    ),
    'mixed-rules',
    3,
    1,
  ),
  invalid(
    'a condition of an unknown type',
    condition('{"index": 0, "type": "word", "op": "eq", "val": 1}'),
    'wrong-type',
    3,
    22,
  ),
  invalid(
    'a condition with an unknown operator',
    condition('{"index": 0, "type": "dword", "op": "==", "val": 1}'),
    'unknown-operator',
    3,
    37,
  ),
  invalid(
    'a condition on argument 6',
    condition('{"index": 6, "type": "dword", "op": "eq", "val": 1}'),
    'out-of-range',
    3,
    11,
  ),
  invalid('a condition without a value', condition('{"index": 0, "type": "dword", "op": "eq"}'), 'missing-key', 3, 1),
  invalid(
    'conditions of too many rules',
    condition(
      '{"index": 0, "type": "dword", "op": "ne", "val": 1}, {"index": 1, "type": "dword", "op": "ne", "val": 1}',
    ),
    'too-many-conditions',
    2,
    30,
  ),

  // systemd
  syntax('a unit with a line of no setting', unit('SystemCallFilter'), 'bad-syntax', 3, 1),
  invalid('a unit with a misspelt setting', unit('SystemCallFilters=write'), 'misspelt-key', 3, 1),
  invalid('a unit with an unknown group', unit('SystemCallFilter=@system-services'), 'unknown-group', 3, 18),
  invalid('a unit with an errno in an allow-list', unit('SystemCallFilter=write:EPERM'), 'bad-syntax', 3, 18),
  invalid('a unit with an unknown errno', unit('SystemCallFilter=~write:EPRM'), 'unknown-errno', 3, 25),
  invalid('a unit with an errno of 0', unit('SystemCallErrorNumber=0'), 'out-of-range', 3, 23),
  invalid('a unit with two errnos', unit('SystemCallErrorNumber=EPERM EACCES'), 'bad-syntax', 3, 29),
  invalid('a unit with an unknown architecture', unit('SystemCallArchitectures=x86_64'), 'unknown-architecture', 3, 25),
  invalid('a unit with a comma', unit('SystemCallFilter=write,close'), 'bad-syntax', 3, 18),
  invalid('a .nspawn file with an unknown group', '[Exec]\nSystemCallFilter=@keyrings\n', 'unknown-group', 2, 18),
  invalid('a unit with a filter in [Install]', unit('[Install]\nSystemCallFilter=~ptrace'), 'wrong-section', 4, 1),
  invalid('a unit without any filter', '[Service]\nExecStart=/bin/true\n', 'no-seccomp-section', 1, 1),

  // The plain list
  syntax('a list with a character of no meaning', list('allow read; write'), 'bad-syntax', 2, 11),
  syntax('a list with a bare name', list('read'), 'bad-syntax', 2, 1),
  syntax('a list with a misspelt action', list('alow read'), 'bad-syntax', 2, 1),
  syntax('a list with an unknown action', list('read -> permit'), 'bad-syntax', 2, 9),
  syntax('a list with an errno of no value', list('read -> errno'), 'bad-syntax', 2, 14),
  syntax('a list with a call after the action', list('read -> allow write'), 'bad-syntax', 2, 15),
  syntax('a list with an open condition', list('allow socket(domain == AF_UNIX'), 'bad-syntax', 2, 31),
  syntax('a list with a condition of no operator', list('allow socket(domain)'), 'bad-syntax', 2, 20),
  syntax('a list with one equals sign', list('allow socket(domain = 1)'), 'bad-syntax', 2, 21),
  syntax('a list with "or"', list('allow socket(domain == 1 || domain == 2)'), 'bad-syntax', 2, 27),
  syntax('a list with a mask and "less"', list('allow open(flags & 3 < 1)'), 'bad-syntax', 2, 22),
  syntax('a list with an unknown test', list('when user root: allow read'), 'bad-syntax', 2, 6),
  syntax('a list with a test of no colon', list('when cap CAP_BPF allow bpf'), 'bad-syntax', 2, 27),
  syntax('a list with an open string', list('extends "base'), 'bad-syntax', 2, 9),
  invalid('a list without a default', 'allow read\n', 'missing-key', 1, 1),
  invalid('a list with two defaults', list('default allow'), 'duplicate-key', 2, 1),
  invalid('a list with NOTIFY by default', 'default notify\n', 'notify-default', 1, 9),
  invalid('a list that notifies of write', list('notify mkdir, write'), 'notify-write', 2, 15),
  invalid('a list with an unknown errno', list('read -> errno EPRM'), 'unknown-errno', 2, 15),
  invalid('a list with an errno past 4094', list('read -> errno 5000'), 'out-of-range', 2, 15),
  invalid('a list with an unknown architecture', list('arch x86_65'), 'unknown-architecture', 2, 6),
  invalid('a list with an unknown flag', list('flags tsinc'), 'unknown-flag', 2, 7),
  invalid('a list with an unknown argument', list('allow socket(family == AF_UNIX)'), 'unknown-argument', 2, 14),
  invalid('a list with an argument of an unknown call', list('allow sockets(arg0 == 1)'), 'unknown-argument', 2, 15),
  invalid('a list with an argument too many', list('allow socket(arg3 == 1)'), 'unknown-argument', 2, 14),
  invalid('a list with an unknown constant', list('allow socket(domain == AF_UNIXX)'), 'unknown-constant', 2, 24),
  invalid('a list with an octal number', list('allow chmod(mode == 0777)'), 'not-an-integer', 2, 21),
  invalid(
    'a list with a value wider than the argument',
    list('allow socket(domain == 0x100000000)'),
    'wide-value',
    2,
    24,
  ),
  invalid('a list with a value outside its mask', list('allow open(flags & 3 == 4)'), 'impossible-condition', 2, 25),
  invalid('a list with a negative bound', list('allow read(fd > -1)'), 'out-of-range', 2, 17),
  invalid('a list with a width of no kind', list('allow read(fd:31 == 1)'), 'bad-syntax', 2, 15),
  invalid(
    'a list with too many unequal arguments',
    list('allow socket(domain != 1 && type != 1)'),
    'too-many-conditions',
    2,
    7,
  ),
  invalid(
    'a list whose architectures differ',
    list('arch x86_64, s390x\nallow clone(flags & 1 == 0)'),
    'differs-by-architecture',
    3,
    7,
  ),
  invalid(
    'a list with 33 bits beside x86',
    list('arch x86_64, x86\nallow lseek(offset == 0x100000000)'),
    'wide-value',
    3,
    7,
  ),
  invalid('a list with a kernel of three numbers', list('when kernel 4.8.1: allow bpf'), 'bad-kernel-version', 2, 13),
  invalid('a list that removes without a base', list('remove ptrace'), 'remove-without-extends', 2, 8),

  // Between two formats
  invalid('a list and YAML', 'default errno EPERM\ndefaultAction: SCMP_ACT_LOG\n', 'ambiguous-format', 2, 1),
  invalid('a unit and a list', 'SystemCallFilter=read\nallow write\n', 'ambiguous-format', 2, 1),
];
