import type { Architecture, ArchitectureName } from '../../architecture.js';
import { actionTerminal, terminalAction } from '../../bpf/decisions/decision-diagram.js';
import type { Node } from '../../bpf/decisions/diagram-store.js';
import { isMultiplexer } from '../../compiler/multiplexed-calls.js';
import { actionKeys, entriesOfCall } from '../../decompile/call-entries.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { exactKey } from '../../profile/document/exact-json.js';
import type { DockerSeccomp, DockerSyscall } from '../../profile/model/schema.js';
import { argumentsOf } from '../../profile/resolve/plain-rule.js';
import { type AskedMachine, callsOn, decisionAt } from './asked-machine.js';
import { type CallDetail, coarsened, EXACT } from './call-detail.js';
import { originComment } from './origin.js';

/** What entries are made of. */
export interface DraftSettings {
  readonly libseccomp: Libseccomp;
  readonly labels: readonly string[];
  /** The only calls that get entries; left out: all. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Whether the format has data of TRAP. */
  readonly hasTrapData: boolean;
  /** By name, where it is not {@link EXACT}. */
  readonly details: ReadonlyMap<string, CallDetail>;
  /** The multiplexers that have entries of their own; the calls behind them usually say all. */
  readonly multiplexers: ReadonlySet<string>;
  /** What was made before, by what is decided. */
  readonly entries: WeakMap<AskedMachine, Map<string, readonly DockerSyscall[]>>;
}

/** What no entry can say of a call. */
export interface Unsayable {
  readonly architecture: ArchitectureName;
  readonly reason: string;
}

export interface Draft {
  readonly section: DockerSeccomp;
  /** What no entry can say, by the name of the call. */
  readonly unsayable: ReadonlyMap<string, Unsayable>;
  /** The same of what calls get that have no entry. */
  readonly unsayableDefault: string | undefined;
}

/** An entry without names, and on which machines each name has it. */
interface Group {
  readonly entry: DockerSyscall;
  readonly names: Map<string, Set<AskedMachine>>;
}

/** A profile that decides as was asked for on all machines, as far as entries can say it. It is not proven yet. */
export function draftProfile(machines: readonly [AskedMachine, ...AskedMachine[]], settings: DraftSettings): Draft {
  const [first] = machines;
  const unsayable = new Map<string, Unsayable>();
  const groups = new Map<string, Group>();
  const machinesOf = new Map<string, Set<AskedMachine>>();
  for (const asked of machines) {
    for (const [name, calls] of callsByName(asked, settings.libseccomp)) {
      if (isMultiplexer(name) && !settings.multiplexers.has(name)) continue;
      if (settings.only?.has(name) === false) continue;
      machinesOf.set(name, (machinesOf.get(name) ?? new Set()).add(asked));
      for (const entry of entriesOf(asked, { name, calls, settings, unsayable })) {
        const key = exactKey(entry);
        const group = groups.get(key) ?? { entry, names: new Map<string, Set<AskedMachine>>() };
        groups.set(key, group);
        group.names.set(name, (group.names.get(name) ?? new Set()).add(asked));
      }
    }
  }
  const fallback = actionKeys(terminalAction(first.store, first.defaultNode));
  const { trapData } = fallback;
  const unsayableDefault = trapData === undefined || settings.hasTrapData ? undefined : NO_TRAP_DATA;
  const section: DockerSeccomp = {
    defaultAction: fallback.action,
    ...(fallback.errnoRet !== undefined && fallback.errnoRet !== null && { defaultErrnoRet: fallback.errnoRet }),
    ...(trapData !== undefined && { defaultTrapData: trapData }),
    ...architectureKeys(machines),
    syscalls: [...groups.values()].flatMap((group) => entriesOfGroup(group, machinesOf)).sort(inOrder),
  };
  return { section, unsayable, unsayableDefault };
}

interface Place {
  readonly architecture: Architecture;
  readonly number: number;
}

/** The minimiser makes such programs of lists. */
const NO_TRAP_DATA = 'the format has no data for TRAP, which a list has';

/** One call on the architectures that have it, the machine's own first. */
type PlacedCall = readonly Place[];

function callsByName({ abis }: AskedMachine, libseccomp: Libseccomp): Map<string, PlacedCall> {
  const calls = new Map<string, Place[]>();
  for (const architecture of abis) {
    for (const { name, number } of callsOn(libseccomp, architecture)) {
      const placed = calls.get(name);
      if (placed) placed.push({ architecture, number });
      else calls.set(name, [{ architecture, number }]);
    }
  }
  return calls;
}

interface CallToSay {
  readonly name: string;
  readonly calls: PlacedCall;
  readonly settings: DraftSettings;
  readonly unsayable: Map<string, Unsayable>;
}

function entriesOf(asked: AskedMachine, call: CallToSay): readonly DockerSyscall[] {
  const detail = call.settings.details.get(call.name) ?? EXACT;
  const [native] = call.calls;
  const own = detail.comparisons === 'own' && detail.coarseness === 0 ? entriesAsWritten(asked, call) : undefined;
  if (own) return own;
  if (!detail.isPerAbi) return entriesOn(asked, { ...call, detail, place: native! });
  const byKey = new Map<string, { entry: DockerSyscall; abis: string[] }>();
  for (const place of call.calls) {
    for (const entry of entriesOn(asked, { ...call, detail, place })) {
      const key = exactKey(entry);
      const known = byKey.get(key) ?? { entry, abis: [] };
      byKey.set(key, known);
      known.abis.push(place.architecture.ociName);
    }
  }
  return [...byKey.values()].map(({ entry, abis }) => (abis.length === call.calls.length ? entry : { ...entry, abis }));
}

/**
 * The entries of an input that decides the call as was asked for on all architectures, by its arguments. Undefined where
 * there is none.
 */
function entriesAsWritten(
  { store, root, inputs, rules }: AskedMachine,
  { name, calls: [native, ...others], settings: { labels, hasTrapData } }: CallToSay,
): DockerSyscall[] | undefined {
  const at = (of: Node, { architecture, number }: Place) => decisionAt(store, of, architecture, number);
  const node = at(root, native!);
  if (store.isTerminal(node)) return undefined;
  const input = inputs.findIndex(
    (each, index) =>
      rules[index]!.get(name)?.every(
        ({ abis, action }) => abis === undefined && (hasTrapData || actionKeys(action).trapData === undefined),
      ) && [native!, ...others].every((place) => at(each, place) === at(root, place)),
  );
  if (input < 0) return undefined;
  const own = inputs.map((each) => at(each, native!));
  return rules[input]!.get(name)!.map(({ action, conditions }) => {
    const args = argumentsOf(conditions);
    const terminal = actionTerminal(store, action);
    const comment = originComment(store, { node, terminal, inputs: own, labels });
    return { ...actionKeys(action), ...(args.length > 0 && { args }), comment };
  });
}

function entriesOn(
  asked: AskedMachine,
  { name, settings, unsayable, detail, calls, place }: CallToSay & { detail: CallDetail; place: Place },
): readonly DockerSyscall[] {
  const { order, store, root, inputs, defaultNode } = asked;
  const { architecture } = place;
  const at = (of: Node, on: Place = place) => decisionAt(store, of, on.architecture, on.number);
  const exact = at(root);
  if (exact === defaultNode && detail.coarseness < 2) return [];
  const { hasTrapData } = settings;
  const defaultAction = terminalAction(store, defaultNode);
  const elsewhere = detail.isPerAbi ? [] : calls.map((each) => at(root, each));
  const node = coarsened(store, exact, detail.coarseness, { order, defaultAction, hasTrapData, elsewhere });
  const own = inputs.map((each) => at(each));
  // Most calls of a profile are decided like others.
  const key = `${detail.comparisons} ${node} ${own}`;
  const known = settings.entries.get(asked)?.get(key);
  if (known) return known;
  const reasons: string[] = [];
  const cannot = (reason: string) => reasons.push(reason);
  const comments = new Map<Node, string>();
  const comparisons = detail.comparisons === 'masks' ? 'masks' : 'all';
  const entries = entriesOfCall({ store, node, defaultNode, comparisons, cannot }).map(({ terminal, entry }) => {
    const { labels } = settings;
    const comment = comments.get(terminal) ?? originComment(store, { node, terminal, inputs: own, labels });
    comments.set(terminal, comment);
    if (entry.trapData !== undefined && !hasTrapData) cannot(NO_TRAP_DATA);
    return { ...entry, comment };
  });
  if (reasons.length > 0) {
    unsayable.set(name, { architecture: architecture.name, reason: reasons[0]! });
    return [];
  }
  const ofMachine = settings.entries.get(asked) ?? new Map<string, readonly DockerSyscall[]>();
  settings.entries.set(asked, ofMachine);
  ofMachine.set(key, entries);
  return entries;
}

/** Whatever it is for all machines has no condition; else it is for those that have it so. */
function entriesOfGroup(
  { entry, names }: Group,
  machinesOf: ReadonlyMap<string, ReadonlySet<AskedMachine>>,
): DockerSyscall[] {
  const byMachines = new Map<string, { machines: ReadonlySet<AskedMachine> | undefined; names: string[] }>();
  for (const [name, machines] of names) {
    const isEverywhere = machines.size === machinesOf.get(name)!.size;
    const key = isEverywhere ? '' : [...machines].map(({ machine }) => machine.name).join();
    const known = byMachines.get(key) ?? { machines: isEverywhere ? undefined : machines, names: [] };
    byMachines.set(key, known);
    known.names.push(name);
  }
  return [...byMachines.values()].map(({ machines, names: own }) => {
    const arches = machines && [...machines].map(({ machine }) => machine.goName ?? machine.name);
    return { names: own.sort(), ...entry, ...(arches && { includes: { arches } }) };
  });
}

function architectureKeys(
  machines: readonly [AskedMachine, ...AskedMachine[]],
): Pick<DockerSeccomp, 'architectures' | 'archMap'> {
  const [first, ...others] = machines;
  if (others.length === 0) return { architectures: first.abis.map(({ ociName }) => ociName) };
  return {
    archMap: machines.map(({ abis: [native, ...rest] }) => ({
      architecture: native!.ociName,
      subArchitectures: rest.map(({ ociName }) => ociName),
    })),
  };
}

/** Entries for all arguments first, those with most names before others. */
function inOrder(one: DockerSyscall, other: DockerSyscall): number {
  const conditions = ({ args }: DockerSyscall) => Math.min(args?.length ?? 0, 1);
  const size = ({ names }: DockerSyscall) => names?.length ?? 0;
  const byKind = conditions(one) - conditions(other);
  if (byKind !== 0) return byKind;
  if (conditions(one) === 0) return size(other) - size(one) || (one.names![0]! < other.names![0]! ? -1 : 1);
  return 0;
}
