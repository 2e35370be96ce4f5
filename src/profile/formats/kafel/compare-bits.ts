import { type BitComparison, MAX_RULES } from '../exact-conditions.js';
import { type Condition, type Conjunction, comparison, TooManyRules } from '../first-match.js';
import type { KafelOperator } from './parser.js';

/** A value whose arguments are known: bits of arguments and constants. */
export type BitValue =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'argument'; readonly index: number; readonly bits: 32 | 64 }
  | { readonly kind: '&' | '|'; readonly left: BitValue; readonly right: BitValue };

const ALL = 2n ** 64n - 1n;
const NAMES = { '==': 'EQ', '!=': 'NE', '<': 'LT', '<=': 'LE', '>': 'GT', '>=': 'GE' } as const;
const SWAPPED = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
const CONTRARY = { '==': '!=', '!=': '==', '<': '>=', '>=': '<', '>': '<=', '<=': '>' } as const;

/** Constants folded, as kafel does before it looks at widths (src/expression.c, expr_simplify). */
function folded(value: BitValue): BitValue {
  if (value.kind !== '&' && value.kind !== '|') return value;
  const [left, right] = [folded(value.left), folded(value.right)];
  const [one, other] = left.kind === 'number' ? [left, right] : [right, left];
  if (one.kind !== 'number') return { kind: value.kind, left, right };
  const isAnd = value.kind === '&';
  if (other.kind === 'number') {
    return { kind: 'number', value: isAnd ? one.value & other.value : one.value | other.value };
  }
  if (one.value === (isAnd ? 0n : ALL)) return one;
  if (one.value === (isAnd ? ALL : 0n)) return other;
  return { kind: value.kind, left, right };
}

function isWide(value: BitValue): boolean {
  if (value.kind === 'number') return value.value > 0xffffffffn;
  if (value.kind === 'argument') return value.bits === 64;
  return isWide(value.left) || isWide(value.right);
}

/** Whether arguments are compared in 64 bits: any part of the comparison that has more than 32 makes it so. */
export function isComparedWide(left: BitValue, right: BitValue): boolean {
  return isWide(folded(left)) || isWide(folded(right));
}

const always: Condition = { kind: 'all', of: [] };
const never: Condition = { kind: 'any', of: [] };

/** A comparison of two values, unsigned, in as many bits as kafel compares. */
export function compareBits(op: KafelOperator, givenLeft: BitValue, givenRight: BitValue): Condition {
  const [left, right] = [folded(givenLeft), folded(givenRight)];
  if (left.kind === 'number' && right.kind === 'number') return isSo(op, left.value, right.value) ? always : never;
  if (left.kind === 'argument' && right.kind === 'argument' && left.index === right.index) {
    return op === '==' || op === '<=' || op === '>=' ? always : never;
  }
  const bits = isWide(left) || isWide(right) ? 64 : 32;
  if (left.kind === 'number' && right.kind === 'argument') return plain(SWAPPED[op], right.index, left.value, bits);
  if (left.kind === 'argument' && right.kind === 'number') return plain(op, left.index, right.value, bits);
  return {
    kind: 'literal',
    holds: (isNegated) => alternatives(isNegated ? CONTRARY[op] : op, left, right, bits),
  };
}

function plain(op: KafelOperator, index: number, value: bigint, bits: 32 | 64): Condition {
  return comparison({ index, bits, op: NAMES[op], value });
}

function isSo(op: KafelOperator, left: bigint, right: bigint): boolean {
  const order = left < right ? -1 : left > right ? 1 : 0;
  return { '==': [0], '!=': [-1, 1], '<': [-1], '<=': [-1, 0], '>': [1], '>=': [0, 1] }[op].includes(order);
}

/** What one bit of a value is, for each setting of that bit in all arguments: bit N of it is for setting N. */
type Truth = bigint;

/** Bits that arguments must have, by their index. */
type Cube = ReadonlyMap<number, { readonly mask: bigint; readonly value: bigint }>;

function alternatives(op: KafelOperator, left: BitValue, right: BitValue, bits: 32 | 64): readonly Conjunction[] {
  const indexes = [...new Set([...argumentsOf(left), ...argumentsOf(right)])];
  const settings = 1n << BigInt(indexes.length);
  const whole = (1n << settings) - 1n;
  const truth = (value: BitValue, bit: bigint): Truth => {
    if (value.kind === 'number') return (value.value >> bit) & 1n ? whole : 0n;
    if (value.kind !== 'argument') {
      const [one, other] = [truth(value.left, bit), truth(value.right, bit)];
      return value.kind === '&' ? one & other : one | other;
    }
    const position = BigInt(indexes.indexOf(value.index));
    let own = 0n;
    for (let setting = 0n; setting < settings; setting++) if ((setting >> position) & 1n) own |= 1n << setting;
    return own;
  };
  const sides = [...Array(bits).keys()].map((at) => {
    const bit = BigInt(bits - 1 - at);
    return { bit, one: truth(left, bit), other: truth(right, bit) };
  });
  const cubesOf = (of: Truth, bit: bigint) => coverOf(of, indexes, bit);
  if (op === '!=') return simplified(sides.flatMap(({ bit, one, other }) => cubesOf(one ^ other, bit)));
  const equal = sides.map(({ bit, one, other }) => cubesOf(whole & ~(one ^ other), bit));
  if (op === '==') return conjunctions(equal.reduce<readonly Cube[]>(product, [new Map()]));
  // Less or greater at the first bit that differs. Of two arguments fewer alternatives say it if they may overlap: at some
  // bit, where no bit before it is the other way.
  const before =
    indexes.length === 1
      ? equal
      : sides.map(({ bit, one, other }) =>
          cubesOf(whole & (op === '<' || op === '<=' ? ~one | other : one | ~other), bit),
        );
  const [isLess, orEqual] = [op === '<' || op === '<=', op === '<=' || op === '>='];
  const found: Cube[] = [];
  let prefix: readonly Cube[] = [new Map()];
  sides.forEach(({ bit, one, other }, at) => {
    found.push(...product(prefix, cubesOf(isLess ? ~one & other & whole : one & ~other & whole, bit)));
    if (found.length > MAX_RULES) throw new TooManyRules();
    if (at < sides.length - 1 || orEqual) prefix = product(prefix, before[at]!);
  });
  return conjunctions(orEqual ? [...found, ...prefix] : found);
}

function* argumentsOf(value: BitValue): Generator<number> {
  if (value.kind === 'argument') yield value.index;
  else if (value.kind !== 'number') {
    yield* argumentsOf(value.left);
    yield* argumentsOf(value.right);
  }
}

/** Settings of one bit in the arguments, as few as are needed. */
function coverOf(of: Truth, indexes: readonly number[], bit: bigint): Cube[] {
  const mask = 1n << bit;
  const split = (truth: Truth, position: number): Cube[] => {
    if (truth === 0n) return [];
    const size = 1n << BigInt(position);
    if (truth === (1n << size) - 1n) return [new Map()];
    const at = position - 1;
    const half = size >> 1n;
    const [low, high] = [truth & ((1n << half) - 1n), truth >> half];
    const both = low & high;
    const having = (cubes: Cube[], value: bigint) =>
      cubes.map((cube): Cube => new Map([...cube, [indexes[at]!, { mask, value }]]));
    return [...split(both, at), ...having(split(low & ~both, at), 0n), ...having(split(high & ~both, at), mask)];
  };
  return split(of, indexes.length);
}

function product(left: readonly Cube[], right: readonly Cube[]): readonly Cube[] {
  if (left.length * right.length > MAX_RULES) throw new TooManyRules();
  return left.flatMap((one) =>
    right.map((other) => {
      const both = new Map(one);
      for (const [index, { mask, value }] of other) {
        const before = both.get(index) ?? { mask: 0n, value: 0n };
        both.set(index, { mask: before.mask | mask, value: before.value | value });
      }
      return both;
    }),
  );
}

function conjunctions(cubes: readonly Cube[]): readonly Conjunction[] {
  return cubes.map((cube) =>
    [...cube].map(([index, { mask, value }]): BitComparison => ({ index, bits: 64, op: 'EQ', mask, value })),
  );
}

/** Of one argument, bits of which one must differ are one comparison under a mask. */
function simplified(cubes: readonly Cube[]): readonly Conjunction[] {
  const [first] = cubes;
  if (first === undefined) return [];
  if (cubes.some((cube) => cube.size === 0)) return [[]];
  const index = [...first.keys()][0]!;
  if (!cubes.every((cube) => cube.size === 1 && cube.has(index))) return conjunctions(cubes);
  const bits = cubes.map((cube) => cube.get(index)!);
  const mask = bits.reduce((sum, each) => sum | each.mask, 0n);
  const differing = bits.reduce((sum, each) => sum | each.value, 0n);
  return [[{ index, bits: 64, op: 'NE', mask, value: mask & ~differing }]];
}
