import type { NamedDifference } from './name-comparison.js';

/** A difference between two filters, and whether it depends on capabilities where the caller named none. */
export interface DependentDifference {
  /** Without capabilities; undefined where there is no difference then. */
  without: NamedDifference | undefined;
  /** With the usual ones; undefined where there is no difference then. */
  withUsual: NamedDifference | undefined;
}

/**
 * Separate the differences that are the same with and without the usual capabilities from the others, one per system
 * call.
 */
export function compareCapabilities(
  without: readonly NamedDifference[],
  withUsual: readonly NamedDifference[],
): { alike: NamedDifference[]; dependent: DependentDifference[] } {
  const usual = new Map(withUsual.flatMap(singles).map((each) => [subjectOf(each), each]));
  const dependent: DependentDifference[] = [];
  const alike = without.flatMap((difference) => {
    const parts = singles(difference);
    const changed = parts.filter((part) => !isAlike(part, usual.get(subjectOf(part))));
    for (const part of changed) dependent.push({ without: part, withUsual: usual.get(subjectOf(part)) });
    if (changed.length === 0) return [difference];
    const left = parts.filter((part) => !changed.includes(part));
    if (left.length === 0) return [];
    const syscalls = left.flatMap((part) => part.syscalls);
    return [{ ...difference, syscalls, numbers: left.flatMap((part) => part.numbers), example: left[0]!.example }];
  });
  const known = new Set(without.flatMap(singles).map(subjectOf));
  for (const [subject, each] of usual) if (!known.has(subject)) dependent.push({ without: undefined, withUsual: each });
  return { alike, dependent };
}

/** One for each system call, and one for the numbers without a name. */
function singles(difference: NamedDifference): NamedDifference[] {
  const { syscalls, numbers } = difference;
  return [
    ...syscalls.map((syscall) => ({ ...difference, syscalls: [syscall], numbers: [] })),
    ...(numbers.length > 0 ? [{ ...difference, syscalls: [] }] : []),
  ];
}

/** The key of a difference: its call, its condition and the decision that differs. */
function subjectOf({ architecture, auditArches, syscalls, numbers, when, from }: NamedDifference): string {
  return JSON.stringify([architecture, auditArches, syscalls, numbers, when, from]);
}

function isAlike(one: NamedDifference, other: NamedDifference | undefined): boolean {
  return other !== undefined && JSON.stringify(one.to) === JSON.stringify(other.to);
}
