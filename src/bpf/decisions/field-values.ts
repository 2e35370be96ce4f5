import { ALL_64_BITS, type Condition, type DnfTerm, type DnfTerms, equalTo, LOW_HALF } from './condition.js';
import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { type Field, fieldLevel } from './input-variables.js';

/** Nobody reads more than this, and there are sets with 2^63 intervals. */
export const MAX_TERMS = 128;

interface Interval {
  from: bigint;
  to: bigint;
}

/**
 * Describe a set of values of one field in as few conditions as can be found. The set is a boolean function of the
 * field's bits alone. Conditions are intervals of the field or of some of its bits, masks, or exceptions from either.
 * Exact; undefined where it takes more than {@link MAX_TERMS} terms.
 */
export function describeValues(store: DiagramStore, set: Node, field: Field): DnfTerms | undefined {
  const alike = describeAlike(store, set, field);
  if (alike && costOf(alike) <= LEAST_OF_HALVES) return alike;
  return cheapest([alike, describeByHalves(store, set, field)]);
}

/**
 * What two conditions that hold together cost at least, one on each half. What depends on one half alone is said of the
 * halves as it is of the whole.
 */
const LEAST_OF_HALVES = 2.85;

/** With the conditions on the upper half apart from those on the lower half: they may be of different kinds. */
function describeByHalves(store: DiagramStore, set: Node, field: Field): DnfTerms | undefined {
  const middle = fieldLevel(field) + 32;
  const terms: DnfTerm[] = [];
  for (const lowSet of store.cut(set, middle)) {
    if (lowSet === FALSE) continue;
    const highSet = store.apply(set, set, (node) =>
      store.level(node) >= middle ? (node === lowSet ? TRUE : FALSE) : undefined,
    );
    const [high, low] = [describeAlike(store, highSet, field), describeAlike(store, lowSet, field)];
    if (!high || !low || terms.length + high.length * low.length > MAX_TERMS) return undefined;
    for (const one of high) for (const other of low) terms.push([...one, ...other]);
  }
  return terms;
}

/** With conditions of one kind. */
function describeAlike(store: DiagramStore, set: Node, field: Field): DnfTerms | undefined {
  if (set === TRUE) return [[]];
  if (set === FALSE) return [];
  const complement = store.not(set);
  const bits = support(store, set, field);
  const one = describeCube(store, { set, complement }, field, bits);
  if (one) return one;

  // The first of the cheapest is taken, in this order; what must be dearer than one that was found is not looked for.
  const candidates: (DnfTerms | undefined)[] = [];
  let least = Number.POSITIVE_INFINITY;
  const offer = (at: number, terms: DnfTerms | undefined) => {
    if (!terms) return;
    candidates[at] = terms;
    least = Math.min(least, costOf(terms));
  };
  /** As many terms of one condition as may be no dearer, and as many conditions of one term. */
  const maxTerms = () => Math.min(MAX_TERMS, Math.floor(least / (COST_OF_TERM + 1)));
  const maxConditions = () => Math.min(MAX_TERMS, Math.floor(least - COST_OF_TERM));
  const masks = masksFor(bits);
  const offerIntervals = (limit: number) => {
    for (const [at, mask] of masks.entries()) {
      const held = intervals(store, set, field, mask, Math.min(limit, maxTerms()));
      offer(
        2 * at,
        held?.map((interval) => [inInterval(field, mask, interval)]),
      );
      const left = intervals(store, complement, field, mask, Math.min(limit, maxConditions()));
      if (left?.every(({ from, to }) => from === to)) {
        offer(2 * at + 1, [left.map(({ from }) => ({ kind: 'notEqual', field, mask, value: from }))]);
      }
    }
  };
  offerIntervals(FEW);
  const next = 2 * masks.length;
  const cubes = cover(store, set, field, maxTerms());
  offer(
    next,
    cubes?.map((cube) => [{ kind: 'equal', field, ...cube }]),
  );
  const excluded = cover(store, complement, field, maxConditions());
  offer(next + 1, excluded && [excluded.map((cube) => ({ kind: 'notEqual', field, ...cube }))]);
  const common = describeCommonBits(store, set, field);
  offer(next + 2, common && [common]);
  const lacked = describeCommonBits(store, complement, field);
  offer(
    next + 3,
    lacked?.map((condition) => [negation(condition)]),
  );
  if (maxConditions() > FEW) offerIntervals(MAX_TERMS);
  return cheapest(candidates);
}

/** Intervals that are found soon; what they cost bounds what else is worth looking for. */
const FEW = 2;

/**
 * A set as one comparison, where nothing can be cheaper: of the whole field, or of bits of its lower half that no
 * comparison of more bits equals.
 */
function describeCube(
  store: DiagramStore,
  { set, complement }: { set: Node; complement: Node },
  field: Field,
  bits: bigint,
): DnfTerms | undefined {
  if (bits !== ALL_64_BITS && ((bits & ~LOW_HALF) !== 0n || costOfMask(bits) > 0.25)) return undefined;
  const inside = commonBits(store, set, field);
  if (inside.mask === bits) return [[{ kind: 'equal', field, ...inside }]];
  const outside = commonBits(store, complement, field);
  return outside.mask === bits ? [[{ kind: 'notEqual', field, ...outside }]] : undefined;
}

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
  const others = cover(store, store.and(equalTo(store, field, mask, value), store.not(set)), field, MAX_EXCEPTIONS);
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

/** The bits that are the same in all values of a set. */
function commonBits(store: DiagramStore, set: Node, field: Field): Cube {
  const known = new Map<Node, Cube>();
  const visit = (node: Node): Cube => {
    if (store.isTerminal(node)) return { mask: 0n, value: 0n };
    const seen = known.get(node);
    if (seen) return seen;
    const bit = bitAt(store.level(node), field);
    const [low, high] = [store.low(node), store.high(node)];
    const result =
      low === FALSE
        ? withBit(visit(high), bit, bit)
        : high === FALSE
          ? withBit(visit(low), bit, 0n)
          : shared(visit(low), visit(high));
    known.set(node, result);
    return result;
  };
  return visit(set);
}

const withBit = ({ mask, value }: Cube, bit: bigint, set: bigint): Cube => ({ mask: mask | bit, value: value | set });

function shared(one: Cube, other: Cube): Cube {
  const mask = one.mask & other.mask & ~(one.value ^ other.value);
  return { mask, value: one.value & mask };
}

/** What a term costs beside its conditions. */
const COST_OF_TERM = 0.5;

/** How much there is to read. A condition costs 1 at least. */
export function costOf(terms: DnfTerms): number {
  const ofCondition = (condition: Condition) => {
    const ends = condition.kind !== 'between' ? 1 : isTwoSided(condition) ? 1.75 : 1.1;
    return ends + costOfMask(condition.mask);
  };
  const ofTerm = (term: DnfTerm) => term.reduce((sum, condition) => sum + ofCondition(condition), COST_OF_TERM);
  return terms.reduce((sum, term) => sum + ofTerm(term), 0);
}

/** A mask that lacks a bit or two is more often an accident of a few values than intended. */
function costOfMask(mask: bigint): number {
  if (mask === ALL_64_BITS) return 0;
  if (mask === LOW_HALF || (mask & LOW_HALF) === 0n) return 0.25;
  const width = mask > LOW_HALF ? 64 : 32;
  return width - placesOf(mask).length < 4 ? 6 : 0.25;
}

function isTwoSided(condition: Extract<Condition, { kind: 'between' }>): boolean {
  return condition.from !== 0n && condition.to !== condition.mask;
}

function cheapest(candidates: readonly (DnfTerms | undefined)[]): DnfTerms | undefined {
  return candidates.reduce<DnfTerms | undefined>(
    (least, each) => (each && (least === undefined || costOf(each) < costOf(least)) ? each : least),
    undefined,
  );
}

/** The bits on which a function depends. */
function support(store: DiagramStore, node: Node, field: Field): bigint {
  let bits = 0n;
  for (const each of store.reachable(node)) {
    if (!store.isTerminal(each)) bits |= bitAt(store.level(each), field);
  }
  return bits;
}

/** The bits of a field, the most significant first: as its variables are ordered. */
const BITS: readonly bigint[] = Array.from({ length: 64 }, (_, place) => 1n << BigInt(63 - place));

const bitAt = (level: number, field: Field): bigint => BITS[level - fieldLevel(field)]!;

/** The places in {@link BITS} of a mask's bits. */
function placesOf(mask: bigint): number[] {
  const high = Number(mask >> 32n);
  const low = Number(mask & LOW_HALF);
  const places: number[] = [];
  for (let place = 0; place < 64; place++) {
    if (((place < 32 ? high : low) >>> (31 - (place & 31))) & 1) places.push(place);
  }
  return places;
}

/** What to compare: the whole field, a half of it, or no more than the bits that matter. */
function masksFor(bits: bigint): bigint[] {
  const masks = [ALL_64_BITS, LOW_HALF, ALL_64_BITS ^ LOW_HALF, bits].filter((mask) => (bits & ~mask) === 0n);
  return [...new Set(masks)];
}

function inInterval(field: Field, mask: bigint, { from, to }: Interval): Condition {
  return from === to ? { kind: 'equal', field, mask, value: from } : { kind: 'between', field, mask, from, to };
}

/** The values of the field AND `mask` in the set as intervals, ascending; undefined where there are more than `limit`. */
function intervals(store: DiagramStore, set: Node, field: Field, mask: bigint, limit: number): Interval[] | undefined {
  const found: Interval[] = [];
  const places = placesOf(mask);
  const first = fieldLevel(field);
  const visit = (node: Node, at: number, from: bigint): boolean => {
    store.spend(1);
    if (node === FALSE) return true;
    const bit = at < places.length ? BITS[places[at]!]! : 0n;
    if (node === TRUE) {
      // with all bits of the mask from here on
      const to = bit === 0n ? from : from | (mask & (2n * bit - 1n));
      const last = found.at(-1);
      if (last && follows(last.to, from, mask)) last.to = to;
      else found.push({ from, to });
      return found.length <= limit;
    }
    const isTested = store.level(node) - first === places[at];
    return (
      visit(isTested ? store.low(node) : node, at + 1, from) &&
      visit(isTested ? store.high(node) : node, at + 1, from | bit)
    );
  };
  return visit(set, 0, 0n) ? found : undefined;
}

/** Whether `next` is the value after `value` among those with no bit outside the mask. */
function follows(value: bigint, next: bigint, mask: bigint): boolean {
  return (((value | ~mask) + 1n) & mask) === next;
}

/** All values that have, in the bits of the mask, those of the value. */
interface Cube {
  mask: bigint;
  value: bigint;
}

/**
 * An irredundant cover of a set by cubes (Minato, "Fast Generation of Irredundant Sum-of-Products Forms from Binary
 * Decision Diagrams", 1992); undefined where it takes more than `limit`.
 */
function cover(store: DiagramStore, set: Node, field: Field, limit: number): Cube[] | undefined {
  const known = new Map<string, { cubes: readonly Cube[]; union: Node }>();
  // Cubes that cover all of `least` and nothing outside `most`.
  const visit = (least: Node, most: Node): { cubes: readonly Cube[]; union: Node } | undefined => {
    if (least === FALSE) return { cubes: [], union: FALSE };
    if (most === TRUE) return { cubes: [{ mask: 0n, value: 0n }], union: TRUE };
    const key = `${least},${most}`;
    const seen = known.get(key);
    if (seen) return seen;
    store.spend(4);
    const level = Math.min(store.level(least), store.level(most));
    const half = (node: Node, side: 'low' | 'high') => (store.level(node) === level ? store[side](node) : node);
    const [min0, min1] = [half(least, 'low'), half(least, 'high')];
    const [max0, max1] = [half(most, 'low'), half(most, 'high')];
    const with0 = visit(store.and(min0, store.not(max1)), max0);
    const with1 = with0 && visit(store.and(min1, store.not(max0)), max1);
    if (!with1) return undefined;
    const rest = store.or(store.and(min0, store.not(with0.union)), store.and(min1, store.not(with1.union)));
    const without = visit(rest, store.and(max0, max1));
    if (!without) return undefined;
    const bit = bitAt(level, field);
    const cubes = [
      ...with0.cubes.map(({ mask, value }) => ({ mask: mask | bit, value })),
      ...with1.cubes.map(({ mask, value }) => ({ mask: mask | bit, value: value | bit })),
      ...without.cubes,
    ];
    if (cubes.length > limit) return undefined;
    const union = store.or(store.node(level, with0.union, with1.union), without.union);
    const result = { cubes, union };
    known.set(key, result);
    return result;
  };
  const covered = visit(set, set);
  return covered && [...covered.cubes].sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
}
