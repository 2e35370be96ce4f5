import { describe, expect, it } from 'vitest';
import { findArchitecture } from '../src/architecture.js';
import * as bpf from '../src/bpf/index.js';
import * as minimize from '../src/bpf/minimize/index.js';
import * as check from '../src/check/index.js';
import * as compose from '../src/compose/index.js';
import * as explain from '../src/explain/index.js';
import * as index from '../src/index.js';
import * as learn from '../src/learn/index.js';
import * as libseccompEntry from '../src/libseccomp/index.js';
import * as profiles from '../src/profile/index.js';
import * as syscalls from '../src/syscalls/index.js';
import * as testing from '../src/testing/index.js';

// Callers without types: whatever a public function is given, what it throws is an error of this package, with a code.
// Each is called with its first argument replaced by what is of no use there: it throws, and nothing is answered.

const { ScmpError } = index;

const TEXT = '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["ptrace"],"action":"SCMP_ACT_ERRNO"}]}';
const profile = profiles.readProfile(TEXT);
const x86_64 = findArchitecture('x86_64')!;
const target = { arch: x86_64 };
const libseccomp = libseccompEntry.loadLibseccompSync();
const filter = index.compileProfileSync(TEXT, { arch: 'x86_64', libseccomp });
const { program } = filter;
const instructions = bpf.decodeProgram(program, 'little');
const store = new bpf.DiagramStore();
const diagram = bpf.buildDecisionDiagram(filter, { store });
const compiled = explain.compileWithEntries(profile, { arch: 'x86_64', libseccomp });
const naming = libseccompEntry.syscallNaming(libseccomp);
const table = learn.syscallLookup(libseccomp);
const observations = () => {
  const seen = new learn.Observations();
  seen.add({ name: 'read', architecture: 'x86_64', args: [] } as never);
  return seen;
};
const denied = { name: 'ptrace', number: 101, architecture: 'x86_64', args: [] };
const lines = bpf.disassemble(program, { architectures: ['x86_64'] });
const named = explain.nameTable(bpf.policyTable(program), libseccomp);
const condition = { kind: 'between', field: 0, mask: 255n, from: 0n, to: 7n };
const noop = () => undefined;

/**
 * A use of the functions that take a profile, a program, a libseccomp, a text or what another function returned: the first
 * argument is wrong.
 */
const USES: Record<string, readonly unknown[]> = {
  // `.`
  compileProfile: [TEXT, { arch: 'x86_64', libseccomp, source: 'p.json', kernel: '6.1', capabilities: [] }],
  compileProfileSync: [TEXT, { arch: 'x86_64', libseccomp, loadBase: noop, weights: 'uncached', defaultFlags: [] }],
  decideCall: [TEXT, 'ptrace', { request: 0 }, { arch: 'x86_64', libseccomp }],
  decideCallSync: [filter, 'ptrace', [0], { callArch: 'x86_64', libseccomp }],
  extendProfile: [profiles.readProfile({ extends: 'x', syscalls: [] }), () => profile, {}],
  loadProfile: [TEXT, { source: 'p.json' }],
  readProfile: [TEXT, { source: 'p.json' }],
  writeProfile: [profile, 'docker', { arch: 'x86_64', capabilities: [], kernel: '6.1' }],
  // /bpf
  analyzeFlow: [instructions],
  assemble: ['.arch x86_64\nreturn ALLOW', { source: 'p.asm', ...naming }],
  buildDecisionDiagram: [program, { endianness: 'little', store }],
  compareDecisions: [filter, program, {}],
  createCallTable: [program, {}],
  decodeProgram: [program, 'little'],
  detectEndianness: [program],
  disassemble: [program, { architectures: ['x86_64'], ...naming }],
  encodeAction: [{ kind: 'ERRNO', data: 1 }],
  encodeProgram: [instructions, 'little'],
  formatAssembly: [lines, {}],
  formatConditions: [[[condition]], {}],
  formatDisassembly: [lines, {}],
  implies: [filter, program, {}],
  parseCall: [{ syscall: 'ptrace', args: ['0'], architecture: x86_64, ...naming }],
  policyTable: [program, {}],
  possibleDecisions: [diagram, { arch: 0xc000003e, nr: 101, args: [{ value: 0n, mask: 255n }] }],
  readProgram: [program, 'little'],
  seenArchitectures: [program, {}],
  verifyProgram: [instructions],
  // /minimize
  callWeights: [[0xc000003e], [{ arch: 0xc000003e, nr: 0, weight: 1 }]],
  minimizeProgram: [filter, {}],
  // /check
  checkProfile: [profile, { targets: ['x86_64'], libseccomp, ignore: [], text: TEXT }],
  defaultTargets: [profile],
  fixProfile: [TEXT, (text: string) => profiles.readProfile(text), { targets: ['x86_64'], libseccomp }],
  writeWarnings: [profile, 'docker'],
  // /compose
  intersectProfiles: [[profile], { arch: 'x86_64', libseccomp }],
  subtractProfiles: [[profile], { arch: 'x86_64', libseccomp }],
  unionProfiles: [[profile], { arch: 'x86_64', libseccomp }],
  // /explain
  compileWithEntries: [profile, { arch: 'x86_64', libseccomp }],
  entriesAbout: [compiled, { architecture: x86_64, number: 101, name: 'ptrace', decisions: [] }],
  explainResolution: [profile, target],
  formatDecisions: [[{ action: { kind: 'ALLOW' } }], 'x86_64'],
  formatPolicy: [named, { width: 80 }],
  nameTable: [bpf.policyTable(program), libseccomp],
  resolvePolicy: [profile, target],
  // /learn
  allowingLine: [denied, 'json'],
  explainDenial: [compiled, { ...denied, action: { kind: 'ERRNO', data: 1 } }],
  learnedArguments: ['ioctl', 'x86_64'],
  learnProfile: [observations(), { architecture: 'x86_64' }],
  mergeLearned: [profile, observations(), { target }],
  numberedMasks: [libseccomp, 'x86_64', () => []],
  observeNumbered: [observations(), [], table],
  readAuditLog: ['', table, noop, {}],
  readStrace: ['', table, { architecture: 'x86_64' }, noop],
  syscallLookup: [libseccomp],
  withLauncher: [profile, 'bwrap', target],
  writeCallCounts: [[], 'head'],
  // /libseccomp
  listSyscalls: [libseccomp, x86_64],
  lookUpSyscallName: [libseccomp, 'read'],
  lookUpSyscallNumber: [libseccomp, 0],
  syscallNaming: [libseccomp],
  // /syscalls
  constantExpression: ['AF_UNIX', 'x86_64'],
  constantValue: ['AF_UNIX', 'x86_64'],
  describeCall: ['socket', [1n, 1n, 0n], 'x86_64', noop],
  syscallSignature: ['socket', 'x86_64'],
  // /testing
};

/** Nothing of these is of use in place of an argument. */
const WRONG: readonly unknown[] = [
  null,
  7,
  'what',
  '/etc/passwd',
  true,
  {},
  new URL('file:///etc/passwd'),
  Promise.resolve(1),
];

const functions = new Map(
  [index, profiles, bpf, minimize, check, compose, explain, learn, libseccompEntry, syscalls].flatMap((entry) =>
    Object.entries(entry),
  ),
) as Map<string, unknown> as Map<string, (...args: readonly unknown[]) => unknown>;

const outcome = async (call: () => unknown): Promise<string> => {
  try {
    await call();
    return 'answered';
  } catch (error) {
    return error instanceof ScmpError && error.code !== '' && !/\[object Object\]/.test(error.message)
      ? 'refused'
      : String(error);
  }
};

/** What is a text to them. */
const TAKES_TEXT =
  'assemble constantExpression constantValue describeCall learnedArguments readAuditLog readStrace syscallSignature'.split(
    ' ',
  );

describe('a wrong first argument is refused by an error of this package', () => {
  it.each(Object.keys(USES))('%s', async (name) => {
    const called = functions.get(name)!;
    const [, ...rest] = USES[name]!;
    for (const wrong of WRONG) {
      if (typeof wrong === 'string' && TAKES_TEXT.includes(name)) continue;
      expect([wrong, await outcome(() => called(wrong, ...rest))]).toEqual([wrong, 'refused']);
    }
    await called(...USES[name]!);
  });

  it.each([
    'readProfile',
    'loadProfile',
    'compileProfile',
    'compileProfileSync',
    'decideCall',
    'extendProfile',
    'writeProfile',
    'checkProfile',
    'compileWithEntries',
    'resolvePolicy',
    'explainResolution',
    'withLauncher',
    'mergeLearned',
    'writeWarnings',
    'defaultTargets',
  ])('a path is named as one by %s', async (name) => {
    const [, ...rest] = name === 'decideCall' ? [TEXT, 'read', {}, { arch: 'x86_64' }] : USES[name]!;
    for (const path of [
      '/etc/seccomp.json',
      'profile.json',
      './seccomp/profile',
      'C:\\profile.yaml',
      new URL('file:///p.json'),
    ]) {
      const call = async () => functions.get(name)!(path, ...rest);
      if (name === 'loadProfile' || typeof path === 'string')
        await expect(call(), `${path}`).rejects.toThrow('looks like the path of a file');
      else await expect(call(), `${path}`).rejects.toThrow('path of a file');
    }
  });

  it('the matchers', () => {
    const { toAllow } = testing.seccompMatchers({ libseccomp });
    expect(() => toAllow('/etc/seccomp.json', 'read')).toThrow('looks like the path of a file');
    for (const wrong of [null, 7, true]) expect(() => toAllow(wrong as never, 'read')).toThrow(ScmpError);
  });
});

describe('what was answered, or crashed', () => {
  it.each([
    ['an unknown launcher', () => learn.withLauncher(profile, 'bwarp' as never, target), 'did you mean "bwrap"?'],
    [
      'checking without libseccomp',
      () => check.checkProfile(profile, { targets: ['x86_64'] } as never),
      'what loadLibseccomp returns',
    ],
    [
      'an architecture of which nothing is learned',
      () => learn.learnedArguments('ioctl', 'x86_46' as never),
      'did you mean x86_64?',
    ],
    [
      'a denied call of no architecture',
      () => learn.allowingLine({ ...denied, architecture: 'pdp11' } as never, 'json'),
      'unknown architecture',
    ],
    ['an action of no kind', () => bpf.encodeAction({ kind: 'NO' } as never), 'unknown action "NO"'],
    ['an action that is none', () => bpf.encodeAction(null as never), 'unknown action'],
    [
      'a kernel that is a number',
      () => index.compileProfileSync(TEXT, { arch: 'x86_64', libseccomp, kernel: 6.1 as never }),
      'is no kernel version',
    ],
    [
      'capabilities that are no names',
      () => index.compileProfileSync(TEXT, { arch: 'x86_64', libseccomp, capabilities: [7] as never }),
      'given by its name',
    ],
    [
      "a built-in profile's name",
      () => index.compileProfileSync('no-network', { arch: 'x86_64', libseccomp }),
      "extends: 'no-network'",
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(ScmpError);
    expect(call).toThrow(message);
  });

  it('a name that is no text leaves the libseccomp usable', () => {
    expect(() => libseccompEntry.lookUpSyscallName(libseccomp, ['read'] as never)).toThrow(ScmpError);
    expect(() => libseccomp.resolveSyscallName(['read'] as never, 'x86_64')).toThrow(ScmpError);
    expect(libseccomp.resolveSyscallName('read', 'x86_64')).toBe(0);
  });
});
