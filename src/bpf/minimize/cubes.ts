import { type DiagramStore, FALSE, type Node, TRUE } from '../decisions/diagram-store.js';
import { WORD_BITS } from '../decisions/input-variables.js';

/** The values of a word that have the bits of `value` under `mask`. */
export interface Cube {
  mask: number;
  value: number;
}

/** A cover, and the function that it makes. */
interface Cover {
  cubes: readonly Cube[];
  function: Node;
}

/**
 * Cubes that together hold wherever `lower` does, and nowhere that `upper` does not. None can be left out or made
 * larger (Minato, "Fast Generation of Irredundant Sum-of-Products Forms from Binary Decision Diagrams", 1992). Both are
 * functions of the word at `level` alone. Undefined where there are more than `limit`.
 */
export function irredundantCubes(
  store: DiagramStore,
  level: number,
  lower: Node,
  upper: Node,
  limit: number,
): readonly Cube[] | undefined {
  const known = new Map<string, Cover | undefined>();
  const cover = (low: Node, up: Node): Cover | undefined => {
    if (low === FALSE) return { cubes: [], function: FALSE };
    if (up === TRUE) return { cubes: [{ mask: 0, value: 0 }], function: TRUE };
    const key = `${low},${up}`;
    if (!known.has(key)) known.set(key, split(low, up));
    return known.get(key);
  };
  const split = (low: Node, up: Node): Cover | undefined => {
    store.spend(1);
    const top = Math.min(store.level(low), store.level(up));
    const [low0, low1] = branches(store, low, top);
    const [up0, up1] = branches(store, up, top);
    const zero = cover(store.without(low0, up1), up0);
    const one = zero && cover(store.without(low1, up0), up1);
    if (!zero || !one) return undefined;
    const rest = store.or(store.without(low0, zero.function), store.without(low1, one.function));
    const both = cover(rest, store.and(up0, up1));
    if (!both) return undefined;
    const bit = 2 ** (WORD_BITS - 1 - (top - level));
    const cubes = [
      ...zero.cubes.map(({ mask, value }) => ({ mask: mask + bit, value })),
      ...one.cubes.map(({ mask, value }) => ({ mask: mask + bit, value: value + bit })),
      ...both.cubes,
    ];
    if (cubes.length > limit) return undefined;
    return { cubes, function: store.or(store.node(top, zero.function, one.function), both.function) };
  };
  return cover(lower, upper)?.cubes;
}

function branches(store: DiagramStore, node: Node, level: number): [low: Node, high: Node] {
  return store.level(node) === level ? [store.low(node), store.high(node)] : [node, node];
}
