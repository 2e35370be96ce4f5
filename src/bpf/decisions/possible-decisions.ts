import { checkArgument, DIAGRAM, OBJECT } from '../../options.js';
import type { Action } from '../../policy.js';
import type { SeccompData } from '../execution/simulate.js';
import { type DecisionDiagram, terminalAction } from './decision-diagram.js';
import type { Node } from './diagram-store.js';
import { bitOf, Level } from './input-variables.js';
import { type KnownBits, knownBit } from './known-bits.js';

/** System calls of one number and architecture. What is not given of an argument may be anything. */
export interface CallPattern {
  /** AUDIT_ARCH_… */
  arch: number;
  /** As in `seccomp_data.nr`. */
  nr: number;
  /** By argument index. */
  args?: readonly (KnownBits | undefined)[] | undefined;
}

export interface PossibleDecision {
  action: Action;
  /** A call of the pattern that is decided so; bits that do not matter are 0. */
  example: SeccompData;
}

/**
 * Every decision that a call of the pattern can meet, each with an example: exact, for all arguments.
 *
 * @throws nothing: a diagram of {@link buildDecisionDiagram} decides every input
 *
 * @example
 * ```js
 * import { allBitsKnown, assemble, buildDecisionDiagram, possibleDecisions } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = args[0].low\nif (A == 5) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const diagram = buildDecisionDiagram(filter);
 * const call = { arch: 0xc000003e, nr: 101 };
 * console.log(possibleDecisions(diagram, call).map(({ action }) => action.kind)); // [ 'ERRNO', 'ALLOW' ]
 * const known = possibleDecisions(diagram, { ...call, args: [allBitsKnown(5n)] });
 * console.log(known.map(({ action }) => action.kind)); // [ 'ERRNO' ]
 * ```
 */
export function possibleDecisions(diagram: DecisionDiagram, pattern: CallPattern): PossibleDecision[] {
  checkArgument('possibleDecisions', 'diagram', diagram, DIAGRAM);
  checkArgument('possibleDecisions', 'pattern', pattern, OBJECT);
  const { store, root } = diagram;
  const known = pattern.args ?? [];
  const argument = (index: number) => known[index]?.value ?? 0n;
  const fixed: SeccompData = {
    nr: pattern.nr,
    arch: pattern.arch,
    instructionPointer: 0n,
    args: [argument(0), argument(1), argument(2), argument(3), argument(4), argument(5)],
  };
  // What tests neither an argument nor the instruction pointer is given by the pattern.
  const bitAt = (level: number) => (level < Level.ARGUMENTS ? bitOf(fixed, level) : knownBit(known, level));

  /** The free variables that are 1 on the path by which a node was first reached. */
  const ways = new Map<Node, { from: Node | undefined; level: number; bit: 0 | 1 }>();
  const pending: Node[] = [root];
  ways.set(root, { from: undefined, level: 0, bit: 0 });
  const found: PossibleDecision[] = [];
  const enter = (node: Node, from: Node, level: number, bit: 0 | 1) => {
    if (ways.has(node)) return;
    ways.set(node, { from, level, bit });
    pending.push(node);
  };
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (store.isTerminal(node)) {
      found.push({ action: terminalAction(store, node), example: exampleOf(node) });
      continue;
    }
    const level = store.level(node);
    const bit = bitAt(level);
    // The last one is gone into first: few bits of an example are 1.
    if (bit !== 0) enter(store.high(node), node, level, 1);
    if (bit !== 1) enter(store.low(node), node, level, 0);
  }
  return found;

  function exampleOf(terminal: Node): SeccompData {
    const fields = [...fixed.args, fixed.instructionPointer].map((value, index) =>
      index < 6 ? value & (known[index]?.mask ?? 0n) : 0n,
    );
    for (let way = ways.get(terminal); way?.from !== undefined; way = ways.get(way.from)) {
      if (way.level < Level.ARGUMENTS || way.bit === 0) continue;
      const offset = way.level - Level.ARGUMENTS;
      fields[offset >> 6] = (fields[offset >> 6] as bigint) | (1n << BigInt(63 - (offset & 63)));
    }
    const [a0, a1, a2, a3, a4, a5, instructionPointer] = fields as [
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    return { ...fixed, instructionPointer, args: [a0, a1, a2, a3, a4, a5] };
  }
}
