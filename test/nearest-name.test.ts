import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, nearestArchitecture, parseArchitecture } from '../src/architecture.js';
import { editDistance, nearestName } from '../src/nearest-name.js';
import { nearestConstant } from '../src/syscalls/constants.js';
import { nearestSyscall } from '../src/syscalls/nearest-syscall.js';

describe('nearestName', () => {
  it('counts an exchange of neighbours as one edit, and no case', () => {
    expect(editDistance('wirte', 'write')).toBe(1);
    expect(editDistance('OPENAT', 'openat')).toBe(0);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('suggests nothing of which half would be other letters', () => {
    expect(nearestName('xx', ['ab', 'xy', 'x'])).toBeUndefined();
    expect(nearestName('bind', ['kill', 'find'])).toBe('find');
    expect(nearestName('brkk', ['bpf', 'brk'])).toBe('brk');
    expect(nearestName('abcd', ['abef'])).toBeUndefined();
    expect(nearestName('something_else', ['some_other_thing'])).toBeUndefined();
  });
});

describe('nearestSyscall', () => {
  it.each<[string, string | undefined]>([
    ['opnat', 'openat'],
    ['OpenAt', 'openat'],
    ['gtecwd', 'getcwd'],
    ['pread', 'pread64'],
    ['fstatat', 'newfstatat'],
    ['__NR_openat', 'openat'],
    ['SYS_mount', 'mount'],
    ['__x64_sys_bpf', 'bpf'],
    ['mnut', undefined],
    ['x', undefined],
    ['', undefined],
    ['nonsense_call', undefined],
    ['constructor', undefined],
    ['read', undefined],
  ])('%s: %s', (name, nearest) => {
    expect(nearestSyscall(name)).toBe(nearest);
  });
});

describe('nearestArchitecture', () => {
  it.each<[string, string | undefined]>([
    ['SCMP_ARCH_ARM64', 'aarch64'],
    ['SCMP_ARCH_AMD64', 'x86_64'],
    ['SCMP_ARCH_I386', 'x86'],
    ['SCMP_ARCH_X64', 'x86_64'],
    ['SCMP_ARCH_LOONG64', 'loongarch64'],
    ['AUDIT_ARCH_X86_64', 'x86_64'],
    ['x86-64', 'x86_64'],
    ['mips-le', 'mipsel'],
    ['aarch64-linux-gnu', 'aarch64'],
    ['x86_64-unknown-linux-gnu', 'x86_64'],
    ['amd46', 'x86_64'],
    ['x86_46', 'x86_64'],
    ['arm46', 'aarch64'],
    ['risv64', 'riscv64'],
    ['s930x', 's390x'],
    // The 64-bit one runs such programs' successors: neither is the answer.
    ['armv8', undefined],
    ['arm6', undefined],
    ['ppc66', 'ppc64'],
    ['sparc64', undefined],
    ['', undefined],
    ['pdp11', undefined],
    ['toString', undefined],
  ])('%s: %s', (name, nearest) => {
    expect(nearestArchitecture(name)?.name).toBe(nearest);
    expect(() => parseArchitecture(name)).toThrow(nearest ? `did you mean ${nearest}?` : 'known are');
  });

  it('never leads from a wide architecture’s name to a narrow one by its prefix alone', () => {
    for (const { goName, name, wordSize } of ARCHITECTURES) {
      for (const each of [name, goName ?? name]) {
        expect(nearestArchitecture(`SCMP_ARCH_${each.toUpperCase()}`)).toMatchObject({ name, wordSize });
      }
    }
  });
});

describe('nearestConstant', () => {
  it.each<[string, string | undefined]>([
    ['AF_UNX', 'AF_UNIX'],
    ['AF_INET|AF_UNX', 'AF_UNIX'],
    ['O_CLOSEXEC', 'O_CLOEXEC'],
    ['CLONE_NEWUSR', 'CLONE_NEWUSER'],
    ['TIOCSIT', 'TIOCSTI'],
    ['AF_XX', undefined],
    ['AF_UNIX', undefined],
    ['0x12', undefined],
    ['AF_', undefined],
    ['NOTHING_LIKE_IT', undefined],
  ])('%s: %s', (name, nearest) => {
    expect(nearestConstant(name, 'x86_64')).toBe(nearest);
  });
});
