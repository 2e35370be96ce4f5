import { ALL_64_BITS, type Condition, type DnfTerm, type DnfTerms, equalTo, LOW_HALF } from './condition.js';
import { MAX_TERMS } from './cover.js';
import { type Cube, commonBits, cubeCover } from './cubes.js';
import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { countValues, placesOf, support } from './field-bits.js';
import { type Field, fieldLevel } from './input-variables.js';
import { inInterval, intervals } from './intervals.js';

/** Values of one field in words: terms about this field alone, and how much there is to read. */
export interface ValuesInWords {
  readonly terms: DnfTerms;
  readonly cost: number;
  /** Single values, or all but some: nothing else is looked for. */
  readonly isList?: boolean;
}

/**
 * Describe a set of values of one field in as few words as can be found. The set is a boolean function of the field's
 * bits alone. Conditions are intervals of the field or of some of its bits, masks, or exceptions from either. Exact;
 * undefined where it takes more than {@link MAX_TERMS} terms.
 */
export function describeValues(store: DiagramStore, set: Node, field: Field): ValuesInWords | undefined {
  const alike = describeAlike(store, set, field);
  if (alike && (alike.isList || alike.cost <= LEAST_OF_INT)) return alike;
  const int = describeInt(store, set, field);
  if (int === undefined && alike && alike.cost <= SHORT_LIST) return alike;
  return cheapest([alike, int ?? describeByHalves(store, set, field)]);
}

/** What can be said of an `int` at least: that it is one, and a value. */
const LEAST_OF_INT = 2.8;

/** What a list of eight values costs, or of some ranges: what is this short was meant, and no mask is looked for. */
const SHORT_LIST = 5.8;

/** With the conditions on the upper half apart from those on the lower half: they may be of different kinds. */
function describeByHalves(store: DiagramStore, set: Node, field: Field): ValuesInWords | undefined {
  const middle = fieldLevel(field) + 32;
  const terms: DnfTerm[] = [];
  let cost = -COST_OF_OR;
  for (const lowSet of store.cut(set, middle)) {
    if (lowSet === FALSE) continue;
    const highSet = store.apply(set, set, (node) =>
      store.level(node) >= middle ? (node === lowSet ? TRUE : FALSE) : undefined,
    );
    const [high, low] = [describeAlike(store, highSet, field), describeAlike(store, lowSet, field)];
    if (!high || !low || terms.length + high.terms.length * low.terms.length > MAX_TERMS) return undefined;
    const isZero = highSet === equalTo(store, field, HIGH_HALF, 0n);
    for (const one of high.terms) {
      for (const other of low.terms) terms.push([...one, ...(isZero ? other.map(widenBelowBit32) : other)]);
    }
    cost += high.cost + low.cost + COST_OF_OR;
  }
  return { terms, cost };
}

const HIGH_HALF = ALL_64_BITS ^ LOW_HALF;
const SIGN_BIT = 0x80000000n;
const LEAST_NEGATIVE = 0xffffffff80000000n;

/** The 64-bit values of a 32-bit argument: as it is, or extended by its sign. */
function intConditions(field: Field): [zeroExtended: Condition, signExtended: Condition] {
  return [
    { kind: 'between', field, mask: ALL_64_BITS, from: 0n, to: LOW_HALF },
    { kind: 'between', field, mask: ALL_64_BITS, from: LEAST_NEGATIVE, to: ALL_64_BITS },
  ];
}

/**
 * As Chromium's and Firefox's filters compare an `int` (sandbox/linux/bpf_dsl): the upper half must be 0, or repeat the
 * sign bit that is set; then the lower half is compared.
 */
function describeInt(store: DiagramStore, set: Node, field: Field): ValuesInWords | undefined {
  const middle = fieldLevel(field) + 32;
  let low = set;
  while (store.level(low) < middle) low = store.low(low);
  const negative = store.and(low, equalTo(store, field, SIGN_BIT, SIGN_BIT));
  if (negative === FALSE) return undefined;
  const isZero = equalTo(store, field, HIGH_HALF, 0n);
  const isOnes = equalTo(store, field, HIGH_HALF, HIGH_HALF);
  if (set !== store.or(store.and(isZero, low), store.and(isOnes, negative))) return undefined;
  const inner = describeAlike(store, low, field);
  if (!inner || inner.terms.length * 2 > MAX_TERMS) return undefined;
  const wide = inner.terms.map((term) => term.map(widenInt));
  return {
    terms: intConditions(field).flatMap((extension) => wide.map((term) => [extension, ...term])),
    cost: COST_OF_INT + inner.cost,
  };
}

const COST_OF_INT = 1.2;

/** A comparison of the lower half as one of all bits, where it is the same for the values of an `int`. */
function widenInt(condition: Condition): Condition {
  const { mask } = condition;
  if ((mask & SIGN_BIT) === 0n) return condition;
  if (condition.kind !== 'between') {
    return (condition.value & SIGN_BIT) === 0n ? { ...condition, mask: mask | HIGH_HALF } : condition;
  }
  if ((condition.to & SIGN_BIT) === 0n) return { ...condition, mask: mask | HIGH_HALF };
  if (condition.to === mask && (condition.from & SIGN_BIT) === 0n) {
    return { ...condition, mask: mask | HIGH_HALF, to: condition.to | HIGH_HALF };
  }
  return condition;
}

/** The same where the upper half is 0. */
function widenBelowBit32(condition: Condition): Condition {
  if (condition.mask !== LOW_HALF) return condition;
  if (condition.kind !== 'between' || condition.to !== LOW_HALF) return { ...condition, mask: ALL_64_BITS };
  return { ...condition, mask: ALL_64_BITS, to: ALL_64_BITS };
}

/** With conditions of one kind. */
function describeAlike(store: DiagramStore, set: Node, field: Field): ValuesInWords | undefined {
  if (set === TRUE) return { terms: [[]], cost: 0 };
  if (set === FALSE) return { terms: [], cost: 0 };
  const complement = store.not(set);
  const bits = support(store, set, field);
  const one = describeCube(store, { set, complement }, field, bits) ?? describeList(store, { set, complement }, field);
  if (one) return one;

  // The first of the cheapest is taken, in this order; what must be dearer than one that was found is not looked for.
  const candidates: (ValuesInWords | undefined)[] = [];
  let least = Number.POSITIVE_INFINITY;
  const offer = (at: number, terms: DnfTerms | undefined) => {
    if (!terms) return;
    const cost = costOf(terms);
    candidates[at] = { terms, cost };
    least = Math.min(least, cost);
  };
  /** As many values as may be no dearer. */
  const limit = () => Math.min(MAX_TERMS, Math.floor((least - COST_OF_SUBJECT) / COST_OF_VALUE));
  const masks = masksFor(bits);
  const offerIntervals = (most: number) => {
    for (const [at, mask] of masks.entries()) {
      const held = intervals(store, set, field, mask, Math.min(most, limit()));
      offer(
        2 * at,
        held?.map((interval) => [inInterval(field, mask, interval)]),
      );
      const left = intervals(store, complement, field, mask, Math.min(most, limit()));
      if (left?.every(({ from, to }) => from === to)) {
        offer(2 * at + 1, [left.map(({ from }) => ({ kind: 'notEqual', field, mask, value: from }))]);
      }
    }
  };
  offerIntervals(SHORT);
  if (least <= SHORT_LIST) return cheapest(candidates);
  const next = 2 * masks.length;
  const cubes = intendedCubes(store, set, field, Math.min(MAX_CUBES, limit()));
  offer(
    next,
    cubes?.map((cube) => [{ kind: 'equal', field, ...cube }]),
  );
  const excluded = intendedCubes(store, complement, field, Math.min(MAX_CUBES, limit()));
  offer(next + 1, excluded && [excluded.map((cube) => ({ kind: 'notEqual', field, ...cube }))]);
  const common = describeCommonBits(store, set, field);
  offer(next + 2, common && [common]);
  const lacked = describeCommonBits(store, complement, field);
  offer(
    next + 3,
    lacked?.map((condition) => [negation(condition)]),
  );
  if (limit() > SHORT) offerIntervals(MAX_TERMS);
  return cheapest(candidates);
}

/** A cover by cubes of as many bits as can be compared, where the others need not be: they were hardly masked out. */
function intendedCubes(store: DiagramStore, set: Node, field: Field, limit: number): Cube[] | undefined {
  const cubes = cubeCover(store, set, set, field, limit);
  if (cubes === undefined || cubes.length === 1) return cubes;
  const nodes = cubes.map((cube) => equalTo(store, field, cube.mask, cube.value));
  return cubes.map((cube, at) => {
    if (costOfMask(cube.mask) !== COST_OF_ACCIDENTAL_MASK) return cube;
    const whole = { mask: cube.mask > LOW_HALF ? ALL_64_BITS : LOW_HALF, value: cube.value };
    const node = equalTo(store, field, whole.mask, whole.value);
    const union = nodes.reduce((some: Node, each, index) => store.or(some, index === at ? node : each), FALSE);
    if (union !== set) return cube;
    nodes[at] = node;
    return whole;
  });
}

/** Intervals that are found soon; what they cost bounds what else is worth looking for. */
const SHORT = 8;
/** More masks than these nobody reads. */
const MAX_CUBES = 16;

/**
 * A set as one comparison, where nothing can be cheaper: of the whole field, or of bits of its lower half that no
 * comparison of more bits equals.
 */
function describeCube(
  store: DiagramStore,
  { set, complement }: { set: Node; complement: Node },
  field: Field,
  bits: bigint,
): ValuesInWords | undefined {
  if (bits !== ALL_64_BITS && ((bits & HIGH_HALF) !== 0n || costOfMask(bits) > COST_OF_MASK)) return undefined;
  const cost = COST_OF_SUBJECT + COST_OF_VALUE + costOfMask(bits);
  const inside = commonBits(store, set, field);
  if (inside.mask === bits) return { terms: [[{ kind: 'equal', field, ...inside }]], cost };
  const outside = commonBits(store, complement, field);
  return outside.mask === bits ? { terms: [[{ kind: 'notEqual', field, ...outside }]], cost } : undefined;
}

/** A set of single values, or all values but some. */
function describeList(
  store: DiagramStore,
  { set, complement }: { set: Node; complement: Node },
  field: Field,
): ValuesInWords | undefined {
  const isFew = (values: Node) => countValues(store, values, field) <= MAX_TERMS;
  const values = isFew(set) ? set : isFew(complement) ? complement : undefined;
  const found = values === undefined ? undefined : intervals(store, values, field, ALL_64_BITS, MAX_TERMS);
  if (values === undefined || !found?.every(({ from, to }) => from === to)) return undefined;
  // As many values may be those of a mask.
  if (found.length >= 2 ** FEW && cubeCover(store, values, values, field, FEW)) return undefined;
  const isHeld = values === set;
  const conditions = found.map(
    ({ from }): Condition => ({ kind: isHeld ? 'equal' : 'notEqual', field, mask: ALL_64_BITS, value: from }),
  );
  const terms = isHeld ? conditions.map((condition) => [condition]) : [conditions];
  return { terms, cost: costOf(terms), isList: true };
}

const FEW = 4;

/** More exceptions than these are no easier to read than what they are exceptions from. */
const MAX_EXCEPTIONS = 4;

/**
 * As one term: the bits that all values of the set have in common, and what else has these bits and is not in it:
 * `nstype != 0 and (nstype & 0x7e020080) == 0`. Undefined where there are no such bits, or too many exceptions.
 */
function describeCommonBits(
  store: DiagramStore,
  set: Node,
  field: Field,
): (Condition & { kind: 'equal' | 'notEqual' })[] | undefined {
  const { mask, value } = commonBits(store, set, field);
  if (mask === 0n) return undefined;
  const left = store.without(equalTo(store, field, mask, value), set);
  const others = cubeCover(store, left, left, field, MAX_EXCEPTIONS);
  if (!others || others.length === 0) return undefined;
  const isWhole = (cube: Cube) => cube.mask === ALL_64_BITS || cube.mask === LOW_HALF;
  // Several exceptions that are no single values are hard to read.
  if (others.length > 1 && !others.every(isWhole)) return undefined;
  // The common bits are compared already. Comparing them again only makes the condition one on the whole field.
  const exceptions = others.map((cube) =>
    isWhole(cube) ? cube : { mask: cube.mask & ~mask, value: cube.value & ~mask },
  );
  return [
    ...exceptions.map((cube) => ({ kind: 'notEqual' as const, field, ...cube })),
    { kind: 'equal' as const, field, mask, value },
  ];
}

function negation(condition: Condition & { kind: 'equal' | 'notEqual' }): Condition {
  return { ...condition, kind: condition.kind === 'equal' ? 'notEqual' : 'equal' };
}

// How much there is to read of `field in {1, 5..9}`, in words: conditions of one field and mask are written as one.
const COST_OF_SUBJECT = 1;
const COST_OF_VALUE = 0.6;
const COST_OF_RANGE = 1.1;
const COST_OF_MASK = 0.25;
const COST_OF_OR = 0.5;
/** A mask that lacks a bit or two is more often an accident of a few values than intended. */
const COST_OF_ACCIDENTAL_MASK = 5;

/** Of alternatives or of exceptions, as {@link formatConditions} writes them. */
function costOf(terms: DnfTerms): number {
  const [only] = terms;
  if (terms.length === 1 && only) return costOfConditions(only);
  if (terms.every((term) => term.length === 1)) return costOfConditions(terms.map(([condition]) => condition!));
  return terms.reduce((sum, term) => sum + costOfConditions(term) + COST_OF_OR, -COST_OF_OR);
}

function costOfConditions(conditions: readonly Condition[]): number {
  const subjects = new Map<bigint, number>();
  for (const condition of conditions) {
    const value = condition.kind === 'between' && isTwoSided(condition) ? COST_OF_RANGE : COST_OF_VALUE;
    const sofar = subjects.get(condition.mask) ?? COST_OF_SUBJECT + costOfMask(condition.mask);
    subjects.set(condition.mask, sofar + value);
  }
  return [...subjects.values()].reduce((sum, cost) => sum + cost, COST_OF_OR * Math.max(0, subjects.size - 1));
}

function costOfMask(mask: bigint): number {
  if (mask === ALL_64_BITS) return 0;
  if (mask === LOW_HALF || (mask & LOW_HALF) === 0n) return COST_OF_MASK;
  const width = mask > LOW_HALF ? 64 : 32;
  return width - placesOf(mask).length < 4 ? COST_OF_ACCIDENTAL_MASK : COST_OF_MASK;
}

function isTwoSided(condition: Extract<Condition, { kind: 'between' }>): boolean {
  return condition.from !== 0n && condition.to !== condition.mask;
}

function cheapest(candidates: readonly (ValuesInWords | undefined)[]): ValuesInWords | undefined {
  return candidates.reduce<ValuesInWords | undefined>(
    (least, each) => (each && (least === undefined || each.cost < least.cost) ? each : least),
    undefined,
  );
}

/** What to compare: the whole field, a half of it, or no more than the bits that matter. */
function masksFor(bits: bigint): bigint[] {
  const masks = [ALL_64_BITS, LOW_HALF, HIGH_HALF, bits].filter((mask) => (bits & ~mask) === 0n);
  return [...new Set(masks)];
}
