import { addLearned, allowedBy, type MergeOptions, mergeMasks } from '../../learn/merge-learned.js';
import { Observations } from '../../learn/observations.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { Conditions } from './conditions.js';
import { Facts, type MergedCall } from './facts.js';
import {
  checkMergeOptions,
  type MergedRecordings,
  type MergeRecordingsOptions,
  staleLimit,
} from './merge-recordings.js';
import { textOfTime } from './origin.js';
import { Recordings, type SeenKind } from './recordings.js';
import { takeCalls } from './take-calls.js';

export type MergeIntoOptions = MergeRecordingsOptions & MergeOptions;

/** Recordings that keep of arguments what a profile's own conditions compare, and with `arguments` what is learned. */
export const recordingsFor = (base: ParsedProfile, options: MergeOptions): Recordings =>
  new Recordings(mergeMasks(base, options));

/**
 * A profile with what it lacks of recordings made with {@link recordingsFor}. Its own entries stay; those that are added say
 * who made the calls. What is rare or stale is chosen as by `mergeRecordings`.
 *
 * @throws {ProfileError} when the profile cannot be resolved for the target
 * @throws {InvalidArgumentError} when there are no recordings, or an option is unknown
 */
export function mergeInto(base: ParsedProfile, recordings: Recordings, options: MergeIntoOptions): MergedRecordings {
  const { target, arguments: withArguments, ...merging } = options;
  const { minNodes, maxKinds } = checkMergeOptions('mergeInto', recordings, merging);
  const calls = recordings.calls();
  const facts = new Facts(
    recordings.recordings,
    calls.flatMap(({ kinds }) => kinds),
  );
  const staleBefore = staleLimit(facts, merging);
  const masks = mergeMasks(base, options);
  const allows = allowedBy(base, target);
  const isAllowed = (name: string, kind: SeenKind) => {
    const own = new Observations(masks);
    observe(own, name, kind, kind.conditions, facts);
    return own.calls().every(allows);
  };
  const taken = takeCalls(calls, facts, { minNodes, staleBefore, maxKinds, isAllowed });

  const observations = new Observations(masks);
  const kindsOf = new Map<string, ReadonlySet<SeenKind>>();
  for (const { name, kinds, conditions } of taken.rules) {
    kindsOf.set(name, new Set([...(kindsOf.get(name) ?? []), ...kinds]));
    // Of too many kinds none is known.
    for (const kind of kinds) observe(observations, name, kind, conditions.length === 0 ? [] : kind.conditions, facts);
  }
  const left = new Set<string>();
  const { profile, warnings } = addLearned(
    base,
    observations,
    { target, arguments: withArguments },
    {
      originOf: ({ name }) => {
        const kinds = kindsOf.get(name);
        return kinds && facts.describe({ name, conditions: [], kinds: [...kinds] });
      },
      onLeft: ({ name }) => left.add(name),
    },
  );
  const rows = taken.rules.map((rule): MergedCall => facts.of(rule.kinds, rule.name, rule.conditions));
  return {
    profile,
    warnings,
    fleet: facts.fleet,
    profileRecordings: facts.named('recording'),
    taken: rows.filter(({ name }) => !left.has(name)),
    rare: taken.rare,
    stale: taken.stale,
    staleBefore: staleBefore === undefined ? undefined : textOfTime(staleBefore),
  };
}

/** Add the calls of a kind, on each machine that made them. */
function observe(observations: Observations, name: string, kind: SeenKind, conditions: Conditions, facts: Facts): void {
  const args = argumentsOf(conditions);
  for (const architecture of facts.of([kind], name, kind.conditions).architectures) {
    observations.add({ architecture, name, args }, kind.lines);
  }
}

/** A call of a kind: its registers, where the kind says them. */
function argumentsOf(conditions: Conditions): (bigint | undefined)[] {
  const args: (bigint | undefined)[] = [];
  for (const { index, op, value, valueTwo } of conditions) args[index] = op === 'MASKED_EQ' ? valueTwo : value;
  return args;
}
