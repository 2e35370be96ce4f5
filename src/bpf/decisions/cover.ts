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
 * (`recoverConditions`), or for rules of a profile (`ruleConditions`). What it says holds in the set that it gives; that the
 * products of these sets make `node`, and nothing else, is checked here.
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
    const whole = this.#coversOf(ways);
    /** What may be said without the field. */
    let always = ways.reduce((all: Node, way) => store.and(all, way.most), TRUE);
    let covers = this.#coversOf(ways.map(({ least, most }) => ({ least: store.without(least, always), most })));
    if (whole && (covers === undefined || countOf(whole) <= countOf(covers))) {
      // It would save nothing.
      always = FALSE;
      covers = whole;
    }
    if (covers === undefined) return undefined;
    const special = ways.map((way) => store.without(way.least, always));
    const open = ways.map((way) => way.least);
    const isOpen = (at: number, within: Node) =>
      store.overlap(within, store.and(open[at] as Node, special[at] as Node));

    const products: Product[] = [];
    let union: Node = FALSE;
    for (const at of widestFirst(store, ways)) {
      for (const product of covers[at]!.products) {
        if (!isOpen(at, product.node)) continue; // by an earlier one's values
        store.spend(ways.length);
        const allowed = ways.flatMap((each, index) => (store.implies(product.node, each.most) ? [index] : []));
        // Those for which it would be a product of their own, or all that they need.
        const sharing = allowed.filter(
          (index) =>
            index === at ||
            (isOpen(index, product.node) &&
              (store.implies(special[index] as Node, product.node) ||
                covers[index]!.products.some(({ node }) => node === product.node))),
        );
        const least = values.setOf(sharing);
        const described = this.describe(least, sharing.length < allowed.length ? values.setOf(allowed) : least, field);
        if (described === undefined) return undefined;
        const node = store.and(described.set, product.node);
        products.push({ factors: [described, ...product.factors], node });
        if (products.length > MAX_TERMS) return undefined;
        union = store.or(union, node);
        const isAmong = (index: number) =>
          described.set === least ? sharing.includes(index) : store.implies(values.setOf([index]), described.set);
        for (const index of allowed) {
          if (isAmong(index)) open[index] = store.without(open[index] as Node, product.node);
        }
      }
    }
    const rest = open.reduce((some: Node, each) => store.or(some, each), FALSE);
    const general = this.of(rest, always);
    if (general === undefined) return undefined;
    return { products: [...products, ...general.products], union: store.or(union, general.union) };
  }

  #coversOf(ways: readonly Way[]): Cover[] | undefined {
    const covers: Cover[] = [];
    for (const { least, most } of ways) {
      const cover = this.of(least, most);
      if (cover === undefined) return undefined;
      covers.push(cover);
    }
    return covers;
  }
}

const countOf = (covers: readonly Cover[]) => covers.reduce((sum, { products }) => sum + products.length, 0);

/** More are not compared with each other. */
const FEW_WAYS = 16;

/** Those first of which the others are special cases: what is said of them need not be said again. */
function widestFirst(store: DiagramStore, ways: readonly Way[]): number[] {
  const width = ways.map(({ most }) => {
    if (most === TRUE) return ways.length;
    return ways.length > FEW_WAYS ? 0 : ways.filter((other) => store.implies(other.most, most)).length;
  });
  return [...ways.keys()].sort((one, other) => (width[other] as number) - (width[one] as number));
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
