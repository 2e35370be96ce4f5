import { permits } from '../action.js';
import { parseArchitecture } from '../architecture.js';
import { errnoNumber } from '../errno.js';
import { BOOLEAN, checkOptions, OBJECT } from '../options.js';
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
  describeRule,
  type LearnedEntry,
  learnedEntries,
  learnedRules,
} from './learned-rules.js';
import type { ArgumentMask, ArgumentMasks, Observations, ObservedCall } from './observations.js';

export interface MergeOptions {
  /** Whom the profile's conditional entries are decided for. */
  target: ResolveOptions;
  /** As `LearnOptions.arguments`; also the leave to add arguments to calls that the profile allows some of. */
  arguments?: boolean | undefined;
}

/** What observations that are to be merged into a profile have to look at: what its own conditions compare, too. */
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
 * A profile with entries for what it lacks of what was seen. What is there stays as it is. A call that the profile denies by
 * an entry is not added, and neither, without `arguments`, is a call that it allows with some arguments only: both are told.
 * So are the additions that open something the profile had closed on purpose.
 *
 * The observations should look at {@link mergeMasks}, or whatever the profile has conditions on counts as not allowed.
 * Raises ProfileError for a profile that cannot be decided for the target.
 */
export function mergeLearned(base: ParsedProfile, observations: Observations, options: MergeOptions): LearnedProfile {
  checkOptions('mergeLearned', options, { target: [OBJECT], arguments: [BOOLEAN] });
  const { policy } = resolvePolicy(base, options.target);
  const warnings: Warning[] = [];
  const warn = (code: string, message: string, rule?: PolicyRule) =>
    warnings.push({ code, message, path: rule?.path, position: rule?.position, source: rule?.source });
  const isOpen = policy.defaultAction.kind === 'ALLOW';

  const missing = observations.calls().filter((call) => {
    const rules = policy.rules.filter(({ names }) => names.some(({ name }) => name === call.name));
    const standing = standingOf(call, rules, isOpen);
    if (standing.kind === 'conditional') return mayStandBeside(call, standing.rule, options, warn);
    if (standing.kind === 'denied') {
      warn('merge-denied', `${call.name} was called, and the profile denies it here: it was left so`, standing.rule);
    }
    return standing.kind === 'not-listed';
  });
  for (const name of new Set(missing.map((call) => call.name))) {
    const place = elsewhereListed(base, policy, name);
    const message = `${name} is here under conditions that this target does not meet: it was added without them`;
    if (place) warnings.push({ code: 'merge-without-conditions', message, ...place });
  }

  const entries = addedEntries(missing, policy, options, (warning) => warnings.push(warning));
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
  { target, arguments: withArguments = false }: MergeOptions,
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
  if (!replaced) return learnedEntries(rules);
  warn(CLONE3_WARNING);
  const { defaultAction } = policy;
  const enosys = errnoNumber('ENOSYS', target.arch.name);
  const isAnswered = defaultAction.kind === 'ERRNO' && defaultAction.data === enosys;
  return [...learnedEntries(replaced), ...(isAnswered ? [] : [clone3Entry(target.arch.name)])];
}

type Standing =
  | { kind: 'allowed' }
  | { kind: 'denied'; rule: PolicyRule }
  | { kind: 'conditional'; rule: PolicyRule }
  | { kind: 'not-listed' };

/** What a profile says of a call. An unconditional rule decides alone, else every rule whose conditions hold is. */
function standingOf({ args, architecture }: ObservedCall, rules: readonly PolicyRule[], isOpen: boolean): Standing {
  const { wordSize } = parseArchitecture(architecture);
  const unconditional = rules.find(({ conditions }) => conditions.length === 0);
  if (unconditional) return letsThrough(unconditional) ? { kind: 'allowed' } : { kind: 'denied', rule: unconditional };
  const outcomes = rules.map((rule) => ({ rule, holds: conditionsHold(rule.conditions, args, wordSize) }));
  // Where it is not known whether a denying rule holds, the call was perhaps meant by it.
  const denied = outcomes.find(({ rule, holds }) => holds !== false && !letsThrough(rule));
  if (denied) return { kind: 'denied', rule: denied.rule };
  if (isOpen || outcomes.some(({ holds }) => holds === true)) return { kind: 'allowed' };
  const [first] = rules;
  return first ? { kind: 'conditional', rule: first } : { kind: 'not-listed' };
}

/** An entry that names a call and is not for this target, where no entry is. */
function elsewhereListed({ seccomp, locate }: ParsedProfile, policy: SeccompPolicy, name: string): Place | undefined {
  if (policy.rules.some(({ names }) => names.some((each) => each.name === name))) return undefined;
  const index = (seccomp.syscalls ?? []).findIndex((entry) =>
    entry.name ? entry.name === name : entry.names?.includes(name),
  );
  return index < 0 ? undefined : locate('syscalls', index);
}

const letsThrough = ({ action }: PolicyRule) => permits(action);

/** Whether to add a call beside a rule that allows others of its arguments; told either way. */
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

/** The architectures that calls were seen on and the profile's filter would kill, added to its list. */
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
