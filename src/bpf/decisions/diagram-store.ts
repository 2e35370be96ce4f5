import { ScmpError } from '../../errors.js';
import { checkOptions, NUMBER, type OptionTable } from '../../options.js';
import type { VariableOrder } from './input-variables.js';

/**
 * A program, or a question about it, needs a larger decision diagram than the budget allows. Arithmetic between two
 * arguments may do so, or the comparison of one argument with another. There is no answer then, never a wrong one.
 *
 * @example
 * ```js
 * import { ProgramTooComplexError, assemble, buildDecisionDiagram } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * try {
 *   buildDecisionDiagram(filter, { nodes: 10 });
 * } catch (error) {
 *   console.log(error instanceof ProgramTooComplexError, error.code); // true PROGRAM_TOO_COMPLEX
 * }
 * ```
 */
export class ProgramTooComplexError extends ScmpError {
  static override readonly brand = 'ProgramTooComplexError';
  readonly code = 'PROGRAM_TOO_COMPLEX';
}

/** The answer to a question; undefined where it is too complex for one. */
export function orTooComplex<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof ProgramTooComplexError) return undefined;
    throw error;
  }
}

/** A node of a {@link DiagramStore}. It is a number: equal numbers are equal functions. */
export type Node = number;

/** The two functions that are always false and always true. */
export const FALSE: Node = 0;
export const TRUE: Node = 1;

/** The level of terminals: below every variable. */
const TERMINAL_LEVEL = 0xffff;

export interface DiagramBudget {
  /** How many nodes may be made. Each takes about 30 bytes. Default: 2^21. */
  nodes?: number | undefined;
  /** How many steps may be taken, so that the time has a bound too. Default: 2^22, some seconds. */
  steps?: number | undefined;
}

/** The values of {@link DiagramBudget}. */
export const BUDGET_OPTIONS: OptionTable<DiagramBudget> = { nodes: [NUMBER], steps: [NUMBER] };

/** So that two nodes fit in one number, as `apply` needs. */
const MAX_NODES = 2 ** 26;
/** Enough for single calls: most of a program is proved without nodes. */
const INITIAL_CAPACITY = 1 << 12;
/** A node is together in memory: its level, where it leads, and the next node of its bucket. */
const NODE_SIZE = 4;
const LOW = 1;
const HIGH = 2;
const NEXT = 3;
/** Terminals and pairs of nodes are kept beside the nodes. Their memory is counted in steps. */
const COST_OF_TERMINAL = 16;
const COST_OF_PAIR = 2;
/** Of `meet`, whose results are in the cache of `ite`: in place of a node. */
const IN_FALSE = -1;
const IN_TRUE = -2;
/** A cache of results past this gains little and costs memory. */
const MAX_CACHE = 1 << 18;

/**
 * Reduced ordered multi-terminal binary decision diagrams (Bryant, "Graph-Based Algorithms for Boolean Function
 * Manipulation", 1986). A node tests the variable of its level; smaller levels come first. Every function over the
 * variables has exactly one node in a store. So two functions are equal if and only if their numbers are.
 *
 * Boolean functions end in {@link FALSE} and {@link TRUE}, others in terminals with a value. Every operation throws
 * {@link ProgramTooComplexError} when the budget is used up.
 *
 * @example
 * ```js
 * import { ALL_64_BITS, DiagramStore, dnfDiagram } from 'libseccomp-wasm/bpf';
 *
 * const store = new DiagramStore();
 * const one = dnfDiagram(store, [[{ kind: 'equal', field: 0, mask: ALL_64_BITS, value: 1n }]]);
 * const two = dnfDiagram(store, [[{ kind: 'equal', field: 0, mask: ALL_64_BITS, value: 2n }]]);
 * console.log(store.implies(one, store.not(two)), store.and(one, two) === 0); // true true
 * ```
 */
export class DiagramStore {
  /** How many nodes may be made. */
  readonly maxNodes: number;
  #steps: number;
  #count = 2;
  #table = new Int32Array(NODE_SIZE * INITIAL_CAPACITY);
  /** The first node of each bucket; 0 is none, which no entry is (FALSE is in no bucket). */
  #buckets = new Int32Array(INITIAL_CAPACITY);
  /** Results of `ite`: condition, then, otherwise, result; and of `meet`. Collisions overwrite. */
  #cache = new Int32Array(4 * INITIAL_CAPACITY);
  readonly #terminals = new Map<number, Node>();
  readonly #values = new Map<Node, number>();

  /**
   * @throws {InvalidArgumentError} when an option of the budget is unknown
   */
  constructor(
    budget: DiagramBudget = {},
    /** @internal */
    readonly order: VariableOrder = 'fields',
  ) {
    checkOptions('a budget', budget, BUDGET_OPTIONS);
    const { nodes = 2 ** 21, steps = 2 ** 22 } = budget;
    this.maxNodes = Math.min(nodes, MAX_NODES);
    this.#steps = steps;
    this.#table[NODE_SIZE * FALSE] = TERMINAL_LEVEL;
    this.#table[NODE_SIZE * TRUE] = TERMINAL_LEVEL;
  }

  /** How many nodes were made. */
  get nodes(): number {
    return this.#count;
  }

  /** What the tables take, in bytes. */
  get bytes(): number {
    return this.#table.byteLength + this.#buckets.byteLength + this.#cache.byteLength;
  }

  /** The constant function of a value, which is any number but NaN. It is another node than FALSE and TRUE. */
  terminal(value: number): Node {
    const known = this.#terminals.get(value);
    if (known !== undefined) return known;
    this.spend(COST_OF_TERMINAL);
    this.#growWhenFull();
    const node = this.#append(TERMINAL_LEVEL, 0, 0);
    this.#terminals.set(value, node);
    this.#values.set(node, value);
    return node;
  }

  /** The value of a terminal made by {@link terminal}; undefined for any other node. */
  valueOf(node: Node): number | undefined {
    return this.#values.get(node);
  }

  level(node: Node): number {
    return this.#table[NODE_SIZE * node]!;
  }

  isTerminal(node: Node): boolean {
    return this.#table[NODE_SIZE * node] === TERMINAL_LEVEL;
  }

  /** Where a node leads when its variable is 0. */
  low(node: Node): Node {
    return this.#table[NODE_SIZE * node + LOW]!;
  }

  /** Where a node leads when its variable is 1. */
  high(node: Node): Node {
    return this.#table[NODE_SIZE * node + HIGH]!;
  }

  /** The function that is `low` where the variable of `level` is 0, else `high`; both must test later levels only. */
  node(level: number, low: Node, high: Node): Node {
    if (low === high) return low;
    this.#growWhenFull();
    const table = this.#table;
    const buckets = this.#buckets;
    const bucket = hash(level, low, high) & (buckets.length - 1);
    for (let node = buckets[bucket]!; node !== 0; node = table[NODE_SIZE * node + NEXT]!) {
      const at = NODE_SIZE * node;
      if (table[at + LOW] === low && table[at + HIGH] === high && table[at] === level) return node;
    }
    const node = this.#append(level, low, high);
    table[NODE_SIZE * node + NEXT] = buckets[bucket]!;
    buckets[bucket] = node;
    return node;
  }

  /** If-then-else: the function that is `then` where the boolean function `condition` holds, else `otherwise`. */
  ite(condition: Node, then: Node, otherwise: Node): Node {
    if (condition === TRUE || then === otherwise) return then;
    if (condition === FALSE) return otherwise;
    // where the condition decides itself
    if (then === condition) return this.ite(condition, TRUE, otherwise);
    if (otherwise === condition) return this.ite(condition, then, FALSE);
    if (then === TRUE && otherwise === FALSE) return condition;
    const slot = this.#slot(condition, then, otherwise);
    const cache = this.#cache;
    if (cache[slot] === condition && cache[slot + 1] === then && cache[slot + 2] === otherwise) return cache[slot + 3]!;
    this.spend(1);
    const table = this.#table;
    const ofCondition = table[NODE_SIZE * condition]!;
    const ofThen = table[NODE_SIZE * then]!;
    const ofOtherwise = table[NODE_SIZE * otherwise]!;
    let level = ofCondition < ofThen ? ofCondition : ofThen;
    if (ofOtherwise < level) level = ofOtherwise;
    const low = this.ite(
      ofCondition === level ? table[NODE_SIZE * condition + LOW]! : condition,
      ofThen === level ? table[NODE_SIZE * then + LOW]! : then,
      ofOtherwise === level ? table[NODE_SIZE * otherwise + LOW]! : otherwise,
    );
    // what was looked up before is still there: a table that grows leaves the old one as it was
    const high = this.ite(
      ofCondition === level ? table[NODE_SIZE * condition + HIGH]! : condition,
      ofThen === level ? table[NODE_SIZE * then + HIGH]! : then,
      ofOtherwise === level ? table[NODE_SIZE * otherwise + HIGH]! : otherwise,
    );
    const result = this.node(level, low, high);
    this.#remember(condition, then, otherwise, result);
    return result;
  }

  /**
   * {@link ite}, sooner where the condition is a variable before those of both functions, as bits of a loaded word are.
   * @internal
   */
  choose(condition: Node, then: Node, otherwise: Node): Node {
    const level = this.level(condition);
    const isFirst = level < this.level(then) && level < this.level(otherwise);
    if (!isFirst || this.low(condition) !== FALSE || this.high(condition) !== TRUE) {
      return this.ite(condition, then, otherwise);
    }
    this.spend(1);
    return this.node(level, otherwise, then);
  }

  and(one: Node, other: Node): Node {
    return one < other ? this.ite(one, other, FALSE) : this.ite(other, one, FALSE);
  }

  or(one: Node, other: Node): Node {
    return one < other ? this.ite(one, TRUE, other) : this.ite(other, TRUE, one);
  }

  not(node: Node): Node {
    return this.ite(node, FALSE, TRUE);
  }

  /** Where `one` holds and `other` does not. */
  without(one: Node, other: Node): Node {
    return this.ite(other, FALSE, one);
  }

  xor(one: Node, other: Node): Node {
    return this.ite(one, this.not(other), other);
  }

  /** Whether `other` holds wherever `one` does. */
  implies(one: Node, other: Node): boolean {
    return !this.#meet(one, other, IN_FALSE);
  }

  /** Whether both hold somewhere. */
  overlap(one: Node, other: Node): boolean {
    return one < other ? this.#meet(one, other, IN_TRUE) : this.#meet(other, one, IN_TRUE);
  }

  /**
   * Whether some input on which the boolean function `one` holds comes to FALSE or TRUE in the boolean function `other`.
   * No node is made for it.
   */
  #meet(one: Node, other: Node, end: typeof IN_FALSE | typeof IN_TRUE): boolean {
    if (one === FALSE) return false;
    // two functions that are not constant differ, and so does one from its complement
    if (one === other) return end === IN_TRUE;
    if (other <= TRUE) return (other === TRUE) === (end === IN_TRUE);
    if (one === TRUE) return true; // `other` is not constant
    const slot = this.#slot(one, other, end);
    const cache = this.#cache;
    if (cache[slot] === one && cache[slot + 1] === other && cache[slot + 2] === end) return cache[slot + 3] === TRUE;
    this.spend(1);
    const table = this.#table;
    const [ofOne, ofOther] = [table[NODE_SIZE * one]!, table[NODE_SIZE * other]!];
    const [splitsOne, splitsOther] = [ofOne <= ofOther, ofOther <= ofOne];
    const meets =
      this.#meet(
        splitsOne ? table[NODE_SIZE * one + LOW]! : one,
        splitsOther ? table[NODE_SIZE * other + LOW]! : other,
        end,
      ) ||
      this.#meet(
        splitsOne ? table[NODE_SIZE * one + HIGH]! : one,
        splitsOther ? table[NODE_SIZE * other + HIGH]! : other,
        end,
      );
    this.#remember(one, other, end, meets ? TRUE : FALSE);
    return meets;
  }

  /**
   * Bryant's apply: combine two functions value by value. `leaf` gives the result for two terminals, or undefined for
   * two functions that must be split further. It is called at every pair, so that it can cut short.
   */
  apply(one: Node, other: Node, leaf: (one: Node, other: Node) => Node | undefined): Node {
    const known = new Map<number, Node>();
    const visit = (a: Node, b: Node): Node => {
      const decided = leaf(a, b);
      if (decided !== undefined) return decided;
      // a node with itself, as in a function's map: a small number, which takes a fraction of the time
      const pair = a === b ? -a : a * 2 ** 26 + b;
      const seen = known.get(pair);
      if (seen !== undefined) return seen;
      this.spend(COST_OF_PAIR);
      const level = Math.min(this.level(a), this.level(b));
      const inA = this.level(a) === level;
      const inB = this.level(b) === level;
      const low = visit(inA ? this.low(a) : a, inB ? this.low(b) : b);
      const high = visit(inA ? this.high(a) : a, inB ? this.high(b) : b);
      const result = this.node(level, low, high);
      known.set(pair, result);
      return result;
    };
    return visit(one, other);
  }

  /** The same function with every terminal replaced by what `leaf` makes of it. */
  map(node: Node, leaf: (terminal: Node) => Node): Node {
    return this.apply(node, node, (one) => (this.isTerminal(one) ? leaf(one) : undefined));
  }

  /** The terminals a function can reach. */
  terminalsOf(node: Node): Set<Node> {
    const found = new Set<Node>();
    for (const each of this.reachable(node)) if (this.isTerminal(each)) found.add(each);
    return found;
  }

  /**
   * Whether a function comes to a terminal that passes a test, on some input on which the condition holds. The test is
   * called until it passes, perhaps several times with one terminal.
   */
  someTerminal(condition: Node, node: Node, test: (terminal: Node) => boolean): boolean {
    const seen = new Set<number>();
    const visit = (where: Node, at: Node): boolean => {
      if (where === FALSE) return false;
      const level = this.level(at);
      if (level === TERMINAL_LEVEL) return test(at);
      const pair = where * 2 ** 26 + at;
      if (seen.has(pair)) return false;
      seen.add(pair);
      this.spend(COST_OF_PAIR);
      const ofWhere = this.level(where);
      const low = level <= ofWhere ? this.low(at) : at;
      const high = level <= ofWhere ? this.high(at) : at;
      if (ofWhere > level) return visit(where, low) || visit(where, high);
      return visit(this.low(where), low) || visit(this.high(where), high);
    };
    return visit(condition, node);
  }

  /** Every node of a function, each once. */
  reachable(root: Node): Set<Node> {
    const found = new Set<Node>([root]);
    for (const node of found) {
      if (this.isTerminal(node)) continue;
      this.spend(1);
      found.add(this.low(node));
      found.add(this.high(node));
    }
    return found;
  }

  /** The nodes with which a function goes on once all variables before `level` are known. */
  cut(root: Node, level: number): Set<Node> {
    const seen = new Set<Node>([root]);
    const behind = new Set<Node>();
    for (const node of seen) {
      if (this.level(node) >= level) {
        behind.add(node);
        continue;
      }
      this.spend(1);
      seen.add(this.low(node)).add(this.high(node));
    }
    return behind;
  }

  /** Count work that makes no node against the budget of steps. */
  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0)
      throw new ProgramTooComplexError('too complex to decide exactly: the budget of steps is used up');
  }

  /**
   * Do work with a budget of its own. Gives the result, or undefined where the steps are not enough, and the steps that
   * were taken. The store's own budget is not touched.
   */
  attempt<T>(steps: number, work: () => T): { result: T | undefined; taken: number } {
    const own = this.#steps;
    this.#steps = steps;
    let result: T | undefined;
    try {
      result = work();
    } catch (error) {
      if (!(error instanceof ProgramTooComplexError)) throw error;
    }
    const taken = Math.min(steps - this.#steps, steps);
    this.#steps = own;
    return { result, taken };
  }

  #append(level: number, low: Node, high: Node): Node {
    if (this.#count >= this.maxNodes) {
      throw new ProgramTooComplexError(
        `too complex to decide exactly: the decision diagram has more than ${this.maxNodes} nodes`,
      );
    }
    const node = this.#count++;
    const at = NODE_SIZE * node;
    this.#table[at] = level;
    this.#table[at + LOW] = low;
    this.#table[at + HIGH] = high;
    return node;
  }

  #slot(condition: Node, then: Node, otherwise: Node): number {
    return (hash(condition, then, otherwise) & (this.#cache.length / 4 - 1)) * 4;
  }

  #remember(condition: Node, then: Node, otherwise: Node, result: Node): void {
    const slot = this.#slot(condition, then, otherwise);
    const cache = this.#cache;
    cache[slot] = condition;
    cache[slot + 1] = then;
    cache[slot + 2] = otherwise;
    cache[slot + 3] = result;
  }

  #growWhenFull(): void {
    if (this.#count < this.#buckets.length) return;
    // small tables grow faster: what is copied then costs more than what stays unused
    const capacity = this.#buckets.length * (this.#buckets.length < MAX_CACHE ? 4 : 2);
    const table = new Int32Array(NODE_SIZE * capacity);
    table.set(this.#table);
    const buckets = new Int32Array(capacity);
    for (let node = 2; node < this.#count; node++) {
      const at = NODE_SIZE * node;
      if (table[at] === TERMINAL_LEVEL) continue;
      const bucket = hash(table[at]!, table[at + LOW]!, table[at + HIGH]!) & (capacity - 1);
      table[at + NEXT] = buckets[bucket]!;
      buckets[bucket] = node;
    }
    this.#table = table;
    this.#buckets = buckets;
    if (capacity > MAX_CACHE) return;
    const old = this.#cache;
    this.#cache = new Int32Array(capacity * 4);
    for (let slot = 0; slot < old.length; slot += 4) {
      // no condition that is looked up is FALSE, so 0 is an empty slot
      if (old[slot] !== 0) this.#remember(old[slot]!, old[slot + 1]!, old[slot + 2]!, old[slot + 3]!);
    }
  }
}

/** Mixes three small integers (multipliers and shifts of MurmurHash3's finalizer). */
function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}
