import { nearestName } from '../nearest-name.js';
import { knownSyscalls } from './signature.js';

/** The C library's names of system calls that have another name in the kernel: they look like no misspelling. */
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

/**
 * The prefixes of a call's name in headers and in the kernel's functions: `__NR_read`, `SYS_read`, `__x64_sys_read`.
 */
const PREFIX = /^(?:__NR_|SYS_|sys_|__[a-z\d]+_sys_)/;

/**
 * Profiles repeat a misspelt name, and are checked for each architecture: every name is compared with the table once.
 */
const found = new Map<string, string | undefined>();
/** So that foreign names do not fill the memory. */
const MAX_CACHED = 1024;

/** The system call that a wrong name most likely means; undefined where no name is near. */
export function nearestSyscall(name: string): string | undefined {
  if (found.has(name)) return found.get(name);
  const bare = name.replace(PREFIX, '');
  const nearest = LIBRARY_NAMES.get(bare) ?? nearestName(bare, knownSyscalls());
  const answer = nearest === name ? undefined : nearest;
  if (found.size >= MAX_CACHED) found.clear();
  if (name.length < 64) found.set(name, answer);
  return answer;
}

/** Nobody reads more suggestions; a text may have tens of thousands of wrong names, and each is compared with all that there are. */
const MAX_SUGGESTED = 512;

/** As {@link nearestSyscall}, for all wrong names of one text: of the first {@link MAX_SUGGESTED} different ones. */
export function suggester(): (name: string) => string | undefined {
  const asked = new Map<string, string | undefined>();
  return (name) => {
    if (!asked.has(name) && asked.size < MAX_SUGGESTED) asked.set(name, nearestSyscall(name));
    return asked.get(name);
  };
}
