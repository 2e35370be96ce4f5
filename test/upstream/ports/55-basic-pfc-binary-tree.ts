import { ALLOW, type Build, filter } from '../port.js';
import { denials } from './53-sim-binary-tree.js';

export const build: Build = (machine) =>
  filter(
    machine,
    ALLOW,
    denials([
      ['read', 0, 100, 101],
      ['write', 1, 102],
      ['open', 2],
      ['close', 3],
      ['stat', 4],
      ['fstat', 5, 103],
      ['lstat', 6],
      ['poll', 7],
      ['lseek', 8, 104],
      ['mmap', 9],
      ['mprotect', 10, 105],
      ['munmap', 11],
      ['brk', 12],
      ['rt_sigaction', 13],
      ['rt_sigprocmask', 14],
      ['rt_sigreturn', 15],
      ['ioctl', 16],
      ['pread64', 17, 106],
      ['pwrite64', 18, 107, 108],
    ]),
    { architectures: ['x86_64', 'aarch64', 'loongarch64'], attributes: { CTL_OPTIMIZE: 2 } },
  );
