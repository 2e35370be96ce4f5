import { ALL_64_BITS, conditionDiagram, type DnfTerm, type DnfTerms, LOW_HALF } from './condition.js';
import { type DiagramStore, FALSE, type Node, TRUE } from './diagram-store.js';
import type { Field } from './input-variables.js';
import {
  complementOf,
  type Interval,
  inInterval,
  intersectionOf,
  intervalsOf,
  unionOf,
  valuesIn,
} from './intervals.js';

/** What is said of one field: the values of some of its bits, or that it fits 32 bits ({@link FITS_32_BITS}). */
export type Statement =
  | { readonly kind: 'values'; readonly field: Field; readonly mask: bigint; readonly ranges: readonly Interval[] }
  | { readonly kind: 'fits'; readonly field: Field };

/** Conditions as people write them: sets of values, and what several alternatives have in common said once. */
export type Formula = Statement | { readonly kind: 'all' | 'any'; readonly of: readonly Formula[] };

/** Whether a bit of a field is a flag that has a name, so that it can be masked out by that. */
export type IsFlag = (field: Field, bit: bigint) => boolean;

/** The values that an argument of 32 bits has as 64: its upper half is 0, or repeats the sign bit that is set. */
export const FITS_32_BITS: readonly Interval[] = [
  { from: 0n, to: LOW_HALF },
  { from: 0xffffffff80000000n, to: ALL_64_BITS },
];
/** The bits that tell whether a value does. */
const FITTING_BITS = 0xffffffff80000000n;

/**
 * Terms as one formula that holds where they do. Terms that differ in the values of one thing alone become one, flags
 * that do not matter are left out, and what terms have in common is said once.
 *
 * @throws nothing: every list of terms has a formula
 */
export function factorConditions(terms: DnfTerms, isFlag: IsFlag = () => false): Formula {
  const merged = mergedProducts(terms);
  const plain = merged.map((product) =>
    asProduct([...product.values()].flatMap(splitFits).map((each) => withoutFlags(each, isFlag))),
  );
  // Values that had masks of their own may now be values of one.
  const statements = mergeAlternatives(plain).map((product) => [...product.values()].sort(inOrder));
  return factor(statements);
}

/** What does not depend on names, of terms that are measured first and then written. */
const known = new WeakMap<DnfTerms, readonly Product[]>();

function mergedProducts(terms: DnfTerms): readonly Product[] {
  const products = known.get(terms) ?? mergeAlternatives(terms.flatMap((term) => productOf(term) ?? []));
  known.set(terms, products);
  return products;
}

/** Where a formula holds. */
export function formulaDiagram(store: DiagramStore, formula: Formula): Node {
  switch (formula.kind) {
    case 'all':
      return formula.of.reduce((all: Node, each) => store.and(all, formulaDiagram(store, each)), TRUE);
    case 'any':
      return formula.of.reduce((some: Node, each) => store.or(some, formulaDiagram(store, each)), FALSE);
    default: {
      const { field } = formula;
      const [mask, ranges] =
        formula.kind === 'fits' ? ([ALL_64_BITS, FITS_32_BITS] as const) : [formula.mask, formula.ranges];
      return ranges.reduce(
        (some: Node, range) => store.or(some, conditionDiagram(store, inInterval(field, mask, range))),
        FALSE,
      );
    }
  }
}

/** How much there is to read: a value or a range counts one, and what it is about another; an "or" half. */
export function sizeOf(formula: Formula): number {
  switch (formula.kind) {
    case 'all':
      return formula.of.reduce((sum, each) => sum + sizeOf(each), 0);
    case 'any':
      return formula.of.reduce((sum, each) => sum + sizeOf(each) + 0.5, -0.5);
    case 'fits':
      return 1;
    case 'values': {
      const isOpen = formula.ranges.at(-1)?.to === formula.mask;
      const listed = isOpen ? complementOf(formula.ranges, formula.mask) : formula.ranges;
      return 1 + listed.length;
    }
  }
}

type Values = Extract<Statement, { kind: 'values' }>;
/** Statements that hold together, by what they are about. */
type Product = Map<string, Statement>;

const subjectOf = (statement: Statement) =>
  statement.kind === 'fits' ? `${statement.field}` : `${statement.field}&${statement.mask}`;

function asProduct(statements: readonly Statement[]): Product {
  const product: Product = new Map();
  for (const each of statements) {
    const known = product.get(subjectOf(each));
    const isBoth = known?.kind === 'values' && each.kind === 'values';
    product.set(subjectOf(each), isBoth ? { ...each, ranges: intersectionOf(known.ranges, each.ranges) } : each);
  }
  return product;
}

/** Undefined where the conditions never hold together. */
function productOf(term: DnfTerm): Product | undefined {
  const product = asProduct(
    term.map((condition) => {
      const { field, mask } = condition;
      return asBound({ kind: 'values', field, mask, ranges: intervalsOf(condition) });
    }),
  );
  for (const [subject, statement] of product) {
    if (statement.kind === 'fits') continue;
    if (statement.ranges.length === 0) return undefined;
    if (isEverything(statement)) product.delete(subject);
  }
  return product;
}

/** Values of the highest bits as a bound of all: `(arg0 & 0xfffffffffffffff8) == 0` is `arg0 <= 7`. */
function asBound(statement: Values): Values {
  const { mask, ranges } = statement;
  const [only, second] = ranges;
  const lowBits = ALL_64_BITS ^ mask;
  const isPrefix = (lowBits & (lowBits + 1n)) === 0n;
  if (!isPrefix || lowBits === 0n || !only || second || (only.from !== 0n && only.to !== mask)) return statement;
  return { ...statement, mask: ALL_64_BITS, ranges: [{ from: only.from, to: only.to | lowBits }] };
}

/** Products to look at. Past that, what is left unjoined holds all the same, and nobody would read it. */
const MAX_LOOKS = 2 ** 12;

/** Products that are alike but for the values of one subject, as one with the values of all. */
function mergeAlternatives(given: readonly Product[]): Product[] {
  let products = [...given];
  let looks = 0;
  for (let isChanged = products.length > 1; isChanged; ) {
    isChanged = false;
    // The last field first: a cover has the values of a later field within those of an earlier one.
    const subjects = [...new Set(products.flatMap((product) => [...product.keys()]))].sort().reverse();
    for (const subject of subjects) {
      looks += products.length;
      if (looks > MAX_LOOKS) return products;
      const alike = new Map<string, Product>();
      const merged: Product[] = [];
      for (const product of products) {
        const key = keyWithout(product, subject);
        const known = alike.get(key);
        if (known === undefined) {
          alike.set(key, product);
          merged.push(product);
          continue;
        }
        isChanged = true;
        const joined = joinOn(subject, known, product);
        alike.set(key, joined);
        merged[merged.indexOf(known)] = joined;
      }
      products = merged;
    }
  }
  return products;
}

/** Two products that are alike but for one subject. */
function joinOn(subject: string, one: Product, other: Product): Product {
  const joined = new Map(one);
  const [values, more] = [one.get(subject), other.get(subject)];
  // The one that says nothing of it holds wherever the other does.
  if (values === undefined || more === undefined) joined.delete(subject);
  else if (values.kind === 'values' && more.kind === 'values') {
    const union = { ...values, ranges: unionOf(values.ranges, more.ranges, values.mask) };
    if (isEverything(union)) joined.delete(subject);
    else joined.set(subject, union);
  }
  return joined;
}

const isEverything = ({ ranges, mask }: Values) =>
  ranges.length === 1 && ranges[0]!.from === 0n && ranges[0]!.to === mask;

function keyWithout(product: Product, subject: string): string {
  const parts: string[] = [];
  for (const [each, statement] of product) if (each !== subject) parts.push(keyOf(statement));
  return parts.sort().join(' ');
}

const keys = new WeakMap<Statement, string>();

/** Equal for equal statements. */
function keyOf(statement: Statement): string {
  const known = keys.get(statement);
  if (known !== undefined) return known;
  const ranges = statement.kind === 'fits' ? '' : statement.ranges.map(({ from, to }) => `${from}-${to}`).join();
  const key = `${subjectOf(statement)}:${ranges}`;
  keys.set(statement, key);
  return key;
}

/** Values of an `int` but some, as that and the others: `option` fits 32 bits, and is not one of these. */
function splitFits(statement: Statement): Statement[] {
  if (statement.kind === 'fits') return [statement];
  const { field, ranges, mask } = statement;
  if ((mask & FITTING_BITS) !== FITTING_BITS) return [statement];
  const others = complementOf(ranges, mask);
  const [misfit] = complementOf(
    FITS_32_BITS.map(({ from, to }) => ({ from: from & mask, to: to & mask })),
    mask,
  );
  const left = others.filter(({ from, to }) => from !== misfit!.from || to !== misfit!.to);
  if (left.length === others.length) return [statement];
  const fits: Statement = { kind: 'fits', field };
  return left.length === 0 ? [fits] : [fits, { ...statement, ranges: complementOf(left, mask) }];
}

/** More values than these are no list. */
const MAX_LISTED = 64;

/**
 * Without the flags whose both values are there, unless one flag is all there is: `flags in {0, O_CLOEXEC}`. For SOCK_STREAM and SOCK_STREAM|SOCK_CLOEXEC it is `(type &
 * ~SOCK_CLOEXEC) == SOCK_STREAM`.
 */
function withoutFlags(statement: Statement, isFlag: IsFlag): Statement {
  if (statement.kind === 'fits') return statement;
  const { field, mask, ranges } = statement;
  const held = leaveOutFlags(field, mask, ranges, isFlag);
  if (held) return { ...statement, ...held };
  const others = leaveOutFlags(field, mask, complementOf(ranges, mask), isFlag);
  if (!others) return statement;
  return { ...statement, mask: others.mask, ranges: complementOf(others.ranges, others.mask) };
}

function leaveOutFlags(
  field: Field,
  mask: bigint,
  ranges: readonly Interval[],
  isFlag: IsFlag,
): { mask: bigint; ranges: Interval[] } | undefined {
  const list = valuesIn(ranges, mask, MAX_LISTED);
  // Both values of a flag are there for each of the others.
  if (!list || list.length % 2 === 1) return undefined;
  let left = mask;
  let set = new Set(list);
  const someBits = list.reduce((bits, value) => bits | value, 0n);
  for (let bit = 1n; bit <= someBits; bit <<= 1n) {
    if ((someBits & bit) === 0n || !isFlag(field, bit)) continue;
    if (![...set].every((value) => set.has(value ^ bit))) continue;
    left &= ~bit;
    set = new Set([...set].filter((value) => (value & bit) === 0n));
  }
  if (left === mask || (list.length === 2 && set.has(0n))) return undefined;
  const single = [...set].map((value) => ({ from: value, to: value }));
  const without = unionOf([], single, left);
  // A range that has both values of a flag is as short.
  return without.length < ranges.length ? { mask: left, ranges: without } : undefined;
}

/** By field; of one field first that it fits, then what is said of most bits. */
function inOrder(one: Statement, other: Statement): number {
  if (one.field !== other.field) return one.field - other.field;
  const mask = (statement: Statement) => (statement.kind === 'fits' ? ALL_64_BITS + 1n : statement.mask);
  return mask(one) > mask(other) ? -1 : 1;
}

/** Alternatives, with what they have in common in front. */
function factor(products: readonly (readonly Statement[])[]): Formula {
  const [only] = products;
  if (products.length === 1 && only) return all(only);
  if (products.some((product) => product.length === 0)) return all([]);
  const shared = mostShared(products);
  if (shared === undefined) return { kind: 'any', of: products.map(all) };
  const has = (product: readonly Statement[]) => product.some((each) => keyOf(each) === shared.key);
  const rest = products.filter(has).map((product) => product.filter((each) => keyOf(each) !== shared.key));
  const inner = factor(rest);
  const group: Formula = { kind: 'all', of: [shared.statement, ...(inner.kind === 'all' ? inner.of : [inner])] };
  const others = products.filter((product) => !has(product));
  if (others.length === 0) return group;
  const formula = factor(others);
  const alternatives = formula.kind === 'any' ? [...formula.of] : [formula];
  // In the place of the first of them.
  const before = products.slice(0, products.findIndex(has)).length;
  alternatives.splice(Math.min(before, alternatives.length), 0, group);
  return { kind: 'any', of: alternatives };
}

const all = (statements: readonly Statement[]): Formula =>
  statements.length === 1 ? statements[0]! : { kind: 'all', of: statements };

/** How long a statement is to read: its values, what it is about, and a mask where there is one. */
function lengthOf(statement: Statement): number {
  if (statement.kind === 'fits') return 2;
  const isMasked = statement.mask !== ALL_64_BITS && statement.mask !== LOW_HALF;
  return 1 + statement.ranges.length + (isMasked ? 1 : 0);
}

/** The statement that saves most if it is said once; undefined where no two alternatives share one. */
function mostShared(products: readonly (readonly Statement[])[]): { key: string; statement: Statement } | undefined {
  const found = new Map<string, { statement: Statement; times: number }>();
  for (const statement of products.flat()) {
    const key = keyOf(statement);
    found.set(key, { statement, times: (found.get(key)?.times ?? 0) + 1 });
  }
  let best: { key: string; statement: Statement; saves: number } | undefined;
  for (const [key, { statement, times }] of found) {
    const saves = (times - 1) * lengthOf(statement);
    if (saves > 0 && (best === undefined || saves > best.saves)) best = { key, statement, saves };
  }
  return best;
}
