import { ARCHITECTURES, type Architecture, X32 } from '../architecture.js';
import { buildDecisionDiagram, terminalAction } from '../bpf/decisions/decision-diagram.js';
import type { DiagramStore, Node } from '../bpf/decisions/diagram-store.js';
import { Level } from '../bpf/decisions/input-variables.js';
import { type NumberRange, partition } from '../bpf/decisions/partition.js';
import { architecturesSeen, numbersOf } from '../bpf/decisions/policy-table.js';
import { nodeOfCall } from '../bpf/decisions/witness.js';
import type { DecodedProgram } from '../bpf/program/codec.js';
import { type Libseccomp, listSyscalls } from '../libseccomp/index.js';
import type { Action } from '../policy.js';

/** A system call of an architecture by its name, and what a program decides about it: a function of the arguments. */
export interface NamedNode {
  name: string;
  number: number;
  node: Node;
}

/** A program as a profile's author would see it: a machine, a default, and calls by name. */
export interface ProgramPolicy {
  readonly store: DiagramStore;
  /** Whether it distinguishes architectures. If not, `architectures` has the machine alone. */
  readonly looksAtArchitecture: boolean;
  /** Those that it decides for, the machine's own first. */
  readonly architectures: readonly [Architecture, ...Architecture[]];
  /** What it does with calls that it does not single out. */
  readonly defaultAction: Action;
  readonly defaultNode: Node;
  /** What it does with calls of all other architectures: a function of the number and the arguments. */
  readonly elsewhere: Node;
  callsOf(architecture: Architecture): readonly NamedNode[];
}

/**
 * @param machine the machine's own architecture. Default: one with 64 bits of those that the program compares with
 * @throws {ProgramTooComplexError} when the program is too complex to decide exactly
 */
export function programPolicy(
  program: DecodedProgram,
  libseccomp: Libseccomp,
  machine?: Architecture | undefined,
): ProgramPolicy {
  const { store, root } = buildDecisionDiagram(program);
  const { looksAtArchitecture, architectures: seen, other } = architecturesSeen(store, root);
  const fitting = (looksAtArchitecture ? seen : ARCHITECTURES).filter(
    ({ endianness }) => endianness === program.endianness,
  );
  const calls = new Map<Architecture, readonly NamedNode[]>();
  const callsOf = (architecture: Architecture): readonly NamedNode[] => {
    const known = calls.get(architecture);
    if (known) return known;
    const made = listSyscalls(libseccomp, architecture).map(({ name, number }) => ({
      name,
      number,
      node: nodeOfCall(store, root, { arch: architecture.auditArch, nr: number }),
    }));
    calls.set(architecture, made);
    return made;
  };
  const defaultNodeOf = (architecture: Architecture) => usualDecision(store, root, architecture, callsOf(architecture));
  // x32 is seen with x86_64, and the program may be about one of them alone.
  const isAbout = (architecture: Architecture) =>
    callsOf(architecture).some(({ node }, _, all) => node !== all[0]?.node);
  const isWide = ({ wordSize }: Architecture) => wordSize === 64;
  const wanted = machine && fitting.includes(machine) ? machine : undefined;
  const native =
    wanted ??
    (looksAtArchitecture
      ? (fitting.find((each) => isWide(each) && isAbout(each)) ?? fitting.find(isAbout))
      : undefined) ??
    fitting.find(isWide) ??
    fitting[0] ??
    X32;
  const others = looksAtArchitecture ? fitting.filter((each) => each !== native) : [];
  const defaultNode = defaultNodeOf(native);
  return {
    store,
    looksAtArchitecture,
    architectures: [native, ...others],
    defaultAction: terminalAction(store, defaultNode),
    defaultNode,
    elsewhere: other,
    callsOf,
  };
}

/**
 * What most numbers without a name meet, those among the calls first: above them a runtime's stub may answer ENOSYS for
 * newer calls, which is not the profile's default.
 */
export function usualDecision(
  store: DiagramStore,
  root: Node,
  native: Architecture,
  calls: readonly { number: number }[],
): Node {
  const [from, to] = numbersOf(native);
  const numbers = calls.map(({ number }) => number).sort((a, b) => a - b);
  const parts = partition(store, nodeOfArchitecture(store, root, native), Level.NR).filter(({ node }) =>
    store.isTerminal(node),
  );
  const within = (first: number, last: number) => {
    const sizes = new Map<Node, number>();
    for (const part of parts) {
      const size = unnamedIn({ from: Math.max(part.from, first), to: Math.min(part.to, last) }, numbers);
      if (size > 0) sizes.set(part.node, (sizes.get(part.node) ?? 0) + size);
    }
    return [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0];
  };
  return (
    within(numbers[0] ?? from, numbers.at(-1) ?? to) ??
    within(from, to) ??
    parts[0]?.node ??
    [...store.terminalsOf(root)][0]!
  );
}

function unnamedIn({ from, to }: NumberRange, numbers: readonly number[]): number {
  return from > to ? 0 : to - from + 1 - numbers.filter((number) => from <= number && number <= to).length;
}

/** The function of the number and the arguments on one architecture. */
function nodeOfArchitecture(store: DiagramStore, root: Node, { auditArch }: Architecture): Node {
  return partition(store, root, Level.ARCH).find(({ from, to }) => from <= auditArch && auditArch <= to)!.node;
}
