import { formatAction } from '../../action.js';
import type { ArchitectureName } from '../../architecture.js';
import { checkOptions } from '../../options.js';
import { formatPlace } from '../../source-place.js';
import { printable } from '../../text.js';
import type { ConditionOutcome } from '../model/conditional-entry.js';
import type { ParsedProfile, Place } from '../model/parsed-profile.js';
import { dependentEntries, withAndWithout } from './assumed-capabilities.js';
import {
  RESOLVE_OPTIONS,
  type Resolution,
  type ResolvedEntry,
  type ResolveOptions,
  resolve,
} from './resolve-policy.js';

/** What happened to one entry of `syscalls`, and why. */
export interface EntryExplanation extends Place {
  names: readonly string[];
  applies: boolean;
  /** `ALLOW`, `ERRNO(EPERM)`; for a dropped entry without its errno. */
  action: string;
  /** How many argument conditions it has. */
  argumentConditions: number;
  /** The deciding conditions: all of them, or for a dropped entry those that do not hold. Empty: it has none. */
  because: readonly ConditionOutcome[];
  /**
   * Whether it applies with Docker's default capabilities. Set where the caller named none and it makes a difference.
   */
  appliesWithDockerCapabilities?: boolean;
}

/** How a profile is resolved to plain rules on one target. It is plain data, for JSON too. */
export interface ResolutionExplanation {
  source: string | undefined;
  architecture: ArchitectureName;
  /** The container's, as full names, in the order of capabilities(7)'s numbers. */
  capabilities: readonly string[];
  /** The caller named none, so none are assumed. */
  capabilitiesAssumed?: boolean;
  /** "X.Y"; undefined is newer than any the profile names. */
  kernel: string | undefined;
  defaultAction: string;
  /** All architectures of the filter, the target first, and which key of the profile gave them. */
  architectures: readonly ArchitectureName[];
  architecturesFrom: string;
  entries: readonly EntryExplanation[];
}

/**
 * Why `resolvePolicy` keeps and drops entries: the same code decides for both.
 *
 * @throws {ProfileError} when the target lacks an errno, or `extends` was not resolved
 * @throws {InvalidArgumentError} when a capability, kernel version or option is unknown
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { explainResolution } from 'libseccomp-wasm/explain';
 *
 * const entry = { names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] });
 * const { entries } = explainResolution(profile, { arch: findArchitecture('x86_64'), capabilities: [] });
 * console.log(entries[0].applies, entries[0].because[0].reason); // false the container lacks CAP_SYS_ADMIN
 * ```
 */
export function explainResolution(profile: ParsedProfile, options: ResolveOptions): ResolutionExplanation {
  checkOptions('explainResolution', options, RESOLVE_OPTIONS);
  return explainResolved(profile, resolve(profile, options), options);
}

/** As {@link explainResolution}, of a profile that was resolved with the same options. */
export function explainResolved(
  profile: ParsedProfile,
  resolution: Resolution,
  options: ResolveOptions,
): ResolutionExplanation {
  const { target, policy, entries } = resolution;
  const { name } = target.architecture;
  const isAssumed = options.capabilities === undefined;
  const dependent = new Map(
    (isAssumed ? dependentEntries(profile, options) : []).map(({ index, appliesWith }) => [index, appliesWith]),
  );
  const all = [name, ...policy.architectures.map(({ architecture }) => architecture.name)];
  return {
    source: profile.source,
    architecture: name,
    capabilities: [...target.capabilities],
    ...(isAssumed ? { capabilitiesAssumed: true } : {}),
    kernel: target.kernel && `${target.kernel.version}.${target.kernel.revision}`,
    defaultAction: formatAction(policy.defaultAction, name),
    architectures: [...new Set(all)],
    architecturesFrom: describeArchitectures(resolution),
    entries: entries.map((entry, index) => {
      const appliesWith = dependent.get(index);
      const explained = explainEntry(entry, name);
      return appliesWith === undefined ? explained : { ...explained, appliesWithDockerCapabilities: appliesWith };
    }),
  };
}

const unmet = (outcomes: readonly ConditionOutcome[]) => outcomes.filter(({ holds }) => !holds);

/** Why an entry does not apply, in words: `the container lacks CAP_SYS_ADMIN`. */
export function whyDropped(outcomes: readonly ConditionOutcome[]): string {
  return unmet(outcomes)
    .map(({ reason }) => reason)
    .join('; ');
}

function explainEntry({ place, names, action, rule, outcomes }: ResolvedEntry, target: ArchitectureName) {
  return {
    ...place,
    names,
    applies: rule !== undefined,
    action: rule ? formatAction(rule.action, target) : action.replace(/^SCMP_ACT_/, ''),
    argumentConditions: rule?.conditions.length ?? 0,
    because: rule ? outcomes : unmet(outcomes),
  };
}

function describeArchitectures({ architecturesFrom, target }: Resolution): string {
  switch (architecturesFrom.kind) {
    case 'archMap':
      return `${architecturesFrom.place.path}, the first for ${target.architecture.ociName}`;
    case 'archMap-without-target':
      return `archMap has no entry for ${target.architecture.ociName}: the target alone`;
    case 'architectures':
      return '"architectures"';
    case 'target':
      return 'the profile lists none: the target alone';
  }
}

const LISTED_NAMES = 4;

/**
 * An explanation as text: the target, then one line per entry, and below it what decided.
 *
 * @throws nothing: it only writes what it is given
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { explainResolution, formatResolution } from 'libseccomp-wasm/explain';
 *
 * const entry = { names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] });
 * const explanation = explainResolution(profile, { arch: findArchitecture('x86_64'), capabilities: ['all'] });
 * console.log(formatResolution(explanation).split('\n')[5]); // entries        1 apply, 0 do not
 * ```
 */
export function formatResolution(explanation: ResolutionExplanation): string {
  const {
    architecture,
    capabilities,
    capabilitiesAssumed,
    kernel,
    architectures,
    architecturesFrom,
    defaultAction,
    entries,
  } = explanation;
  const lines = [
    `target         ${architecture}`,
    `capabilities   ${capabilities.length > 0 ? capabilities.join(', ') : 'none'}${capabilitiesAssumed ? " (nobody said; Docker's default set: --cap docker)" : ''}`,
    `kernel         ${kernel ?? 'newer than any the profile names'}`,
    `architectures  ${architectures.join(', ')} (${architecturesFrom})`,
    `default        ${defaultAction}`,
    `entries        ${entries.filter(({ applies }) => applies).length} apply, ${entries.filter(({ applies }) => !applies).length} do not`,
  ];
  for (const entry of entries) {
    const { applies, path, action, names, argumentConditions, because, appliesWithDockerCapabilities: usual } = entry;
    const first = names.slice(0, LISTED_NAMES).map((name) => printable(name));
    const shown = names.length > LISTED_NAMES ? `${first.join(', ')}, …` : first.join(', ');
    const count = names.length > LISTED_NAMES ? ` (${names.length})` : '';
    const args = argumentConditions > 0 ? `; argument conditions: ${argumentConditions}` : '';
    lines.push(
      '',
      `${applies ? 'applies' : 'dropped'}  ${placeOf(entry, explanation.source)}${path}: ${action}  ${shown}${count}${args}`,
    );
    if (usual !== undefined) {
      const words = (holds: boolean) => (holds ? 'applies' : 'is dropped');
      lines.push(`         the entry ${withAndWithout(words(applies), words(usual))}`);
    }
    if (because.length === 0) lines.push('         it has no conditions');
    for (const { clause, key, reason } of because) lines.push(`         ${clause}.${key}: ${printable(reason)}`);
  }
  return `${lines.join('\n')}\n`;
}

function placeOf({ position, source }: Place, profileSource: string | undefined): string {
  const file = source ?? profileSource;
  if (file === undefined) return '';
  return `${formatPlace(file, position)}: `;
}
