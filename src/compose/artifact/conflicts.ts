import { type AddedRule, type Condition, conditionKey, isSameResult, onNarrow, type Result } from './rules-of-calls.js';

/** A rule, and the entry that it is from. */
export interface PlacedRule extends AddedRule {
  readonly entry: number;
}

/**
 * The entry at which the rules of one call begin to conflict, for the validation that runtimes make of an artifact
 * (kubernetes-sigs/security-profiles-merger, `ErrConflictingEntries`). Rules with different results conflict where one
 * has the conditions of the other, or a part of them. They conflict in any shape, too, but the two that libseccomp is known
 * to compile exactly. Undefined where there is none.
 */
export function conflictingEntry(rules: readonly PlacedRule[]): number | undefined {
  const [first] = rules;
  const unlike = rules.find(({ result }) => !isSameResult(result, first!.result));
  if (first === undefined || unlike === undefined) return undefined;
  const within = [rules, rules.map((rule) => ({ ...rule, ...onNarrow(rule) }))].flatMap(
    (each) => firstWithin(each) ?? [],
  );
  if (within.length > 0) return Math.min(...within);
  const distinct = new Map(rules.map((rule) => [ruleKey(rule), rule]));
  return isExact([...distinct.values()]) ? undefined : unlike.entry;
}

/** The first entry with a rule whose conditions include those of an earlier one, or the other way round. */
function firstWithin(rules: readonly PlacedRule[]): number | undefined {
  const exact = new Map<string, Result[]>();
  const wider = new Map<string, Result[]>();
  const note = (known: Map<string, Result[]>, key: string, result: Result) => {
    const results = known.get(key);
    if (!results) known.set(key, [result]);
    else if (!results.some((other) => isSameResult(other, result))) results.push(result);
  };
  for (const { result, conditions, entry } of rules) {
    const differs = (known: Map<string, Result[]>, key: string) =>
      known.get(key)?.some((other) => !isSameResult(other, result)) ?? false;
    const own = keyOf(conditions);
    const parts = properParts(conditions);
    if (differs(exact, own) || differs(wider, own) || parts.some((part) => differs(exact, part))) return entry;
    note(exact, own, result);
    for (const part of parts) note(wider, part, result);
  }
  return undefined;
}

const keyOf = (conditions: readonly Condition[]): string => conditions.map(conditionKey).join(';');
const ruleKey = ({ result, conditions }: AddedRule): string => `${result.action} ${result.errno} ${keyOf(conditions)}`;

/** Of at most six conditions, one an argument: 63 parts. */
function properParts(conditions: readonly Condition[]): string[] {
  const all = 2 ** conditions.length - 1;
  return Array.from({ length: all }, (_, mask) => keyOf(conditions.filter((_, at) => mask & (1 << at))));
}

/** Rules of one condition each, with different results: equal to unlike values of one argument, or a pair of opposites. */
function isExact(rules: readonly AddedRule[]): boolean {
  if (rules.some(({ conditions }) => conditions.length !== 1)) return false;
  const conditions = rules.map((rule) => rule.conditions[0]!);
  const [first, second] = conditions;
  const isAboutOne = conditions.every(({ index, op }) => op === 'SCMP_CMP_EQ' && index === first!.index);
  const lows = new Set(conditions.map(({ value }) => BigInt.asUintN(32, value)));
  if (isAboutOne && lows.size === conditions.length) return true;
  if (conditions.length !== 2 || second === undefined) return false;
  const isSameValue = first!.index === second.index && first!.value === second.value;
  return isSameValue && OPPOSITES.get(first!.op) === second.op;
}

const PAIRS = [
  ['SCMP_CMP_EQ', 'SCMP_CMP_NE'],
  ['SCMP_CMP_LT', 'SCMP_CMP_GE'],
  ['SCMP_CMP_LE', 'SCMP_CMP_GT'],
] as const;
const OPPOSITES: ReadonlyMap<string, string> = new Map([
  ...PAIRS,
  ...PAIRS.map(([one, other]) => [other, one] as const),
]);
