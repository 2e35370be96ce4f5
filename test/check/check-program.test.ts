import { describe, expect, it } from 'vitest';
import { assemble, encodeProgram, type Instruction } from '../../src/bpf/index.js';
import { checkProgram, PROGRAM_CHECK_RULES } from '../../src/check/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallNaming } from '../../src/libseccomp/syscall-naming.js';
import { scmp } from '../cli/scmp.js';

const libseccomp = loadLibseccompSync();
const program = (source: string) => assemble(source, syscallNaming(libseccomp));
const check = (source: string, arch?: string) => checkProgram(program(source), { libseccomp, arch });
const ids = (source: string, arch?: string) => check(source, arch).findings.map(({ id }) => id);

/** On x86_64, without x32, and nothing else. */
const on = (rest: string) =>
  `.arch x86_64\nA = arch\nif (A != x86_64) goto bad\nA = nr\nif (A >= 0x40000000) goto bad\n${rest}\nbad: return KILL_PROCESS`;
/** Each denied call with all that do the same. */
const CLEAN = on(
  'if (A == ptrace) goto bad\nif (A == process_vm_readv) goto bad\nif (A == process_vm_writev) goto bad\nreturn ALLOW',
);

/** A program that has the finding, and one that is nearly the same and has it not. */
const CASES: Record<string, [found: string, passed: string]> = {
  'architecture-untested': [
    '.endian little\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)',
    '.endian little\nA = nr\nreturn ALLOW',
  ],
  'other-architectures-open': [
    CLEAN.replace('(A != x86_64) goto bad', '(A != x86_64) goto yes').replace('return ALLOW', 'yes: return ALLOW'),
    CLEAN,
  ],
  'x32-open': [CLEAN.replace('if (A >= 0x40000000) goto bad\n', ''), CLEAN],
  'sibling-open': [CLEAN.replace('if (A == process_vm_readv) goto bad\n', ''), CLEAN],
  'mount-namespace-open': [
    on('if (A == unshare) goto bad\nreturn ALLOW'),
    on(
      'if (A == unshare) goto bad\nif (A == open_tree) goto bad\nif (A == open_tree_attr) goto bad\nif (A == fsopen) goto bad\nreturn ALLOW',
    ),
  ],
  'io-uring-open': [
    on('if (A == connect) goto bad\nreturn ALLOW'),
    on('if (A == connect) goto bad\nif (A == io_uring_setup) goto bad\nreturn ALLOW'),
  ],
  'wide-comparison': [
    on(
      'if (A != socket) goto yes\nA = args[0].high\nif (A != 0) goto yes\nA = args[0].low\nif (A == 16) goto bad\nyes: return ALLOW',
    ),
    on('if (A != socket) goto yes\nA = args[0].low\nif (A == 16) goto bad\nyes: return ALLOW'),
  ],
  'unreachable-code': [CLEAN.replace('return ALLOW', 'return ALLOW\nreturn LOG'), CLEAN],
  'return-value-mapped': [
    CLEAN.replace('return KILL_PROCESS', 'return 0x00051000'),
    CLEAN.replace('return KILL_PROCESS', 'return 0x00050fff'),
  ],
  'longer-than-needed': [CLEAN.replace('if (A == ptrace)', 'A = nr\nA = nr\nA = nr\nA = nr\nif (A == ptrace)'), CLEAN],
};

it('every finding has a case, and a summary of one sentence', () => {
  expect(Object.keys(CASES)).toEqual(PROGRAM_CHECK_RULES.map(({ id }) => id));
  for (const { summary } of PROGRAM_CHECK_RULES) expect(summary).toMatch(/^[A-Z].*\.$/);
  expect(ids(CLEAN)).toEqual([]);
});

describe.each(Object.entries(CASES))('%s', (id, [found, passed]) => {
  it('is found where it is, and not where it is not', () => {
    expect(ids(found)).toContain(id);
    expect(ids(passed)).not.toContain(id);
  });
});

it('a dead return that another one repeats is advice: libseccomp leaves such', () => {
  const severity = (source: string) => check(source).findings.find(({ id }) => id === 'unreachable-code')?.severity;
  expect(severity(CLEAN.replace('return ALLOW', 'return ALLOW\nreturn KILL_PROCESS'))).toBe('advice');
  expect(severity(CLEAN.replace('return ALLOW', 'return ALLOW\nreturn LOG'))).toBe('warning');
  expect(severity(CLEAN.replace('return ALLOW', 'return ALLOW\nA = nr\nreturn ALLOW'))).toBe('warning');
});

it('a way past mount is one where all that it needs is open', () => {
  const denying = (...names: string[]) =>
    check(on(`${names.map((name) => `if (A == ${name}) goto bad\n`).join('')}return ALLOW`)).findings.flatMap(
      ({ id, message }) => (id === 'sibling-open' ? message : []),
    );
  expect(denying('mount').join()).toMatch(/move_mount and mount_setattr are not.*fsmount is not/);
  expect(denying('mount', 'move_mount').join()).toMatch(/^mount is restricted and mount_setattr is not/);
  expect(denying('mount', 'move_mount', 'mount_setattr', 'fsopen')).toEqual([]);
  expect(denying('setxattrat', 'removexattrat', 'pkey_mprotect')).toEqual([]);
});

it('an unknown action is what the kernel makes of it', () => {
  const [finding] = check(CLEAN.replace('return KILL_PROCESS', 'return 0x12340000')).findings;
  expect(finding).toMatchObject({
    id: 'return-value-mapped',
    severity: 'error',
    message: expect.stringContaining('KILL_PROCESS'),
  });
  expect(finding?.path).toMatch(/^instructions\[\d+\]$/);
});

it('a finding can be ignored', () => {
  const { findings, ignored } = checkProgram(program(CASES['x32-open']![0]), { libseccomp, ignore: ['x32-open'] });
  expect([findings.map(({ id }) => id), ignored.map(({ id }) => id)]).toEqual([[], ['x32-open']]);
});

it('a finding to ignore that there is none of is an error', () => {
  for (const id of ['x32-opn', 'x32-open,sibling-open']) {
    expect(() => checkProgram(program(CLEAN), { libseccomp, ignore: [id] })).toThrow(
      `there is no finding "${id}" to ignore;`,
    );
  }
});

it('scmp check takes a program in any form, and says what the kernel would refuse', () => {
  const { instructions } = program(CASES['x32-open']![0]);
  const rows = (all: readonly Instruction[]) =>
    all.map(({ code, jt, jf, k }) => `{ ${code}, ${jt}, ${jf}, ${k} },`).join('\n');
  const found = scmp(['check', '-'], { input: rows(instructions) });
  expect(found).toMatchObject({ status: 1, stderr: '' });
  expect(found.stdout.toString()).toContain('[x32-open]');
  expect(scmp(['check', '-'], { input: rows(program(CLEAN).instructions) }).stdout.toString()).toBe('nothing found\n');
  const cut = scmp(['check', '-'], { input: encodeProgram(instructions.slice(0, 3), 'little') });
  expect(cut.status).toBe(2);
  expect(cut.stdout.toString()).toMatch(/invalid BPF program: instruction 1: jump to \d+, past the last/);
  expect(scmp(['check', '-', '--fix'], { input: rows(instructions) })).toMatchObject({ status: 2 });
});
