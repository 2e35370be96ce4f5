/** Calls of arm alone, `__ARM_NR_…` in its headers: minijail keeps the prefix of the name, and libseccomp does not. */
const ARM_CALLS: ReadonlySet<string> = new Set(['breakpoint', 'cacheflush', 'usr26', 'usr32', 'set_tls', 'get_tls']);

/** libseccomp's name of a call. */
export function callOfPolicy(word: string): string {
  const name = /^ARM_(\w+)$/.exec(word)?.[1];
  return name !== undefined && ARM_CALLS.has(name) ? name : word;
}

/** minijail's name of a call. */
export function wordOfCall(name: string): string {
  return ARM_CALLS.has(name) ? `ARM_${name}` : name;
}
