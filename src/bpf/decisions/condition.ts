import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { type Field, fieldLevel, levelIn } from './input-variables.js';

/**
 * One condition on a 64-bit field of the input: argument 0 to 5, or the instruction pointer as 6. It compares (field
 * AND `mask`), unsigned; no value has a bit outside the mask. `between` includes both ends.
 */
export type Condition =
  | { kind: 'equal' | 'notEqual'; field: Field; mask: bigint; value: bigint }
  | { kind: 'between'; field: Field; mask: bigint; from: bigint; to: bigint };

/** Conditions that hold together (AND). None: it always holds. */
export type DnfTerm = readonly Condition[];

/** Terms of which at least one holds (OR). None: it never holds. */
export type DnfTerms = readonly DnfTerm[];

export const ALL_64_BITS = 0xffffffffffffffffn;
export const LOW_HALF = 0xffffffffn;

/** Where a condition holds. */
export function conditionDiagram(store: DiagramStore, condition: Condition): Node {
  const { field, mask } = condition;
  switch (condition.kind) {
    case 'equal':
      return equalTo(store, field, mask, condition.value);
    case 'notEqual':
      return store.not(equalTo(store, field, mask, condition.value));
    case 'between':
      return store.and(
        store.not(below(store, field, mask, condition.from, false)),
        below(store, field, mask, condition.to, true),
      );
  }
}

/**
 * Where terms hold.
 *
 * @throws {ProgramTooComplexError} when the diagram exceeds the budget of the store
 *
 * @example
 * ```js
 * import { ALL_64_BITS, DiagramStore, dnfDiagram } from 'libseccomp-wasm/bpf';
 *
 * const store = new DiagramStore();
 * const low = { kind: 'between', field: 0, mask: ALL_64_BITS, from: 0n, to: 7n };
 * const seven = { kind: 'equal', field: 0, mask: ALL_64_BITS, value: 7n };
 * console.log(dnfDiagram(store, [[low, seven]]) === dnfDiagram(store, [[seven]])); // true
 * ```
 */
export function dnfDiagram(store: DiagramStore, terms: DnfTerms): Node {
  const single = terms.flatMap((term) => (term.length === 1 && term[0]!.kind === 'equal' ? [term[0] as Equality] : []));
  const others = terms.filter((term) => term.length !== 1 || term[0]!.kind !== 'equal');
  const nodes = [...someEqual(store, single), ...others.map((term) => termDiagram(store, term))];
  return nodes.reduce((some: Node, node) => store.or(some, node), FALSE);
}

function termDiagram(store: DiagramStore, term: DnfTerm): Node {
  const excluded = term.filter((each) => each.kind === 'notEqual') as readonly Equality[];
  const others = term.filter(({ kind }) => kind !== 'notEqual');
  const held = others.reduce((all: Node, each) => store.and(all, conditionDiagram(store, each)), TRUE);
  return someEqual(store, excluded).reduce((all: Node, each) => store.without(all, each), held);
}

/** A field AND a mask, and a value of it. */
type Equality = { field: number; mask: bigint; value: bigint };

/** Where some of these equalities hold, for each field and mask: its values at once, which is sooner than one by one. */
export function someEqual(store: DiagramStore, equalities: Iterable<Equality>): Node[] {
  const byMask = new Map<bigint, { field: number; mask: bigint; values: bigint[] }[]>();
  for (const { field, mask, value } of equalities) {
    const own = byMask.get(mask) ?? [];
    byMask.set(mask, own);
    const alike = own.find((each) => each.field === field);
    if (alike) alike.values.push(value & mask);
    else own.push({ field, mask, values: [value & mask] });
  }
  return [...byMask.values()].flat().map(({ field, mask, values }) => oneOf(store, field, mask, values));
}

/** Where the field AND the mask is the value AND the mask. */
export function equalTo(store: DiagramStore, field: number, mask: bigint, value: bigint): Node {
  return compareBits(store, field, mask, value, TRUE, (level, rest, bit) =>
    bit ? store.node(level, FALSE, rest) : store.node(level, rest, FALSE),
  );
}

/** Where the field AND the mask is one of several values, which have no bit outside the mask. */
function oneOf(store: DiagramStore, field: number, mask: bigint, values: readonly bigint[]): Node {
  if (values.length === 1) return equalTo(store, field, mask, values[0]!);
  const sorted = new BigUint64Array(values).sort();
  // as numbers, whose bits take a fraction of the time
  const high = Uint32Array.from(sorted, (value) => Number(value >> 32n));
  const low = Uint32Array.from(sorted, (value) => Number(value & LOW_HALF));
  const highMask = Number(mask >> 32n);
  const lowMask = Number(mask & LOW_HALF);
  const first = fieldLevel(field);
  // Of values from..to the bits before `place` are known, and alike.
  const visit = (place: number, from: number, to: number): Node => {
    if (from === to) return FALSE;
    if (place === 64) return TRUE;
    const shift = 31 - (place & 31);
    if ((((place < 32 ? highMask : lowMask) >>> shift) & 1) === 0) return visit(place + 1, from, to);
    const words = place < 32 ? high : low;
    let middle = from;
    for (let above = to; middle < above; ) {
      const between = (middle + above) >>> 1;
      if ((words[between]! >>> shift) & 1) above = between;
      else middle = between + 1;
    }
    const [zeros, ones] = [visit(place + 1, from, middle), visit(place + 1, middle, to)];
    return store.node(levelIn(store.order, first + place), zeros, ones);
  };
  return visit(0, 0, sorted.length);
}

/** Where the field AND the mask is less than the value AND the mask, unsigned, or equal too with `orEqual`. */
export function below(store: DiagramStore, field: number, mask: bigint, value: bigint, orEqual: boolean): Node {
  return compareBits(store, field, mask, value, orEqual ? TRUE : FALSE, (level, rest, bit) =>
    bit ? store.node(level, TRUE, rest) : store.node(level, rest, FALSE),
  );
}

/** From the least significant bit of the mask to the most, which is from the last variable to the first. */
function compareBits(
  { order }: DiagramStore,
  field: number,
  mask: bigint,
  value: bigint,
  end: Node,
  step: (level: number, rest: Node, bit: boolean) => Node,
): Node {
  const last = fieldLevel(field) + 63;
  let node = end;
  for (const first of [0, 32]) {
    // as numbers, whose bits take a fraction of the time
    const halfMask = Number((mask >> BigInt(first)) & LOW_HALF);
    const halfValue = Number((value >> BigInt(first)) & LOW_HALF);
    for (let bit = 0; bit < 32; bit++) {
      if ((halfMask >>> bit) & 1)
        node = step(levelIn(order, last - first - bit), node, ((halfValue >>> bit) & 1) === 1);
    }
  }
  return node;
}
