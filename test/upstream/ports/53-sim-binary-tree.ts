import { ALLOW, type Build, eq, errno, filter, type Rule } from '../port.js';

/** Where arguments are given, they are compared for equality. */
const DENIED: readonly [syscall: string, error: number, ...args: number[]][] = [
  ['read', 0],
  ['write', 1],
  ['open', 2],
  ['close', 3, 100, 101],
  ['stat', 4],
  ['fstat', 5],
  ['lstat', 6],
  ['poll', 7, 102],
  ['lseek', 8, 103, 104],
  ['mmap', 9],
  ['mprotect', 10],
  ['munmap', 11],
  ['brk', 12],
  ['rt_sigaction', 13],
  ['rt_sigprocmask', 14],
  ['rt_sigreturn', 15],
  ['ioctl', 16],
  ['pread64', 17, 105],
  ['pwrite64', 18],
  ['readv', 19],
  ['writev', 20],
  ['access', 21],
  ['pipe', 22],
  ['select', 23, 106, 107],
  ['sched_yield', 24],
  ['mremap', 25, 108, 109],
  ['msync', 26],
  ['mincore', 27],
  ['madvise', 28],
  ['dup', 32, 112],
  ['dup2', 33],
  ['pause', 34],
  ['nanosleep', 35],
  ['getitimer', 36],
  ['alarm', 37],
];

export const denials = (denied: typeof DENIED): Rule[] =>
  denied.map(([syscall, error, ...args]) => [errno(error), syscall, ...args.map((value, index) => eq(index, value))]);

export const build: Build = (machine) =>
  filter(machine, ALLOW, denials(DENIED), {
    architectures: ['aarch64', 'loongarch64', 'ppc64le', 'x86_64'],
    attributes: { CTL_OPTIMIZE: 2 },
  });
