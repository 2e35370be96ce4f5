import type { ProfileIssueCode } from '../../src/profile/document/profile-error.js';

/** A profile that must not be read: what is wrong with it, and where the error must say so. */
export interface BrokenProfile {
  name: string;
  content: string | Uint8Array;
  errorCode: 'PROFILE_SYNTAX' | 'PROFILE_INVALID';
  issueCode: ProfileIssueCode;
  /** Line and column from 1; undefined where no position makes sense. */
  position: { line: number; column: number } | undefined;
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const utf8 = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string) => Uint8Array.from([0xff, 0xfe, ...[...text].flatMap((c) => [c.charCodeAt(0), 0])]);

function syntax(
  name: string,
  content: string | Uint8Array,
  issueCode: ProfileIssueCode,
  line?: number,
  column?: number,
): BrokenProfile {
  const position = line === undefined || column === undefined ? undefined : { line, column };
  return { name, content, errorCode: 'PROFILE_SYNTAX', issueCode, position };
}

function invalid(
  name: string,
  content: string,
  issueCode: ProfileIssueCode,
  line: number,
  column: number,
): BrokenProfile {
  return { name, content, errorCode: 'PROFILE_INVALID', issueCode, position: { line, column } };
}

/** A profile whose lines 1 and 2 are sound and whose third is `line`. */
const withLine = (line: string) => `{\n  "defaultAction": "SCMP_ACT_ERRNO",\n${line}\n}`;
/** A profile with one entry, which stands on line 3. */
const withEntry = (entry: string) => withLine(`"syscalls": [\n${entry}]`).replace('[\n', '[');
/** A profile with one argument condition, on line 4. */
const withArg = (arg: string) =>
  withLine(`"syscalls": [{ "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [\n${arg}\n]}]`);

export const BROKEN_PROFILES: readonly BrokenProfile[] = [
  // Not text, or not UTF-8.
  syntax('an empty file', '', 'empty-input', 1, 1),
  syntax('an empty file of bytes', bytes(), 'empty-input', 1, 1),
  syntax('white space alone', ' \n\t\n  ', 'empty-input', 1, 1),
  syntax('a byte order mark alone', bytes(0xef, 0xbb, 0xbf), 'empty-input', 1, 1),
  syntax('an ELF file', bytes(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0xff, 0xfe, 0), 'binary-input', 1, 8),
  syntax('a compiled filter', bytes(0x20, 0, 0, 0, 4, 0, 0, 0), 'binary-input', 1, 2),
  syntax('a NUL in a string', '{"defaultAction":"SCMP\0"}', 'binary-input', 1, 23),
  syntax('UTF-16, little endian', utf16('{}'), 'not-utf8', 1, 1),
  syntax('UTF-16, big endian', bytes(0xfe, 0xff, 0, 0x7b, 0, 0x7d), 'not-utf8', 1, 1),
  syntax('Latin-1', bytes(...utf8('{\n"a": "'), 0xe9, ...utf8('"}')), 'not-utf8', 2, 7),
  syntax('larger than the limit', new Uint8Array(16 * 1024 * 1024 + 1), 'input-too-large'),

  syntax('more values than the limit', `[${'1,'.repeat(65_536)}1]`, 'input-too-large', 1, 131_072),

  // Not JSON.
  syntax('a word', 'profile', 'bad-syntax', 1, 1),
  syntax('cut off after a key', '{\n  "defaultAction":', 'bad-syntax', 2, 19),
  syntax('cut off in an array', '{"syscalls": [', 'bad-syntax', 1, 15),
  syntax('cut off in a string', '{"defaultAction": "SCMP_ACT', 'bad-syntax', 1, 19),
  syntax('a line break in a string', '{"defaultAction": "SCMP_\nACT"}', 'bad-syntax', 1, 19),
  syntax('a missing comma', '{\n  "defaultAction": "SCMP_ACT_ERRNO"\n  "syscalls": []\n}', 'bad-syntax', 3, 3),
  syntax('a trailing comma in an object', '{"defaultAction": "SCMP_ACT_ERRNO",}', 'bad-syntax', 1, 35),
  syntax('a trailing comma in an array', '{"flags": ["SECCOMP_FILTER_FLAG_LOG",]}', 'bad-syntax', 1, 37),
  syntax('a line comment', '{\n  // why\n  "defaultAction": "SCMP_ACT_ERRNO"\n}', 'bad-syntax', 2, 3),
  syntax('a block comment', '{ /* why */ "defaultAction": "SCMP_ACT_ERRNO" }', 'bad-syntax', 1, 3),
  syntax('single quotes', "{'defaultAction': 'SCMP_ACT_ERRNO'}", 'bad-syntax', 1, 2),
  syntax('a key without quotes', '{defaultAction: "SCMP_ACT_ERRNO"}', 'bad-syntax', 1, 2),
  syntax('two documents', '{"defaultAction": "SCMP_ACT_ERRNO"}\n{}', 'bad-syntax', 2, 1),
  syntax('a bracket of the wrong kind', '{"syscalls": [}', 'bad-syntax', 1, 15),
  syntax('an unknown escape', '{"defaultAction": "\\x41"}', 'bad-syntax', 1, 19),
  syntax('half a \\u escape', '{"defaultAction": "\\u12"}', 'bad-syntax', 1, 19),
  syntax('a tab in a string', '{"defaultAction": "a\tb"}', 'bad-syntax', 1, 19),
  syntax('a hexadecimal number', '{"defaultErrnoRet": 0x1}', 'bad-syntax', 1, 22),
  syntax('a number with a leading zero', '{"defaultErrnoRet": 01}', 'bad-syntax', 1, 22),
  syntax('a number that breaks off', '{"defaultErrnoRet": 1.}', 'bad-syntax', 1, 21),
  syntax('NaN', '{"defaultErrnoRet": NaN}', 'bad-syntax', 1, 21),
  syntax('a number of five thousand digits', `{"defaultErrnoRet": ${'9'.repeat(5000)}}`, 'number-too-long', 1, 21),
  syntax(
    'a key given twice',
    '{\n"defaultAction": "SCMP_ACT_ERRNO",\n"defaultAction": "SCMP_ACT_ALLOW"}',
    'duplicate-key',
    3,
    1,
  ),
  syntax('a key given twice by way of an escape', '{"flags": [], "fl\\u0061gs": []}', 'duplicate-key', 1, 15),
  syntax('a hundred opening brackets', '['.repeat(100), 'nesting-too-deep', 1, 65),
  syntax('a deep object', '{"a":'.repeat(100), 'nesting-too-deep', 1, 321),

  // JSON, not a profile.
  invalid('an array', '[]', 'wrong-type', 1, 1),
  invalid('null', 'null', 'wrong-type', 1, 1),
  invalid('a string', '"SCMP_ACT_ERRNO"', 'wrong-type', 1, 1),
  invalid('an empty object', '{}', 'unknown-format', 1, 1),
  invalid('a package.json', '{"name": "left-pad", "version": "1.0.0"}', 'unknown-format', 1, 1),
  invalid(
    'a Kubernetes profile of no known version',
    '{"apiVersion": "v1", "kind": "SeccompProfile"}',
    'wrong-kind',
    1,
    16,
  ),
  invalid(
    'a seccompiler filter without its action',
    '{"main": {"default_action": "trap", "filter": []}}',
    'missing-key',
    1,
    10,
  ),
  invalid('seccomp without linux', '{"seccomp": {"defaultAction": "SCMP_ACT_ERRNO"}}', 'unknown-format', 1, 1),
  invalid('a config.json without linux', '{"ociVersion": "1.0.2"}', 'no-seccomp-section', 1, 1),
  invalid('a config.json without seccomp', '{"ociVersion": "1.0.2",\n"linux": {}}', 'no-seccomp-section', 2, 10),
  invalid('a config.json with seccomp null', '{"linux": {"seccomp": null}}', 'no-seccomp-section', 1, 11),
  invalid('a config.json with seccomp misspelt', '{"linux": {"secomp": {}}}', 'no-seccomp-section', 1, 11),
  invalid('an array for linux', '{"linux": []}', 'wrong-type', 1, 11),
  invalid('an array for seccomp', '{"linux": {"seccomp": []}}', 'wrong-type', 1, 23),
  invalid(
    'a config.json and a profile in one',
    '{"linux": {},\n"defaultAction": "SCMP_ACT_ERRNO"}',
    'ambiguous-format',
    2,
    18,
  ),

  // The default action.
  invalid('no default action', '{\n  "syscalls": []\n}', 'missing-key', 1, 1),
  invalid('a default action of null', '{"defaultAction": null}', 'wrong-type', 1, 19),
  invalid('a number for the default action', '{"defaultAction": 0}', 'wrong-type', 1, 19),
  invalid('a misspelt default action', '{"defaultAction": "SCMP_ACT_ERNO"}', 'unknown-action', 1, 19),
  invalid('a default action in small letters', '{"defaultAction": "allow"}', 'unknown-action', 1, 19),
  invalid('a misspelt key for it', '{"defualtAction": "SCMP_ACT_ERRNO"}', 'misspelt-key', 1, 2),
  invalid('NOTIFY by default', '{"defaultAction": "SCMP_ACT_NOTIFY"}', 'notify-default', 1, 19),
  invalid('a default errno past 4094', withLine('"defaultErrnoRet": 4095'), 'out-of-range', 3, 20),
  invalid('a negative default errno', withLine('"defaultErrnoRet": -1'), 'out-of-range', 3, 20),
  invalid('a string for the default errno', withLine('"defaultErrnoRet": "1"'), 'wrong-type', 3, 20),
  invalid('an unknown errno name', withLine('"defaultErrno": "ENOSYSS"'), 'unknown-errno', 3, 17),
  invalid('an errno given as 1e400', withLine('"defaultErrnoRet": 1e400'), 'not-an-integer', 3, 20),

  // Architectures and flags.
  invalid('an unknown architecture', withLine('"architectures": ["SCMP_ARCH_X86_65"]'), 'unknown-architecture', 3, 19),
  invalid("Go's name for an architecture", withLine('"architectures": ["amd64"]'), 'unknown-architecture', 3, 19),
  invalid('one architecture without an array', withLine('"architectures": "SCMP_ARCH_X86"'), 'wrong-type', 3, 18),
  invalid('null among the architectures', withLine('"architectures": [null]'), 'wrong-type', 3, 19),
  invalid('archMap as an object', withLine('"archMap": {"SCMP_ARCH_X86_64": []}'), 'wrong-type', 3, 12),
  invalid('an archMap entry without its key', withLine('"archMap": [{"subArchitectures": []}]'), 'missing-key', 3, 13),
  invalid(
    'a misspelt key in archMap',
    withLine('"archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitecture": []}]'),
    'misspelt-key',
    3,
    50,
  ),
  invalid(
    'archMap beside architectures',
    withLine('"architectures": ["SCMP_ARCH_X86"], "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]'),
    'architectures-and-arch-map',
    3,
    48,
  ),
  invalid('an unknown flag', withLine('"flags": ["SECCOMP_FILTER_FLAG_LOGS"]'), 'unknown-flag', 3, 11),
  invalid('a number for the listener', withLine('"listenerPath": 1'), 'wrong-type', 3, 17),

  // Entries.
  invalid('an object for the entries', withLine('"syscalls": {"names": []}'), 'wrong-type', 3, 13),
  invalid('a misspelt key for them', withLine('"syscals": []'), 'misspelt-key', 3, 1),
  invalid('null for an entry', withEntry('null'), 'wrong-type', 3, 14),
  invalid('a name for an entry', withEntry('"read"'), 'wrong-type', 3, 14),
  invalid('an entry without names', withEntry('{"action": "SCMP_ACT_ALLOW"}'), 'missing-key', 3, 14),
  invalid('an entry without an action', withEntry('{"names": ["read"]}'), 'missing-key', 3, 14),
  invalid(
    'an entry with no name',
    withEntry('{"names": [], "action": "SCMP_ACT_ALLOW", "name": ""}'),
    'empty-names',
    3,
    24,
  ),
  invalid('an empty name', withEntry('{"names": ["read", ""], "action": "SCMP_ACT_ALLOW"}'), 'empty-name', 3, 33),
  invalid('a number for a name', withEntry('{"names": [0], "action": "SCMP_ACT_ALLOW"}'), 'wrong-type', 3, 25),
  invalid('one name without an array', withEntry('{"names": "read", "action": "SCMP_ACT_ALLOW"}'), 'wrong-type', 3, 24),
  invalid(
    'both name and names',
    withEntry('{"names": ["read"], "action": "SCMP_ACT_ALLOW", "name": "write"}'),
    'name-and-names',
    3,
    70,
  ),
  invalid('a misspelt action', withEntry('{"names": ["read"], "action": "SCMP_ACT_ALOW"}'), 'unknown-action', 3, 44),
  invalid(
    'arg for args',
    withEntry('{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "arg": []}'),
    'misspelt-key',
    3,
    63,
  ),
  invalid(
    'include for includes',
    withEntry('{"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "include": {"caps": ["CAP_BPF"]}}'),
    'misspelt-key',
    3,
    61,
  ),
  invalid(
    'cap for caps',
    withEntry('{"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"cap": ["CAP_BPF"]}}'),
    'misspelt-key',
    3,
    74,
  ),
  invalid(
    'an errno past 4094',
    withEntry('{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5000}'),
    'out-of-range',
    3,
    74,
  ),
  invalid(
    "a tracer's message past 65535",
    withEntry('{"names": ["read"], "action": "SCMP_ACT_TRACE", "errnoRet": 65536}'),
    'out-of-range',
    3,
    74,
  ),
  invalid(
    'NOTIFY on write',
    withEntry('{"names": ["read", "write"], "action": "SCMP_ACT_NOTIFY"}'),
    'notify-write',
    3,
    33,
  ),
  invalid(
    'a kernel version with three numbers',
    withEntry('{"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8.1"}}'),
    'bad-kernel-version',
    3,
    87,
  ),
  invalid(
    'a number for a kernel version',
    withEntry('{"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": 4.8}}'),
    'wrong-type',
    3,
    87,
  ),

  // Conditions on arguments.
  invalid('an array for a condition', withArg('[0, 1, "SCMP_CMP_EQ"]'), 'wrong-type', 4, 1),
  invalid('an index of 6', withArg('{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}'), 'out-of-range', 4, 11),
  invalid('no index', withArg('{"value": 1, "op": "SCMP_CMP_EQ"}'), 'missing-key', 4, 1),
  invalid('no value', withArg('{"index": 0, "op": "SCMP_CMP_EQ"}'), 'missing-key', 4, 1),
  invalid('a value of null', withArg('{"index": 0, "value": null, "op": "SCMP_CMP_EQ"}'), 'wrong-type', 4, 23),
  invalid('no operator', withArg('{"index": 0, "value": 1}'), 'missing-key', 4, 1),
  invalid('an unknown operator', withArg('{"index": 0, "value": 1, "op": "=="}'), 'unknown-operator', 4, 32),
  invalid(
    'a value of 2^64',
    withArg('{"index": 0, "value": 18446744073709551616, "op": "SCMP_CMP_EQ"}'),
    'out-of-range',
    4,
    23,
  ),
  invalid('a negative value', withArg('{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}'), 'out-of-range', 4, 23),
  invalid('a fraction', withArg('{"index": 0, "value": 1.5, "op": "SCMP_CMP_EQ"}'), 'not-an-integer', 4, 23),
  invalid('an exponent', withArg('{"index": 0, "value": 1e3, "op": "SCMP_CMP_EQ"}'), 'not-an-integer', 4, 23),
  invalid(
    'a hexadecimal string',
    withArg('{"index": 0, "value": "0x7e020000", "op": "SCMP_CMP_EQ"}'),
    'wrong-type',
    4,
    23,
  ),
  invalid(
    'a misspelt valueTwo',
    withArg('{"index": 0, "value": 1, "valuetwo": 1, "op": "SCMP_CMP_MASKED_EQ"}'),
    'misspelt-key',
    4,
    26,
  ),
];
