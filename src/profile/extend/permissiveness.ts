import type { ActionName } from '../model/schema.js';

// The kernel's own order of precedence, which is that of the values in linux/seccomp.h: the strictest first.
const STRICTEST_FIRST: readonly (readonly ActionName[])[] = [
  ['SCMP_ACT_KILL_PROCESS'],
  ['SCMP_ACT_KILL_THREAD', 'SCMP_ACT_KILL'],
  ['SCMP_ACT_TRAP'],
  ['SCMP_ACT_ERRNO'],
  ['SCMP_ACT_NOTIFY'],
  ['SCMP_ACT_TRACE'],
  ['SCMP_ACT_LOG'],
  ['SCMP_ACT_ALLOW'],
];

function rank(action: ActionName): number {
  return STRICTEST_FIRST.findIndex((names) => names.includes(action));
}

/** Whether the kernel would prefer `a` to `b` where two filters disagree; errnos do not count. */
export function isStricter(a: ActionName, b: ActionName): boolean {
  return rank(a) < rank(b);
}

/** Whether the call does not run, and nobody else decides. */
export function isDenying(action: ActionName): boolean {
  return rank(action) <= rank('SCMP_ACT_ERRNO');
}
