import { ALL_64_BITS, type Condition, type DnfTerm, type DnfTerms, equalTo, LOW_HALF } from './condition.js';
import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { type Field, fieldLevel } from './input-variables.js';

/** More than this nobody reads, and there are sets with 2^63 intervals. */
export const MAX_TERMS = 128;

interface Interval {
  from: bigint;
  to: bigint;
}

/**
 * A set of values of one field, given as a boolean function of its bits alone, in as few conditions as can be found:
 * intervals of the field or of some of its bits, masks, or the exceptions from either. Exact, or undefined where it takes
 * more than {@link MAX_TERMS} terms.
 */
export function describeValues(store: DiagramStore, set: Node, field: Field): DnfTerms | undefined {
  return cheapest([describeAlike(store, set, field), describeByHalves(store, set, field)]);
}

/** With what is said of the upper half apart from what is said of the lower one, which may be of different kinds. */
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
  const candidates: DnfTerms[] = [];
  for (const mask of masksFor(support(store, set, field))) {
    const inside = intervals(store, set, field, mask);
    if (inside) candidates.push(inside.map((interval) => [inInterval(field, mask, interval)]));
    const outside = intervals(store, complement, field, mask);
    if (outside?.every(({ from, to }) => from === to)) {
      candidates.push([outside.map(({ from }) => ({ kind: 'notEqual', field, mask, value: from }))]);
    }
  }
  const cubes = cover(store, set, field);
  if (cubes) candidates.push(cubes.map((cube) => [{ kind: 'equal', field, ...cube }]));
  const excluded = cover(store, complement, field);
  if (excluded) candidates.push([excluded.map((cube) => ({ kind: 'notEqual', field, ...cube }))]);
  const common = describeCommonBits(store, set, field);
  if (common) candidates.push([common]);
  const lacked = describeCommonBits(store, complement, field);
  if (lacked) candidates.push(lacked.map((condition) => [negation(condition)]));
  return cheapest(candidates);
}

/** More exceptions than these are read no faster than what they are exceptions from. */
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
  // Several exceptions that are no values are puzzled out rather than read.
  if (others.length > 1 && !others.every(isWhole)) return undefined;
  // Where the common bits are as they are, comparing them again says nothing, but that the whole is compared.
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

/** How much there is to read. */
export function costOf(terms: DnfTerms): number {
  const ofCondition = (condition: Condition) => {
    const ends = condition.kind !== 'between' ? 1 : isTwoSided(condition) ? 1.75 : 1.1;
    return ends + costOfMask(condition.mask);
  };
  const ofTerm = (term: DnfTerm) => term.reduce((sum, condition) => sum + ofCondition(condition), 0.5);
  return terms.reduce((sum, term) => sum + ofTerm(term), 0);
}

/** A mask that leaves out a bit or two is more often an accident of a few values than meant. */
function costOfMask(mask: bigint): number {
  if (mask === ALL_64_BITS) return 0;
  if (mask === LOW_HALF || (mask & LOW_HALF) === 0n) return 0.25;
  const width = mask > LOW_HALF ? 64 : 32;
  return width - bitsOf(mask).length < 4 ? 6 : 0.25;
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

function bitAt(level: number, field: Field): bigint {
  return 1n << BigInt(63 - (level - fieldLevel(field)));
}

/** What to compare: the whole field, a half of it, or no more than the bits that matter. */
function masksFor(bits: bigint): bigint[] {
  const masks = [ALL_64_BITS, LOW_HALF, ALL_64_BITS ^ LOW_HALF, bits].filter((mask) => (bits & ~mask) === 0n);
  return [...new Set(masks)];
}

function inInterval(field: Field, mask: bigint, { from, to }: Interval): Condition {
  return from === to ? { kind: 'equal', field, mask, value: from } : { kind: 'between', field, mask, from, to };
}

/** The values of the field AND `mask` in the set as intervals, ascending; undefined where there are too many. */
function intervals(store: DiagramStore, set: Node, field: Field, mask: bigint): Interval[] | undefined {
  const found: Interval[] = [];
  const bits = bitsOf(mask);
  // The bits of the mask below each of them: what can still be added.
  const below = bits.map((bit) => mask & (bit - 1n));
  const visit = (node: Node, at: number, from: bigint): boolean => {
    store.spend(1);
    if (node === FALSE) return true;
    if (node === TRUE) {
      const to = from | (at < bits.length ? bits[at]! | below[at]! : 0n);
      const last = found.at(-1);
      if (last && follows(last.to, from, mask)) last.to = to;
      else found.push({ from, to });
      return found.length <= MAX_TERMS;
    }
    const bit = bits[at]!;
    const isTested = bitAt(store.level(node), field) === bit;
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

/** The bits of a mask, each as a number, the most significant first. */
function bitsOf(mask: bigint): bigint[] {
  return Array.from({ length: 64 }, (_, at) => 1n << BigInt(63 - at)).filter((bit) => mask & bit);
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
function cover(store: DiagramStore, set: Node, field: Field, limit = MAX_TERMS): Cube[] | undefined {
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
