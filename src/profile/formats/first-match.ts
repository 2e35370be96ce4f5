import { type BitComparison, type ExactRule, exactRules, MAX_RULES } from './exact-conditions.js';

/** Comparisons that must all hold. */
export type Conjunction = readonly BitComparison[];

/** What a call's arguments are compared with, as a tree. `literal` has lists of which one must hold, and those of its contrary. */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'literal'; holds(isNegated: boolean): readonly Conjunction[] };

/** One of a call's cases, of which the first that holds decides. Without a condition it always holds. */
export interface Case<Action> {
  readonly condition: Condition | undefined;
  readonly action: Action;
}

/** What libseccomp's rules cannot say in a bearable number. */
export class TooManyRules extends Error {}

/** A case as rules that no case with another action overlaps. Several of one action may overlap. */
export interface DecidedCase<Action> {
  /** Of the cases that were given. */
  readonly index: number;
  readonly action: Action;
  readonly rules: readonly ExactRule[];
}

/** A condition that is one comparison. */
export function comparison(of: BitComparison): Condition {
  const [positive, negative] = [[[of]], [[contrary(of)]]];
  return { kind: 'literal', holds: (isNegated) => (isNegated ? negative : positive) };
}

const CONTRARY = { EQ: 'NE', NE: 'EQ', LT: 'GE', GE: 'LT', GT: 'LE', LE: 'GT' } as const;

function contrary(of: BitComparison): BitComparison {
  return { ...of, op: CONTRARY[of.op] };
}

/**
 * Cases of which the first that holds decides, as rules whose order does not count: each has what no earlier case with
 * another action has taken. What no case decides, and what has the action `rest`, gets no rule.
 *
 * @throws {TooManyRules} where that takes more than {@link MAX_RULES}
 */
export function firstMatch<Action>(
  cases: readonly Case<Action>[],
  rest: Action,
  isSame: (a: Action, b: Action) => boolean,
): DecidedCase<Action>[] {
  const decided: DecidedCase<Action>[] = [];
  let count = 0;
  const end = cases.findIndex(({ condition }) => condition === undefined);
  const live = end < 0 ? cases : cases.slice(0, end + 1);
  const whole = live.at(-1);
  // Where all that came before has its action, the last case decides alone.
  if (whole && whole.condition === undefined && live.every(({ action }) => isSame(action, whole.action))) {
    return [{ index: live.length - 1, action: whole.action, rules: [{ args: [] }] }];
  }
  live.forEach(({ condition, action }, index) => {
    if (isSame(action, rest)) return;
    const earlier = live.slice(0, index).filter((each) => !isSame(each.action, action));
    const parts = condition ? alternatives(condition) : [[]];
    const rules = distinct(parts.flatMap((part) => alternatives(without(part, earlier)).flatMap(rulesOf)));
    count += rules.length;
    if (count > MAX_RULES) throw new TooManyRules();
    decided.push({ index, action, rules });
  });
  return decided;
}

/** Comparisons that must all hold, and none of the earlier cases. One that they exclude themselves need not be named. */
function without(part: Conjunction, earlier: readonly Case<unknown>[]): Condition {
  const own: Condition = { kind: 'all', of: part.map(comparison) };
  const others = earlier.flatMap(({ condition }): Condition[] => {
    const both: Condition = { kind: 'all', of: [own, condition!] };
    return neverHolds(both) ? [] : [{ kind: 'not', of: condition! }];
  });
  return { kind: 'all', of: [own, ...others] };
}

/** Whether no arguments meet a condition. What is too much work to tell counts as met. */
export function neverHolds(condition: Condition): boolean {
  try {
    return !alternatives(condition).some((each) => rulesOf(each).length > 0);
  } catch (error) {
    if (error instanceof TooManyRules) return false;
    throw error;
  }
}

function rulesOf(conjunction: Conjunction): ExactRule[] {
  const rules = exactRules(conjunction);
  if (rules === undefined) throw new TooManyRules();
  return rules;
}

function distinct(rules: readonly ExactRule[]): ExactRule[] {
  const key = ({ args, wordSize }: ExactRule) =>
    `${wordSize} ${args.map(({ index, op, value, valueTwo }) => `${index} ${op} ${value} ${valueTwo}`).join(', ')}`;
  return [...new Map(rules.map((rule) => [key(rule), rule])).values()];
}

/** Lists of comparisons, of which one must hold as a whole. */
function alternatives(condition: Condition, isNegated = false): readonly Conjunction[] {
  switch (condition.kind) {
    case 'literal':
      return condition.holds(isNegated);
    case 'not':
      return alternatives(condition.of, !isNegated);
    default: {
      const parts = condition.of.map((each) => alternatives(each, isNegated));
      const isAny = (condition.kind === 'any') !== isNegated;
      return isAny ? limited(parts.flat()) : parts.reduce(product, [[]]);
    }
  }
}

function product(left: readonly Conjunction[], right: readonly Conjunction[]): readonly Conjunction[] {
  if (left.length * right.length > MAX_RULES ** 2) throw new TooManyRules();
  return limited(left.flatMap((a) => right.flatMap((b) => both(a, b))));
}

function limited(list: readonly Conjunction[]): readonly Conjunction[] {
  if (list.length > MAX_RULES * 4) throw new TooManyRules();
  return list;
}

/** Both lists in one; nothing where an argument that must be one value cannot be it. */
function both(a: Conjunction, b: Conjunction): Conjunction[] {
  let all = a;
  for (const one of b) {
    const fixed = all.find((each) => each.index === one.index && isWhole(each));
    if (fixed) {
      if (!holdsFor(one, fixed.value)) return [];
      continue;
    }
    if (isWhole(one)) {
      const others = all.filter((each) => each.index === one.index);
      if (!others.every((each) => holdsFor(each, one.value))) return [];
      all = all.filter((each) => each.index !== one.index);
    }
    if (!all.some((each) => isEqual(each, one))) all = [...all, one];
  }
  return [all];
}

/** Whether a comparison leaves an argument one value only. */
const isWhole = ({ bits, op, mask }: BitComparison) => bits === 64 && op === 'EQ' && mask === undefined;

const isEqual = (a: BitComparison, b: BitComparison) =>
  a.index === b.index && a.bits === b.bits && a.op === b.op && a.value === b.value && a.mask === b.mask;

/** Whether a comparison holds for an argument. */
function holdsFor({ bits, op, value, mask }: BitComparison, argument: bigint): boolean {
  const compared = BigInt.asUintN(bits, argument) & (mask ?? 2n ** 64n - 1n);
  switch (op) {
    case 'EQ':
      return compared === value;
    case 'NE':
      return compared !== value;
    case 'LT':
      return compared < value;
    case 'LE':
      return compared <= value;
    case 'GT':
      return compared > value;
    case 'GE':
      return compared >= value;
  }
}
