import { type Direction, judgeChange } from '../../action.js';
import {
  ARCHITECTURES,
  type ArchitectureName,
  auditArchitecture,
  parseArchitecture,
  X32_SYSCALL_BIT,
} from '../../architecture.js';
import { checkOptions, NUMBER, type OptionTable } from '../../options.js';
import type { Action } from '../../policy.js';
import { createSimulator, type SeccompData } from '../execution/simulate.js';
import { type ProgramInput, readProgram } from '../program/codec.js';
import type { Endianness } from '../program/instruction.js';
import type { DnfTerms } from './condition.js';
import { buildDecisionDiagram, terminalAction } from './decision-diagram.js';
import { BUDGET_OPTIONS, type DiagramBudget, DiagramStore, FALSE, type Node, orTooComplex } from './diagram-store.js';
import { Level } from './input-variables.js';
import { type NumberRange, type Part, partition, rangesByNode } from './partition.js';
import { createTerminalRecovery } from './recover-conditions.js';
import { findWitness, nodeOfArchitecture, witnessesOfTerminals } from './witness.js';

/** What two programs decide differently: everything, exactly. */
export interface ProgramComparison {
  /** Whether they decide alike on every input there is. */
  equal: boolean;
  /** Known architectures by AUDIT_ARCH, then the others. Empty where nothing differs. */
  architectures: readonly ArchitectureDifference[];
}

export interface ArchitectureDifference {
  /**
   * The architecture; undefined for those that neither program distinguishes. x32 has an entry of its own, with the
   * numbers of AUDIT_ARCH_X86_64 that have bit 30 set and bit 31 not.
   */
  architecture: ArchitectureName | undefined;
  /** The values of `seccomp_data.arch`. */
  auditArches: readonly NumberRange[];
  calls: readonly CallDifference[];
}

/** System calls that the programs decide differently, and that neither of them distinguishes from one another. */
export interface CallDifference {
  /** Their numbers, as unsigned 32 bits, ascending. */
  numbers: readonly NumberRange[];
  changes: readonly DecisionChange[];
}

export interface DecisionChange {
  /** What the first program decides. */
  from: Action;
  /** What the second one does. */
  to: Action;
  direction: Direction;
  /** Where: always for one empty term. Undefined where it takes too many terms to be read; `example` is still there. */
  conditions: DnfTerms | undefined;
  /** A call on which they differ so, of a machine that there is where one differs; both programs were simulated on it. */
  example: SeccompData;
}

/**
 * Compare what two programs decide on every possible input. Their byte orders may differ: what counts are the
 * arguments.
 *
 * @throws {InvalidProgramError} when the kernel would not load a program
 * @throws {ProgramTooComplexError} when a program's diagram exceeds the budget, as of `buildDecisionDiagram`
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an option is unknown, or the architectures of one program have both byte orders
 *
 * @example
 * ```js
 * import { assemble, compareDecisions } from 'libseccomp-wasm/bpf';
 *
 * const before = assemble('.arch x86_64\nreturn ALLOW');
 * const after = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const { equal, architectures } = compareDecisions(before, after);
 * const { numbers, changes } = architectures[0].calls[0];
 * console.log(equal, numbers); // false [ { from: 101, to: 101 } ]
 * console.log(changes[0].direction, changes[0].from, changes[0].to); // stronger { kind: 'ALLOW' } { kind: 'ERRNO', data: 1 }
 * ```
 */
export function compareDecisions(a: ProgramInput, b: ProgramInput, budget: DiagramBudget = {}): ProgramComparison {
  const store = new DiagramStore(budget);
  const [first, second] = [readProgram(a), readProgram(b)];
  const rootOf = (program: ProgramInput) => buildDecisionDiagram(program, { store }).root;
  const changes = new Changes(store);
  const difference = changes.between(rootOf(first), rootOf(second));
  const confirm = confirmer(first, second);

  const conditionsOf = createTerminalRecovery(store);
  const changesOf = (node: Node, arch: number, nr: number): DecisionChange[] => {
    const conditions = conditionsOf(node);
    const examples = witnessesOfTerminals(store, node, { arch, nr });
    return conditions.map(({ terminal, when }) => {
      const { from, to } = changes.of(terminal);
      const example = examples.get(terminal) as SeccompData;
      confirm(example, from, to);
      return { from, to, direction: judgeChange(from, to), conditions: when, example };
    });
  };

  const architectures = byArchitecture(partition(store, difference, Level.ARCH)).map(
    ({ architecture, auditArches, node }): ArchitectureDifference => {
      const arch = realAmong(auditArches, first.endianness);
      const parts = numbersOf(architecture, partition(store, node, Level.NR));
      const calls = [...rangesByNode(parts.filter((part) => part.node !== FALSE))].map(([rest, numbers]) => ({
        numbers,
        changes: changesOf(rest, arch, (numbers[0] as NumberRange).from),
      }));
      return { architecture, auditArches, calls };
    },
  );
  return { equal: difference === FALSE, architectures: architectures.filter(({ calls }) => calls.length > 0) };
}

/**
 * A comparison of programs that never look at the architecture, with what differs on a machine told apart, as it is told
 * apart of programs that do. Any other comparison is returned as it is.
 */
export function comparedOnMachine(comparison: ProgramComparison, machine: ArchitectureName): ProgramComparison {
  const [all, ...others] = comparison.architectures;
  const [arches, ...more] = all?.auditArches ?? [];
  if (!all || others.length > 0 || arches?.from !== 0 || arches.to !== MAX_WORD || more.length > 0) return comparison;
  const { auditArch } = parseArchitecture(machine);
  const kin = ARCHITECTURES.filter((each) => each.auditArch === auditArch);
  const own = kin.map(({ name }): ArchitectureDifference => {
    const calls = all.calls.flatMap(({ numbers, changes }): CallDifference[] => {
      const [first, ...rest] = numbersOf(name, numbers);
      if (!first) return [];
      const onIt = (change: DecisionChange) => ({
        ...change,
        example: { ...change.example, arch: auditArch, nr: first.from },
      });
      return [{ numbers: [first, ...rest], changes: changes.map(onIt) }];
    });
    return { architecture: name, auditArches: [{ from: auditArch, to: auditArch }], calls };
  });
  const foreign = [
    { from: 0, to: auditArch - 1 },
    { from: auditArch + 1, to: MAX_WORD },
  ].filter(({ from, to }) => from <= to);
  const architectures = [...own.filter(({ calls }) => calls.length > 0), { ...all, auditArches: foreign }];
  return { ...comparison, architectures };
}

const MAX_WORD = 2 ** 32 - 1;

/** A call that two programs decide differently, and what each does. */
export interface DecidedCall {
  data: SeccompData;
  a: Action;
  b: Action;
}

/** Calls that one program lets do more than the other does, and one of them. */
export interface CallWitness extends DecidedCall {
  /** The architecture; undefined for those that neither program distinguishes. x32 is one of its own. */
  architecture: ArchitectureName | undefined;
  /** The numbers of the calls, as unsigned 32 bits, ascending. */
  numbers: readonly NumberRange[];
}

export interface ImpliesOptions extends DiagramBudget {
  /** How many witnesses are looked for. Default: 64. */
  witnesses?: number | undefined;
}

const IMPLIES_OPTIONS: OptionTable<ImpliesOptions> = { ...BUDGET_OPTIONS, witnesses: [NUMBER] };
const MOST_WITNESSES = 64;

export type Implication =
  | {
      holds: true;
      /**
       * A call for which both give the same permission but another answer, if there is one: another errno, or other
       * data of a TRAP.
       */
      sameRank?: DecidedCall;
    }
  | {
      holds: false;
      counterexample: DecidedCall;
      /** A witness for all calls that are decided alike, up to the number asked for. */
      witnesses: readonly CallWitness[];
      /** Whether `witnesses` names every call that shows it. */
      isComplete: boolean;
    };

/**
 * Whether `a` is nowhere more permissive than `b` (see `judgeChange`), and where it is if so. It needs no wasm. Errors as
 * {@link compareDecisions}.
 *
 * @throws {InvalidProgramError} when the kernel would not load a program
 * @throws {ProgramTooComplexError} when a program's diagram exceeds the budget
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an option is unknown, or the architectures of one program have both byte orders
 *
 * @example
 * ```js
 * import { assemble, implies } from 'libseccomp-wasm/bpf';
 *
 * const before = assemble('.arch x86_64\nreturn ALLOW');
 * const after = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * console.log(implies(after, before).holds); // true
 * const { holds, counterexample, witnesses } = implies(before, after);
 * console.log(holds, counterexample.data.nr, counterexample.b); // false 101 { kind: 'ERRNO', data: 1 }
 * console.log(witnesses[0].numbers); // [ { from: 101, to: 101 } ]
 * ```
 */
export function implies(a: ProgramInput, b: ProgramInput, options: ImpliesOptions = {}): Implication {
  checkOptions('implies', options, IMPLIES_OPTIONS);
  const { witnesses: most = MOST_WITNESSES, ...budget } = options;
  const store = new DiagramStore(budget);
  const [first, second] = [readProgram(a), readProgram(b)];
  const rootOf = (program: ProgramInput) => buildDecisionDiagram(program, { store }).root;
  const changes = new Changes(store);
  const difference = changes.between(rootOf(second), rootOf(first));
  const simulators = [first, second].map((program) => createSimulator(program));
  const decided = (data: SeccompData): DecidedCall => {
    const [actionA, actionB] = simulators.map((simulator) => simulator.simulate(data).action);
    return { data, a: actionA as Action, b: actionB as Action };
  };
  const isOf = (direction: Direction) => (terminal: Node) => {
    if (terminal === FALSE) return false;
    const { from, to } = changes.of(terminal);
    return judgeChange(from, to) === direction;
  };
  const find = (direction: Direction): DecidedCall | undefined => {
    const data = realWitness(store, difference, isOf(direction), first.endianness);
    return data && decided(data);
  };
  const counterexample = find('weaker');
  if (counterexample) {
    const all = orTooComplex(() => weakerCalls(store, difference, isOf('weaker'), first.endianness));
    const witnesses = (all ?? []).slice(0, most).map(({ data, ...calls }) => ({ ...calls, ...decided(data) }));
    return { holds: false, counterexample, witnesses, isComplete: witnesses.length === all?.length };
  }
  const sameRank = find('other');
  return { holds: true, ...(sameRank && { sameRank }) };
}

/** All calls that come to a terminal that is wanted, by what is decided of them, with a witness. */
function weakerCalls(
  store: DiagramStore,
  difference: Node,
  isWanted: (terminal: Node) => boolean,
  endianness: Endianness,
): Pick<CallWitness, 'architecture' | 'numbers' | 'data'>[] {
  return byArchitecture(partition(store, difference, Level.ARCH)).flatMap(({ architecture, auditArches, node }) => {
    const arch = realAmong(auditArches, endianness);
    const parts = numbersOf(architecture, partition(store, node, Level.NR));
    return [...rangesByNode(parts.filter((part) => part.node !== FALSE))].flatMap(([rest, numbers]) => {
      const nr = (numbers[0] as NumberRange).from;
      const data = findWitness(store, rest, isWanted, { arch, nr });
      return data ? [{ architecture, numbers, data }] : [];
    });
  });
}

/** One of these AUDIT_ARCH values that a machine has, where there is one. */
function realAmong(auditArches: readonly NumberRange[], endianness: Endianness): number {
  const isAmong = (value: number) => auditArches.some(({ from, to }) => value >= from && value <= to);
  return realArchitectures(endianness).find(isAmong) ?? (auditArches[0] as NumberRange).from;
}

/** The AUDIT_ARCH values that machines of a byte order have, those of 64 bits first. */
function realArchitectures(endianness: Endianness): number[] {
  const machines = ARCHITECTURES.filter((each) => each.endianness === endianness && each.name !== 'x32');
  return machines.sort((a, b) => b.wordSize - a.wordSize).map(({ auditArch }) => auditArch);
}

/** As {@link findWitness}, on an architecture that there is; where there is none, on a number that no machine has. */
function realWitness(
  store: DiagramStore,
  root: Node,
  isWanted: (terminal: Node) => boolean,
  endianness: Endianness,
): SeccompData | undefined {
  const any = findWitness(store, root, isWanted);
  if (any === undefined || auditArchitecture(any.arch) !== undefined) return any;
  for (const arch of realArchitectures(endianness)) {
    const real = findWitness(store, nodeOfArchitecture(store, root, arch), isWanted, { arch });
    if (real) return real;
  }
  return any;
}

/** The function that is FALSE where two programs decide alike, and elsewhere a terminal for the two decisions. */
class Changes {
  readonly #changes: { from: Action; to: Action }[] = [];

  constructor(readonly store: DiagramStore) {}

  between(a: Node, b: Node): Node {
    const { store } = this;
    const known = new Map<string, Node>();
    return store.apply(a, b, (one, other) => {
      if (one === other) return FALSE;
      if (!store.isTerminal(one) || !store.isTerminal(other)) return undefined;
      const key = `${one},${other}`;
      const terminal = known.get(key) ?? this.#add(terminalAction(store, one), terminalAction(store, other));
      known.set(key, terminal);
      return terminal;
    });
  }

  of(terminal: Node): { from: Action; to: Action } {
    return this.#changes[(this.store.valueOf(terminal) as number) - FIRST_CHANGE] as { from: Action; to: Action };
  }

  #add(from: Action, to: Action): Node {
    return this.store.terminal(FIRST_CHANGE + this.#changes.push({ from, to }) - 1);
  }
}

/** Past the return values, which are terminals of the same store. */
const FIRST_CHANGE = 2 ** 32;

/**
 * If the simulator does not see the difference, this comparison has a fault, and nothing that it found can be relied
 * on.
 */
function confirmer(first: ProgramInput, second: ProgramInput): (data: SeccompData, from: Action, to: Action) => void {
  const simulators = [first, second].map((program) => createSimulator(program));
  return (data, from, to) => {
    const simulated = simulators.map((simulator) => simulator.simulate(data).action);
    if (JSON.stringify(simulated) !== JSON.stringify([from, to])) {
      throw new Error(`the diagrams say ${JSON.stringify([from, to])}, the simulator ${JSON.stringify(simulated)}`);
    }
  };
}

interface ArchitecturePart {
  architecture: ArchitectureName | undefined;
  auditArches: NumberRange[];
  node: Node;
}

/** Architectures that a program names, one by one; the others, grouped by what differs for them. */
function byArchitecture(parts: readonly Part[]): ArchitecturePart[] {
  const differing = parts.filter(({ node }) => node !== FALSE);
  const isNamed = ({ from, to }: Part) => from === to && auditArchitecture(from) !== undefined;
  const named = differing.filter(isNamed).flatMap(({ from, to, node }) => {
    const architecture = auditArchitecture(from)?.name;
    const part = { architecture, auditArches: [{ from, to }], node };
    return architecture === 'x86_64' ? [part, { ...part, architecture: 'x32' as const }] : [part];
  });
  const others = [...rangesByNode(differing.filter((part) => !isNamed(part)))];
  return [...named, ...others.map(([node, auditArches]) => ({ architecture: undefined, auditArches, node }))];
}

/**
 * Split the numbers of AUDIT_ARCH_X86_64: those of x32 have bit 30 set. Negative numbers belong to neither, and stay.
 */
function numbersOf<T extends NumberRange>(architecture: ArchitectureName | undefined, parts: readonly T[]): T[] {
  const x32 = { from: X32_SYSCALL_BIT, to: 2 * X32_SYSCALL_BIT - 1 };
  const rest = [
    { from: 0, to: x32.from - 1 },
    { from: x32.to + 1, to: 2 ** 32 - 1 },
  ];
  if (architecture === 'x32') return within(parts, x32);
  return architecture === 'x86_64' ? rest.flatMap((range) => within(parts, range)) : [...parts];
}

function within<T extends NumberRange>(parts: readonly T[], { from, to }: NumberRange): T[] {
  return parts
    .filter((part) => part.from <= to && part.to >= from)
    .map((part) => ({ ...part, from: Math.max(part.from, from), to: Math.min(part.to, to) }));
}
