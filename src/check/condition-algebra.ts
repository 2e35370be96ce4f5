import type { ArgumentCondition } from '../policy.js';

const MAX_VALUE = 2n ** 64n - 1n;

/** Bounds, both included. */
type Interval = readonly [least: bigint, most: bigint];

/** The values that meet a condition, in order; undefined for masks, whose values are scattered. */
function intervalsOf({ op, value }: ArgumentCondition): Interval[] | undefined {
  const proper = (intervals: Interval[]) => intervals.filter(([least, most]) => least <= most);
  switch (op) {
    case 'EQ':
      return [[value, value]];
    case 'NE':
      return proper([
        [0n, value - 1n],
        [value + 1n, MAX_VALUE],
      ]);
    case 'LT':
      return proper([[0n, value - 1n]]);
    case 'LE':
      return [[0n, value]];
    case 'GE':
      return [[value, MAX_VALUE]];
    case 'GT':
      return proper([[value + 1n, MAX_VALUE]]);
    case 'MASKED_EQ':
      return undefined;
  }
}

/** Whether a 64-bit argument meets it never, always or sometimes, as libseccomp compares. */
export function truthOf(condition: ArgumentCondition): 'never' | 'always' | 'sometimes' {
  if (condition.op === 'MASKED_EQ') return condition.value === 0n ? 'always' : 'sometimes';
  const intervals = intervalsOf(condition) as Interval[];
  if (intervals.length === 0) return 'never';
  return intervals.length === 1 && intervals[0]?.[0] === 0n && intervals[0][1] === MAX_VALUE ? 'always' : 'sometimes';
}

/** Whether some value meets both conditions on one argument; undefined where that is not known. */
export function overlap(a: ArgumentCondition, b: ArgumentCondition): boolean | undefined {
  const [left, right] = [intervalsOf(a), intervalsOf(b)];
  if (left && right) return left.some((one) => right.some((other) => one[0] <= other[1] && other[0] <= one[1]));
  if (left) return overlapOfMask(b, left);
  if (right) return overlapOfMask(a, right);
  return (a.value & b.value & (a.valueTwo ^ b.valueTwo)) === 0n;
}

/** The smallest and the largest value under a mask are known; between them only single values are tried. */
function overlapOfMask({ value: mask, valueTwo }: ArgumentCondition, intervals: Interval[]): boolean | undefined {
  const datum = valueTwo & mask;
  const least = datum;
  const most = datum | (MAX_VALUE ^ mask);
  const inside = (value: bigint) => intervals.some(([from, to]) => from <= value && value <= to);
  if (inside(least) || inside(most)) return true;
  const between = intervals.filter(([from, to]) => from < most && to > least);
  const isDecided = between.every(([from, to]) => from === to);
  return isDecided ? between.some(([value]) => (value & mask) === datum) : undefined;
}

/** The opposite of a condition, as a condition; undefined for masks. */
function complement(condition: ArgumentCondition): ArgumentCondition | undefined {
  const opposite = { EQ: 'NE', NE: 'EQ', LT: 'GE', GE: 'LT', LE: 'GT', GT: 'LE' } as const;
  return condition.op === 'MASKED_EQ' ? undefined : { ...condition, op: opposite[condition.op] };
}

/** Whether every value meets at least one of two conditions on one argument. False where that is not known. */
export function coverAll(a: ArgumentCondition, b: ArgumentCondition): boolean {
  const [withoutA, withoutB] = [complement(a), complement(b)];
  return withoutA !== undefined && withoutB !== undefined && overlap(withoutA, withoutB) === false;
}

function isSameCondition(a: ArgumentCondition, b: ArgumentCondition): boolean {
  if (a.index !== b.index || a.op !== b.op || a.value !== b.value) return false;
  return a.op !== 'MASKED_EQ' || ((a.valueTwo ^ b.valueTwo) & a.value) === 0n;
}

/** Whether two lists have the same conditions, in any order. */
export function areSameConditions(a: readonly ArgumentCondition[], b: readonly ArgumentCondition[]): boolean {
  const contains = (list: readonly ArgumentCondition[]) => (condition: ArgumentCondition) =>
    list.some((other) => isSameCondition(condition, other));
  return a.length === b.length && a.every(contains(b)) && b.every(contains(a));
}
