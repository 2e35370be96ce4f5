import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { createDiagramBuilder } from '../bpf/decisions/decision-diagram.js';
import type { DiagramStore, Node } from '../bpf/decisions/diagram-store.js';
import { INSTRUCTION_POINTER_FIELD, Level } from '../bpf/decisions/input-variables.js';
import { allBitsKnown } from '../bpf/decisions/known-bits.js';
import { possibleDecisions } from '../bpf/decisions/possible-decisions.js';
import type { ProgramInput } from '../bpf/program/codec.js';
import type { Endianness } from '../bpf/program/instruction.js';
import type { Judge, Verdict } from './denial-table.js';
import type { LoggedCall } from './read-log.js';

/** The number that a call has on an architecture, as in `seccomp_data.nr`; undefined where it has none. */
export type NumberOf = (name: string, architecture: ArchitectureName) => number | undefined;

/** How many answers of calls whose arguments matter are known; each differs by the values. */
const MAX_KNOWN = 10_000;

interface Decided {
  readonly root: Node;
  /** The arguments that the answer depends on, by index. */
  readonly tested: readonly number[];
  /** The answer whatever the arguments are; several actions: they matter. */
  readonly verdict: Verdict;
  /** By the values of these. */
  readonly byArguments: Map<string, Verdict>;
}

/**
 * Asks a program about calls of a log, exactly: every action that the call may meet, as far as its arguments are known.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {ProgramTooComplexError} from the function that is returned, when a call is too complex to decide
 */
export function createJudge(program: ProgramInput, endianness: Endianness | undefined, numberOf: NumberOf): Judge {
  const { store, build } = createDiagramBuilder(program, { endianness });
  const known = new Map<ArchitectureName, Map<number, Decided>>();
  const possible = (root: Node, arch: number, nr: number, args: LoggedCall['args']): Verdict => {
    const bits = args.map((value) => (value === undefined ? undefined : allBitsKnown(value)));
    const decisions = possibleDecisions({ store, root }, { arch, nr, args: bits });
    return { possible: decisions.map(({ action }) => action) };
  };
  return (call) => {
    const { architecture, name } = call;
    const number = call.number ?? numberOf(name, architecture);
    if (number === undefined) return UNKNOWN;
    let ofArchitecture = known.get(architecture);
    if (ofArchitecture === undefined) {
      ofArchitecture = new Map();
      known.set(architecture, ofArchitecture);
    }
    let decided = ofArchitecture.get(number);
    if (decided === undefined) {
      const { auditArch } = parseArchitecture(architecture);
      const root = build({ arch: auditArch, nr: number });
      const tested = testedArguments(store, root);
      decided = { root, tested, verdict: possible(root, auditArch, number, []), byArguments: new Map() };
      ofArchitecture.set(number, decided);
    }
    if (decided.verdict.possible.length === 1) return decided.verdict;
    const { tested } = decided;
    const args: (bigint | undefined)[] = [];
    let values = '';
    for (const index of tested) {
      const value = call.argument ? call.argument(index) : call.args[index];
      args[index] = value;
      values += `${value} `;
    }
    const before = decided.byArguments.get(values);
    if (before !== undefined) return before;
    const { auditArch } = parseArchitecture(architecture);
    const verdict = possible(decided.root, auditArch, number, Array.from(args));
    if (decided.byArguments.size >= MAX_KNOWN) decided.byArguments.clear();
    decided.byArguments.set(values, verdict);
    return verdict;
  };
}

function testedArguments(store: DiagramStore, root: Node): number[] {
  const fields = new Set<number>();
  for (const node of store.reachable(root)) {
    if (!store.isTerminal(node)) fields.add((store.level(node) - Level.ARGUMENTS) >> 6);
  }
  return [...fields].filter((field) => field < INSTRUCTION_POINTER_FIELD).sort();
}

/** A call that no number of the architecture is for: a multiplexer's, or one of another kernel. Nothing is known of it. */
const UNKNOWN: Verdict = { possible: [] };
