import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { bitAt } from './field-bits.js';
import type { Field } from './input-variables.js';

/** All values that have, in the bits of the mask, those of the value. */
export interface Cube {
  mask: bigint;
  value: bigint;
}

/**
 * An irredundant cover, by cubes, of all of `least` and nothing outside `most`, both functions of one field (Minato, "Fast
 * Generation of Irredundant Sum-of-Products Forms from Binary Decision Diagrams", 1992). Ascending by value; undefined
 * where it takes more than `limit`.
 */
export function cubeCover(
  store: DiagramStore,
  least: Node,
  most: Node,
  field: Field,
  limit: number,
): Cube[] | undefined {
  const known = new Map<number, { cubes: readonly Cube[]; union: Node }>();
  const visit = (least: Node, most: Node): { cubes: readonly Cube[]; union: Node } | undefined => {
    if (least === FALSE) return { cubes: [], union: FALSE };
    if (most === TRUE) return { cubes: [{ mask: 0n, value: 0n }], union: TRUE };
    const key = least * 2 ** 26 + most;
    const seen = known.get(key);
    if (seen) return seen;
    store.spend(4);
    const level = Math.min(store.level(least), store.level(most));
    const half = (node: Node, side: 'low' | 'high') => (store.level(node) === level ? store[side](node) : node);
    const [min0, min1] = [half(least, 'low'), half(least, 'high')];
    const [max0, max1] = [half(most, 'low'), half(most, 'high')];
    const with0 = visit(store.without(min0, max1), max0);
    const with1 = with0 && visit(store.without(min1, max0), max1);
    if (!with1) return undefined;
    const rest = store.or(store.without(min0, with0.union), store.without(min1, with1.union));
    const without = visit(rest, store.and(max0, max1));
    if (!without) return undefined;
    const count = with0.cubes.length + with1.cubes.length + without.cubes.length;
    if (count > limit) return undefined;
    const bit = bitAt(level, field);
    const cubes = [
      ...with0.cubes.map(({ mask, value }) => ({ mask: mask | bit, value })),
      ...with1.cubes.map(({ mask, value }) => ({ mask: mask | bit, value: value | bit })),
      ...without.cubes,
    ];
    const union = store.or(store.node(level, with0.union, with1.union), without.union);
    const result = { cubes, union };
    known.set(key, result);
    return result;
  };
  const covered = visit(least, most);
  return covered && [...covered.cubes].sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
}

/** The bits that are the same in all values of a set. */
export function commonBits(store: DiagramStore, set: Node, field: Field): Cube {
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
