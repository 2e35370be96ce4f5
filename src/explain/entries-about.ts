import { isSameAction } from '../action.js';
import type { Architecture } from '../architecture.js';
import { orTooComplex } from '../bpf/decisions/diagram-store.js';
import type { CompiledProfile } from '../compiler/compile-parsed-profile.js';
import { type ExpectedRule, rulesOf, skippedRulesOf, stubAnswers } from '../compiler/expected-decisions.js';
import { bitsOfCall, MULTIPLEXED_CALLS, type Multiplexer } from '../compiler/multiplexed-calls.js';
import { omittedEntries } from '../compiler/omitted-entries.js';
import type { SourcePosition } from '../errors.js';
import { COMPILED_PROFILE, checkArgument, OBJECT } from '../options.js';
import type { Action, ArgumentCondition, PolicyRule } from '../policy.js';
import type { NamedDecision } from './named-policy.js';

/** An entry of a profile that is about a call. */
export interface EntryAbout {
  /** The name it has for the call. */
  name: string;
  /** JSON path, for instance `syscalls[3]`. */
  path: string;
  position?: SourcePosition | undefined;
  /** The profile that the place is in, where that is one that the profile extends. */
  source?: string | undefined;
  /** Its action; undefined where it does not apply because the target lacks its errno. */
  action: Action | undefined;
  /** Whether that depends on arguments. */
  isConditional: boolean;
  /** Why it does not apply, in words; absent: it does. */
  dropped?: string;
  /** The capabilities with which it would apply; absent where no capability makes it. */
  lackingCapabilities?: readonly string[];
  /** Absent where some call gets its action, false where the program gives it to none. */
  hasEffect?: false;
}

/** The question: a number of an architecture, and what the filter does with it. */
export interface AskedCall {
  architecture: Architecture;
  number: number;
  /** The call: the one behind a multiplexer, or the name of the number itself. */
  name: string;
  /** The multiplexer whose number it is, where the call is one that goes through it. */
  through?: string | undefined;
  decisions: readonly NamedDecision[];
}

/**
 * The entries about a call, each once: first those with a rule at its number and an effect, then those without effect,
 * then those that do not apply.
 *
 * @throws nothing: for a call of no entry the list is empty
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { compileWithEntries, entriesAbout } from 'libseccomp-wasm/explain';
 *
 * const entry = { names: ['ptrace'], action: 'SCMP_ACT_LOG' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const compiled = compileWithEntries(profile, { arch: 'x86_64' });
 * const architecture = findArchitecture('x86_64');
 * const decisions = [{ action: { kind: 'LOG' } }];
 * const entries = entriesAbout(compiled, { architecture, number: 101, name: 'ptrace', decisions });
 * console.log(entries.map(({ name, path }) => [name, path])); // [ [ 'ptrace', 'syscalls[0].names[0]' ] ]
 * ```
 */
export function entriesAbout(profile: CompiledProfile, asked: AskedCall): EntryAbout[] {
  checkArgument('entriesAbout', 'profile', profile, COMPILED_PROFILE);
  checkArgument('entriesAbout', 'asked', asked, OBJECT);
  const { compiledRules } = profile;
  const { architecture, number, name, through } = asked;
  const multiplexed = through === undefined ? undefined : MULTIPLEXED_CALLS.get(name);
  const isMeant = multiplexed ? [asKernelReads(multiplexed, architecture)] : [];
  const names = through === undefined ? [name] : [name, through];
  const placed = [rulesOf(compiledRules, architecture), skippedRulesOf(compiledRules, architecture)]
    .flatMap((rules) => rules.get(number) ?? [])
    .filter(({ operation }) => through === undefined || names.includes(operation.name));
  const inOrder = new Map(compiledRules.policy.rules.map((rule, index) => [rule, index]));
  const orderOf = ({ operation }: ExpectedRule) => inOrder.get(operation.rule) ?? 0;
  const standing = [...placed].sort((a, b) => orderOf(a) - orderOf(b));
  const rules = standing.map(({ operation, action, conditions }): EntryAbout => {
    // Through a multiplexer argument 0 selects the call, so the entry's condition on it is not compared: where the
    // kernel reads all of it.
    const isReached = multiplexed !== undefined && operation.name === name;
    const isWhole = isReached && bitsOfCall(multiplexed.multiplexer, architecture) === architecture.wordSize;
    const meant = isWhole ? conditions.filter(({ index }) => index !== 0) : conditions;
    return {
      ...placeOf(operation.rule, operation.name),
      action,
      isConditional: !isAlways(profile, architecture, meant),
      ...(isGiven(profile, asked, action, [...isMeant, ...conditions]) ? {} : { hasEffect: false }),
    };
  });
  const applying = ofOneLine(rules);
  const leftOut = omittedEntries(profile, names, architecture, placed).map(
    ({ place, action, conditions, reason, lacking }): EntryAbout => ({
      ...place,
      action,
      isConditional: conditions.length > 0,
      dropped: reason,
      ...(lacking.length > 0 && { lackingCapabilities: lacking }),
    }),
  );
  const [effective, others] = [applying.filter(hasEffect), applying.filter((entry) => !hasEffect(entry))];
  return ofOneLine([...effective, ...others, ...leftOut]);
}

/** The condition that selects a call of a multiplexer, in as many bits as the kernel reads. */
function asKernelReads(
  { multiplexer, call }: { multiplexer: Multiplexer; call: bigint },
  architecture: Architecture,
): ArgumentCondition {
  const value = (1n << BigInt(bitsOfCall(multiplexer, architecture))) - 1n;
  return { index: 0, op: 'MASKED_EQ', value, valueTwo: call };
}

/** Whether some call that meets an entry's conditions gets its action. */
function isGiven(
  { decisions }: CompiledProfile,
  { architecture, number, decisions: all }: AskedCall,
  action: Action,
  conditions: readonly ArgumentCondition[],
): boolean {
  return (
    orTooComplex(() => decisions.canGet(architecture, number, conditions, action)) ??
    all.some((decision) => isSameAction(decision.action, action))
  );
}

/** Whether conditions hold for all arguments, as `>= 0` does. */
function isAlways(
  { decisions }: CompiledProfile,
  architecture: Architecture,
  conditions: readonly ArgumentCondition[],
) {
  return orTooComplex(() => decisions.isAlways(architecture, conditions)) ?? conditions.length === 0;
}

const hasEffect = (entry: EntryAbout) => entry.hasEffect !== false;

function placeOf(rule: PolicyRule, name: string) {
  const { path, position, source } = rule.names.find((each) => each.name === name) ?? rule;
  return { name, path, position, source };
}

/** Several rules of one line, each with one condition, have the line's meaning together. */
function ofOneLine(entries: readonly EntryAbout[]): EntryAbout[] {
  const lines = new Map<string, EntryAbout>();
  for (const entry of entries) {
    const { name, path, source, action, dropped } = entry;
    const key = JSON.stringify([name, path, source, action, dropped]);
    const { hasEffect, ...known } = lines.get(key) ?? entry;
    const isIdle = hasEffect === false && entry.hasEffect === false;
    const isConditional = known.isConditional && entry.isConditional;
    lines.set(key, { ...known, isConditional, ...(isIdle ? { hasEffect } : {}) });
  }
  return [...lines.values()];
}

/**
 * What decides a call where no entry about it applies, in words: the default action, or what the compiler added.
 * Undefined where the filter does something else.
 *
 * @throws nothing: undefined is the answer where something else decides
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { compileWithEntries, decidedBy } from 'libseccomp-wasm/explain';
 *
 * const entry = { names: ['ptrace'], action: 'SCMP_ACT_LOG' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const compiled = compileWithEntries(profile, { arch: 'x86_64' });
 * const architecture = findArchitecture('x86_64');
 * const decisions = [{ action: { kind: 'ALLOW' } }];
 * console.log(decidedBy(compiled, { architecture, number: 0, decisions })); // the default action decides
 * ```
 */
export function decidedBy(
  profile: CompiledProfile,
  { architecture, number, decisions }: Pick<AskedCall, 'architecture' | 'number' | 'decisions'>,
): string | undefined {
  const { compiledRules } = profile;
  const [only, ...others] = decisions;
  if (!only || others.length > 0) return undefined;
  // In front of everything.
  if (stubAnswers(compiledRules, architecture, number)) return 'the ENOSYS stub for newer calls decides';
  return isSameAction(only.action, compiledRules.policy.defaultAction) ? 'the default action decides' : undefined;
}
