import type { SeccompArgument } from '../model/schema.js';
import { compared, masked } from './entry-arguments.js';

/** A comparison of the low `bits` of an argument; unsigned. With a mask, (argument & mask) is compared, by EQ and NE. */
export interface BitComparison {
  /** 0..5 */
  index: number;
  /** 1..64: the rest of the 64-bit argument may be anything. */
  bits: number;
  op: 'EQ' | 'NE' | 'LT' | 'LE' | 'GT' | 'GE';
  value: bigint;
  mask?: bigint | undefined;
}

/**
 * Conditions of one libseccomp rule: at most one per argument. `wordSize`: the rule is for targets of that word size
 * alone. On a 32-bit architecture libseccomp drops the high half of a value. A condition on those bits would hold never
 * or always there.
 */
export interface ExactRule {
  args: SeccompArgument[];
  wordSize?: 32 | 64 | undefined;
}

/** How many rules one entry may become: libseccomp's work grows faster than their number. */
export const MAX_RULES = 512;

const ALL = 2n ** 64n - 1n;
const HIGH_HALF = (ALL << 32n) & ALL;

/** The arguments whose bits under `mask` are `value`. */
interface Cube {
  mask: bigint;
  value: bigint;
}

/**
 * Comparisons that must all hold, as libseccomp rules of which one must hold. libseccomp compares all 64 bits of an
 * argument, once per rule. Here an argument may have several comparisons, of fewer bits. The rules are exact: together
 * they hold for the same arguments, and no two hold for the same one. Undefined where it takes more than
 * {@link MAX_RULES}; an empty list where nothing can ever match.
 */
export function exactRules(comparisons: readonly BitComparison[]): ExactRule[] | undefined {
  let rules: ExactRule[] = [{ args: [] }];
  for (const index of new Set(comparisons.map((comparison) => comparison.index))) {
    const alternatives = alternativesOf(
      index,
      comparisons.filter((comparison) => comparison.index === index),
    );
    if (alternatives === undefined || rules.length * alternatives.length > MAX_RULES) return undefined;
    rules = rules.flatMap((rule) => alternatives.flatMap((alternative) => combine(rule, alternative)));
  }
  return rules;
}

/** Both rules in one; none where they are for targets of different word sizes. */
function combine(a: ExactRule, b: ExactRule): ExactRule[] {
  if (a.wordSize && b.wordSize && a.wordSize !== b.wordSize) return [];
  return [{ args: [...a.args, ...b.args], wordSize: a.wordSize ?? b.wordSize }];
}

function alternativesOf(index: number, comparisons: readonly BitComparison[]): ExactRule[] | undefined {
  const [first, second] = comparisons as [BitComparison, ...BitComparison[]];
  if (!second && first.bits === 64) {
    // What libseccomp can express is left unchanged: its order among overlapping rules depends on their form.
    if (first.mask === undefined) return nativeComparison(first);
    const isPossible = (first.value & ~first.mask) === 0n;
    if (first.op === 'EQ' && isPossible) return [maskedRule(index, { mask: first.mask, value: first.value })];
  }
  return cubesOf(comparisons)?.map((cube) => (cube.mask === 0n ? { args: [] } : maskedRule(index, cube)));
}

function maskedRule(index: number, { mask, value }: Cube): ExactRule {
  return {
    args: [masked(index, mask, value)],
    wordSize: value & HIGH_HALF ? 64 : undefined,
  };
}

/** One comparison of all bits, as libseccomp has it. A register of 32 bits is below every value that needs more. */
function nativeComparison({ index, op, value }: BitComparison): ExactRule[] {
  const args = [compared(index, op, value)];
  if ((value & HIGH_HALF) === 0n) return [{ args }];
  const holdsBelow = op === 'NE' || op === 'LT' || op === 'LE';
  return [{ args, wordSize: 64 }, ...(holdsBelow ? [{ args: [], wordSize: 32 as const }] : [])];
}

/** Disjoint cubes whose union is what all comparisons of one argument hold for. */
function cubesOf(comparisons: readonly BitComparison[]): Cube[] | undefined {
  const ranges = new Map<number, Range[]>();
  let cubes: Cube[] = [{ mask: 0n, value: 0n }];
  for (const comparison of comparisons) {
    const { bits, mask } = comparison;
    if (mask === undefined) {
      const most = 2n ** BigInt(bits) - 1n;
      ranges.set(bits, intersectRanges(ranges.get(bits) ?? [{ least: 0n, most }], rangesOf(comparison, most)));
    } else {
      cubes = intersect(cubes, maskedCubes(comparison, mask));
    }
    if (cubes.length > MAX_RULES) return undefined;
  }
  for (const [bits, list] of ranges) {
    const family = list.flatMap((range) => cubesOfRange(range, bits));
    cubes = intersect(cubes, family);
    if (cubes.length > MAX_RULES) return undefined;
  }
  return cubes;
}

function intersect(a: readonly Cube[], b: readonly Cube[]): Cube[] {
  return a.flatMap((left) =>
    b
      .filter((right) => ((left.value ^ right.value) & left.mask & right.mask) === 0n)
      .map((right) => ({ mask: left.mask | right.mask, value: left.value | right.value })),
  );
}

function maskedCubes({ op, value, bits }: BitComparison, wholeMask: bigint): Cube[] {
  const mask = wholeMask & (2n ** BigInt(bits) - 1n);
  // A value with a bit outside the mask is no value of (argument & mask).
  const isPossible = (value & ~mask) === 0n;
  if (op === 'EQ') return isPossible ? [{ mask, value }] : [];
  if (!isPossible) return [{ mask: 0n, value: 0n }];
  // Not equal: the first bit that differs, from the top, is one of them.
  const cubes: Cube[] = [];
  let above = 0n;
  for (let bit = 1n << 63n; bit > 0n; bit >>= 1n) {
    if (!(mask & bit)) continue;
    above |= bit;
    cubes.push({ mask: above, value: (value & above) ^ bit });
  }
  return cubes;
}

/** Both ends included. */
interface Range {
  least: bigint;
  most: bigint;
}

function rangesOf({ op, value }: BitComparison, most: bigint): Range[] {
  const ranges: Record<BitComparison['op'], Range[]> = {
    EQ: [{ least: value, most: value }],
    NE: [
      { least: 0n, most: value - 1n },
      { least: value + 1n, most },
    ],
    LT: [{ least: 0n, most: value - 1n }],
    LE: [{ least: 0n, most: value }],
    GT: [{ least: value + 1n, most }],
    GE: [{ least: value, most }],
  };
  return ranges[op];
}

function intersectRanges(a: readonly Range[], b: readonly Range[]): Range[] {
  return a
    .flatMap((left) =>
      b.map((right) => ({
        least: left.least > right.least ? left.least : right.least,
        most: left.most < right.most ? left.most : right.most,
      })),
    )
    .filter(({ least, most }) => least <= most);
}

/** A range as blocks of a power of two that begin at a multiple of their size, as masks can express. */
function cubesOfRange({ least, most }: Range, bits: number): Cube[] {
  const all = 2n ** BigInt(bits) - 1n;
  const cubes: Cube[] = [];
  for (let start = least; start <= most; ) {
    let size = 1n;
    while (start % (size * 2n) === 0n && start + size * 2n - 1n <= most && size <= all) size *= 2n;
    cubes.push({ mask: all & ~(size - 1n), value: start });
    start += size;
  }
  return cubes;
}
