import type { ArchitectureName } from '../architecture.js';
import { type DescribedArchitecture, type DescribedCall, isDecided } from './described-call.js';
import { formatDecisions } from './format-decisions.js';
import type { NamedDecision } from './named-policy.js';

/** How one architecture's calls are decided, compared with another's: all that is not here is decided alike there. */
export interface FoldedArchitecture {
  as: ArchitectureName;
  /** Calls that both have, and that are decided otherwise here. */
  differing: readonly DescribedCall[];
  /** Of these only by this: the conditions are about the low 32 bits of the arguments alone. */
  lowHalves: readonly DescribedCall[];
  /** Calls that the other one lacks. */
  own: readonly DescribedCall[];
  /** Whether numbers without a name are decided alike. */
  isRestAlike: boolean;
}

/** Compare an architecture with another one: of the calls that are listed for either of them. */
export function foldArchitecture(one: DescribedArchitecture, other: DescribedArchitecture): FoldedArchitecture {
  const there = new Map(other.calls.map((call) => [call.name, call]));
  const own = one.calls.filter(({ name }) => one.asked.has(name) && !there.has(name));
  const isAsked = ({ name }: DescribedCall) => one.asked.has(name) || other.asked.has(name);
  // Of calls that are too complex nobody knows whether they are decided alike.
  const isAlike = (call: DescribedCall, other: DescribedCall) => isDecided(call) && other.words === call.words;
  const differing = one.calls.filter((call) => {
    const other = there.get(call.name);
    return isAsked(call) && other && !isAlike(call, other);
  });
  const lowHalves = differing.filter((call) => areLowHalves(call, there.get(call.name) as DescribedCall));
  const isLowHalf = new Set(lowHalves);
  return {
    as: other.architecture,
    differing: differing.filter((call) => !isLowHalf.has(call)),
    lowHalves,
    own,
    isRestAlike:
      [one.rest, ...one.gaps.map(({ decisions }) => decisions)].every((decisions) => decisions?.length !== 0) &&
      restWords(one) === restWords(other) &&
      JSON.stringify(one.gaps) === JSON.stringify(other.gaps),
  };
}

const restWords = ({ rest, architecture }: DescribedArchitecture) => rest && formatDecisions(rest, architecture);

/** x32 and n32 have registers of 64 bits, and libseccomp compares 32 of them there: the words differ by the mask. */
function areLowHalves(one: DescribedCall, other: DescribedCall): boolean {
  if (!isDecided(one) || !isDecided(other)) return false;
  return isLowHalf(one.decisions, other.decisions) && isLowHalf(one.usual ?? [], other.usual ?? []);
}

function isLowHalf(one: readonly NamedDecision[], other: readonly NamedDecision[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ action, when }, index) => {
      const there = other[index] as NamedDecision;
      if (JSON.stringify(action) !== JSON.stringify(there.action)) return false;
      // The last one is the rest.
      if (index === one.length - 1) return true;
      return typeof when === 'string' && withoutMask(when) === there.when;
    })
  );
}

const MASKED = /\((~?\w+(?: & ~?(?:\w+|\([\w|]+\)))*) & 0xffffffff\)/g;

/** Conditions without the mask that all their arguments have; undefined where one has none. */
export function withoutMask(when: string): string | undefined {
  // Arguments have lower-case names, their values have not.
  const unmasked = when.replace(MASKED, '').match(/\b[a-z_]\w*/g) ?? [];
  if (unmasked.some((word) => word !== 'and' && word !== 'or')) return undefined;
  return when.replace(MASKED, (_, inside: string) => (/^\w+$/.test(inside) ? inside : `(${inside})`));
}
