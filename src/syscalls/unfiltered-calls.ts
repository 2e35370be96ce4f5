import type { ArchitectureName } from '../architecture.js';

/** A system call that Linux runs whatever a filter says. */
interface UnfilteredCall {
  name: string;
  number: number;
  since: string;
}

/**
 * kernel/seccomp.c, seccomp_uprobe_exception: calls that the kernel's own trampolines make, on the native architecture alone,
 * which is x86_64 (x32 has other numbers). uretprobe came with Linux 6.11 and was filtered at first (commit
 * cf6cb56ef244, "seccomp: passthrough uretprobe systemcall without filtering"), uprobe came with its exception.
 */
const UNFILTERED: readonly UnfilteredCall[] = [
  {
    name: 'uretprobe',
    number: 335,
    since: 'since 6.14; from 6.11, where the call came, to 6.13 those without that fix still did',
  },
  { name: 'uprobe', number: 336, since: 'since 6.18, where the call came' },
];

/** Notes on calls for which the kernel asks no filter: a sentence for each. */
export function unfilteredNotes(
  architecture: ArchitectureName | undefined,
  isAmong: (call: { name: string; number: number }) => boolean,
): string[] {
  if (architecture !== 'x86_64') return [];
  return UNFILTERED.filter(isAmong).map(
    ({ name, since }) => `kernels never ask a filter about ${name} on x86_64 (kernel/seccomp.c, ${since})`,
  );
}
