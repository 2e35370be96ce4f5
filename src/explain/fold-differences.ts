import type { ArchitectureName } from '../architecture.js';
import { withoutMask } from './fold-architectures.js';
import type { NamedDifference } from './name-comparison.js';

/** The differences on one ABI, or on all that neither filter distinguishes. */
export interface ComparedArchitecture {
  /** Undefined: those that neither filter distinguishes. */
  architecture: ArchitectureName | undefined;
  differences: readonly NamedDifference[];
  /** All calls that it has, whether they differ or not. */
  names: ReadonlySet<string>;
  /** Whether a difference is about all numbers that have no name. */
  coversUnnamed: (difference: NamedDifference) => boolean;
}

/** The differences on an ABI as far as they are not those of another one. */
export interface FoldedDifferences {
  /** Calls that both have, and that change otherwise here. */
  differing: readonly NamedDifference[];
  /** Of these the calls of which nothing that is listed changes here. */
  unchanged: readonly string[];
  /** The calls that change alike, by the low 32 bits of their arguments alone. */
  lowHalves: readonly string[];
  /** Calls that the other one lacks. */
  own: readonly NamedDifference[];
}

/** Compare the differences on an ABI with those on another one. */
export function foldDifferences(one: ComparedArchitecture, other: ComparedArchitecture): FoldedDifferences {
  const [here, there] = [changesOf(one), changesOf(other)];
  const shared = [...new Set([...here.keys(), ...there.keys()])].filter(
    (name) => name === UNNAMED || (one.names.has(name) && other.names.has(name)),
  );
  const changed = shared.filter((name) => here.get(name)?.words !== there.get(name)?.words);
  const lowHalves = changed.filter((name) => {
    const [mine, others] = [here.get(name)?.lowHalves, there.get(name)?.words];
    return mine !== undefined && mine === others;
  });
  const differing = new Set(changed.filter((name) => !lowHalves.includes(name)));
  const own = new Set([...here.keys()].filter((name) => name !== UNNAMED && !other.names.has(name)));
  return {
    differing: restrict(one.differences, differing),
    unchanged: [...differing].filter((name) => !here.has(name)),
    lowHalves,
    own: restrict(one.differences, own),
  };
}

/** Stands for the numbers that have no name. */
const UNNAMED = 'numbers without a name';

interface Changes {
  words: string;
  /** The words without the mask of the low 32 bits; undefined where a condition is not about these alone. */
  lowHalves: string | undefined;
}

/** The changes of each call, as a text to compare. */
function changesOf({ differences, coversUnnamed }: ComparedArchitecture): Map<string, Changes> {
  const all = new Map<string, Changes[]>();
  for (const difference of differences) {
    const { syscalls, numbers, direction, from, to, when } = difference;
    const words = (condition: string | null | undefined) => JSON.stringify([direction, from, to, condition ?? null]);
    const masked = typeof when === 'string' ? withoutMask(when) : undefined;
    const change = { words: words(when), lowHalves: masked === undefined ? undefined : words(masked) };
    for (const name of syscalls) all.set(name, [...(all.get(name) ?? []), change]);
    if (numbers.length === 0) continue;
    const unnamed = coversUnnamed(difference)
      ? change
      : { words: JSON.stringify([change.words, numbers]), lowHalves: undefined };
    all.set(UNNAMED, [...(all.get(UNNAMED) ?? []), unnamed]);
  }
  return new Map(
    [...all].map(([name, changes]) => {
      const join = (texts: readonly (string | undefined)[]) =>
        texts.some((text) => text === undefined) ? undefined : [...texts].sort().join();
      const words = join(changes.map((change) => change.words)) as string;
      return [name, { words, lowHalves: join(changes.map((change) => change.lowHalves)) }];
    }),
  );
}

/** The differences, of these calls alone. */
function restrict(differences: readonly NamedDifference[], names: ReadonlySet<string>): NamedDifference[] {
  return differences.flatMap((difference) => {
    const syscalls = difference.syscalls.filter((name) => names.has(name));
    const numbers = names.has(UNNAMED) ? difference.numbers : [];
    return syscalls.length + numbers.length > 0 ? [{ ...difference, syscalls, numbers }] : [];
  });
}
