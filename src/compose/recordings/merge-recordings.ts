import { type ArchitectureName, parseArchitecture } from '../../architecture.js';
import { InvalidArgumentError } from '../../errors.js';
import { ANYTHING, BOOLEAN, checkOptions, NUMBER, OBJECT, type OptionTable } from '../../options.js';
import { count } from '../../phrases.js';
import type { Warning } from '../../policy.js';
import { readProfile } from '../../profile/formats/read-profile.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { containerGroups } from './container-groups.js';
import { Facts, type MergedCall, type Rule, type SeenNames } from './facts.js';
import { mergedEntries } from './merged-entries.js';
import { textOfTime } from './origin.js';
import type { Recordings } from './recordings.js';
import { takeCalls } from './take-calls.js';

export interface MergeRecordingsOptions {
  /** Calls that were seen on fewer nodes are listed, and not taken. Default: 1, all are taken. */
  minNodes?: number | undefined;
  /** Calls that were not seen in so many days before the newest recording are listed, and not taken. */
  staleDays?: number | undefined;
  /** Calls that were not seen since are listed, and not taken. */
  staleBefore?: Date | undefined;
  /** How many kinds of arguments of one call the profile may list. Default: 64. */
  maxKinds?: number | undefined;
  /** What recordings are for that name no architecture. Default: the profile names none for them. */
  architecture?: ArchitectureName | undefined;
  /** Allow what every process may come to make as well: `LearnOptions.essentials`. Default: false. */
  essentials?: boolean | undefined;
}

export interface MergedRecordings {
  readonly profile: ParsedProfile;
  /** What readers of the profile should know. */
  readonly warnings: readonly Warning[];
  /** Of all recordings; `call` and `name` are empty. */
  readonly fleet: MergedCall;
  /** The operator's ProfileRecordings. */
  readonly profileRecordings: SeenNames;
  /** What the profile allows, by name. */
  readonly taken: readonly MergedCall[];
  /** Seen on fewer nodes than asked for, and not taken. */
  readonly rare: readonly MergedCall[];
  /** Not seen since, and not taken. */
  readonly stale: readonly MergedCall[];
  /** RFC 3339, UTC; undefined where nobody asked. */
  readonly staleBefore: string | undefined;
}

const MERGE_OPTIONS: OptionTable<MergeRecordingsOptions> = {
  minNodes: [NUMBER],
  staleDays: [NUMBER],
  staleBefore: [OBJECT],
  maxKinds: [NUMBER],
  architecture: [ANYTHING],
  essentials: [BOOLEAN],
};
const DEFAULT_MAX_KINDS = 64;
const DAY = 24 * 60 * 60 * 1000;

/**
 * One profile that allows what recordings have seen, with who made each call. The order of the recordings makes no
 * difference, and nothing of the result depends on when it is made.
 *
 * Arguments: what one kind allows, another one need not list. Of a call with more than `maxKinds` kinds, two that differ
 * in one bit of one argument become one, which allows nothing that was not seen. If that is not enough, the call is
 * allowed whatever its arguments, with the warning `merge-widened`.
 *
 * @throws {InvalidArgumentError} when there are no recordings, or an option is unknown
 *
 * @example
 * ```js
 * import { mergeRecordings, Recordings } from 'libseccomp-wasm/compose';
 *
 * const recordings = new Recordings();
 * recordings.addCall({ name: 'sync', architecture: 'x86_64', args: [] }, { source: 'old.log', node: 'a' }, { last: 0 });
 * recordings.addCall({ name: 'read', architecture: 'x86_64', args: [] }, { source: 'new.log', node: 'a' }, { last: 2e9 });
 * const { taken, stale, staleBefore } = mergeRecordings(recordings, { staleDays: 7 });
 * console.log(taken[0].call, stale[0].call, staleBefore); // read sync 1970-01-17T03:33:20Z
 * ```
 */
export function mergeRecordings(recordings: Recordings, options: MergeRecordingsOptions = {}): MergedRecordings {
  const { minNodes, maxKinds } = checkMergeOptions('mergeRecordings', recordings, options);
  const { architecture: otherwise, essentials = false } = options;
  const calls = recordings.calls();
  const kinds = calls.flatMap((call) => call.kinds);
  const facts = new Facts(recordings.recordings, kinds);
  const staleBefore = staleLimit(facts, options);
  const taken = takeCalls(calls, facts, { minNodes, staleBefore, maxKinds });
  const architectures = facts.architectures(otherwise);
  const made = mergedEntries(taken.rules, recordings, facts, { architectures, otherwise, essentials });
  const named = architectures.map((name) => parseArchitecture(name).ociName);
  const profile = readProfile(
    {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1n,
      ...(named.length > 0 ? { architectures: named } : {}),
      syscalls: made.entries,
    },
    { format: 'docker', source: 'merged recordings' },
  );
  const unsure = [
    ...unclearWarnings(recordings),
    ...containersWarning(facts),
    ...(minNodes > 1 ? unknownNodeWarning(recordings, facts) : []),
    ...(staleBefore === undefined ? [] : unknownTimeWarning(made.rules, facts)),
  ];
  return {
    profile,
    warnings: [...taken.warnings, ...made.warnings, ...unsure],
    fleet: facts.fleet,
    profileRecordings: facts.named('recording'),
    taken: made.rules.map((rule) => facts.of(rule.kinds, rule.name, rule.conditions)),
    rare: taken.rare,
    stale: taken.stale,
    staleBefore: staleBefore === undefined ? undefined : textOfTime(staleBefore),
  };
}

/**
 * As {@link mergeRecordings}, with a profile for each container: a ProfileBinding gives an image one profile. Containers
 * that share an image are together. Recordings that say neither container nor image have a profile of their own, where
 * there are several others. `staleDays` counts from the newest recording of all.
 *
 * @throws {InvalidArgumentError} when there are no recordings, or an option is unknown
 *
 * @example
 * ```js
 * import { mergeByContainer, Recordings } from 'libseccomp-wasm/compose';
 *
 * const recordings = new Recordings();
 * const seen = (name, container) => recordings.addCall({ name, architecture: 'x86_64', args: [] }, { source: container, container });
 * seen('read', 'web');
 * seen('fsync', 'db');
 * const merged = mergeByContainer(recordings);
 * console.log(merged.map(({ fleet, taken }) => `${fleet.containers.names[0]} ${taken[0].call}`)); // [ 'db fsync', 'web read' ]
 * ```
 */
export function mergeByContainer(recordings: Recordings, options: MergeRecordingsOptions = {}): MergedRecordings[] {
  checkOptions('mergeByContainer', options, MERGE_OPTIONS);
  const groups = containerGroups(recordings);
  if (groups.length < 2) return [mergeRecordings(recordings, options)];
  const kinds = recordings.calls().flatMap((call) => call.kinds);
  const limit = staleLimit(new Facts(recordings.recordings, kinds), options);
  const { staleDays: _, ...others } = options;
  const staleBefore = limit === undefined ? undefined : new Date(limit);
  return groups.map((group) => mergeRecordings(recordings.only(group), { ...others, staleBefore }));
}

/** @throws {InvalidArgumentError} when there are no recordings, or an option is unknown */
export function checkMergeOptions(
  what: string,
  recordings: Recordings,
  options: MergeRecordingsOptions,
): { minNodes: number; maxKinds: number } {
  checkOptions(what, options, MERGE_OPTIONS);
  if (recordings.size === 0) throw new InvalidArgumentError('there are no recordings to merge');
  return { minNodes: options.minNodes ?? 1, maxKinds: options.maxKinds ?? DEFAULT_MAX_KINDS };
}

/** Before when calls count as stale, in milliseconds since 1970. */
export function staleLimit(facts: Facts, { staleDays, staleBefore }: MergeRecordingsOptions): number | undefined {
  if (staleBefore !== undefined) return staleBefore.getTime();
  if (staleDays === undefined || facts.newest === undefined) return undefined;
  return facts.newest - staleDays * DAY;
}

function unclearWarnings(recordings: Recordings): Warning[] {
  return recordings.unclear().map(({ name, recordings: by }) => ({
    code: 'merge-unclear',
    message: `${name} is allowed and denied under conditions in ${count(by, 'recording')}: what was seen of it is not known, and nothing of it was taken from there`,
  }));
}

function containersWarning({ fleet }: Facts): Warning[] {
  const { count: containers } = fleet.containers;
  if (containers < 2) return [];
  const message = `recordings of ${containers} containers are in one profile: each is allowed what only another one needs`;
  return [{ code: 'merge-containers', message }];
}

function unknownNodeWarning({ recordings }: Recordings, { fleet }: Facts): Warning[] {
  if (!fleet.hasUnknownNode) return [];
  const unknown = recordings.filter(({ node }) => node === undefined).length;
  const message = `${count(unknown, 'recording')} of no known node: they count as one node together`;
  return [{ code: 'merge-unknown-node', message }];
}

function unknownTimeWarning(rules: readonly Rule[], facts: Facts): Warning[] {
  const timeless = rules.filter(({ kinds }) => facts.last(kinds) === undefined).length;
  if (timeless === 0) return [];
  const message = `${count(timeless, 'call')} in recordings without a time: they count as seen`;
  return [{ code: 'merge-unknown-time', message }];
}
