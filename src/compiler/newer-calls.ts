import { type Architecture, X32_SYSCALL_BIT } from '../architecture.js';
import type { NumberRange } from '../bpf/decisions/partition.js';
import { InvalidArgumentError } from '../errors.js';
import { isAtLeast, type KernelVersion, parseMinKernel } from '../kernel-version.js';
import { type Libseccomp, listSyscalls } from '../libseccomp/index.js';
import { numberFinder } from '../libseccomp/syscall-table.js';
import type { SeccompPolicy } from '../policy.js';
import { firstLinux } from '../syscalls/first-linux.js';
import { quote } from '../text.js';

/** Counted from x32's bit, past the numbers of every table; ARM's own calls are further up (__ARM_NR_BASE of asm/unistd.h). */
const ORDINARY_NUMBERS = 8192;
/**
 * @throws {InvalidArgumentError} when it is no Linux release
 */
export function parseNewerThan(text: string): KernelVersion {
  const kernel = parseMinKernel(text);
  if (!kernel)
    throw new InvalidArgumentError(`enosysNewerThan: ${quote(text)} is no kernel version; give one as "5.10"`);
  return kernel;
}

/** -1, by which a tracer skips a call (seccomp(2)), is no call's number. */
const LAST_NUMBER = 2 ** 32 - 2;

/**
 * The numbers of an architecture that are newer than a Linux and that no rule names: calls that came later, and every
 * number above the table. Ascending. A number that the table skips is no call, and is none of them.
 *
 * @param libseccomp its table is the newest Linux known here
 */
export function newerCalls(
  kernel: KernelVersion,
  architecture: Architecture,
  { rules }: SeccompPolicy,
  libseccomp: Libseccomp,
): readonly NumberRange[] {
  const numberOf = numberFinder(libseccomp);
  const named = new Set(rules.flatMap(({ names }) => names.map(({ name }) => numberOf(name, architecture))));
  const table = listSyscalls(libseccomp, architecture);
  const first = architecture.name === 'x32' ? X32_SYSCALL_BIT : 0;
  const end = architecture.name === 'x86_64' ? X32_SYSCALL_BIT - 1 : LAST_NUMBER;
  const ranges: { from: number; to: number }[] = [];
  const add = (from: number, to: number) => {
    if (from > to) return;
    const last = ranges.at(-1);
    if (last && last.to + 1 === from) last.to = to;
    else ranges.push({ from, to });
  };
  let above = 0;
  for (const { name, number } of table) {
    if (number - first >= ORDINARY_NUMBERS) add(above, number - 1);
    if (!named.has(number) && !isAtLeast(kernel, firstLinux(name, architecture))) add(number, number);
    above = number + 1;
  }
  add(above, end);
  return ranges;
}
