import type { SeccompData } from '../execution/simulate.js';
import type { DiagramStore, Node } from './diagram-store.js';
import { fieldsLevel, Level, WORD_BITS } from './input-variables.js';

/** The fields that are taken as they are: the function must not test them. */
type GivenFields = { [Field in 'arch' | 'nr']?: SeccompData[Field] | undefined };

/**
 * A witness: an input on which the function comes to a terminal that `isWanted`. Undefined where there is none. Bits
 * that do not matter are 0, and others where possible.
 */
export function findWitness(
  store: DiagramStore,
  root: Node,
  isWanted: (terminal: Node) => boolean,
  given: GivenFields = {},
): SeccompData | undefined {
  for (const { terminal, ones } of pathsToTerminals(store, root)) {
    if (isWanted(terminal)) return witnessOf(ones(), given);
  }
  return undefined;
}

/** The function restricted to one call: a function of the arguments and the instruction pointer. */
export function nodeOfCall(store: DiagramStore, root: Node, { arch, nr }: Pick<SeccompData, 'arch' | 'nr'>): Node {
  return follow(store, nodeOfArchitecture(store, root, arch), Level.NR, nr);
}

/** The function restricted to one AUDIT_ARCH. */
export function nodeOfArchitecture(store: DiagramStore, root: Node, arch: number): Node {
  return follow(store, root, Level.ARCH, arch);
}

/** The node that follows when the 32-bit word whose bits begin at level `first` has a value. */
function follow(store: DiagramStore, from: Node, first: number, value: number): Node {
  let node = from;
  for (let level = store.level(node); level < first + WORD_BITS; level = store.level(node)) {
    node = (value >>> (first + WORD_BITS - 1 - level)) & 1 ? store.high(node) : store.low(node);
  }
  return node;
}

/** The witness that {@link findWitness} finds, for every terminal of the function. */
export function witnessesOfTerminals(store: DiagramStore, root: Node, given: GivenFields = {}): Map<Node, SeccompData> {
  return new Map(
    [...pathsToTerminals(store, root)].map(({ terminal, ones }) => [terminal, witnessOf(ones(), given)] as const),
  );
}

/** Each terminal once, with the levels whose variable is 1 on a path to it; 0 is tried first. */
function* pathsToTerminals(
  store: DiagramStore,
  root: Node,
): Generator<{ terminal: Node; ones: () => ReadonlySet<number> }> {
  /** The edge by which a node was first reached. */
  const ways = new Map<Node, { from: Node | undefined; isOne: boolean }>();
  const pending = [{ node: root, from: undefined as Node | undefined, isOne: false }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { node, from, isOne } = next;
    if (ways.has(node)) continue;
    store.spend(1);
    ways.set(node, { from, isOne });
    if (!store.isTerminal(node)) {
      pending.push({ node: store.high(node), from: node, isOne: true });
      pending.push({ node: store.low(node), from: node, isOne: false });
      continue;
    }
    const ones = () => {
      const levels = new Set<number>();
      for (let way = ways.get(node); way?.from !== undefined; way = ways.get(way.from)) {
        if (way.isOne) levels.add(fieldsLevel(store.order, store.level(way.from)));
      }
      return levels;
    };
    yield { terminal: node, ones };
  }
}

function witnessOf(ones: ReadonlySet<number>, given: GivenFields): SeccompData {
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
