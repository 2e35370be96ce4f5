import { ProgramTooComplexError } from '../bpf/index.js';
import type { NamedPolicy } from '../explain/named-policy.js';
import { formatPlace } from '../source-place.js';
import { printable } from '../text.js';
import { exitCodeOf } from './exit-code.js';
import type { FilterSource } from './filter-stack.js';
import { printError } from './output.js';

/**
 * The result of work on filters. What is too complex for it is an error that names the entry, where that is one that
 * compares arguments with each other, and says what answers all the same.
 *
 * @throws {ProgramTooComplexError} when it is too complex
 */
export function explainingComplexity<T>(filters: readonly FilterSource[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ProgramTooComplexError)) throw error;
    const simulated = `${SIMULATE}, scmp explain FILE CALL for others`;
    const compared = comparedArguments(filters);
    const message = compared
      ? `${compared} are ${error.message}. Compare each with constants; else ${simulated}`
      : `${error.message}; ${simulated}`;
    throw new ProgramTooComplexError(message, { cause: error });
  }
}

const SIMULATE = 'scmp simulate FILE CALL VALUE... answers for one call and its values';

/** The first entry that compares arguments with each other, in words. */
function comparedArguments(filters: readonly FilterSource[]): string | undefined {
  for (const { profile } of filters) {
    const entries = profile?.seccomp.syscalls ?? [];
    const index = entries.findIndex(({ comparesArguments }) => comparesArguments);
    if (!profile || index < 0) continue;
    const { position, source = profile.source ?? 'profile' } = profile.locate('syscalls', index);
    const names = (entries[index]?.names ?? []).map((name) => printable(name)).join(', ');
    return `${formatPlace(printable(source), position)}: ${names}: comparisons of arguments with each other`;
  }
  return undefined;
}

/** Calls of a listing that are too complex to decide: says so on standard error, and sets the exit code. */
export function reportUndecided(policies: readonly NamedPolicy[], filters: readonly FilterSource[]): void {
  const undecided = new Set<string>();
  const isUndecided = ({ decisions }: { decisions: readonly unknown[] }) => decisions.length === 0;
  for (const { architectures, unnamedArchitectures, otherArchitectures } of policies) {
    for (const { calls, unnamed } of architectures) {
      for (const call of calls.filter(isUndecided)) undecided.add(call.name);
      if (unnamed.some(isUndecided)) undecided.add('numbers without a name');
    }
    const others = [...unnamedArchitectures.flatMap(({ ranges }) => ranges), ...otherArchitectures];
    if (others.some(isUndecided)) undecided.add('calls of other architectures');
  }
  if (undecided.size === 0) return;
  const compared = comparedArguments(filters);
  const named = [...undecided].slice(0, MAX_NAMED);
  const which = [...named, ...(undecided.size > MAX_NAMED ? [`${undecided.size - MAX_NAMED} more`] : [])].join(', ');
  const why = compared ? `. ${compared} are: compare each with constants; else` : ';';
  printError(`scmp: too complex to decide exactly: ${which}${why} ${SIMULATE}`);
  process.exitCode = exitCodeOf(new ProgramTooComplexError());
}

/** Of calls in one line. */
const MAX_NAMED = 12;
