import { X32_SYSCALL_BIT } from '../../architecture.js';
import { checkArgument, LIST } from '../../options.js';
import { CALL_NUMBERS } from './call-numbers.js';

/** How often each system call happens, relative to the others. */
export interface CallWeights {
  /** AUDIT_ARCH values of the architectures that have weights, the native one first. */
  readonly architectures: readonly number[];
  /** The weight of a call by its number: relative, at least 0. */
  of(auditArch: number, nr: number): number;
  /** The numbers of an architecture whose weight is above 0, ascending, as `seccomp_data.nr` has them, unsigned. */
  numbers(auditArch: number): readonly number[];
}

/** A call that was counted. */
export interface WeighedCall {
  readonly auditArch: number;
  /** As `seccomp_data.nr` has it, unsigned. */
  readonly nr: number;
  /** Relative, above 0. */
  readonly weight: number;
}

/**
 * The weight of calls of other architectures than the native one: a 64-bit kernel rarely runs 32-bit programs, and
 * hardly ever x32's. It is a decision, not a measurement; its size matters little as long as it is small.
 */
const FOREIGN = 1 / 100;
const X32 = 1 / 1000;

class TableWeights implements CallWeights {
  readonly #tables: ReadonlyMap<number, ReadonlyMap<number, number>>;
  readonly #numbers: ReadonlyMap<number, readonly number[]>;

  constructor(tables: ReadonlyMap<number, ReadonlyMap<number, number>>) {
    this.#tables = tables;
    this.#numbers = new Map([...tables].map(([arch, table]) => [arch, [...table.keys()].sort((a, b) => a - b)]));
  }

  get architectures(): readonly number[] {
    return [...this.#tables.keys()];
  }

  of(auditArch: number, nr: number): number {
    return this.#tables.get(auditArch)?.get(nr >>> 0) ?? 0;
  }

  numbers(auditArch: number): readonly number[] {
    return this.#numbers.get(auditArch) ?? [];
  }
}

/**
 * The weights for a filter of these architectures (AUDIT_ARCH values), the native one first. For each architecture,
 * half of the weight is the same for every call, so that none becomes slow. The other half follows how often programs
 * make the call (call-frequencies.list says how that was counted). It follows `counted` instead, where that has calls
 * of the architecture.
 *
 * @throws nothing: an architecture that is not in the list has no weights
 *
 * @example
 * ```js
 * import { callWeights } from 'libseccomp-wasm/minimize';
 *
 * const x86_64 = 0xc000003e;
 * const weights = callWeights([x86_64], [{ auditArch: x86_64, nr: 0, weight: 5 }]);
 * console.log(weights.architectures.length, weights.of(x86_64, 0) > weights.of(x86_64, 1)); // 1 true
 * ```
 */
export function callWeights(architectures: readonly number[], counted: readonly WeighedCall[] = []): CallWeights {
  checkArgument('callWeights', 'architectures', architectures, LIST);
  checkArgument('callWeights', 'counted', counted, LIST);
  const tables = new Map<number, Map<number, number>>();
  for (const auditArch of architectures) {
    const table = new Map<number, number>();
    const factor = tables.size === 0 ? 1 : FOREIGN;
    const own = counted.filter((call) => call.auditArch === auditArch);
    for (const { first, existing, frequent } of CALL_NUMBERS.get(auditArch) ?? []) {
      const isX32 = first === X32_SYSCALL_BIT;
      const numbers = readRanges(existing, first);
      const inTable = own.filter(({ nr }) => nr >= X32_SYSCALL_BIT === isX32);
      const shares = inTable.length > 0 ? sharesOf(inTable) : readShares(frequent, first);
      const share = factor * (isX32 ? X32 : 1);
      for (const nr of numbers) add(table, nr, share / 2 / numbers.length);
      for (const [nr, part] of shares) add(table, nr, (share / 2) * part);
    }
    tables.set(auditArch, table);
  }
  return new TableWeights(tables);
}

/** How often programs make each call of an architecture (AUDIT_ARCH), by the list alone: parts of 1. */
export function frequentCalls(auditArch: number): WeighedCall[] {
  const [own] = CALL_NUMBERS.get(auditArch) ?? [];
  return own ? readShares(own.frequent, own.first).map(([nr, weight]) => ({ auditArch, nr, weight })) : [];
}

/** The weights without the calls for which `isCounted` does not hold. Where none is left they stay unchanged. */
export function weightsWhere(weights: CallWeights, isCounted: (auditArch: number, nr: number) => boolean): CallWeights {
  const tables = new Map(
    weights.architectures.map((auditArch) => {
      const left = weights.numbers(auditArch).filter((nr) => isCounted(auditArch, nr));
      return [auditArch, new Map(left.map((nr) => [nr, weights.of(auditArch, nr)]))];
    }),
  );
  return [...tables.values()].some(({ size }) => size > 0) ? new TableWeights(tables) : weights;
}

function add(table: Map<number, number>, nr: number, weight: number): void {
  table.set(nr, (table.get(nr) ?? 0) + weight);
}

function sharesOf(calls: readonly WeighedCall[]): [number, number][] {
  const total = calls.reduce((sum, { weight }) => sum + weight, 0);
  return calls.map(({ nr, weight }) => [nr >>> 0, weight / total]);
}

/** `0-3 7`, counted from `first`. */
function readRanges(text: string, first: number): number[] {
  return text.split(' ').flatMap((range) => {
    const [begin = 0, end = begin] = range.split('-').map(Number);
    return Array.from({ length: end - begin + 1 }, (_, index) => first + begin + index);
  });
}

/** `0:250 7:750`, in parts that sum up to 1. */
function readShares(text: string, first: number): [number, number][] {
  const shares = text.split(' ').map((each) => each.split(':').map(Number) as [number, number]);
  const total = shares.reduce((sum, [, part]) => sum + part, 0);
  return shares.map(([nr, part]) => [first + nr, part / total]);
}
