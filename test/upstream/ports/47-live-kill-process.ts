import { ALLOW, type Build, each, filter, KILL_PROCESS } from '../port.js';

const THREAD_SYSCALLS = [
  'clone',
  'exit',
  'exit_group',
  'futex',
  'madvise',
  'mmap',
  'mprotect',
  'munmap',
  'nanosleep',
  'set_robust_list',
];

export const build: Build = (machine) => filter(machine, KILL_PROCESS, each(ALLOW, ...THREAD_SYSCALLS));
