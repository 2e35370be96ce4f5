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
export function follows(value: bigint, next: bigint, mask: bigint): boolean {
  return (((value | ~mask) + 1n) & mask) === next;
}

export function inInterval(field: Field, mask: bigint, { from, to }: Interval): Condition {
  return from === to ? { kind: 'equal', field, mask, value: from } : { kind: 'between', field, mask, from, to };
}
