import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/bpf/index.js';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { readProfile, writeProfile } from '../../../src/profile/index.js';

// test/owners/firejail.test.ts compares with firejail itself.

const FILES = new Map([
  ['globals.local', 'ignore protocol\n'],
  ['/etc/firejail/base.profile', 'include globals.local\nseccomp.drop mkdir\nprotocol unix\n'],
  ['loop.inc', 'include loop.inc\n'],
  ['broken.inc', '\nseccomp.drop @clocks\n'],
]);
const include = (path: string) => {
  const text = FILES.get(path);
  return text === undefined ? undefined : { text, source: path };
};
const read = (text: string) => readProfile(text, { format: 'firejail', source: 'p', include });

const [X86_64, X86] = [0xc000003e, 0x40000003];
function decide(text: string, nr: number, arch = X86_64, ...given: bigint[]): string {
  const [a = 0n, b = 0n, c = 0n] = given;
  const { program } = compileProfileSync(read(text), { arch: 'x86_64', unknownSyscall: 'ignore' });
  const args = [a, b, c, 0n, 0n, 0n] as const;
  const { action } = simulate(program, { nr, arch, instructionPointer: 0n, args }) as {
    action: { kind: string; data?: number };
  };
  return `${action.kind} ${action.data ?? ''}`.trim();
}

const issuesOf = (text: string) => {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    return error.issues.map(
      ({ code, position, source = error.source }) => `${source}:${position?.line}:${position?.column} ${code}`,
    );
  }
  return [];
};
const warningsOf = (text: string) => read(text).warnings.map(({ code, position }) => `${code} ${position?.line}`);

describe('readFirejail', () => {
  it('denies its default list, of each ABI another', () => {
    const [bpf, kcmp32, bpf32] = [321, 349, 357];
    expect([decide('seccomp\n', bpf), decide('seccomp\n', kcmp32, X86), decide('seccomp\n', bpf32, X86)]).toEqual([
      'ERRNO 1',
      'ERRNO 1',
      'ALLOW',
    ]);
    expect(decide('allow-debuggers\nseccomp\n', 101)).toBe('ALLOW');
    expect(decide('seccomp !bpf,mkdir:ENOENT\nseccomp-error-action kill\n', bpf)).toBe('ALLOW');
    expect(decide('seccomp !bpf,mkdir:ENOENT\nseccomp-error-action kill\n', 83)).toBe('ERRNO 2');
    expect(decide('seccomp-error-action kill\nseccomp\n', 165)).toBe('KILL_THREAD');
  });

  it('allows a list of 64-bit calls, and all 32-bit ones', () => {
    const keep = 'seccomp.keep read,$1,!prctl,chmod:EACCES\n';
    expect([0, 1, 59, 157, 90, 2].map((nr) => decide(keep, nr))).toEqual([
      'ALLOW',
      'ALLOW',
      'ALLOW',
      'ERRNO 1',
      'ERRNO 13',
      'ERRNO 1',
    ]);
    expect(decide(keep, 15, X86)).toBe('ALLOW');
    expect(decide(`${keep}seccomp.block-secondary\n`, 15, X86)).toBe('KILL_THREAD');
    expect(decide(`${keep}protocol unix\n`, 41, X86_64, 1n)).toBe('ERRNO 1');
  });

  it('has the other filters', () => {
    const clone = (flags: bigint) => decide('restrict-namespaces user\n', 56, X86_64, flags);
    expect([clone(0x11n), clone(0x10000011n), decide('restrict-namespaces user\n', 435)]).toEqual([
      'ALLOW',
      'ERRNO 1',
      'ERRNO 38',
    ]);
    expect(decide('protocol unix\nprotocol inet,-unix\n', 41, X86_64, 1n)).toBe('ERRNO 95');
    expect(decide('memory-deny-write-execute\n', 10, X86_64, 0n, 0n, 5n)).toBe('ERRNO 1');
    expect(decide('memory-deny-write-execute\n', 90, X86)).toBe('ERRNO 1');
    // "allow PATH" is another line of firejail's, and no allow-debuggers that was cut off.
    expect(decide('allow /tmp/x\nmemory-deny-write-execute\n', 90, X86)).toBe('ERRNO 1');
    // The newer filter's errno.
    expect(decide('restrict-namespaces\nseccomp.drop clone3:EPERM\n', 435)).toBe('ERRNO 1');
  });

  it('reads what is included, and what "ignore" takes away', () => {
    const text = 'include base.profile\n  # a comment\nseccomp.drop\trmdir # the last\ncaps.drop all\n';
    expect([decide(text, 84), decide(text, 83), decide(text, 41)]).toEqual(['ERRNO 1', 'ALLOW', 'ALLOW']);
    expect(warningsOf(text)).toContain('firejail-ignored 3');
    expect(warningsOf('ignore seccomp\nseccomp\nseccomp.drop chmod\n')[0]).toBe('firejail-ignored 2');
    expect(readProfile('include x.local\ninclude y.inc\nseccomp\n').warnings).toHaveLength(2);
  });

  it.each([
    ['caps.drop all\n', 'p:1:1 no-seccomp-section'],
    ['include no.profile\nseccomp\n', 'p:1:9 include-not-found'],
    ['include loop.inc\nseccomp\n', 'loop.inc:1:9 include-cycle'],
    ['include broken.inc\n', 'broken.inc:2:14 unknown-group'],
    ['seccomp.drop mkdir, rmdir\n', 'p:1:20 bad-syntax'],
    ['seccomp.drop mkdir,chmod:log\n', 'p:1:20 unknown-errno'],
    ['seccomp.drop !read\n', 'p:1:14 bad-syntax'],
    ['seccomp.drop $9999\n', 'p:1:14 unknown-syscall'],
    ['seccomp.drop !@clock\n', 'p:1:14 unknown-group'],
    ['seccomp.drop !mkdir:ENOENT\n', 'p:1:14 bad-syntax'],
    ['seccomp.keep\n', 'p:1:1 bad-syntax'],
    ['seccomp.32.keep read\n', 'p:1:1 bad-syntax'],
    ['seccomp\nseccomp.32 chmod\n', 'p:2:1 bad-syntax'],
    ['seccomp.32.drop chmod\n', 'p:1:1 bad-syntax'],
    ['seccomp.drop chown\nseccomp.32 chmod\n', 'p:2:1 bad-syntax'],
    ['seccomp.block-secondary\nseccomp chmod\nseccomp.32 chmod\n', 'p:3:1 bad-syntax'],
    ['seccomp.block-secondary x\n', 'p:1:25 bad-syntax'],
    ['secomp\nprotocol unix\n', 'p:1:1 misspelt-key'],
    ['?HAS_NET: seccomp\n', 'p:1:1 bad-syntax'],
    ['?HAS_NET: ignore seccomp\nseccomp\n', 'p:1:1 bad-syntax'],
    ['protocol unx\n', 'p:1:10 unknown-constant'],
    ['restrict-namespaces users\n', 'p:1:21 unknown-constant'],
    ['seccomp\nseccomp-error-action EWHAT\n', 'p:2:22 unknown-action'],
  ])('refuses %j', (text, issue) => {
    expect(issuesOf(text)).toEqual([issue]);
  });

  it('says that an exception names no call, and has the comment above a list', () => {
    const codes = (text: string) => read(text).warnings.map(({ code, position }) => `${code} ${position?.column}`);
    expect(codes('seccomp.keep read,!execvee\nseccomp.block-secondary\n')).toEqual(['unknown-syscall 19']);
    expect(codes('seccomp !chroott\n')).toEqual(['unknown-syscall 9']);
    expect(codes('seccomp.keep read,!execve\nseccomp.block-secondary\n')).toEqual([]);
    const { seccomp, locate } = read('# far\n\n# why\n#  so\nseccomp.keep read,write\nseccomp.block-secondary\n');
    expect(seccomp.syscalls).toMatchObject([{}, { names: ['read', 'write'], comment: 'why\n so' }]);
    expect(locate('syscalls', 1, 'names', 1).position).toMatchObject({ line: 5, column: 19 });
  });

  it('is for x86_64', () => {
    expect(() => compileProfileSync(read('seccomp\n'), { arch: 'aarch64' })).toThrow(
      'read for x86_64, not for aarch64',
    );
  });

  it('says which lines have no effect, and what is open', () => {
    expect(warningsOf('seccomp.drop chmod\nseccomp.drop chown\nseccomp bpf\n')).toEqual([
      'firejail-list-replaced 1',
      'firejail-list-replaced 3',
      'firejail-32-bit-open 2',
    ]);
    expect(warningsOf('seccomp.drop chmod\nseccomp.32.drop chmod\n')).toEqual([]);
    expect(warningsOf('seccomp chmod\nseccomp.32 chmod\n')).toEqual([]);
  });
});

describe('writeFirejail', () => {
  const written = (defaultAction: string, ...syscalls: object[]) =>
    writeProfile(
      readProfile({ defaultAction, architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'], syscalls }),
      'firejail',
    );
  const deny = (names: string[], more: object = {}) => ({ names, action: 'SCMP_ACT_ERRNO', errnoRet: 1, ...more });

  it('writes what is denied, for each ABI', () => {
    expect(
      written('SCMP_ACT_ALLOW', deny(['mkdir', 'stime'], { comment: 'why' }), deny(['bpf'], { errnoRet: 38 })),
    ).toBe('# why\nseccomp.drop mkdir,bpf:ENOSYS\nseccomp.32.drop mkdir,stime,bpf:ENOSYS\n');
  });

  it('writes what is allowed of x86_64', () => {
    const profile = readProfile({
      defaultAction: 'SCMP_ACT_KILL',
      architectures: ['SCMP_ARCH_X86_64'],
      syscalls: [{ names: ['read', 'execve', 'landlock_add_rule'], action: 'SCMP_ACT_ALLOW' }],
    });
    expect(writeProfile(profile, 'firejail')).toBe(
      'seccomp-error-action kill\nseccomp.keep read,execve,$445,!execveat,!prctl\nseccomp.block-secondary\n',
    );
  });

  it.each([
    ['mount_setattr', [deny(['mount_setattr'])], 'of Linux 5.12'],
    ['socket on x86', [deny(['socket'])], 'socketcall'],
    ['arguments', [deny(['chmod'], { args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] })], 'a condition on arguments'],
    ['TRAP', [{ names: ['chmod'], action: 'SCMP_ACT_TRAP' }], 'SCMP_ACT_TRAP'],
    ['LOG beside another', [deny(['chmod']), { names: ['chown'], action: 'SCMP_ACT_LOG' }], 'LOG'],
    ['nothing', [], 'denies nothing'],
  ])('cannot say %s', (_what, syscalls, message) => {
    expect(() => written('SCMP_ACT_ALLOW', ...(syscalls as object[]))).toThrow(message);
  });
});
