import { isSameAction, permits } from '../action.js';
import { type Architecture, type ArchitectureName, parseArchitecture } from '../architecture.js';
import type { CompiledProfile } from '../compiler/compile-parsed-profile.js';
import { type CompiledRules, rulesOf, skippedRulesOf, stubAnswers } from '../compiler/expected-decisions.js';
import { MULTIPLEXED_CALLS } from '../compiler/multiplexed-calls.js';
import { omittedEntries } from '../compiler/omitted-entries.js';
import { COMPILED_PROFILE, checkArgument, OBJECT } from '../options.js';
import type { Action, PolicyRule, SeccompPolicy } from '../policy.js';
import { ENTRY_SYNTAXES, type EntrySyntax } from '../profile/formats/format.js';
import { conditionsHold } from './condition-outcome.js';
import { entryLine } from './entry-line.js';
import { learnedArguments } from './learned-arguments.js';
import { clone3Entry, type LearnedEntry, learnedEntries, learnedRules } from './learned-rules.js';
import { Observations } from './observations.js';

/** A system call that a filter denied. */
export interface DeniedCall {
  architecture: ArchitectureName;
  name: string;
  /** By register; undefined where it is not known. */
  args: readonly (bigint | undefined)[];
  action: Action;
}

/** The part of a profile that denied a call. */
export type DenialReason =
  /** An entry about the call whose conditions hold. */
  | { kind: 'entry'; rule: PolicyRule }
  /** Arguments that are not known decide: one of these entries did it, or, where `orDefault`, the default. */
  | { kind: 'unclear'; rules: readonly PolicyRule[]; orDefault: boolean }
  /**
   * No entry about the call applies. The conditions of `others` on arguments do not hold; `dropped` are not for this
   * target.
   */
  | { kind: 'default'; others: readonly PolicyRule[]; dropped: readonly DroppedDenial[] }
  /** The compiler's ENOSYS stub decided, which stands in front of the profile. */
  | { kind: 'added' }
  /** The profile does not have the architecture. */
  | { kind: 'architecture' };

/** An entry that names a denied call, but has no rule in the filter. */
export interface DroppedDenial {
  place: PolicyRule['names'][number];
  /** In words: `the container lacks CAP_SYS_ADMIN`. */
  reason: string;
  /** The capabilities with which it would let this very call run. Empty: none would. */
  capabilities: readonly string[];
}

type DenyingProfile = Pick<CompiledProfile, 'compiledRules' | 'resolution' | 'libseccompVersion'>;

const ALL_64_BITS = (1n << 64n) - 1n;

/**
 * Find the part of a compiled profile that denied a call.
 *
 * @throws nothing: a call that no entry names has a reason too
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { compileWithEntries } from 'libseccomp-wasm/explain';
 * import { explainDenial } from 'libseccomp-wasm/learn';
 *
 * const entry = { names: ['ptrace'], action: 'SCMP_ACT_ERRNO' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const compiled = compileWithEntries(profile, { arch: 'x86_64' });
 * const action = { kind: 'ERRNO', data: 1 };
 * const call = { architecture: 'x86_64', name: 'ptrace', args: [0n, 0n, 0n, 0n, 0n, 0n], action };
 * const reason = explainDenial(compiled, call);
 * console.log(reason.kind, reason.rule.path); // entry syscalls[0]
 * ```
 */
export function explainDenial(profile: CompiledProfile, call: DeniedCall): DenialReason;
/** @internal */
export function explainDenial(profile: DenyingProfile, call: DeniedCall): DenialReason;
export function explainDenial(profile: DenyingProfile, call: DeniedCall): DenialReason {
  checkArgument('explainDenial', 'profile', profile, COMPILED_PROFILE);
  checkArgument('explainDenial', 'call', call, OBJECT);
  const { compiledRules } = profile;
  const architecture = compiledRules.architectures.find(({ name }) => name === call.architecture);
  if (!architecture) return { kind: 'architecture' };
  const known = call.args.flatMap((value, index) => (value === undefined ? [] : [{ index, mask: ALL_64_BITS, value }]));
  const holds = ({ conditions }: Pick<PolicyRule, 'conditions'>) =>
    conditionsHold(conditions, known, architecture.wordSize);
  const number = numberOf(compiledRules, call.name, architecture);
  // The rules as they are in the filter: behind a multiplexer too, and with conditions as the runtime reads them.
  const about = [rulesOf(compiledRules, architecture), skippedRulesOf(compiledRules, architecture)].flatMap(
    (rules) => (number === undefined ? undefined : rules.get(number)) ?? [],
  );
  if (number !== undefined && stubAnswers(compiledRules, architecture, number)) return { kind: 'added' };
  const alike = about.filter((rule) => isSameAction(rule.action, call.action));
  const deciding = alike.find((rule) => holds(rule) === true);
  const isUnlisted = deciding?.operation.rule.isUnlisted === true;
  if (deciding && !isUnlisted) return { kind: 'entry', rule: deciding.operation.rule };
  const perhaps = alike.filter((rule) => holds(rule) === 'unknown').map(({ operation }) => operation.rule);
  const isDefault = isUnlisted || isSameAction(compiledRules.policy.defaultAction, call.action);
  // One of them must have, where nothing else does so.
  if (perhaps.length > 0) return { kind: 'unclear', rules: [...new Set(perhaps)], orDefault: isDefault };
  if (!isDefault) return { kind: 'added' };
  const names = [call.name, ...namesBehind(call)];
  const others = about.flatMap(({ operation: { name, rule } }) =>
    names.includes(name) && !rule.isUnlisted ? [rule] : [],
  );
  return {
    kind: 'default',
    others: [...new Set(others)],
    dropped: omittedEntries(profile, names, architecture, about).map((entry) => {
      const { place, reason, action, lacking } = entry;
      const allows = action !== undefined && permits(action) && holds(entry) === true;
      return { place, reason, capabilities: allows ? lacking : [] };
    }),
  };
}

function numberOf({ resolve, ownNumber }: CompiledRules, name: string, architecture: Architecture): number | undefined {
  const number = resolve(name, architecture);
  return number === undefined || number >= 0 ? number : ownNumber(name, architecture);
}

/** The call that a multiplexer was asked for. */
export function namesBehind({ name, args }: Pick<DeniedCall, 'name' | 'args'>): string[] {
  if (args[0] === undefined) return [];
  const asked = BigInt.asUintN(32, args[0]);
  return [...MULTIPLEXED_CALLS].flatMap(([behind, { multiplexer, call }]) =>
    multiplexer === name && call === asked ? [behind] : [],
  );
}

/**
 * What to add to a profile to allow the call, with its arguments where they matter. It is an entry of `syscalls` in JSON, a
 * line of a plain list or of a policy, a rule of seccompiler, or words of a list of firejail. What systemd and firejail have
 * compares no arguments.
 *
 * @throws {ProfileError} when a profile cannot have the name
 *
 * @example
 * ```js
 * import { allowingLine } from 'libseccomp-wasm/learn';
 *
 * const action = { kind: 'KILL_PROCESS' };
 * const denied = { architecture: 'x86_64', name: 'personality', args: [8n, 0n, 0n, 0n, 0n, 0n], action };
 * console.log(allowingLine(denied, 'list')); // allow personality(persona == PER_LINUX32)
 * ```
 */
export function allowingLine(denied: DeniedCall, format: EntrySyntax): string {
  checkArgument('allowingLine', 'denied', denied, OBJECT);
  checkArgument('allowingLine', 'format', format, ...ENTRY_SYNTAXES);
  return entryLine(allowingEntry(denied), format);
}

/** Whether what allows a call does so for its arguments alone. */
export function isConditional(denied: DeniedCall): boolean {
  return (allowingEntry(denied).args?.length ?? 0) > 0;
}

function allowingEntry({ architecture, name, args }: DeniedCall): LearnedEntry {
  parseArchitecture(architecture);
  const observations = new Observations(learnedArguments);
  observations.add({ architecture, name, args });
  return learnedEntries(learnedRules(observations.calls(), true))[0] as LearnedEntry;
}

/**
 * What to add for a denied clone3 where the profile restricts clone: ENOSYS, after which a C library calls clone.
 * Allowing clone3 would undo the conditions on clone. Undefined for other calls, and where clone is not restricted.
 *
 * @throws nothing: undefined is the answer for other calls
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { resolvePolicy } from 'libseccomp-wasm/explain';
 * import { clone3Line } from 'libseccomp-wasm/learn';
 *
 * const args = [{ index: 0, value: 0x10000000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }];
 * const entry = { names: ['clone'], action: 'SCMP_ACT_ALLOW', args };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry] });
 * const { policy } = resolvePolicy(profile, { arch: findArchitecture('x86_64') });
 * const denied = { architecture: 'x86_64', name: 'clone3', args: [], action: { kind: 'ERRNO', data: 1 } };
 * console.log(clone3Line(policy, denied, 'json')); // { "names": [ "clone3" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 }
 * ```
 */
export function clone3Line(policy: SeccompPolicy, { name, architecture }: DeniedCall, format: EntrySyntax) {
  if (name !== 'clone3') return undefined;
  const clone = policy.rules.filter(({ names }) => names.some((each) => each.name === 'clone'));
  const isConditional = clone.length > 0 && clone.every(({ conditions }) => conditions.length > 0);
  return isConditional ? entryLine(clone3Entry(architecture), format) : undefined;
}
