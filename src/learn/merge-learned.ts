import { permits } from '../action.js';
import { parseArchitecture } from '../architecture.js';
import { errnoNumber } from '../errno.js';
import { BOOLEAN, checkArgument, checkOptions, OBJECT, OBSERVATIONS } from '../options.js';
import type { PolicyRule, SeccompPolicy, Warning } from '../policy.js';
import type { ParsedProfile, Place } from '../profile/model/parsed-profile.js';
import type { DockerSeccomp } from '../profile/model/schema.js';
import { type ResolveOptions, resolvePolicy } from '../profile/resolve/resolve-policy.js';
import { conditionMask, conditionsHold } from './condition-outcome.js';
import { argumentWarnings, type LearnedProfile } from './learn-profile.js';
import { joinMasks, learnedArguments, narrowArguments } from './learned-arguments.js';
import {
  CLONE3_WARNING,
  clone3Entry,
  cloneForClone3,
  type DescribeOrigin,
  describeRule,
  type LearnedEntry,
  learnedEntries,
  learnedRules,
} from './learned-rules.js';
import type { ArgumentMask, ArgumentMasks, Observations, ObservedCall } from './observations.js';

export interface MergeOptions {
  /** The target for the profile's conditional entries. */
  target: ResolveOptions;
  /** As `LearnOptions.arguments`; it also permits adding arguments to calls that the profile allows with others. */
  arguments?: boolean | undefined;
}

/**
 * The masks for observations that are merged into a profile: also the bits that its own conditions compare.
 *
 * @throws {ProfileError} when the profile cannot be resolved for the target
 * @throws {InvalidArgumentError} when a capability, kernel version or option of the target is unknown
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { mergeMasks } from 'libseccomp-wasm/learn';
 *
 * const entry = { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] };
 * const base = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] });
 * const target = { arch: findArchitecture('x86_64') };
 * const masks = mergeMasks(base, { target });
 * console.log(masks('socket', 'x86_64').map(({ index }) => index), masks('read', 'x86_64')); // [ 0 ] []
 * ```
 */
export function mergeMasks(base: ParsedProfile, { target, arguments: withArguments }: MergeOptions): ArgumentMasks {
  const own = new Map<string, readonly ArgumentMask[]>();
  for (const { names, conditions } of resolvePolicy(base, target).policy.rules) {
    const masks = conditions.map((condition) => ({ index: condition.index, mask: conditionMask(condition) }));
    for (const { name } of names) own.set(name, joinMasks(own.get(name) ?? [], masks));
  }
  return (name, architecture) =>
    joinMasks(own.get(name) ?? [], withArguments ? learnedArguments(name, architecture) : []);
}

/**
 * A profile with additional entries for observed calls that it lacks. Its own entries stay unchanged. A call that an
 * entry denies is not added. Without `arguments`, neither is a call that is allowed with some arguments only. Both are
 * reported, and so are additions that allow what the profile denied on purpose.
 *
 * The observations should have the bits of {@link mergeMasks}: otherwise calls that the profile has conditions on count
 * as not allowed.
 *
 * @throws {ProfileError} when the profile cannot be resolved for the target
 * @throws {InvalidArgumentError} when a capability, kernel version or option is unknown
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { mergeLearned, mergeMasks, Observations } from 'libseccomp-wasm/learn';
 *
 * const entry = { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] };
 * const base = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] });
 * const target = { arch: findArchitecture('x86_64') };
 * const observations = new Observations(mergeMasks(base, { target }));
 * observations.add({ architecture: 'x86_64', name: 'getpid', args: [] });
 * const { profile, warnings } = mergeLearned(base, observations, { target });
 * console.log(profile.seccomp.syscalls.map(({ names }) => names), warnings.length); // [ [ 'socket' ], [ 'getpid' ] ] 0
 * ```
 */
export function mergeLearned(base: ParsedProfile, observations: Observations, options: MergeOptions): LearnedProfile {
  checkArgument('mergeLearned', 'observations', observations, OBSERVATIONS);
  checkOptions('mergeLearned', options, { target: [OBJECT], arguments: [BOOLEAN] });
  return addLearned(base, observations, options);
}

/**
 * Whether a profile allows a call of observations with the bits of {@link mergeMasks}: those are never added.
 *
 * @throws {ProfileError} when the profile cannot be resolved for the target
 */
export function allowedBy(base: ParsedProfile, target: ResolveOptions): (call: ObservedCall) => boolean {
  const { policy } = resolvePolicy(base, target);
  const isOpen = policy.defaultAction.kind === 'ALLOW';
  return (call) => standingOf(call, rulesOf(policy, call), isOpen).kind === 'allowed';
}

const rulesOf = (policy: SeccompPolicy, { name }: ObservedCall) =>
  policy.rules.filter(({ names }) => names.some((each) => each.name === name));

/** What is made of the calls beside the profile. */
export interface LearnedNotes {
  readonly originOf: DescribeOrigin;
  /** A call that the profile denies, or has with other arguments, and that was not added. */
  readonly onLeft: (call: ObservedCall) => void;
}

/** {@link mergeLearned}, where it is known who made the calls. */
export function addLearned(
  base: ParsedProfile,
  observations: Observations,
  options: MergeOptions,
  { originOf, onLeft }: Partial<LearnedNotes> = {},
): LearnedProfile {
  const { policy } = resolvePolicy(base, options.target);
  const warnings: Warning[] = [];
  const warn = (code: string, message: string, rule?: PolicyRule) =>
    warnings.push({ code, message, path: rule?.path, position: rule?.position, source: rule?.source });
  const isOpen = policy.defaultAction.kind === 'ALLOW';

  const missing = observations.calls().filter((call) => {
    const standing = standingOf(call, rulesOf(policy, call), isOpen);
    if (standing.kind === 'conditional') {
      const isAdded = mayStandBeside(call, standing.rule, options, warn);
      if (!isAdded) onLeft?.(call);
      return isAdded;
    }
    if (standing.kind === 'denied') {
      onLeft?.(call);
      warn('merge-denied', `${call.name} was called, and the profile denies it here: it was left so`, standing.rule);
    }
    return standing.kind === 'not-listed';
  });
  for (const name of new Set(missing.map((call) => call.name))) {
    const place = elsewhereListed(base, policy, name);
    const message = `${name} is here under conditions that this target does not meet: it was added without them`;
    if (place) warnings.push({ code: 'merge-without-conditions', message, ...place });
  }

  const entries = addedEntries(missing, policy, { ...options, originOf }, (warning) => warnings.push(warning));
  const seccomp: DockerSeccomp = {
    ...base.seccomp,
    ...addedArchitectures(base, observations.calls(), options.target, warn),
    syscalls: [...(base.seccomp.syscalls ?? []), ...entries],
  };
  if (options.arguments) warnings.push(...argumentWarnings(observations));
  return { profile: { ...base, seccomp, locate: (...path) => base.locate(...path) }, warnings: onlyOnce(warnings) };
}

/** What to add. clone3 is not opened beside a clone that the profile restricts, or that is added under conditions. */
function addedEntries(
  missing: readonly ObservedCall[],
  policy: SeccompPolicy,
  { target, arguments: withArguments = false, originOf }: MergeOptions & { originOf: DescribeOrigin | undefined },
  warn: (warning: Warning) => void,
): LearnedEntry[] {
  const rules = learnedRules(missing, withArguments);
  const clone = policy.rules.filter(({ names }) => names.some(({ name }) => name === 'clone'));
  const isListed = clone.length > 0;
  const isWhole = clone.some((rule) => rule.conditions.length === 0 && letsThrough(rule));
  const replaced = isListed
    ? !isWhole && rules.some(({ name }) => name === 'clone3')
      ? rules.filter(({ name }) => name !== 'clone3')
      : undefined
    : withArguments
      ? cloneForClone3(rules)
      : undefined;
  if (!replaced) return learnedEntries(rules, originOf);
  warn(CLONE3_WARNING);
  const { defaultAction } = policy;
  const enosys = errnoNumber('ENOSYS', target.arch.name);
  const isAnswered = defaultAction.kind === 'ERRNO' && defaultAction.data === enosys;
  return [...learnedEntries(replaced, originOf), ...(isAnswered ? [] : [clone3Entry(target.arch.name)])];
}

type Standing =
  | { kind: 'allowed' }
  | { kind: 'denied'; rule: PolicyRule }
  | { kind: 'conditional'; rule: PolicyRule }
  | { kind: 'not-listed' };

/** How a profile decides a call. An unconditional rule decides alone, else all rules with matching conditions do. */
function standingOf({ args, architecture }: ObservedCall, rules: readonly PolicyRule[], isOpen: boolean): Standing {
  const { wordSize } = parseArchitecture(architecture);
  const unconditional = rules.find(({ conditions }) => conditions.length === 0);
  if (unconditional) return letsThrough(unconditional) ? { kind: 'allowed' } : { kind: 'denied', rule: unconditional };
  const outcomes = rules.map((rule) => ({ rule, holds: conditionsHold(rule.conditions, args, wordSize) }));
  // Where it is not known whether a denying rule holds, the rule may be meant for the call.
  const denied = outcomes.find(({ rule, holds }) => holds !== false && !letsThrough(rule));
  if (denied) return { kind: 'denied', rule: denied.rule };
  if (isOpen || outcomes.some(({ holds }) => holds === true)) return { kind: 'allowed' };
  const [first] = rules;
  return first ? { kind: 'conditional', rule: first } : { kind: 'not-listed' };
}

/** An entry that names a call, but is not for this target, where no other entry is. */
function elsewhereListed({ seccomp, locate }: ParsedProfile, policy: SeccompPolicy, name: string): Place | undefined {
  if (policy.rules.some(({ names }) => names.some((each) => each.name === name))) return undefined;
  const index = (seccomp.syscalls ?? []).findIndex((entry) =>
    entry.name ? entry.name === name : entry.names?.includes(name),
  );
  return index < 0 ? undefined : locate('syscalls', index);
}

const letsThrough = ({ action }: PolicyRule) => permits(action);

/** Whether to add a call beside a rule that allows it with other arguments; a warning reports both cases. */
function mayStandBeside(
  call: ObservedCall,
  rule: PolicyRule,
  options: MergeOptions,
  warn: (code: string, message: string, rule: PolicyRule) => void,
): boolean {
  const { name, architecture } = call;
  const masks = options.arguments ? learnedArguments(name, architecture) : [];
  const args = narrowArguments(call.args, masks);
  if (args.length > 0) {
    const added = describeRule({ name, architecture, args });
    warn('merge-beside-conditions', `${added} is not among the calls of ${name} allowed here: it was added`, rule);
    return true;
  }
  const advice = options.arguments
    ? 'arguments of it are not learned'
    : '--args would add the arguments it was called with';
  warn(
    'merge-conditional',
    `${name} was called otherwise than the profile allows here: it was left so, since to allow it whatever its arguments would undo the conditions; ${advice}`,
    rule,
  );
  return false;
}

/** Adds the architectures on which calls were seen and that the profile's filter would kill. */
function addedArchitectures(
  base: ParsedProfile,
  calls: readonly ObservedCall[],
  target: ResolveOptions,
  warn: (code: string, message: string) => void,
): Pick<DockerSeccomp, 'architectures'> {
  const { policy } = resolvePolicy(base, target);
  const listed = new Set([target.arch.name, ...policy.architectures.map(({ architecture }) => architecture.name)]);
  const added = [...new Set(calls.map(({ architecture }) => architecture))].filter((name) => !listed.has(name));
  if (added.length === 0) return {};
  const names = added.join(', ');
  if (base.seccomp.archMap?.length) {
    warn(
      'merge-architecture',
      `calls of ${names} were seen, which the profile's archMap has not beside ${target.arch.name}: add it there`,
    );
    return {};
  }
  warn('merge-architecture', `calls of ${names} were seen: it was added to the architectures, for all entries`);
  const before = base.seccomp.architectures ?? [];
  const own = before.length > 0 ? before : [target.arch.ociName];
  return { architectures: [...own, ...added.map((name) => parseArchitecture(name).ociName)] };
}

function onlyOnce(warnings: readonly Warning[]): Warning[] {
  return [...new Map(warnings.map((warning) => [`${warning.path}: ${warning.message}`, warning])).values()];
}
