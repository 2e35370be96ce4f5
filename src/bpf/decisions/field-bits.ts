import { LOW_HALF } from './condition.js';
import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
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

/** How many values of a field are in a set; past 2^53, about as many. */
export function countValues(store: DiagramStore, set: Node, field: Field): number {
  const end = fieldLevel(field) + 64;
  const known = new Map<Node, number>();
  const levelOf = (node: Node) => (store.isTerminal(node) ? end : store.level(node));
  // Of the bits from the node's level on.
  const count = (node: Node): number => {
    if (node === FALSE) return 0;
    if (node === TRUE) return 1;
    const seen = known.get(node);
    if (seen !== undefined) return seen;
    const next = levelOf(node) + 1;
    const sum = [store.low(node), store.high(node)].reduce(
      (total, branch) => total + count(branch) * 2 ** (levelOf(branch) - next),
      0,
    );
    known.set(node, sum);
    return sum;
  };
  return count(set) * 2 ** (levelOf(set) - fieldLevel(field));
}
