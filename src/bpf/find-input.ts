import type { DiagramStore, Node } from './diagram-store.js';
import { Level } from './input-variables.js';
import type { SeccompData } from './simulate.js';

/**
 * An input on which the function comes to a terminal that `isWanted`, or undefined where there is none. Bits that do not
 * matter, and those that may be, are 0. The fields of `given` are taken as they are: the function must not test them.
 */
export function findInput(
  store: DiagramStore,
  root: Node,
  isWanted: (terminal: Node) => boolean,
  given: { arch?: number; nr?: number } = {},
): SeccompData | undefined {
  const ones = findPath(store, root, isWanted);
  if (!ones) return undefined;
  const word = (first: number) => sum(ones, first, 32);
  const field = (index: number) => sum(ones, Level.ARGUMENTS + 64 * index, 64);
  return {
    arch: given.arch ?? Number(word(Level.ARCH)),
    nr: given.nr ?? Number(word(Level.NR)),
    instructionPointer: field(6),
    args: [field(0), field(1), field(2), field(3), field(4), field(5)],
  };
}

function sum(ones: ReadonlySet<number>, first: number, width: number): bigint {
  let value = 0n;
  for (let bit = 0; bit < width; bit++) if (ones.has(first + bit)) value |= 1n << BigInt(width - 1 - bit);
  return value;
}

/** The levels at which to take the way of a 1. */
function findPath(store: DiagramStore, root: Node, isWanted: (terminal: Node) => boolean): Set<number> | undefined {
  const futile = new Set<Node>();
  const visit = (node: Node): Set<number> | undefined => {
    if (store.isTerminal(node)) return isWanted(node) ? new Set() : undefined;
    if (futile.has(node)) return undefined;
    const through = visit(store.low(node)) ?? visit(store.high(node))?.add(store.level(node));
    if (!through) futile.add(node);
    return through;
  };
  return visit(root);
}
