import { nearestName } from '../nearest-name.js';
import { knownSyscalls } from './signature.js';

/** What the C library calls a system call that the kernel calls otherwise: no misspelling finds them. */
const LIBRARY_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    fstatat: 'newfstatat',
    llseek: '_llseek',
    lseek64: 'lseek',
    posix_fadvise: 'fadvise64',
    posix_fallocate: 'fallocate',
    posix_madvise: 'madvise',
    pread: 'pread64',
    pselect: 'pselect6',
    pwrite: 'pwrite64',
    sbrk: 'brk',
    sigqueue: 'rt_sigqueueinfo',
    sysctl: '_sysctl',
    wait: 'wait4',
    wait3: 'wait4',
  }),
);

/** How headers and the kernel's own functions have a call's name: `__NR_read`, `SYS_read`, `__x64_sys_read`. */
const PREFIX = /^(?:__NR_|SYS_|sys_|__[a-z\d]+_sys_)/;

/** The system call that a name which is none stands for, most likely; undefined where no name is near. */
export function nearestSyscall(name: string): string | undefined {
  const bare = name.replace(PREFIX, '');
  const nearest = LIBRARY_NAMES.get(bare) ?? nearestName(bare, knownSyscalls());
  return nearest === name ? undefined : nearest;
}
