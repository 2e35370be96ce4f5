import { encodeAction } from '../action.js';
import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import type { Action, PolicyRule, SeccompPolicy } from '../policy.js';
import { formatExactJson } from '../profile/exact-json.js';
import { readProfile } from '../profile/read-profile.js';
import { writeProfile } from '../profile/write-profile.js';
import { conditionsHold } from './condition-outcome.js';
import { learnedArguments } from './learned-arguments.js';
import { clone3Entry, type LearnedEntry, learnedEntries, learnedRules } from './learned-rules.js';
import { Observations } from './observations.js';

/** A system call that a filter denied. */
export interface DeniedCall {
  architecture: ArchitectureName;
  name: string;
  /** Six registers. */
  args: readonly bigint[];
  action: Action;
}

/** What of a profile denied a call. */
export type DenialReason =
  /** An entry that names the call, and whose conditions hold. */
  | { kind: 'entry'; rule: PolicyRule }
  /** No entry about the call applies. `others` are those that name it. */
  | { kind: 'default'; others: readonly PolicyRule[] }
  /** The action is not the profile's default either: the compiler's ENOSYS stub decided. */
  | { kind: 'added' }
  /** The profile does not have the architecture. */
  | { kind: 'architecture' };

const ALL_BITS = (1n << 64n) - 1n;

/** Which part of a policy, compiled for `target`, decided that a call is denied. */
export function explainDenial(policy: SeccompPolicy, target: ArchitectureName, call: DeniedCall): DenialReason {
  const listed = [target, ...policy.architectures.map(({ architecture }) => architecture.name)];
  if (!listed.includes(call.architecture)) return { kind: 'architecture' };
  const { wordSize } = parseArchitecture(call.architecture);
  const others = policy.rules.filter(({ names }) => names.some(({ name }) => name === call.name));
  const known = call.args.map((value, index) => ({ index, mask: ALL_BITS, value }));
  const rule = others.find(
    ({ action, conditions }) =>
      encodeAction(action) === encodeAction(call.action) && conditionsHold(conditions, known, wordSize) === true,
  );
  if (rule) return { kind: 'entry', rule };
  const isDefault = encodeAction(policy.defaultAction) === encodeAction(call.action);
  return isDefault ? { kind: 'default', others } : { kind: 'added' };
}

/**
 * What to add to a profile to have the call, with the arguments it was made with where that matters: a line of a plain list,
 * or an entry of `syscalls` in JSON.
 */
export function allowingLine({ architecture, name, args }: DeniedCall, format: 'list' | 'json'): string {
  const observations = new Observations(learnedArguments);
  observations.add({ architecture, name, args });
  const [entry] = learnedEntries(learnedRules(observations.calls(), true)) as [LearnedEntry];
  return lineOf(entry, format);
}

/**
 * What to add for a denied clone3 where the profile restricts clone: ENOSYS, on which a C library calls clone. To allow
 * it would undo the conditions on clone. Undefined for other calls, and where clone is not restricted.
 */
export function clone3Line(policy: SeccompPolicy, { name, architecture }: DeniedCall, format: 'list' | 'json') {
  if (name !== 'clone3') return undefined;
  const clone = policy.rules.filter(({ names }) => names.some((each) => each.name === 'clone'));
  const isConditional = clone.length > 0 && clone.every(({ conditions }) => conditions.length > 0);
  return isConditional ? lineOf(clone3Entry(architecture), format) : undefined;
}

function lineOf(entry: LearnedEntry, format: 'list' | 'json'): string {
  const { comment: _comment, ...bare } = entry;
  if (format === 'json')
    return formatExactJson(bare)
      .replace(/\s*\n\s*/g, ' ')
      .trim();
  const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [bare] }, { format: 'docker' });
  return writeProfile(profile, 'list').trimEnd().split('\n').at(-1)!;
}
