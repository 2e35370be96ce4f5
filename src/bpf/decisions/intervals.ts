import type { Condition } from './condition.js';
import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { BITS, placesOf } from './field-bits.js';
import { type Field, fieldLevel } from './input-variables.js';

/** Values, both ends included. Under a mask, those that have no bit outside it. */
export interface Interval {
  readonly from: bigint;
  readonly to: bigint;
}

/** The values of the field AND `mask` in the set as intervals, ascending; undefined where there are more than `limit`. */
export function intervals(
  store: DiagramStore,
  set: Node,
  field: Field,
  mask: bigint,
  limit: number,
): Interval[] | undefined {
  const found: { from: bigint; to: bigint }[] = [];
  const places = placesOf(mask);
  const first = fieldLevel(field);
  const visit = (node: Node, at: number, from: bigint): boolean => {
    if (node === FALSE) return true;
    if (node === TRUE) {
      // with all bits of the mask from here on
      const to = at === places.length ? from : from | (mask & (2n * BITS[places[at]!]! - 1n));
      const last = found.at(-1);
      if (last && follows(last.to, from, mask)) last.to = to;
      else found.push({ from, to });
      return found.length <= limit;
    }
    store.spend(1);
    const isTested = store.level(node) - first === places[at];
    const low = isTested ? store.low(node) : node;
    if (low !== FALSE && !visit(low, at + 1, from)) return false;
    const high = isTested ? store.high(node) : node;
    return high === FALSE || visit(high, at + 1, from | BITS[places[at]!]!);
  };
  return visit(set, 0, 0n) ? found : undefined;
}

/** Whether `next` is the value after `value` among those with no bit outside the mask. */
function follows(value: bigint, next: bigint, mask: bigint): boolean {
  return (((value | ~mask) + 1n) & mask) === next;
}

export function inInterval(field: Field, mask: bigint, { from, to }: Interval): Condition {
  return from === to ? { kind: 'equal', field, mask, value: from } : { kind: 'between', field, mask, from, to };
}

/** The values of a condition's field and mask on which it holds: ascending, no two of them neighbours. */
export function intervalsOf(condition: Condition): Interval[] {
  const { mask } = condition;
  switch (condition.kind) {
    case 'equal':
      return [{ from: condition.value, to: condition.value }];
    case 'notEqual':
      return complementOf([{ from: condition.value, to: condition.value }], mask);
    case 'between':
      return [{ from: condition.from, to: condition.to }];
  }
}

/** All other values of a mask. */
export function complementOf(ranges: readonly Interval[], mask: bigint): Interval[] {
  const found: Interval[] = [];
  let next: bigint | undefined = 0n;
  for (const { from, to } of ranges) {
    if (next !== undefined && next < from) found.push({ from: next, to: (from - 1n) & mask });
    next = to === mask ? undefined : ((to | ~mask) + 1n) & mask;
  }
  if (next !== undefined) found.push({ from: next, to: mask });
  return found;
}

/** The values of either. */
export function unionOf(one: readonly Interval[], other: readonly Interval[], mask: bigint): Interval[] {
  const sorted = [...one, ...other].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const found: { from: bigint; to: bigint }[] = [];
  for (const { from, to } of sorted) {
    const last = found.at(-1);
    if (last && (from <= last.to || follows(last.to, from, mask))) {
      if (to > last.to) last.to = to;
    } else found.push({ from, to });
  }
  return found;
}

/** The values of both. */
export function intersectionOf(one: readonly Interval[], other: readonly Interval[]): Interval[] {
  const found: Interval[] = [];
  for (const a of one) {
    for (const b of other) {
      const from = a.from > b.from ? a.from : b.from;
      const to = a.to < b.to ? a.to : b.to;
      if (from <= to) found.push({ from, to });
    }
  }
  return found;
}

/** Single values, ascending; undefined where there are more than `limit`. */
export function valuesIn(ranges: readonly Interval[], mask: bigint, limit: number): bigint[] | undefined {
  const values: bigint[] = [];
  const isDense = (mask & (mask + 1n)) === 0n;
  for (const { from, to } of ranges) {
    if (isDense && to - from >= BigInt(limit)) return undefined;
    for (let value = from; ; value = ((value | ~mask) + 1n) & mask) {
      if (values.push(value) > limit) return undefined;
      if (value === to) break;
    }
  }
  return values;
}
