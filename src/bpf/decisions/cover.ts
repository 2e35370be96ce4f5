import type { DnfTerm, DnfTerms } from './condition.js';
import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import { type Field, fieldLevel, Level } from './input-variables.js';

/** More terms than these nobody reads, and no profile holds. */
export const MAX_TERMS = 128;

/** Values of one field, as terms about this field alone. They hold exactly in `set`. */
export interface DescribedValues {
  readonly terms: DnfTerms;
  readonly set: Node;
}

/**
 * Describes some set of values of a field that has all of `least` and nothing outside `most`; undefined where it cannot.
 * Both are functions of that field alone.
 */
export type DescribeValues = (least: Node, most: Node, field: Field) => DescribedValues | undefined;

/** Holds where all its fields have their values. Each field is there once at most. */
interface Product {
  readonly factors: readonly DescribedValues[];
  readonly node: Node;
}

/** Products of which at least one holds. */
interface Cover {
  readonly products: readonly Product[];
  readonly union: Node;
}

const NOTHING: Cover = { products: [], union: FALSE };
const EVERYTHING: Cover = { products: [{ factors: [], node: TRUE }], union: TRUE };

/**
 * A function of arguments and instruction pointer as an irredundant sum of products, with the fields as its variables:
 * each product has a set of values for some of them. It is Minato's recursion ("Fast Generation of Irredundant
 * Sum-of-Products Forms from Binary Decision Diagrams", 1992), taken from bits to whole fields. What does not depend on
 * a field is said without it, and products may overlap where that is shorter.
 *
 * `describe` chooses the words for the values of a field, so the terms are what it makes: for people
 * (`recoverConditions`), or for rules of a profile (`ruleConditions`). The terms are checked: their diagram is `node`.
 * Undefined where that takes more than {@link MAX_TERMS} terms, or `describe` finds no words.
 *
 * @throws {ProgramTooComplexError} when the budget of the store is used up
 */
export function coverTerms(store: DiagramStore, node: Node, describe: DescribeValues): DnfTerms | undefined {
  const cover = new FieldCover(store, describe).of(node, node);
  if (cover === undefined || cover.union !== node) return undefined;
  const terms: DnfTerm[] = [];
  for (const { factors } of cover.products) {
    const product = factors.reduce<DnfTerms>(
      (some, { terms: values }) =>
        some.length * values.length > MAX_TERMS
          ? TOO_MANY
          : some.flatMap((term) => values.map((value) => [...term, ...value])),
      [[]],
    );
    if (product === TOO_MANY || terms.length + product.length > MAX_TERMS) return undefined;
    terms.push(...product);
  }
  return terms;
}

const TOO_MANY: DnfTerms = new Array<DnfTerm>(MAX_TERMS + 1).fill([]);

/** The later fields of two functions after some values of a field. */
interface Way {
  readonly least: Node;
  readonly most: Node;
}

class FieldCover {
  readonly #known = new Map<number, Cover | undefined>();

  constructor(
    readonly store: DiagramStore,
    readonly describe: DescribeValues,
  ) {}

  /** A cover of all of `least` that has nothing outside `most`. */
  of(least: Node, most: Node): Cover | undefined {
    if (least === FALSE) return NOTHING;
    if (most === TRUE) return EVERYTHING;
    const key = least * 2 ** 26 + most;
    if (!this.#known.has(key)) this.#known.set(key, this.#split(least, most));
    return this.#known.get(key);
  }

  #split(least: Node, most: Node): Cover | undefined {
    const { store } = this;
    const first = Math.min(store.level(least), store.level(most));
    const field = Math.floor((first - Level.ARGUMENTS) / 64) as Field;
    const values = new FieldWays(store, least, most, fieldLevel(field) + 64);
    const { ways } = values;
    // Each is compared with each, so many would take long.
    if (ways.length > MAX_TERMS) return undefined;
    /** What may be said without the field. */
    const always = ways.reduce((all: Node, way) => store.and(all, way.most), TRUE);
    const open = ways.map((way) => way.least);
    const isOpen = (at: number, within: Node) =>
      store.and(within, store.and(open[at] as Node, store.not(always))) !== FALSE;

    const products: Product[] = [];
    let union: Node = FALSE;
    for (const [at, way] of ways.entries()) {
      store.spend(ways.length);
      const later = this.of(store.and(open[at] as Node, store.not(always)), way.most);
      if (later === undefined) return undefined;
      for (const product of later.products) {
        if (!isOpen(at, product.node)) continue; // by an earlier one's values
        const allowed = ways.flatMap((each, index) => (store.implies(product.node, each.most) ? [index] : []));
        const needed = allowed.filter((index) => isOpen(index, product.node));
        const least = values.setOf(needed);
        const described = this.describe(least, needed.length < allowed.length ? values.setOf(allowed) : least, field);
        if (described === undefined) return undefined;
        const node = store.and(described.set, product.node);
        products.push({ factors: [described, ...product.factors], node });
        union = store.or(union, node);
        for (const index of allowed) {
          if (described.set !== least && !store.implies(values.setOf([index]), described.set)) continue;
          if (described.set === least && !needed.includes(index)) continue;
          open[index] = store.and(open[index] as Node, store.not(product.node));
        }
        if (products.length > MAX_TERMS) return undefined;
      }
    }
    const rest = open.reduce((some: Node, each) => store.or(some, each), FALSE);
    const general = this.of(rest, always);
    if (general === undefined) return undefined;
    return { products: [...products, ...general.products], union: store.or(union, general.union) };
  }
}

/** The ways to go on after the variables before `end`, and the values that lead to each. */
class FieldWays {
  readonly ways: Way[] = [];
  readonly #indexes = new Map<number, number>();
  readonly #sets = new Map<string, Node>();

  constructor(
    readonly store: DiagramStore,
    readonly least: Node,
    readonly most: Node,
    readonly end: number,
  ) {
    this.#walk((least, most) => {
      const key = least * 2 ** 26 + most;
      if (!this.#indexes.has(key)) this.#indexes.set(key, this.ways.push({ least, most }) - 1);
      return FALSE;
    });
  }

  /** The values from which one of these ways goes on. */
  setOf(ways: readonly number[]): Node {
    const key = ways.join();
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const wanted = new Set(ways);
    const set = this.#walk((least, most) =>
      wanted.has(this.#indexes.get(least * 2 ** 26 + most) as number) ? TRUE : FALSE,
    );
    this.#sets.set(key, set);
    return set;
  }

  #walk(leaf: (least: Node, most: Node) => Node): Node {
    const { store, end } = this;
    return store.apply(this.least, this.most, (one, other) =>
      store.level(one) >= end && store.level(other) >= end ? leaf(one, other) : undefined,
    );
  }
}
