import { expect, it } from 'vitest';
import { encodeAction } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import { createSimulator, disassemble, type SeccompData } from '../../src/bpf/index.js';
import { compileEntriesWith, compileParsedWith } from '../../src/compiler/compile-parsed-profile.js';
import type { OwnCompileOptions } from '../../src/compiler/compile-policy.js';
import { behaviourOf, RUNTIME_NAMES } from '../../src/compiler/runtime.js';
import { ruleNotes } from '../../src/editor/rule-notes.js';
import { ScmpError } from '../../src/errors.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { callPicture } from '../../src/playground/engine/call-picture.js';
import { entriesByCall, entryEnds, entryPlaces } from '../../src/playground/engine/entry-places.js';
import { instructionOwners } from '../../src/playground/engine/instruction-owners.js';
import { actionLabel } from '../../src/playground/engine/policy-map.js';
import { verdictOf } from '../../src/playground/engine/verdict.js';
import { entryAt, focusAt, focusOfCall, hueOf, isFocused } from '../../src/playground/focus.js';
import { readProfile } from '../../src/profile/index.js';
import { explainResolution } from '../../src/profile/resolve/explain-resolution.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';
import fc from '../fast-check.js';

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

function read(text: string, options: Partial<OwnCompileOptions> = {}) {
  const parsed = readProfile(text);
  const machine = parseArchitecture(options.arch ?? 'x86_64');
  const explanation = explainResolution(parsed, { arch: machine, capabilities: [] });
  const entries = entryPlaces(explanation, text, 'x');
  const compileOptions = { arch: machine.name, libseccomp, capabilities: [], ...options };
  const { compiled, compiledRules } = compileEntriesWith(parsed, compileOptions);
  const { conditions } = behaviourOf(options);
  const notes = ruleNotes(compiledRules.policy.rules, explanation, 'x', conditions);
  const { simulate } = createSimulator(compiled);
  const defaultAction = labelOf(encodeAction(compiledRules.policy.defaultAction));
  /** The verdict on a call, as the program answers it. */
  const judge = (name: string, ...given: bigint[]) => {
    const number = libseccomp.resolveSyscallName(name, machine) as number;
    const args = Array.from({ length: 6 }, (_, index) => given[index] ?? 0n) as unknown as SeccompData['args'];
    const { returnValue } = simulate({ nr: number, arch: machine.auditArch, instructionPointer: 0n, args });
    const call = { name, number, architecture: machine.name, action: labelOf(returnValue), args };
    return { ...verdictOf(call, { compiledRules, notes, defaultAction }), action: call.action };
  };
  return { parsed, entries, compiledRules, notes, defaultAction, judge };
}

const labelOf = (returnValue: number) => actionLabel(returnValue, 'x86_64');

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
  const { compiledRules, notes, defaultAction, judge } = read(JSON_TEXT);
  expect(judge('socket', 1n).entries).toMatchObject([{ part: 'decides', line: 6 }]);
  expect(judge('socket', 1n).otherwise).toBeUndefined();
  expect(judge('socket', 2n)).toMatchObject({
    entries: [{ part: 'no', because: 'domain is AF_INET' }],
    otherwise: 'no entry about the call applies to these arguments: the default action decides',
  });
  expect(judge('mount').entries).toMatchObject([
    { part: 'dropped', because: expect.stringContaining('CAP_SYS_ADMIN') },
  ]);
  expect(judge('bpf')).toMatchObject({
    entries: [],
    otherwise: 'no entry names the call: the default action decides',
  });
  // An answer that no entry gives is not laid at the door of one.
  const asked = { name: 'read', number: 0, architecture: 'x86_64', action: defaultAction, args: [] } as const;
  const { entries } = verdictOf(asked, { compiledRules, notes, defaultAction });
  expect(entries).toMatchObject([{ part: 'overruled' }]);
});

const lseek = (...args: object[]) => ({ names: ['lseek'], action: 'SCMP_ACT_ALLOW', args });
const profileOf = (...syscalls: object[]) => JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });

it.each([
  ['NE', 5n, 0n, [4n, 6n], [5n]],
  ['LT', 5n, 0n, [4n], [5n, 6n]],
  ['LE', 5n, 0n, [4n, 5n], [6n]],
  ['EQ', 5n, 0n, [5n], [4n, 0x1_0000_0005n]],
  ['GE', 5n, 0n, [5n, 6n], [4n]],
  ['GT', 5n, 0n, [6n], [5n]],
  ['MASKED_EQ', 6n, 4n, [4n, 5n, 12n], [6n, 0n]],
  // libseccomp masks the datum too.
  ['MASKED_EQ', 6n, 5n, [4n, 5n, 12n], [6n, 0n]],
  ['MASKED_EQ', 0n, 5n, [0n, 5n, 6n], []],
] as const)('a condition with %s holds where the program says so', (op, value, valueTwo, holding, failing) => {
  const condition = { index: 1, value: Number(value), valueTwo: Number(valueTwo), op: `SCMP_CMP_${op}` };
  const { judge } = read(profileOf(lseek(condition)));
  for (const given of [...holding, ...failing]) {
    const { action, entries } = judge('lseek', 0n, given);
    const isAllowed = (holding as readonly bigint[]).includes(given);
    expect(action.kind).toBe(isAllowed ? 'ALLOW' : 'ERRNO');
    expect(entries[0]?.part).toBe(isAllowed ? 'decides' : 'no');
  }
});

it('what a verdict says of an entry is what the program does, whatever the operators, values, runtime and machine', () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.constantFrom(0x1_0000_0000, 0xffff_ffff, 0x1_0000_0005));
  const operator = fc.constantFrom('NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ');
  const condition = fc.record({
    index: fc.integer({ min: 0, max: 2 }),
    value,
    valueTwo: value,
    op: operator.map((op) => `SCMP_CMP_${op}`),
  });
  const runtime = fc.constantFrom(...RUNTIME_NAMES);
  const together = fc.constantFrom(undefined, 'together', 'split-repeated', 'split-all');
  const machine = fc.constantFrom('x86_64', 'x86', 'riscv64');
  fc.assert(
    fc.property(
      fc.array(condition, { maxLength: 3 }),
      fc.array(value, { minLength: 3, maxLength: 3 }),
      runtime,
      together,
      machine,
      (args, given, chosen, conditions, name) => {
        const options = { runtime: chosen, conditions, arch: name } as Partial<OwnCompileOptions>;
        let judged: ReturnType<typeof read>;
        try {
          judged = read(profileOf(lseek(...args)), options);
        } catch (error) {
          // A value that the machine cannot compare, or a runtime refuses.
          fc.pre(!(error instanceof ScmpError));
          throw error;
        }
        const { action, entries } = judged.judge('lseek', ...given.map((each) => BigInt(each)));
        const [entry] = entries;
        expect(entry?.part === 'decides').toBe(action.kind === 'ALLOW');
        if (entry?.part === 'no') expect(entry.because).toMatch(/ is /);
      },
    ),
    { numRuns: 60 },
  );
});

it('a multiplexer is decided by the entries about the calls behind it', () => {
  const { judge } = read(profileOf({ names: ['socket'], action: 'SCMP_ACT_ALLOW' }), { arch: 'x86' });
  expect(judge('socketcall', 1n)).toMatchObject({ action: { kind: 'ALLOW' }, entries: [{ part: 'decides' }] });
  expect(judge('socketcall', 2n)).toMatchObject({ action: { kind: 'ERRNO' }, entries: [{ part: 'no' }] });
});

it('conditions in words are read as the runtime reads them', () => {
  const range = [
    { index: 0, value: 2, op: 'SCMP_CMP_GE' },
    { index: 0, value: 5, op: 'SCMP_CMP_LE' },
  ];
  const words = (conditions: 'together' | 'split-repeated' | 'split-all', args: object[] = range) => {
    const parsed = readProfile(profileOf(lseek(...args)));
    const explanation = explainResolution(parsed, { arch, capabilities: [] });
    const { policy } = resolvePolicy(parsed, { arch, capabilities: [] });
    return ruleNotes(policy.rules, explanation, 'x', conditions).lseek?.[0]?.condition;
  };
  const other = [range[0], { index: 1, value: 6, valueTwo: 5, op: 'SCMP_CMP_MASKED_EQ' }] as object[];
  expect(words('split-repeated')).toBe('fd >= 2 or fd <= 5');
  expect(words('together')).toBe('fd >= 2 and fd <= 5');
  expect(words('split-repeated', other)).toBe('fd >= 2 and (offset & 6) == 4');
  expect(words('split-all', other)).toBe('fd >= 2 or (offset & 6) == 4');
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
