import { mayRun } from '../../action.js';
import { ARCHITECTURES, type Architecture } from '../../architecture.js';
import { terminalAction } from '../../bpf/decisions/decision-diagram.js';
import type { DiagramStore, Node } from '../../bpf/decisions/diagram-store.js';
import { Level } from '../../bpf/decisions/input-variables.js';
import { partition } from '../../bpf/decisions/partition.js';
import { numbersOf } from '../../bpf/decisions/policy-table.js';
import { nodeOfArchitecture, nodeOfCall } from '../../bpf/decisions/witness.js';
import { usualDecision } from '../../decompile/program-policy.js';
import { type Libseccomp, listSyscalls } from '../../libseccomp/index.js';
import type { Action } from '../../policy.js';
import type { ActionOrder } from './action-order.js';
import type { RulesByName } from './compose-input.js';

/** A call of an architecture by its name. */
export interface NamedCall {
  readonly name: string;
  readonly number: number;
}

/** The function that was asked for, on one machine. */
export interface AskedMachine {
  readonly machine: Architecture;
  readonly order: ActionOrder;
  readonly store: DiagramStore;
  readonly root: Node;
  /** What each input decides. */
  readonly inputs: readonly Node[];
  /** The rules of each input, as they are written. */
  readonly rules: readonly RulesByName[];
  /** The architectures of the result: the machine's own, and those that are not as one that the filter does not have. */
  readonly abis: readonly Architecture[];
  /** Those of them of which no call may run: without them all their calls get KILL_THREAD. */
  readonly idle: readonly Architecture[];
  /** What calls get that nothing is said of. */
  readonly defaultNode: Node;
}

/** By their names, as libseccomp has them. */
const listed = new WeakMap<Libseccomp, Map<Architecture, readonly NamedCall[]>>();

export function callsOn(libseccomp: Libseccomp, architecture: Architecture): readonly NamedCall[] {
  const tables = listed.get(libseccomp) ?? new Map<Architecture, readonly NamedCall[]>();
  listed.set(libseccomp, tables);
  const calls = tables.get(architecture) ?? listSyscalls(libseccomp, architecture);
  tables.set(architecture, calls);
  return calls;
}

/** What a function decides about one call. */
export const decisionAt = (store: DiagramStore, root: Node, architecture: Architecture, number: number): Node =>
  nodeOfCall(store, root, { arch: architecture.auditArch, nr: number });

export function askedMachine(
  { machine, order, store, root, inputs, rules }: Omit<AskedMachine, 'abis' | 'idle' | 'defaultNode'>,
  libseccomp: Libseccomp,
): AskedMachine {
  const unnamed = unnamedArchitectures(store, root);
  const isOwn = (each: Architecture) => nodeOfArchitecture(store, root, each.auditArch) !== unnamed;
  const others = ARCHITECTURES.filter(
    (each) => each !== machine && each.endianness === machine.endianness && isOwn(each),
  );
  const answered = others.filter((each) => someDecision(store, root, each, ({ kind }) => kind !== 'KILL_THREAD'));
  const idle = answered.filter((each) => !someDecision(store, root, each, mayRun));
  const abis = [machine, ...(isOwn(machine) ? answered : [])];
  const defaultNode = usualDecision(store, root, machine, callsOn(libseccomp, machine));
  return { machine, order, store, root, inputs, rules, abis, idle, defaultNode };
}

/** What is decided on architectures that no machine here is of. */
function unnamedArchitectures(store: DiagramStore, root: Node): Node | undefined {
  const known = new Set(ARCHITECTURES.map(({ auditArch }) => auditArch));
  return partition(store, root, Level.ARCH).find(({ from, to }) => from !== to || !known.has(from))?.node;
}

/** Numbers from 2^31 on are no calls of any machine. */
const LAST_CALL = 2 ** 31 - 1;

function someDecision(
  store: DiagramStore,
  root: Node,
  architecture: Architecture,
  holds: (action: Action) => boolean,
): boolean {
  const [first, last] = numbersOf(architecture);
  const known = new Map<Node, boolean>();
  return partition(store, nodeOfArchitecture(store, root, architecture.auditArch), Level.NR)
    .filter(({ from, to }) => to >= first && from <= Math.min(last, LAST_CALL))
    .some(({ node }) => {
      const some = known.get(node) ?? [...store.terminalsOf(node)].some((each) => holds(terminalAction(store, each)));
      known.set(node, some);
      return some;
    });
}
