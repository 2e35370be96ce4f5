import { LOW_HALF } from './condition.js';
import type { DiagramStore, Node } from './diagram-store.js';
import { type Field, fieldLevel } from './input-variables.js';

/** The bits of a field, the most significant first: as its variables are ordered. */
export const BITS: readonly bigint[] = Array.from({ length: 64 }, (_, place) => 1n << BigInt(63 - place));

/** The bit of a field that is the variable of a level. */
export const bitAt = (level: number, field: Field): bigint => BITS[level - fieldLevel(field)]!;

/** The places in {@link BITS} of a mask's bits. */
export function placesOf(mask: bigint): number[] {
  const high = Number(mask >> 32n);
  const low = Number(mask & LOW_HALF);
  const places: number[] = [];
  for (let place = 0; place < 64; place++) {
    if (((place < 32 ? high : low) >>> (31 - (place & 31))) & 1) places.push(place);
  }
  return places;
}

/** The bits on which a function of a field depends. */
export function support(store: DiagramStore, node: Node, field: Field): bigint {
  let bits = 0n;
  for (const each of store.reachable(node)) {
    if (!store.isTerminal(each)) bits |= bitAt(store.level(each), field);
  }
  return bits;
}
