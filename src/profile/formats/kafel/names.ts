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
  }),
);
/** The other way round. */
export const KAFEL_NAMES: ReadonlyMap<string, string> = new Map([...RENAMED].map(([kafel, name]) => [name, kafel]));

/** kafel's name of a call that has this one elsewhere. */
export function kafelName(name: string): string {
  return KAFEL_NAMES.get(name) ?? name;
}
