/** A call that a C library tries first, and the one it falls back to after ENOSYS, and after no other error. */
export interface Fallback {
  tried: string;
  older: readonly string[];
  /** The calls that fail where the first is refused with another errno. */
  what: string;
}

export const FALLBACKS: readonly Fallback[] = [
  // sysdeps/unix/sysv/linux/clone-internal.c, __clone_internal
  { tried: 'clone3', older: ['clone'], what: 'pthread_create(3) and fork(3) fail with glibc 2.34 and newer' },
  // sysdeps/unix/sysv/linux/faccessat.c
  {
    tried: 'faccessat2',
    older: ['faccessat', 'access'],
    what: 'access tests with flags (test -x, bash) fail with glibc 2.33 and newer',
  },
  // sysdeps/unix/sysv/linux/fchmodat.c
  { tried: 'fchmodat2', older: ['fchmodat'], what: 'fchmodat(3) with flags fails with glibc 2.39 and newer' },
];
