import type { Architecture } from '../architecture.js';
import { libseccompName } from '../libseccomp/kernel-names.js';
import type { Action, ArgumentCondition, PolicyRule } from '../policy.js';
import { whyDropped } from '../profile/resolve/explain-resolution.js';
import type { CompiledProfile } from './compile-parsed-profile.js';
import type { ExpectedRule } from './expected-decisions.js';

/** An entry that names a call, and has no rule for it in the filter. */
export interface OmittedEntry {
  place: PolicyRule['names'][number];
  /** Its action; undefined where the target lacks its errno. */
  action: Action | undefined;
  conditions: readonly ArgumentCondition[];
  /** Why, in words: `the container lacks CAP_SYS_ADMIN`. */
  reason: string;
  /** The capabilities with which it would have a rule. Empty: there are none. */
  lacking: readonly string[];
}

/**
 * The entries that name one of the calls, and have no rule where these calls are decided: dropped for the target, or
 * left out by the compiler.
 */
export function omittedEntries(
  {
    compiledRules,
    resolution,
    libseccompVersion,
  }: Pick<CompiledProfile, 'compiledRules' | 'resolution' | 'libseccompVersion'>,
  names: readonly string[],
  { name: architecture }: Architecture,
  placed: readonly ExpectedRule[],
): OmittedEntry[] {
  const standing = new Set(placed.map(({ operation }) => operation.rule.path));
  const known = new Set(compiledRules.policy.rules.flatMap((rule) => rule.names.map(({ path }) => path)));
  const reasonOf = ({ name, path }: PolicyRule['names'][number]) => {
    if (!known.has(path)) return `libseccomp ${libseccompVersion} does not know the name`;
    const own = libseccompName(name, architecture);
    if (own !== name) return `libseccomp calls it ${own} on ${architecture}, and ignores this name`;
    return 'it makes no rule on this architecture, of which scmp compile warns';
  };
  return resolution.entries.flatMap(({ outcomes, dropped, rule }): OmittedEntry[] => {
    const isMeant = (name: string) => names.includes(name) || names.includes(libseccompName(name, architecture));
    const listed = (dropped ?? rule)?.names.filter(({ name }) => isMeant(name)) ?? [];
    if (dropped) {
      // A line of the list that made entries for other architectures too.
      if (listed.some(({ path }) => known.has(path))) return [];
      const { action, conditions, lacking } = dropped;
      return listed.map((place) => ({ place, action, conditions, reason: whyDropped(outcomes), lacking }));
    }
    if (!rule || standing.has(rule.path)) return [];
    const { action, conditions } = rule;
    return listed.map((place) => {
      return { place, action, conditions, reason: reasonOf(place), lacking: [] };
    });
  });
}
