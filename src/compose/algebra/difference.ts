import { type Direction, formatAction, judgeChange, mayRun } from '../../action.js';
import { ARCHITECTURES, type Architecture } from '../../architecture.js';
import { terminalAction } from '../../bpf/decisions/decision-diagram.js';
import { type DiagramStore, FALSE, type Node } from '../../bpf/decisions/diagram-store.js';
import { Level } from '../../bpf/decisions/input-variables.js';
import { type Part, partition } from '../../bpf/decisions/partition.js';
import { numbersOf } from '../../bpf/decisions/policy-table.js';
import { nodeOfArchitecture } from '../../bpf/decisions/witness.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import type { Action } from '../../policy.js';
import { type AskedMachine, callsOn, decisionAt, type NamedCall } from './asked-machine.js';
import { listed } from './origin.js';

interface Change {
  readonly asked: Action;
  readonly made: Action;
  readonly direction: Direction;
}

/** A call with a name that a program decides otherwise than was asked for. */
export interface DifferentCall extends NamedCall {
  readonly architecture: Architecture;
  readonly asked: Node;
  readonly made: Node;
  readonly changes: readonly Change[];
}

/** Numbers without a name, or other architectures, where a program decides otherwise. */
export interface DifferentElsewhere {
  /** Undefined for the architectures that are not in the result. */
  readonly architecture: Architecture | undefined;
  readonly changes: readonly Change[];
}

export interface ProgramDifference {
  readonly calls: readonly DifferentCall[];
  readonly elsewhere: readonly DifferentElsewhere[];
}

const NO_DIFFERENCE: ProgramDifference = { calls: [], elsewhere: [] };

/** Past the return values, which are terminals of the same store. */
const FIRST_CHANGE = 2 ** 33;

/** The function that is FALSE where two are the same, and which changes its other terminals stand for. */
function differ(store: DiagramStore, root: Node, made: Node) {
  const changes: Change[] = [];
  const known = new Map<string, Node>();
  const difference = store.apply(root, made, (one, other) => {
    if (one === other) return FALSE;
    if (!store.isTerminal(one) || !store.isTerminal(other)) return undefined;
    const found = known.get(`${one},${other}`);
    if (found !== undefined) return found;
    const [asked, got] = [terminalAction(store, one), terminalAction(store, other)];
    const index = changes.push({ asked, made: got, direction: judgeChange(asked, got) }) - 1;
    const terminal = store.terminal(FIRST_CHANGE + index);
    known.set(`${one},${other}`, terminal);
    return terminal;
  });
  const changesOf = (nodes: Iterable<Node>): Change[] => {
    const terminals = new Set([...nodes].flatMap((node) => [...store.terminalsOf(node)]));
    return [...terminals]
      .filter((each) => each !== FALSE)
      .map((each) => changes[(store.valueOf(each) as number) - FIRST_CHANGE] as Change);
  };
  return { difference, changesOf };
}

/** The calls, all or those of some names, that a program decides otherwise than was asked for. */
export function differentCalls(
  { store, root, abis }: AskedMachine,
  made: Node,
  { libseccomp, names }: { libseccomp: Libseccomp; names?: ReadonlySet<string> },
): readonly DifferentCall[] {
  return abis.flatMap((architecture) =>
    callsOn(libseccomp, architecture)
      .filter(({ name }) => names?.has(name) ?? true)
      .flatMap((call) => {
        const at = (of: Node) => decisionAt(store, of, architecture, call.number);
        const [asked, got] = [at(root), at(made)];
        if (asked === got) return [];
        const { difference, changesOf } = differ(store, asked, got);
        return [{ ...call, architecture, asked, made: got, changes: changesOf([difference]) }];
      }),
  );
}

/** Where a program decides otherwise than was asked for, on every input there is. */
export function programDifference(
  { store, root, abis }: AskedMachine,
  made: Node,
  libseccomp: Libseccomp,
): ProgramDifference {
  if (made === root) return NO_DIFFERENCE;
  const { difference, changesOf } = differ(store, root, made);
  const calls: DifferentCall[] = [];
  const elsewhere: DifferentElsewhere[] = [];
  for (const architecture of abis) {
    const named = callsOn(libseccomp, architecture);
    const parts = partsOf(store, nodeOfArchitecture(store, difference, architecture.auditArch), architecture);
    const different = parts.filter(({ node }) => node !== FALSE);
    for (const call of named) {
      const part = different.find(({ from, to }) => from <= call.number && call.number <= to);
      if (!part) continue;
      const [asked, got] = [root, made].map((each) => decisionAt(store, each, architecture, call.number));
      calls.push({ ...call, architecture, asked: asked!, made: got!, changes: changesOf([part.node]) });
    }
    const numbers = new Set(named.map(({ number }) => number));
    const unnamed = different.filter(({ from, to }) => to - from >= numbers.size || !isAllNamed(from, to, numbers));
    if (unnamed.length > 0) elsewhere.push({ architecture, changes: changesOf(unnamed.map(({ node }) => node)) });
  }
  const foreign = foreignParts(store, difference, abis).filter(({ node }) => node !== FALSE);
  if (foreign.length > 0) {
    elsewhere.push({ architecture: undefined, changes: changesOf(foreign.map(({ node }) => node)) });
  }
  return { calls, elsewhere };
}

function isAllNamed(from: number, to: number, numbers: ReadonlySet<number>): boolean {
  for (let number = from; number <= to; number++) if (!numbers.has(number)) return false;
  return true;
}

/** Numbers from 2^31 on are no calls; with -1 a tracer skips one (seccomp(2)). */
const LAST_CALL = 2 ** 31 - 1;

function partsOf(store: DiagramStore, node: Node, architecture: Architecture): Part[] {
  const [first, last] = numbersOf(architecture);
  const end = Math.min(last, LAST_CALL);
  return partition(store, node, Level.NR)
    .filter(({ from, to }) => to >= first && from <= end)
    .map(({ from, to, node: rest }) => ({ from: Math.max(from, first), to: Math.min(to, end), node: rest }));
}

function foreignParts(store: DiagramStore, difference: Node, abis: readonly Architecture[]): Part[] {
  const own = new Set(abis.map(({ auditArch }) => auditArch));
  const others = partition(store, difference, Level.ARCH).filter(({ from, to }) => from !== to || !own.has(from));
  // x86_64 and x32 have one AUDIT_ARCH: one of them may be in the result alone.
  const siblings = ARCHITECTURES.filter((each) => own.has(each.auditArch) && !abis.includes(each));
  return [
    ...others.flatMap(({ node }) => partition(store, node, Level.NR).filter(({ from }) => from <= LAST_CALL)),
    ...siblings.flatMap((each) => partsOf(store, nodeOfArchitecture(store, difference, each.auditArch), each)),
  ];
}

/** Whether a program is more permissive about a call. */
export const isWeaker = ({ changes }: DifferentCall): boolean =>
  changes.some(({ direction }) => direction === 'weaker');

/** Whether a program lets a call run that was not to run, or not so. Elsewhere it is all that counts. */
export const runsMore = ({ changes }: DifferentElsewhere): boolean =>
  changes.some(({ direction, made }) => direction === 'weaker' && mayRun(made));

/** Whether a program stops a call that was to run. */
export const runsLess = ({ changes }: Pick<DifferentElsewhere, 'changes'>): boolean =>
  changes.some(({ asked, made }) => mayRun(asked) && !mayRun(made));

export function describeChanges(
  { changes }: Pick<DifferentElsewhere, 'changes'>,
  architecture: Architecture | undefined,
): string {
  const said = changes.map(({ asked, made }) => {
    const [want, get] = [asked, made].map((action) => formatAction(action, architecture?.name));
    return `${get} for ${want}`;
  });
  return listed([...new Set(said)], MAX_CHANGES);
}

const MAX_CHANGES = 4;
