/** Lines of the kernel's audit log, of strace, and of `scmp run --trace`. */
const SIGNS = [
  /\btype=(?:1326|SECCOMP)\b/m,
  /^(?:\[pid +\d+\] |\d+ +)?(?:[\d:.]+ +)?[a-z_]\w*\(.*\) += (?:-?\d|\?)/m,
  /^scmp: denied/m,
];

/**
 * Whether a pasted text may be a log. It is no more than a sign, which costs nothing: the worker that reads logs decides
 * (open-file.ts).
 */
export function mayBeLog(text: string): boolean {
  const begin = text.slice(0, 1 << 16);
  return !/^\s*(?:[{#;]|\[(?!pid\b))/.test(begin) && SIGNS.some((sign) => sign.test(begin));
}
