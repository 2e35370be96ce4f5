import { ALL_64_BITS } from './condition.js';
import type { DiagramStore, Node } from './diagram-store.js';
import { Level } from './input-variables.js';

/** What is known of a 64-bit argument: its bits where `mask` has ones. */
export interface KnownBits {
  value: bigint;
  mask: bigint;
}

/**
 * All bits of an argument.
 *
 * @throws nothing: a larger value is cut to 64 bits
 *
 * @see {@link possibleDecisions}
 */
export function allBitsKnown(value: bigint): KnownBits {
  return { value: BigInt.asUintN(64, value), mask: ALL_64_BITS };
}

/** The bit of an argument that a level tests, as far as it is known. */
export function knownBit(args: readonly (KnownBits | undefined)[], level: number): 0 | 1 | undefined {
  if (level < Level.ARGUMENTS || level >= Level.INSTRUCTION_POINTER) return undefined;
  const offset = level - Level.ARGUMENTS;
  const known = args[offset >> 6];
  const bit = BigInt(63 - (offset & 63));
  if (known === undefined || ((known.mask >> bit) & 1n) === 0n) return undefined;
  return ((known.value >> bit) & 1n) === 1n ? 1 : 0;
}

/** A function with known bits of arguments: it does not test them any more. */
export function withKnownBits(store: DiagramStore, root: Node, args: readonly (KnownBits | undefined)[]): Node {
  const results = new Map<Node, Node>();
  const visit = (node: Node): Node => {
    if (store.isTerminal(node) || store.level(node) >= Level.INSTRUCTION_POINTER) return node;
    const seen = results.get(node);
    if (seen !== undefined) return seen;
    store.spend(1);
    const level = store.level(node);
    const bit = knownBit(args, level);
    const result =
      bit === undefined
        ? store.node(level, visit(store.low(node)), visit(store.high(node)))
        : visit(bit === 1 ? store.high(node) : store.low(node));
    results.set(node, result);
    return result;
  };
  return visit(root);
}
