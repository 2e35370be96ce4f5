/** Where the kernel's function has another name than its system call. */
export const RENAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    newstat: 'stat',
    newfstat: 'fstat',
    newlstat: 'lstat',
    newuname: 'uname',
    umount: 'umount2',
    sendfile64: 'sendfile',
    sysctl: '_sysctl',
    llseek: '_llseek',
  }),
);
/** The other way round. */
const KAFEL_NAMES: ReadonlyMap<string, string> = new Map([...RENAMED].map(([kafel, name]) => [name, kafel]));

/**
 * What kafel means by a name on targets that have both calls: the one with wider numbers, as getuid32 by `getuid`. By libseccomp's names.
 */
export const WIDER: ReadonlyMap<string, string> = new Map([
  ...(
    'chown fchown lchown getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid setfsuid setgid setgroups setregid ' +
    'setresgid setresuid setreuid setuid'
  )
    .split(' ')
    .map((name) => [name, `${name}32`] as const),
  ['getrlimit', 'ugetrlimit'],
  ['select', '_newselect'],
  ['sendfile', 'sendfile64'],
]);
/** The other way round. */
export const NARROWER: ReadonlyMap<string, string> = new Map([...WIDER].map(([name, wider]) => [wider, name]));

/** kafel's name of a call that has this one elsewhere. */
export function kafelName(name: string): string {
  const narrow = NARROWER.get(name) ?? name;
  return KAFEL_NAMES.get(narrow) ?? narrow;
}
