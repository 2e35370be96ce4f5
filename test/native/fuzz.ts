import { constants } from 'node:os';
import { encodeAction } from '../../src/action.js';
import { ARCHITECTURES, type Architecture } from '../../src/architecture.js';
import {
  type ArgumentComparison,
  type FilterAttribute,
  type FilterAttributes,
  FilterContext,
  type Libseccomp,
  LibseccompError,
  LibseccompWorkLimitError,
} from '../../src/libseccomp/index.js';
import type { Action, CompareOperator } from '../../src/policy.js';
import { askOracle } from './oracle.js';

// Random work on filter contexts, done on the wasm through the typed API and, in the oracle's words, on native libseccomp:
// every step must have the same outcome, program and text byte for byte. A case is its seed.

export interface Difference {
  seed: number;
  /** The steps in the oracle's words, up to the one that differs. */
  lines: string[];
  wasm: string;
  native: string;
}

export interface Step {
  line: string;
  answer: string;
}

/** What the wasm was asked with a seed, in the oracle's words, and what it answered. */
export interface RandomCase {
  seed: number;
  steps: readonly Step[];
}

/**
 * The cases with seeds from `first`, run on the wasm. A case that it stops for its work is none: native libseccomp would
 * take hours.
 */
export function randomCases(load: () => Libseccomp, first: number, count: number): RandomCase[] {
  let libseccomp = load();
  return Array.from({ length: count }, (_, i) => first + i).flatMap((seed) => {
    try {
      return [{ seed, steps: new FuzzCase(libseccomp, seed).run() }];
    } catch (error) {
      if (!(error instanceof LibseccompWorkLimitError)) throw error;
      libseccomp = load();
      return [];
    }
  });
}

/** Run cases with seeds from `first`; native libseccomp does them all in one process. */
export function fuzz(load: () => Libseccomp, first: number, count: number): Difference[] {
  const cases = randomCases(load, first, count);
  const lines = cases.flatMap(({ steps }) => steps.map(({ line }) => line));
  const answers = askOracle(lines);
  let at = 0;
  return cases.flatMap(({ seed, steps }) => {
    const native = answers.slice(at, at + steps.length);
    at += steps.length;
    const differs = steps.findIndex(({ answer }, i) => answer !== native[i]);
    if (differs < 0) return [];
    const lines = steps.slice(0, differs + 1).map(({ line }) => line);
    return [{ seed, lines, wasm: steps[differs]?.answer ?? '', native: native[differs] ?? '' }];
  });
}

export function describeDifference({ seed, lines, wasm, native }: Difference): string {
  const short = (text: string) => (text.length > 400 ? `${text.slice(0, 400)}…` : text);
  return `seed ${seed}:\n${lines.join('\n')}\n  wasm:   ${short(wasm)}\n  native: ${short(native)}`;
}

const OPERATORS: readonly CompareOperator[] = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'];
/** Values where the halves of a 64-bit comparison, and signs, could go wrong. */
const VALUES = [
  0n,
  1n,
  2n,
  5n,
  0xffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 32n,
  (1n << 32n) + 1n,
  5n << 32n,
].concat([(5n << 32n) + 5n, 0xffffffff00000000n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n]);
/** Calls with something to them: multiplexed, conditional on some architectures, absent from others. */
const NAMES = ['read', 'socket', 'connect', 'accept4', 'shmat', 'semtimedop', 'open', 'clone', 'arch_prctl', 'mseal'];
const CONTEXTS = 3;

class FuzzCase {
  readonly #libseccomp: Libseccomp;
  readonly #random: Random;
  readonly #contexts: (FilterContext | undefined)[] = Array(CONTEXTS).fill(undefined);
  readonly #inTransaction: boolean[] = Array(CONTEXTS).fill(false);
  readonly #steps: Step[] = [];
  /** Mostly of one byte order, so that there is something to merge. */
  readonly #architectures: readonly Architecture[];
  /** What rules are made of: few things in most cases, so that rules meet in one tree. */
  readonly #values: readonly bigint[];
  readonly #arguments: readonly number[];
  readonly #names: readonly string[];
  readonly #operators: readonly CompareOperator[];
  #native: Architecture | undefined;

  constructor(libseccomp: Libseccomp, seed: number) {
    this.#libseccomp = libseccomp;
    this.#random = new Random(seed);
    const order = this.#random.pick(['little', 'little', 'big'] as const);
    this.#architectures = ARCHITECTURES.filter(({ endianness }) => endianness === order);
    const few = <T>(items: readonly T[], ...counts: number[]) =>
      this.#random.shuffle(items).slice(0, this.#random.pick([...counts, items.length]));
    this.#values = few(VALUES, 2, 3, 5);
    this.#arguments = few([0, 1, 2, 3, 4, 5], 1, 2);
    this.#names = few(NAMES, 1, 2);
    this.#operators = few(OPERATORS, 2, 3);
  }

  run(): Step[] {
    const random = this.#random;
    this.#init(0);
    // a few long cases, for jumps that are too far for one instruction
    for (let left = random.chance(0.01) ? 400 : random.integer(4, 40); left > 0; left--) {
      const live = this.#contexts.flatMap((context, index) => (context ? [index] : []));
      if (live.length === 0 || random.chance(0.05)) this.#init(random.integer(0, CONTEXTS - 1));
      else this.#work(random.pick(live), live);
    }
    this.#contexts.forEach((context, index) => {
      if (!context) return;
      this.#export(index, context);
      this.#step(index, `release ${index}`, () => context.release());
      this.#contexts[index] = undefined;
    });
    return this.#steps;
  }

  #init(index: number): void {
    const old = this.#contexts[index];
    const architecture = this.#architecture();
    const defaultAction = this.#action();
    this.#useNative(architecture);
    old?.release(); // as the oracle's init does
    this.#contexts[index] = undefined;
    this.#inTransaction[index] = false;
    const made = this.#outcome(() => {
      this.#contexts[index] = new FilterContext(this.#libseccomp, { defaultAction, architecture });
    });
    this.#steps.push({ line: `init ${index} ${encodeAction(defaultAction)}`, answer: made === '0' ? '0' : '-1' });
  }

  #work(index: number, live: readonly number[]): void {
    const random = this.#random;
    const context = this.#contexts[index] as FilterContext;
    const kind = random.integer(0, 99);
    if (kind < 60) this.#rule(index, context);
    else if (kind < 70) {
      const architecture = this.#architecture();
      const line = `arch_${kind < 67 ? 'add' : 'remove'} ${index} ${architecture.token}`;
      this.#step(index, line, () =>
        kind < 67 ? context.addArchitecture(architecture) : context.removeArchitecture(architecture),
      );
    } else if (kind < 76) this.#attribute(index, context);
    else if (kind < 80) {
      const [syscall, priority] = [this.#syscall(context), random.integer(0, 255)];
      this.#step(index, `priority ${index} ${syscall} ${priority}`, () =>
        context.setSyscallPriority(syscall, priority),
      );
    } else if (kind < 86) this.#transaction(index, context);
    else if (kind < 89) {
      const source = random.pick(live);
      const other = this.#contexts[source];
      // the typed API has no transactions that outlive a merge
      if (!other || source === index || this.#inTransaction[index] || this.#inTransaction[source]) return;
      const answer = this.#step(index, `merge ${index} ${source}`, () => context.merge(other));
      if (answer === '0') this.#contexts[source] = undefined;
    } else if (kind < 91) {
      const action = this.#action();
      const answer = this.#step(index, `reset ${index} ${encodeAction(action)}`, () => context.reset(action));
      if (answer === '0') this.#inTransaction[index] = false;
    } else if (kind < 93) this.#step(index, `precompute ${index}`, () => context.precompute());
    else this.#export(index, context);
  }

  #rule(index: number, context: FilterContext): void {
    const random = this.#random;
    const exact = random.chance(0.15);
    const action = this.#action();
    const syscall = this.#syscall(context);
    const arguments_ = random.shuffle(this.#arguments).slice(0, random.pick([0, 1, 1, 1, 2, 2, 3, 6]));
    const comparisons: ArgumentComparison[] = arguments_.map((argument) => ({
      // now and then one that libseccomp refuses
      index: random.chance(0.02) ? random.pick([0, 6, 7]) : argument,
      op: random.pick(this.#operators),
      value: random.pick(this.#values),
      valueTwo: random.pick(this.#values),
    }));
    const words = comparisons.map(
      (each) => ` ${each.index} ${OPERATORS.indexOf(each.op) + 1} ${each.value} ${each.valueTwo}`,
    );
    const line = `rule ${index} ${exact ? 1 : 0} ${encodeAction(action)} ${syscall} ${words.length}${words.join('')}`;
    this.#step(index, line, () =>
      exact ? context.addRuleExact(action, syscall, comparisons) : context.addRule(action, syscall, comparisons),
    );
  }

  #attribute(index: number, context: FilterContext): void {
    const random = this.#random;
    const number = random.integer(1, 10);
    const attribute = ATTRIBUTES[number - 1] as FilterAttribute;
    if (random.chance(0.3)) {
      let value = 0;
      const answer = this.#step(index, `attr_get ${index} ${number}`, () => {
        const read = context.getAttribute(attribute);
        value = typeof read === 'object' ? encodeAction(read) : Number(read);
      });
      (this.#steps.at(-1) as Step).answer = `${answer} ${value}`;
      return;
    }
    const value: FilterAttributes[FilterAttribute] = attribute.startsWith('ACT')
      ? this.#action()
      : attribute === 'CTL_OPTIMIZE'
        ? random.integer(0, 3)
        : random.chance(0.5);
    const encoded = typeof value === 'object' ? encodeAction(value) : Number(value);
    this.#step(index, `attr_set ${index} ${number} ${encoded}`, () => context.setAttribute(attribute, value as never));
  }

  #transaction(index: number, context: FilterContext): void {
    const open = this.#inTransaction[index];
    const verb = open ? this.#random.pick(['commit', 'reject'] as const) : 'start';
    const answer = this.#step(index, `${verb} ${index}`, () => {
      if (verb === 'start') context.startTransaction();
      else if (verb === 'commit') context.commitTransaction();
      else context.rejectTransaction();
    });
    if (answer === '0') this.#inTransaction[index] = !open;
  }

  #export(index: number, context: FilterContext): void {
    let text = '';
    const hex = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('hex');
    const pfc = this.#random.chance(0.2);
    const answer = this.#step(index, `${pfc ? 'pfc' : 'bpf'} ${index}`, () => {
      text = hex(pfc ? context.exportPfc() : context.exportBpf());
    });
    (this.#steps.at(-1) as Step).answer = `${answer} ${text}`;
  }

  #architecture(): Architecture {
    return this.#random.chance(0.03) ? this.#random.pick(ARCHITECTURES) : this.#random.pick(this.#architectures);
  }

  #action(): Action {
    const random = this.#random;
    const kind = random.pick([
      'ALLOW',
      'ERRNO',
      'ERRNO',
      'KILL_PROCESS',
      'KILL_THREAD',
      'TRAP',
      'TRACE',
      'LOG',
      'NOTIFY',
    ] as const);
    if (kind === 'ERRNO') return { kind, data: random.pick([0, 1, 1, 38, 4094, 4095, 65535]) };
    return kind === 'TRACE' ? { kind, data: random.pick([0, 7, 65535]) } : { kind };
  }

  #syscall(context: FilterContext): number {
    const random = this.#random;
    const named = this.#libseccomp.resolveSyscallName(random.pick(this.#names), context.architecture);
    return random.chance(0.85) && named !== undefined
      ? named
      : random.pick([0, 1, 2, 3, 3, 4, 1000, 0x40000003, -1, -50, -99, -100, -101, -201, -10001, -99999]);
  }

  /** Do a step on the wasm, note it for native libseccomp, and return the outcome: 0, or a negative errno. */
  #step(index: number, line: string, run: () => unknown): string {
    this.#useNative((this.#contexts[index] as FilterContext).architecture);
    const answer = this.#outcome(run);
    this.#steps.push({ line, answer });
    return answer;
  }

  #useNative(architecture: Architecture): void {
    if (this.#native === architecture) return;
    this.#native = architecture;
    this.#steps.push({ line: `native ${architecture.token}`, answer: '0' });
  }

  #outcome(run: () => unknown): string {
    try {
      run();
      return '0';
    } catch (error) {
      if (!(error instanceof LibseccompError)) throw error;
      return `${-constants.errno[error.errno]}`;
    }
  }
}

/** `enum scmp_filter_attr`, from 1. */
const ATTRIBUTES: readonly FilterAttribute[] = [
  'ACT_DEFAULT',
  'ACT_BADARCH',
  'CTL_NNP',
  'CTL_TSYNC',
  'API_TSKIP',
  'CTL_LOG',
  'CTL_SSB',
  'CTL_OPTIMIZE',
  'API_SYSRAWRC',
  'CTL_WAITKILL',
];

/** mulberry32: small, seeded, good enough; the same numbers everywhere. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Both ends included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)] as T;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  }
}
