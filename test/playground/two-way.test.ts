import { expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { createSimulator, disassemble } from '../../src/bpf/index.js';
import { compileParsedWith } from '../../src/compiler/compile-parsed-profile.js';
import { ruleNotes } from '../../src/editor/rule-notes.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { callPicture } from '../../src/playground/engine/call-picture.js';
import { entriesByCall, entryEnds, entryPlaces } from '../../src/playground/engine/entry-places.js';
import { instructionOwners } from '../../src/playground/engine/instruction-owners.js';
import { verdictOf } from '../../src/playground/engine/verdict.js';
import { entryAt, focusAt, focusOfCall, hueOf, isFocused } from '../../src/playground/focus.js';
import { readProfile } from '../../src/profile/index.js';
import { explainResolution } from '../../src/profile/resolve/explain-resolution.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';

const libseccomp = loadLibseccompSync();
const arch = parseArchitecture('x86_64');

const JSON_TEXT = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "comment": "} \\" {" },
    {
      "names": ["socket"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }]
    },
    { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }
  ]
}`;
const LIST_TEXT = 'default errno EPERM\n\nallow read, \\\n  write\nallow socket(domain == AF_UNIX)\n';
const YAML_TEXT = `apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata:
  name: web
spec:
  defaultAction: SCMP_ACT_ERRNO
  syscalls:
    - action: SCMP_ACT_ALLOW
      names:
        - read
        - write
    - action: SCMP_ACT_LOG
      names: [openat]
`;

function read(text: string) {
  const parsed = readProfile(text);
  const explanation = explainResolution(parsed, { arch, capabilities: [] });
  const { policy } = resolvePolicy(parsed, { arch, capabilities: [] });
  const entries = entryPlaces(explanation, text, 'x');
  const notes = ruleNotes(policy.rules, explanation, 'x');
  return { parsed, entries, rules: policy.rules, notes };
}

it.each([
  [
    'JSON',
    JSON_TEXT,
    ['{ "names": ["read"', '{\n      "names": ["socket"', '{ "names": ["mount"'],
    ['{" }', ']\n    }', '] } }'],
  ],
  ['a list', LIST_TEXT.replace(' \\\n ', ''), ['allow read', 'allow socket'], ['write', 'AF_UNIX)']],
  ['YAML', YAML_TEXT, ['action: SCMP_ACT_ALLOW', 'action: SCMP_ACT_LOG'], ['- write', '[openat]']],
] as const)('an entry of %s is its text, from its first character to its last', (_name, text, starts, ends) => {
  const { entries } = read(text);
  const texts = entries.map(({ from, to }) => text.slice(from, to).trimEnd());
  expect(texts.map((each, index) => each.startsWith(starts[index] ?? '?'))).toEqual(starts.map(() => true));
  expect(texts.map((each, index) => each.endsWith(ends[index] ?? '?'))).toEqual(ends.map(() => true));
});

it('ends stay within the text and before the next entry, whatever the text is', () => {
  expect(entryEnds('{"a": "', [0])).toEqual([7]);
  expect(entryEnds('{{', [0, 1])).toEqual([1, 2]);
  expect(entryEnds('a \\\n  b\nc', [0, 8])).toEqual([7, 9]);
  expect(entryEnds('', [])).toEqual([]);
});

it('the caret is at an entry, and in a name at its call', () => {
  const { entries } = read(JSON_TEXT);
  const at = (what: string, shift = 0) => focusAt(entries, JSON_TEXT, JSON_TEXT.indexOf(what) + shift);
  expect(at('"write"', 3)).toEqual({ entries: [0], call: 'write', from: 'profile' });
  expect(at('"op"')).toEqual({ entries: [1], call: undefined, from: 'profile' });
  expect(at('"defaultAction"')).toBeUndefined();
  expect(entryAt(entries, JSON_TEXT.length)).toBeUndefined();
  expect(focusOfCall(entries, 'socket', 'map').entries).toEqual([1]);
  expect(focusOfCall(entries, 'bpf', 'map').entries).toEqual([]);
  const focus = { entries: [0], call: 'write', from: 'map' } as const;
  expect(isFocused(focus, { entries: [0], calls: ['write'] })).toBe(true);
  expect(isFocused(focus, { entries: [0], calls: ['read'] })).toBe(false);
  expect(isFocused({ entries: [0], from: 'map' }, { entries: [0], calls: ['read'] })).toBe(true);
  expect(isFocused(undefined, { entries: [0], calls: [] })).toBe(false);
  // Neighbours are told apart.
  for (let entry = 0; entry < 50; entry++) expect(hueOf(entry)).not.toBe(hueOf(entry + 1));
});

it.each([0, 2, 'min'] as const)('instructions belong to the calls that they decide, optimize %s', async (optimize) => {
  const { minimizeRules: minimizer } = await import('../../src/compiler/minimize-rules.js');
  const { parsed, entries } = read(JSON_TEXT);
  const compiled = compileParsedWith(parsed, { arch: 'x86_64', optimize, minimizer, libseccomp, capabilities: [] });
  const lines = disassemble(compiled);
  const { simulate } = createSimulator(compiled);
  const calls = [
    { name: 'read', auditArch: arch.auditArch, number: 0 },
    { name: 'socket', auditArch: arch.auditArch, number: 41 },
    // Named, but not for this target: no instruction is there for it.
    { name: 'mount', auditArch: arch.auditArch, number: 165 },
  ];
  const owners = instructionOwners(lines, simulate, calls);
  const owned = (call: number) => lines.flatMap(({ text }, index) => (owners[index]?.includes(call) ? [text] : []));
  expect(owned(0).length).toBe(1);
  // socket: its number, and what looks at its argument.
  expect(owned(1).length).toBeGreaterThan(2);
  expect(owned(1).join('\n')).toContain('args[0]');
  if (optimize !== 'min') {
    expect(owned(0)[0]).toContain('A == 0');
    expect(owned(2)).toEqual([]);
  }
  lines.forEach(({ text }, index) => {
    if (text.startsWith('return')) expect(owners[index]).toEqual([]);
  });
  expect(entriesByCall(entries).get('mount')).toEqual([2]);
});

it('the verdict names the entry that decides, and why others do not', () => {
  const { rules, notes } = read(JSON_TEXT);
  const defaultAction = { kind: 'ERRNO', text: 'ERRNO(EPERM)' } as const;
  const allow = { kind: 'ALLOW', text: 'ALLOW' } as const;
  const ask = (name: string, action: typeof allow | typeof defaultAction, ...args: bigint[]) =>
    verdictOf({ name, architecture: 'x86_64', action, args }, rules, notes[name] ?? [], defaultAction);
  expect(ask('socket', allow, 1n).entries).toMatchObject([{ part: 'decides', line: 6 }]);
  expect(ask('socket', allow, 1n).otherwise).toBeUndefined();
  expect(ask('socket', defaultAction, 2n)).toMatchObject({
    entries: [{ part: 'no', because: 'domain is AF_INET' }],
    otherwise: 'no entry about the call applies to these arguments: the default action decides',
  });
  expect(ask('mount', defaultAction).entries).toMatchObject([
    { part: 'dropped', because: expect.stringContaining('CAP_SYS_ADMIN') },
  ]);
  expect(ask('bpf', defaultAction)).toEqual({
    entries: [],
    otherwise: 'no entry names the call: the default action decides',
  });
  // An answer that no entry gives is not laid at the door of one.
  expect(ask('read', defaultAction).entries).toMatchObject([{ part: 'overruled' }]);
});

it.each([
  ['NE', 5n, 0n, [4n, 6n], [5n]],
  ['LT', 5n, 0n, [4n], [5n, 6n]],
  ['LE', 5n, 0n, [4n, 5n], [6n]],
  ['EQ', 5n, 0n, [5n], [4n, 0x1_0000_0005n]],
  ['GE', 5n, 0n, [5n, 6n], [4n]],
  ['GT', 5n, 0n, [6n], [5n]],
  ['MASKED_EQ', 6n, 4n, [4n, 5n, 12n], [6n, 0n]],
] as const)('a condition with %s holds where the program says so', (op, value, valueTwo, holding, failing) => {
  const text = JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      {
        names: ['lseek'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 1, value: Number(value), valueTwo: Number(valueTwo), op: `SCMP_CMP_${op}` }],
      },
    ],
  });
  const { parsed, rules, notes } = read(text);
  const { simulate } = createSimulator(compileParsedWith(parsed, { arch: 'x86_64', libseccomp, capabilities: [] }));
  for (const given of [...holding, ...failing]) {
    const args = [0n, given, 0n, 0n, 0n, 0n] as const;
    const { returnValue } = simulate({ nr: 8, arch: arch.auditArch, instructionPointer: 0n, args });
    const isAllowed = returnValue === 0x7fff0000;
    expect(isAllowed).toBe((holding as readonly bigint[]).includes(given));
    const action = isAllowed ? ({ kind: 'ALLOW', text: 'ALLOW' } as const) : ({ kind: 'ERRNO', text: 'E' } as const);
    const defaultAction = { kind: 'ERRNO', text: 'E' } as const;
    const { entries } = verdictOf(
      { name: 'lseek', architecture: 'x86_64', action, args },
      rules,
      notes.lseek ?? [],
      defaultAction,
    );
    expect(entries[0]?.part).toBe(isAllowed ? 'decides' : 'no');
  }
});

it('the picture of a call has its conditions and answers, and the bits that the kernel does not read go without saying', () => {
  const text = 'default errno EPERM\nallow socket(domain == AF_UNIX)\nallow read\n';
  const compiled = compileParsedWith(readProfile(text), { arch: 'x86_64', libseccomp, capabilities: [] });
  expect(callPicture(compiled, { name: 'socket', architecture: 'x86_64', number: 41 })).toEqual({
    ways: [{ conditions: ['domain == AF_UNIX'], action: { kind: 'ALLOW', text: 'ALLOW' } }],
    more: 0,
    otherwise: { kind: 'ERRNO', text: 'ERRNO(EPERM)' },
  });
  expect(callPicture(compiled, { name: 'read', architecture: 'x86_64', number: 0 })).toMatchObject({
    ways: [],
    otherwise: { kind: 'ALLOW' },
  });
});
