import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, type ArchitectureName } from '../../src/architecture.js';
import { CONSTANT_FAMILIES } from '../../src/syscalls/constants.js';
import { knownSyscalls, syscallSignature } from '../../src/syscalls/signature.js';
import { type KernelParameter, readKernelPrototypes } from './kernel-prototypes.js';

const prototypes = readKernelPrototypes('build/test-inputs/linux/include/linux/syscalls.h');

/** Names whose function in the kernel is called otherwise. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  stat: 'newstat',
  lstat: 'newlstat',
  fstat: 'newfstat',
  oldstat: 'stat',
  oldlstat: 'lstat',
  oldfstat: 'fstat',
  uname: 'newuname',
  olduname: 'uname',
  oldolduname: 'olduname',
  umount: 'oldumount',
  umount2: 'umount',
  _llseek: 'llseek',
  _newselect: 'select',
  ugetrlimit: 'getrlimit',
  readdir: 'old_readdir',
  arm_sync_file_range: 'sync_file_range2',
};

function prototypeOf(name: string): KernelParameter[] | undefined {
  const plain = name.replace(/_time64$/, '').replace(/^((?:clock|timer|timerfd)_[gs]ettime|clock_adjtime)64$/, '$1');
  const function_ = FUNCTIONS[name] ?? (prototypes.has(plain) ? plain : name.replace(/32$/, ''));
  const found = prototypes.get(function_);
  // Of several prototypes the last is x86_64's, which sets none of the options asked for; it has no sigsuspend.
  return name === 'sigsuspend' ? found?.[0] : found?.at(-1);
}

/** Where our width is what the kernel makes of the value, and not the prototype's; why. */
const NARROWED: Readonly<Record<string, string>> = {
  'clone.flags': 'kernel/fork.c: lower_32_bits(clone_flags)',
  'ptrace.pid': 'kernel/ptrace.c: find_get_task_by_vpid takes a pid_t',
  ...Object.fromEntries(
    ['readv', 'writev', 'preadv', 'pwritev', 'preadv2', 'pwritev2'].map((name) => [
      `${name}.fd`,
      'fs/read_write.c: fdget',
    ]),
  ),
  'fstat64.fd': 'fs/stat.c: vfs_fstat takes an int',
};

/** Addresses that the prototype has as numbers. */
const ADDRESSES = ['clone.stack'];

/** Of one architecture, gone from the kernel, or declared beside it (mmap). */
const WITHOUT_PROTOTYPE =
  `_sysctl arch_prctl arm_fadvise64_64 atomic_cmpxchg_32 bdflush cachectl cacheflush create_module get_kernel_syms get_thread_area iopl lookup_dcookie mmap mmap2 modify_ldt nfsservctl query_module riscv_flush_icache riscv_hwprobe rtas s390_guarded_storage s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr s390_sthyi set_thread_area set_tls subpage_prot swapcontext sys_debug_setcontext syscall sysmips vm86 vm86old`.split(
    /\s+/,
  );

const TYPES = 'int uint long ulong fd pid id mode size offset u64 pointer string'.split(' ');

describe('signatures', () => {
  it('cover every system call of libseccomp', () => {
    const table = readFileSync('build/wasm-source/src/syscalls.csv', 'utf8').split('\n');
    const names = table.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(',')[0]!);
    expect(names.length).toBeGreaterThan(500);
    expect(names.filter((name) => syscallSignature(name) === undefined)).toEqual([]);
    expect(knownSyscalls().filter((name) => !names.includes(name))).toEqual([]);
  });

  it('agree with the prototypes of the kernel: how many, pointers, widths', () => {
    const differences: string[] = [];
    const narrowed = new Set<string>();
    let checked = 0;
    for (const name of knownSyscalls()) {
      const real = prototypeOf(name);
      if (!real) continue;
      checked++;
      const ours = syscallSignature(name, 'x86_64')!;
      if (ours.length !== real.length) differences.push(`${name} takes ${real.length} parameters, not ${ours.length}`);
      for (const [index, parameter] of ours.entries()) {
        const theirs = real[index];
        if (!theirs) continue;
        const key = `${name}.${parameter.name}`;
        if (parameter.pointer !== (theirs.pointer || ADDRESSES.includes(key)))
          differences.push(`${key}: pointer? ${theirs.text}`);
        if (parameter.bits === theirs.bits) continue;
        if (key in NARROWED && parameter.bits < theirs.bits) narrowed.add(key);
        else differences.push(`${key}: ${parameter.bits} bits, ${theirs.text} has ${theirs.bits}`);
      }
    }
    expect(differences).toEqual([]);
    expect([...narrowed].sort()).toEqual(Object.keys(NARROWED).sort());
    expect(checked).toBeGreaterThan(400);
  });

  it('have a prototype to compare with, but for these', () => {
    const unchecked = knownSyscalls().filter((name) => syscallSignature(name)!.length > 0 && !prototypeOf(name));
    expect(unchecked.sort()).toEqual(WITHOUT_PROTOTYPE);
  });

  it('have at most six parameters, named apart, with families that exist', () => {
    for (const { name: architecture, wordSize } of ARCHITECTURES) {
      for (const name of knownSyscalls()) {
        const parameters = syscallSignature(name, architecture)!;
        expect(parameters.length).toBeLessThanOrEqual(6);
        const named = parameters.filter((parameter) => parameter.name !== 'unused').map((parameter) => parameter.name);
        expect(new Set(named).size, name).toBe(named.length);
        for (const { constants, bits, type } of parameters) {
          if (constants) expect(CONSTANT_FAMILIES).toContain(constants);
          expect(TYPES).toContain(type);
          if (wordSize === 32 && !/^x32$|n32$/.test(architecture)) expect(bits).toBeLessThanOrEqual(32);
        }
      }
    }
  });

  it('are not there for names Linux does not have', () => {
    for (const name of ['', 'opennat', 'OPEN', 'clone@s390x', 'toString', 'read write']) {
      expect(syscallSignature(name)).toBeUndefined();
      expect(syscallSignature(name, 's390x')).toBeUndefined();
    }
  });

  it('are empty, not missing, for calls without parameters', () => {
    expect(syscallSignature('getpid')).toEqual([]);
    expect(syscallSignature('get_thread_area', 'm68k')).toEqual([]);
  });

  it('are the caller’s own: changing one changes no other', () => {
    syscallSignature('read')![0]!.name = 'spoilt';
    expect(syscallSignature('read')![0]!.name).toBe('fd');
  });

  it('name the constants people write', () => {
    expect(syscallSignature('socket')).toEqual([
      { name: 'domain', type: 'int', bits: 32, pointer: false, constants: 'AF' },
      { name: 'type', type: 'int', bits: 32, pointer: false, constants: 'SOCK' },
      { name: 'protocol', type: 'int', bits: 32, pointer: false, constants: 'IPPROTO' },
    ]);
    expect(syscallSignature('ioctl')![1]).toEqual({
      name: 'request',
      type: 'uint',
      bits: 32,
      pointer: false,
      constants: 'IOCTL',
    });
  });
});

const names = (name: string, architecture: ArchitectureName) =>
  syscallSignature(name, architecture)!
    .map((parameter) => parameter.name)
    .join(' ');

describe('architectures differ', () => {
  // kernel/fork.c, and who selects CONFIG_CLONE_BACKWARDS and CONFIG_CLONE_BACKWARDS2 in arch/*/Kconfig.
  it.each([
    ['flags stack parent_tid child_tid tls', ['x86_64', 'x32', 'loongarch64', 'm68k', 'sh', 'sheb']],
    [
      'flags stack parent_tid tls child_tid',
      ['x86', 'arm', 'aarch64', 'riscv64', 'mips', 'mipsel', 'mips64', 'mipsel64', 'mips64n32', 'mipsel64n32'],
    ],
    ['flags stack parent_tid tls child_tid', ['parisc', 'parisc64', 'ppc', 'ppc64', 'ppc64le']],
    ['stack flags parent_tid child_tid tls', ['s390', 's390x']],
  ] as [string, ArchitectureName[]][])('clone takes %s on %s', (order, architectures) => {
    for (const architecture of architectures) expect(names('clone', architecture)).toBe(order);
    // Only the flags are cut to 32 bits, wherever they stand.
    for (const { name, bits } of syscallSignature('clone', architectures.at(-1))!) {
      if (name === 'flags') expect(bits).toBe(32);
    }
  });

  it.each([
    // arch/x86/kernel/sys_ia32.c
    ['pread64', 'x86', 'fd buf count offset_low offset_high'],
    ['truncate64', 'x86', 'path length_low length_high'],
    ['fadvise64_64', 'x86', 'fd offset_low offset_high len_low len_high advice'],
    ['fallocate', 'x86', 'fd mode offset_low offset_high len_low len_high'],
    // The EABI's even registers: syscall(2).
    ['pread64', 'arm', 'fd buf count unused offset_low offset_high'],
    ['truncate64', 'arm', 'path unused length_low length_high'],
    ['fallocate', 'arm', 'fd mode offset_low offset_high len_low len_high'],
    ['arm_fadvise64_64', 'arm', 'fd advice offset_low offset_high len_low len_high'],
    ['fanotify_mark', 'arm', 'fanotify_fd flags mask_low mask_high dirfd pathname'],
    // arch/powerpc/kernel/sys_ppc32.c
    ['pread64', 'ppc', 'fd buf count unused offset_high offset_low'],
    ['readahead', 'ppc', 'fd unused offset_high offset_low count'],
    ['fadvise64', 'ppc', 'fd unused offset_high offset_low len advice'],
    ['fadvise64_64', 'ppc', 'fd advice offset_high offset_low len_high len_low'],
    ['sync_file_range2', 'ppc', 'fd flags offset_high offset_low nbytes_high nbytes_low'],
    // arch/mips/kernel/linux32.c; the seventh argument, the flags, is on the stack.
    ['ftruncate64', 'mips', 'fd unused length_high length_low'],
    ['pread64', 'mipsel', 'fd buf count unused offset_low offset_high'],
    ['fadvise64', 'mips', 'fd unused offset_high offset_low len_high len_low'],
    ['sync_file_range', 'mips', 'fd unused offset_high offset_low nbytes_high nbytes_low'],
    // arch/s390/kernel/compat_linux.c
    ['pread64', 's390', 'fd buf count offset_high offset_low'],
    ['fadvise64', 's390', 'fd offset_high offset_low len advice'],
    ['fadvise64_64', 's390', 'args'],
    ['fadvise64', 's390x', 'fd offset len advice'],
    // arch/sh/kernel/sys_sh32.c
    ['pread64', 'sheb', 'fd buf count unused offset_high offset_low'],
    ['truncate64', 'sh', 'path length_low length_high'],
    // arch/parisc/kernel/sys_parisc.c
    ['pread64', 'parisc', 'fd buf count offset_high offset_low'],
    ['pread64', 'x86_64', 'fd buf count offset'],
    ['pread64', 'x32', 'fd buf count offset'],
    ['pread64', 'mips64n32', 'fd buf count offset'],
  ] as const)('%s on %s takes %s', (name, architecture, expected) => {
    expect(names(name, architecture)).toBe(expected);
  });

  it('a system call that takes its arguments in memory shows a pointer only', () => {
    for (const architecture of ['x86', 'm68k', 's390', 's390x'] as const) {
      expect(syscallSignature('mmap', architecture)).toMatchObject([{ pointer: true }]);
    }
    expect(syscallSignature('mmap2', 's390')).toMatchObject([{ pointer: true }]);
    expect(syscallSignature('mmap2', 'x86')).toHaveLength(6);
    expect(syscallSignature('select', 'x86')).toHaveLength(1);
    expect(syscallSignature('select', 'x86_64')).toHaveLength(5);
  });

  it('old calls take 16-bit ids where the new ones end in 32', () => {
    expect(syscallSignature('setuid', 'x86')![0]!.bits).toBe(16);
    expect(syscallSignature('setuid32', 'x86')![0]!.bits).toBe(32);
    expect(syscallSignature('chown', 's390')!.map(({ bits }) => bits)).toEqual([32, 16, 16]);
    expect(syscallSignature('setuid', 's390x')![0]!.bits).toBe(32);
    expect(syscallSignature('setuid', 'mips')![0]!.bits).toBe(32);
    expect(syscallSignature('fchownat', 'x86')![2]!.bits).toBe(32);
  });
});
