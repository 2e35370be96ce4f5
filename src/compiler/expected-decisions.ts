import { takesEnosysStub } from '../action.js';
import { type Architecture, X32_SYSCALL_BIT } from '../architecture.js';
import type { NumberRange } from '../bpf/decisions/partition.js';
import { errnoNumber } from '../errno.js';
import type { Action, ArgumentCondition, SeccompPolicy } from '../policy.js';
import { type FilterOperation, isOn, isRuleOperation, type RuleOperation } from './filter-operation.js';
import { conditionsBehind, isMultiplexer, MULTIPLEXED_CALLS } from './multiplexed-calls.js';

// The right decision for every call, worked out from the rules alone. libseccomp gives the numbers of names, and
// nothing else.

/** A policy as rules, and what is needed to find their numbers. */
export interface Rules {
  policy: SeccompPolicy;
  operations: readonly FilterOperation[];
  /** The rules of entries with the default's action, which libseccomp does not get. */
  skipped?: readonly RuleOperation[] | undefined;
  /** Those of the filter, the target first. */
  architectures: readonly Architecture[];
  /** Whether calls newer than all that the policy names are to be answered ENOSYS (see `enosysStub`). */
  enosysStub: boolean;
  /** For each architecture the numbers that are answered ENOSYS for being newer than a Linux (see `newerCalls`). */
  newer?: ReadonlyMap<Architecture, readonly NumberRange[]> | undefined;
  /**
   * A name's number on an architecture, as libseccomp resolves it. Undefined or negative where it has none of its own.
   */
  resolve: (name: string, architecture: Architecture) => number | undefined;
  /** For a call that a multiplexer reaches too: its own number, on an architecture where it has one. */
  ownNumber: (name: string, architecture: Architecture) => number | undefined;
  source?: string | undefined;
}

/** Rules and the program that was compiled from them. */
export interface CompiledRules extends Rules {
  program: Uint8Array;
}

/** A rule as it applies to one number of an architecture. */
export interface ExpectedRule {
  action: Action;
  /** What must hold, in as many bits as `bits` says; none: always. */
  conditions: readonly ArgumentCondition[];
  operation: RuleOperation;
}

/** The right decision for the calls of a range of numbers. */
export interface Expectation {
  from: number;
  to: number;
  /** Undefined for the numbers of an ABI that is not in the filter. */
  architecture: Architecture | undefined;
  /** Any of the rules that hold may decide; an unconditional rule is the only one. */
  rules: readonly ExpectedRule[];
  /** Where no rule holds. */
  otherwise: Action;
}

/** libseccomp's SCMP_FLTATR_ACT_BADARCH, which nothing here changes. */
export const BAD_ARCHITECTURE: Action = { kind: 'KILL_THREAD' };

const LAST_NUMBER = 2 ** 32 - 1;

/**
 * The right decision for every number of an AUDIT_ARCH, in ranges that cover all 32-bit numbers.
 *
 * - Names and argument widths are those of the architecture: a 32-bit one compares low halves.
 * - A call behind a multiplexer has its rules at the multiplexer, as seccomp_rule_add(3) does it. There the call's
 *   number replaces any condition on argument 0, and other conditions compare the multiplexer's own registers: a filter
 *   cannot follow the pointer to the real arguments. Where the call has its own number too, its rules are unchanged
 *   there.
 * - An unconditional rule decides a number alone; of several, the first does (db.c, `db_rule_add`).
 * - x32's numbers have bit 30 set; x86_64's do not. If one of the two is not in the filter, its numbers are a bad
 *   architecture. -1, by which a tracer skips a call (seccomp(2)), is x86_64's.
 */
export function expectedDecisions(compiledRules: Rules, auditArch: number): Expectation[] {
  const members = compiledRules.architectures.filter((each) => each.auditArch === auditArch);
  const { defaultAction } = compiledRules.policy;
  const enosysFor = enosysAnswers(members, compiledRules);
  const numbers = placedNumbers(members, compiledRules);
  const cuts = stubCuts(members, compiledRules);
  const expectations: Expectation[] = [];
  let [nextNumber, nextCut] = [0, 0];
  for (const { architecture, from: first, to: last } of sectionsOf(members)) {
    const placed = architecture && rulesOf(compiledRules, architecture);
    const otherwise = placed ? defaultAction : BAD_ARCHITECTURE;
    for (let from = first, to: number; from <= last; from = to + 1) {
      while (numbers[nextNumber]! < from) nextNumber++;
      while (cuts[nextCut]! <= from) nextCut++;
      const number = numbers[nextNumber] ?? Number.POSITIVE_INFINITY;
      to = number === from ? from : Math.min(number - 1, (cuts[nextCut] ?? Number.POSITIVE_INFINITY) - 1, last);
      // The stubs stand in front of the filter.
      const enosys = enosysFor?.(from);
      const rules = enosys || number !== from ? NO_RULES : effective(placed?.get(from) ?? NO_RULES);
      expectations.push({ from, to, architecture, rules, otherwise: enosys ?? otherwise });
    }
  }
  return expectations;
}

const NO_RULES: readonly ExpectedRule[] = [];

/** The part of {@link expectedDecisions} for numbers that some rule has conditions for. */
export function* conditionalDecisions(rules: Rules): Generator<Expectation & { architecture: Architecture }> {
  for (const architecture of rules.architectures) {
    const members = rules.architectures.filter(({ auditArch }) => auditArch === architecture.auditArch);
    const enosysFor = enosysAnswers(members, rules);
    for (const [number, placed] of contestedRulesOf(rules, architecture)) {
      const standing = effective(placed);
      const isConditional = standing.some(({ conditions }) => conditions.length > 0);
      if (!isConditional || enosysFor?.(number)) continue;
      yield { from: number, to: number, architecture, rules: standing, otherwise: rules.policy.defaultAction };
    }
  }
}

interface Section {
  from: number;
  to: number;
  architecture: Architecture | undefined;
}

/** The architecture of the numbers. */
function sectionsOf(members: readonly Architecture[]): Section[] {
  const [x8664, x32] = ['x86_64', 'x32'].map((wanted) => members.find(({ name }) => name === wanted));
  if (!x8664 && !x32) return [{ from: 0, to: LAST_NUMBER, architecture: members[0] }];
  return [
    { from: 0, to: X32_SYSCALL_BIT - 1, architecture: x8664 },
    { from: X32_SYSCALL_BIT, to: LAST_NUMBER - 1, architecture: x32 },
    { from: LAST_NUMBER, to: LAST_NUMBER, architecture: x8664 ?? x32 },
  ];
}

/** The numbers with rules, each of which is a range of its own, ascending. */
function placedNumbers(members: readonly Architecture[], compiledRules: Rules): Float64Array {
  const placed = members.map((member) => rulesOf(compiledRules, member));
  const numbers = new Float64Array(placed.reduce((count, { size }) => count + size, 0));
  let count = 0;
  for (const rules of placed) for (const number of rules.keys()) numbers[count++] = number;
  return numbers.sort();
}

/** The numbers from which on the answer of the stubs may be another one, ascending. */
function stubCuts(members: readonly Architecture[], compiledRules: Rules): number[] {
  const cuts: number[] = [];
  if (compiledRules.enosysStub) {
    for (const member of members) cuts.push(lastNamed(member, compiledRules) + 1);
    cuts.push(1, X32_SYSCALL_BIT, 2 * X32_SYSCALL_BIT, 3 * X32_SYSCALL_BIT);
  }
  for (const member of members)
    for (const { from, to } of compiledRules.newer?.get(member) ?? []) cuts.push(from, to + 1);
  return cuts.sort((one, other) => one - other);
}

/** The answer of the stubs that stand in front of the filter: that of `newerCallsStub`, then that of `enosysStub`. */
function enosysAnswers(
  members: readonly Architecture[],
  compiledRules: Rules,
): ((number: number) => Action | undefined) | undefined {
  const newer = members.flatMap((member) => compiledRules.newer?.get(member) ?? []);
  const pastNamed = answersPastNamed(members, compiledRules);
  if (newer.length === 0) return pastNamed;
  const enosys = enosysAction(compiledRules);
  return (number) => (newer.some(({ from, to }) => from <= number && number <= to) ? enosys : pastNamed?.(number));
}

const enosysAction = ({ architectures: [target] }: Rules): Action => ({
  kind: 'ERRNO',
  data: errnoNumber('ENOSYS', target?.name) as number,
});

/**
 * The answer of runc's stub (libcontainer/seccomp/patchbpf) to calls newer than all that the policy names. Per
 * architecture these are the numbers above the largest one that is named, and on s390 setup(2), which is 0. There is
 * none where the default lets the call run, or is ENOSYS. x32's numbers are all with bit 30 set, negative ones too.
 */
function answersPastNamed(
  members: readonly Architecture[],
  compiledRules: Rules,
): ((number: number) => Action | undefined) | undefined {
  const { defaultAction } = compiledRules.policy;
  if (!compiledRules.enosysStub || !takesEnosysStub(defaultAction)) return undefined;
  const enosys = enosysAction(compiledRules);
  const [x8664, x32] = ['x86_64', 'x32'].map((wanted) => members.find(({ name }) => name === wanted));
  return (number) => {
    const member = !x8664 && !x32 ? members[0] : (number & X32_SYSCALL_BIT) !== 0 ? x32 : x8664;
    const last = member ? lastNamed(member, compiledRules) : 0;
    if (!member || last === 0) return undefined;
    const isSetup = number === 0 && (member.name === 's390' || member.name === 's390x');
    return number > last || isSetup ? enosys : undefined;
  };
}

/** Whether the ENOSYS stub, which stands in front of the filter, answers a number. */
export function stubAnswers(compiledRules: Rules, { auditArch }: Architecture, number: number): boolean {
  const members = compiledRules.architectures.filter((each) => each.auditArch === auditArch);
  return enosysAnswers(members, compiledRules)?.(number) !== undefined;
}

const lasts = new WeakMap<Rules, Map<Architecture, number>>();

function lastNamed(architecture: Architecture, compiledRules: Rules): number {
  const byArchitecture = lasts.get(compiledRules) ?? new Map<Architecture, number>();
  lasts.set(compiledRules, byArchitecture);
  const { policy, resolve } = compiledRules;
  const find = () => {
    const names = policy.rules.flatMap((rule) => rule.names.map(({ name }) => name));
    return names.reduce((last, name) => Math.max(last, resolve(name, architecture) ?? 0), 0);
  };
  const last = byArchitecture.get(architecture) ?? find();
  byArchitecture.set(architecture, last);
  return last;
}

/** The rules of each number, in the order of the profile. */
type PlacedRules = ReadonlyMap<number, readonly ExpectedRule[]>;

type PlacedByArchitecture = WeakMap<Rules, Map<Architecture, PlacedRules>>;

/** Places rules of a program once. */
function placedOnce(
  known: PlacedByArchitecture,
  operationsOf: (rules: Rules) => readonly FilterOperation[],
  rules: Rules,
  architecture: Architecture,
): PlacedRules {
  const before = known.get(rules)?.get(architecture);
  if (before) return before;
  const all = new Set(rules.architectures).add(architecture);
  const placed = placeRules(rules, operationsOf(rules), [...all]);
  known.set(rules, placed);
  return placed.get(architecture)!;
}

const allPlaced: PlacedByArchitecture = new WeakMap();
const contestedPlaced: PlacedByArchitecture = new WeakMap();

/** The rules of each number. */
export const rulesOf = (rules: Rules, architecture: Architecture): PlacedRules =>
  placedOnce(allPlaced, ({ operations }) => operations, rules, architecture);

/**
 * {@link rulesOf}, perhaps without calls of which a single rule without conditions decides. They are most calls of most
 * profiles, and need no number unless they were placed before.
 */
export const contestedRulesOf = (rules: Rules, architecture: Architecture): PlacedRules =>
  allPlaced.get(rules)?.get(architecture) ?? placedOnce(contestedPlaced, contestedOperations, rules, architecture);

/** Names show which rules meet others, since no two names have one number on an architecture. */
function contestedOperations(rules: Rules): readonly FilterOperation[] {
  // The stub may answer any number instead.
  if (rules.enosysStub) return rules.operations;
  const contested = new Set((rules.skipped ?? []).map(({ name }) => name));
  const seen = new Set<string>();
  const placed = rules.operations.filter(isRuleOperation);
  for (const { name, conditions, on } of placed) {
    if (conditions.length > 0 || on || seen.has(name)) contested.add(name);
    seen.add(name);
  }
  return placed.filter(({ name }) => contested.has(name) || MULTIPLEXED_CALLS.has(name) || isMultiplexer(name));
}

/** Where the entries with the default's action would be. */
export function skippedRulesOf(compiledRules: Rules, architecture: Architecture): PlacedRules {
  return placeRules(compiledRules, compiledRules.skipped ?? [], [architecture]).get(architecture)!;
}

function placeRules(
  { resolve, ownNumber }: Rules,
  operations: readonly FilterOperation[],
  architectures: readonly Architecture[],
): Map<Architecture, PlacedRules> {
  const placed = new Map(architectures.map((architecture) => [architecture, new Map<number, ExpectedRule[]>()]));
  for (const operation of operations) {
    if (!isRuleOperation(operation)) continue;
    const { name, action, conditions } = operation;
    const always: ExpectedRule | undefined = conditions.length === 0 ? { action, conditions, operation } : undefined;
    for (const [architecture, rules] of placed) {
      if (!isOn(operation, architecture)) continue;
      const place = (number: number | undefined, meant: readonly ArgumentCondition[]) => {
        if (number === undefined || number < 0) return;
        const rule =
          meant.length === 0 && always
            ? always
            : { action, conditions: effectiveConditions(meant, architecture), operation };
        const there = rules.get(number);
        if (there) there.push(rule);
        else rules.set(number, [rule]);
      };
      const number = resolve(name, architecture);
      const multiplexed = number !== undefined && number < 0 ? MULTIPLEXED_CALLS.get(name) : undefined;
      if (!multiplexed) {
        place(number, conditions);
        continue;
      }
      place(resolve(multiplexed.multiplexer, architecture), conditionsBehind(multiplexed, conditions));
      place(ownNumber(name, architecture), conditions);
    }
  }
  return placed;
}

/**
 * A rule's conditions on an architecture, without those that always hold. A mask without bits compares nothing, and
 * libseccomp leaves it out (db.c, `_db_arg_cmp_need_lo`), so a rule may have no condition left.
 */
export function effectiveConditions(
  conditions: readonly ArgumentCondition[],
  { wordSize }: Architecture,
): readonly ArgumentCondition[] {
  if (conditions.length === 0) return conditions;
  return conditions.filter(({ op, value }) => op !== 'MASKED_EQ' || BigInt.asUintN(wordSize, value) !== 0n);
}

function effective(rules: readonly ExpectedRule[]): readonly ExpectedRule[] {
  if (rules.length < 2) return rules;
  const unconditional = rules.find(({ conditions }) => conditions.length === 0);
  return unconditional ? [unconditional] : rules;
}
