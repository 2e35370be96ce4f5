import { type ActionName, takesErrnoRet } from '../../action.js';
import { type Architecture, findArchitecture } from '../../architecture.js';
import { errnoNumber } from '../../errno.js';
import { InvalidArgumentError } from '../../errors.js';
import { type KernelVersion, parseRelease } from '../../kernel-version.js';
import {
  ANYTHING,
  ARCHITECTURE,
  BOOLEAN,
  checkArgument,
  checkOptions,
  LIST,
  OBJECT,
  type OptionTable,
} from '../../options.js';
import type { Action, ArgumentCondition, PolicyRule, SeccompPolicy, Warning } from '../../policy.js';
import { quote } from '../../text.js';
import { failOnIssues, ProfileError, type ProfileIssue } from '../document/profile-error.js';
import { formatPhrase, traitsOf } from '../formats/index.js';
import { parseCapabilities } from '../model/capability.js';
import { type ConditionOutcome, type ResolutionTarget, tryConditions } from '../model/conditional-entry.js';
import { checkParsedProfile, type Locate, type ParsedProfile, type Place } from '../model/parsed-profile.js';
import type { DockerSeccomp, DockerSyscall } from '../model/schema.js';
import { actionOf, conditionsOf, listedArchitectures, policyBase, policyRule } from './plain-rule.js';

export interface ResolveOptions {
  arch: Architecture;
  /**
   * What the container may do, for conditional entries: `CAP_` optional, any case, `all`, or an engine's default set:
   * `docker`, `podman`, `kubernetes`. Default: none.
   */
  capabilities?: readonly string[] | undefined;
  /** The kernel the profile will meet, "X.Y" or as `uname -r` has it. Default: newer than any the profile names. */
  kernel?: string | undefined;
  /** Refuse an errno with an action that carries none, as the OCI runtime spec and crun do. Default: false. */
  strictErrnoRet?: boolean | undefined;
}

/** The values of {@link ResolveOptions}. */
export const RESOLVE_OPTIONS: OptionTable<ResolveOptions> = {
  arch: [OBJECT],
  capabilities: [LIST],
  kernel: [ANYTHING],
  strictErrnoRet: [BOOLEAN],
};

/** An entry of `syscalls` and what was decided about it. */
export interface ResolvedEntry {
  readonly place: Place;
  readonly names: readonly string[];
  /** As in the profile, without its errno. */
  readonly action: ActionName;
  /** All its conditions, including those that do not hold. Empty: it applies everywhere. */
  readonly outcomes: readonly ConditionOutcome[];
  /** The rule of the entry; undefined where a condition drops it. */
  readonly rule: PolicyRule | undefined;
  /** For a dropped entry: the rule that it would be. */
  readonly dropped?: DroppedEntry | undefined;
}

/** The rule that an entry would be if its conditions held. */
export interface DroppedEntry {
  readonly names: PolicyRule['names'];
  /** Undefined where the target lacks its errno. */
  readonly action: Action | undefined;
  readonly conditions: readonly ArgumentCondition[];
  /** The additional capabilities with which it would apply. Empty: no capability makes it apply. */
  readonly lacking: readonly string[];
}

/** A profile resolved for one target, with the reasons. */
export interface Resolution {
  readonly target: ResolutionTarget;
  readonly policy: SeccompPolicy;
  readonly entries: readonly ResolvedEntry[];
  /** The key that gave the architectures besides the target: `archMap` by the entry for the target, or none. */
  readonly architecturesFrom:
    | { kind: 'archMap'; place: Place }
    | { kind: 'archMap-without-target' }
    | { kind: 'architectures' }
    | { kind: 'target' };
}

/**
 * Resolve a profile's conditions for one target. The same arguments give the same policy on every machine. The warnings
 * are the profile's.
 *
 * @throws {InvalidArgumentError} when a capability or the kernel version is unknown
 * @throws {ProfileError} when the target lacks an errno, or the profile's `extends` is not resolved (see
 * `extendProfile`)
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { resolvePolicy } from 'libseccomp-wasm/explain';
 *
 * const entry = { names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] });
 * const { policy } = resolvePolicy(profile, { arch: findArchitecture('x86_64'), capabilities: ['SYS_ADMIN'] });
 * console.log(policy.defaultAction.kind, policy.rules[0].action.kind); // ERRNO ALLOW
 * ```
 */
export function resolvePolicy(
  profile: ParsedProfile,
  options: ResolveOptions,
): { policy: SeccompPolicy; warnings: readonly Warning[] } {
  checkOptions('resolvePolicy', options, RESOLVE_OPTIONS);
  return { policy: resolve(profile, options).policy, warnings: profile.warnings };
}

/**
 * As {@link resolvePolicy}, with what decided each entry. It follows setupSeccomp (moby/moby,
 * profiles/seccomp/seccomp_linux.go; containers/common, pkg/seccomp/seccomp_linux.go); `tryConditions` has the rules of
 * `includes` and `excludes`. The rest:
 * - `archMap`: the first entry with the target's architecture gives the architectures, its own and its
 *   subArchitectures. Without such an entry there is only the target.
 * - an errno name wins over the number beside it (containers/common, getErrno). Docker knows only the number: where
 *   both are given they should agree.
 */
export function resolve(profile: ParsedProfile, options: ResolveOptions): Resolution {
  const { arch, capabilities = [], kernel } = options;
  checkParsedProfile('resolving', profile);
  checkArgument('resolving', 'arch', arch, ARCHITECTURE);
  const { seccomp, locate, source } = profile;
  if (seccomp.extends) {
    const message = `the profile extends ${quote(seccomp.extends)}, which was not read`;
    const hint = 'put the two together with extendProfile, or give loadBase';
    throw new ProfileError('PROFILE_INVALID', [{ code: 'extends-open', message, hint, ...locate('extends') }], source);
  }
  const { onlyOn } = traitsOf(profile);
  if (onlyOn && !onlyOn.includes(arch.name)) {
    const message = `${formatPhrase(profile)} is read for ${onlyOn.join(', ')}, not for ${arch.name}`;
    const hint = `name the target (--arch ${onlyOn[0]})`;
    throw new ProfileError(
      'PROFILE_INVALID',
      [{ code: 'differs-by-architecture', message, hint, ...locate() }],
      source,
    );
  }
  const target = resolutionTarget({ arch, capabilities, kernel });
  const errnoOf = (
    action: ActionName,
    number: bigint | null | undefined,
    name: string | null | undefined,
    place: Place,
  ): bigint | null | undefined => {
    const errno = findErrno(action, number, name, arch);
    if (errno !== 'unknown') return errno;
    const message = `${arch.name} has no errno ${quote(name ?? '')}`;
    throw new ProfileError('PROFILE_INVALID', [{ code: 'unknown-errno', message, ...place }], source);
  };

  const { defaultAction, defaultErrnoRet, defaultErrno } = seccomp;
  const { architectures, architecturesFrom } = selectArchitectures(seccomp, arch, locate);
  const filtered = new Set([arch, ...architectures.map(({ architecture }) => architecture)]);
  const hasX32ByDefault = arch.name === 'x86_64' && isX32ByDefault(seccomp);
  const entries = (seccomp.syscalls ?? []).map((entry, index): ResolvedEntry => {
    const place = locate('syscalls', index);
    const names = namesOf(entry, index, locate);
    const scope = scopeOf(entry, filtered);
    const outcomes = [...tryConditions(entry, target), ...scope.outcomes];
    const resolved = { place, names: names.map(({ name }) => name), action: entry.action, outcomes };
    if (!outcomes.every(({ holds }) => holds)) {
      const errno = findErrno(entry.action, entry.errnoRet, entry.errno, arch);
      const dropped: DroppedEntry = {
        names,
        action: errno === 'unknown' ? undefined : actionOf(entry.action, errno, entry.trapData),
        conditions: conditionsOf(entry.args),
        lacking: lackingCapabilities(entry, target),
      };
      return { ...resolved, rule: undefined, dropped };
    }
    const errno = errnoOf(entry.action, entry.errnoRet, entry.errno, locate('syscalls', index, 'errno'));
    const rule = policyRule(names, actionOf(entry.action, errno, entry.trapData), entry, place);
    // Docker and Podman pass their profiles on without empty lists (Go's "omitempty").
    const hasEmptyArgs = traitsOf(profile).readBy?.includes('runtime') && entry.args?.length === 0;
    const abis = hasX32ByDefault ? [arch] : scope.abis;
    return { ...resolved, rule: { ...rule, abis, ...(hasEmptyArgs ? { hasEmptyArgs } : {}) } };
  });
  if (options.strictErrnoRet) failOnIssues(uselessErrnos(profile, entries), source);
  const policy = {
    ...policyBase(seccomp, errnoOf(defaultAction, defaultErrnoRet, defaultErrno, locate('defaultErrno'))),
    architectures: hasX32ByDefault
      ? [...architectures, { architecture: X32, ...locate('defaultAction') }]
      : architectures,
    rules: entries.flatMap(({ rule }) => rule ?? []),
  };
  return { target, policy, entries, architecturesFrom };
}

const X32 = findArchitecture('x32')!;

/** Whether x32 is in the filter without a rule. Where the default kills the thread, it has that action without it too. */
export function isX32ByDefault({ x32ByDefault, defaultAction }: DockerSeccomp): boolean {
  return x32ByDefault === true && defaultAction !== 'SCMP_ACT_KILL_THREAD' && defaultAction !== 'SCMP_ACT_KILL';
}

/** Those of a filter's architectures that an entry is for: undefined where it is for all. */
function scopeOf(
  { abis }: DockerSyscall,
  filtered: ReadonlySet<Architecture>,
): { abis?: readonly Architecture[]; outcomes: readonly ConditionOutcome[] } {
  if (!abis) return { outcomes: [] };
  const there = [...filtered].filter(({ ociName }) => abis.includes(ociName));
  if (there.length === filtered.size) return { outcomes: [] };
  if (there.length > 0) return { abis: there, outcomes: [] };
  const reason = `the filter has none of ${abis.join(', ')}`;
  return { outcomes: [{ clause: 'includes', key: 'arches', holds: false, reason }] };
}

/**
 * The target that the conditions of entries are tried on.
 *
 * @throws {InvalidArgumentError} when a capability or the kernel version is unknown
 */
export function resolutionTarget({ arch, capabilities = [], kernel }: ResolveOptions): ResolutionTarget {
  return {
    architecture: arch,
    capabilities: parseCapabilities(capabilities),
    kernel: kernel === undefined ? undefined : parseKernel(kernel),
  };
}

/** The errno an entry is to answer with: the name's number on the target wins over the number beside it. */
function findErrno(
  action: ActionName,
  number: bigint | null | undefined,
  name: string | null | undefined,
  arch: Architecture,
): bigint | null | undefined | 'unknown' {
  if (!name || !takesErrnoRet(action)) return number;
  if (/^\d+$/.test(name)) return BigInt(name);
  const value = errnoNumber(name, arch.name);
  return value === undefined ? 'unknown' : BigInt(value);
}

/** It is tried: another condition may still drop the entry, or drop it because of them. */
function lackingCapabilities(entry: DockerSyscall, target: ResolutionTarget): string[] {
  const lacking = (entry.includes?.caps ?? []).filter((capability) => !target.capabilities.has(capability));
  const more = { ...target, capabilities: new Set([...target.capabilities, ...lacking]) };
  return tryConditions(entry, more).every(({ holds }) => holds) ? lacking : [];
}

/** config-linux.md, `errnoRet`: with another action "the runtime MUST print an error and fail". Of entries that apply. */
export function uselessErrnos(
  { seccomp, locate }: ParsedProfile,
  entries: readonly ResolvedEntry[],
): readonly ProfileIssue[] {
  const issues: ProfileIssue[] = [];
  const refuse = (action: ActionName, place: Place) => {
    const message = `an errno with ${action}, which carries none`;
    issues.push({ code: 'errno-ret-refused', message, hint: 'take it out', ...place });
  };
  const { defaultAction, defaultErrnoRet, defaultErrno } = seccomp;
  if (!takesErrnoRet(defaultAction)) {
    if (typeof defaultErrnoRet === 'bigint') refuse(defaultAction, locate('defaultErrnoRet'));
    else if (defaultErrno) refuse(defaultAction, locate('defaultErrno'));
  }
  seccomp.syscalls?.forEach(({ action, errnoRet, errno }, index) => {
    if (!entries[index]?.rule || takesErrnoRet(action)) return;
    if (typeof errnoRet === 'bigint') refuse(action, locate('syscalls', index, 'errnoRet'));
    else if (errno) refuse(action, locate('syscalls', index, 'errno'));
  });
  return issues;
}

function parseKernel(text: string): KernelVersion {
  const kernel = typeof text === 'string' ? parseRelease(text) : undefined;
  if (!kernel) throw new InvalidArgumentError(`${quote(String(text))} is no kernel version; give one as "6.1"`);
  return kernel;
}

function selectArchitectures(
  seccomp: DockerSeccomp,
  target: Architecture,
  locate: Locate,
): Pick<Resolution, 'architecturesFrom'> & Pick<SeccompPolicy, 'architectures'> {
  const { archMap } = seccomp;
  if (!archMap?.length) {
    const architectures = listedArchitectures(seccomp, target, locate);
    return { architectures, architecturesFrom: { kind: architectures.length > 0 ? 'architectures' : 'target' } };
  }
  const index = archMap.findIndex(({ architecture }) => architecture === target.ociName);
  const entry = archMap[index];
  if (!entry) return { architectures: [], architecturesFrom: { kind: 'archMap-without-target' } };
  const subArchitectures = (entry.subArchitectures ?? []).map((name, position) => ({
    architecture: findArchitecture(name)!,
    ...locate('archMap', index, 'subArchitectures', position),
  }));
  return {
    architectures: [{ architecture: target, ...locate('archMap', index, 'architecture') }, ...subArchitectures],
    architecturesFrom: { kind: 'archMap', place: locate('archMap', index) },
  };
}

/** An entry may be part of several profiles, which have it at other places. */
const located = new WeakMap<DockerSyscall, { locate: Locate; index: number; names: PolicyRule['names'] }>();

/**
 * The names of an entry, each with its place. They are the same on every target, so those of a profile that was read are
 * located once.
 */
export function namesOf(entry: DockerSyscall, index: number, locate: Locate): PolicyRule['names'] {
  const known = located.get(entry);
  if (known?.locate === locate && known.index === index) return known.names;
  const { name, names: listed = [] } = entry;
  const names = name
    ? [{ name, ...locate('syscalls', index, 'name') }]
    : (listed ?? []).map((each, position) => ({ name: each, ...locate('syscalls', index, 'names', position) }));
  located.set(entry, { locate, index, names });
  return names;
}
