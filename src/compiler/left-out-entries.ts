import type { Action, ArgumentCondition, PolicyRule } from '../policy.js';
import { whyDropped } from '../profile/explain-resolution.js';
import type { CompiledProfile } from './compile-parsed.js';
import type { ExpectedRule } from './expected-decisions.js';

/** An entry that names a call and does not stand at it in the filter. */
export interface LeftOutEntry {
  place: PolicyRule['names'][number];
  /** What it says; undefined where the target lacks its errno. */
  action: Action | undefined;
  conditions: readonly ArgumentCondition[];
  /** Why, in words: `the container lacks CAP_SYS_ADMIN`. */
  reason: string;
  /** The capabilities with which it would stand. Empty: none make it. */
  lacking: readonly string[];
}

/** The entries that have one of some names and none of the rules that stand where these calls are: dropped for the target, or left out by the compiler. */
export function leftOutEntries(
  {
    translation,
    resolution,
    libseccompVersion,
  }: Pick<CompiledProfile, 'translation' | 'resolution' | 'libseccompVersion'>,
  names: readonly string[],
  placed: readonly ExpectedRule[],
): LeftOutEntry[] {
  const standing = new Set(placed.map(({ operation }) => operation.rule.path));
  const known = new Set(translation.policy.rules.flatMap((rule) => rule.names.map(({ path }) => path)));
  return resolution.entries.flatMap(({ outcomes, dropped, rule }): LeftOutEntry[] => {
    const listed = (dropped ?? rule)?.names.filter(({ name }) => names.includes(name)) ?? [];
    if (dropped) {
      // A line of which there are entries for other architectures too.
      if (listed.some(({ path }) => known.has(path))) return [];
      const { action, conditions, lacking } = dropped;
      return listed.map((place) => ({ place, action, conditions, reason: whyDropped(outcomes), lacking }));
    }
    if (!rule || standing.has(rule.path)) return [];
    const { action, conditions } = rule;
    return listed.map((place) => {
      const reason = known.has(place.path)
        ? 'it makes no rule on this architecture, of which scmp compile warns'
        : `libseccomp ${libseccompVersion} does not know the name`;
      return { place, action, conditions, reason, lacking: [] };
    });
  });
}
