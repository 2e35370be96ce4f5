import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { createDiagramBuilder } from '../bpf/decisions/decision-diagram.js';
import type { Node } from '../bpf/decisions/diagram-store.js';
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
  /** The answer whatever the arguments are; several actions: they matter. */
  readonly verdict: Verdict;
  /** By the values of the arguments. */
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
  const known = new Map<string, Decided>();
  const possible = (root: Node, arch: number, nr: number, args: LoggedCall['args']): Verdict => {
    const bits = args.map((value) => (value === undefined ? undefined : allBitsKnown(value)));
    const decisions = possibleDecisions({ store, root }, { arch, nr, args: bits });
    return { possible: decisions.map(({ action }) => action) };
  };
  return (call) => {
    const { architecture, name } = call;
    const number = call.number ?? numberOf(name, architecture);
    if (number === undefined) return UNKNOWN;
    const key = `${architecture} ${number}`;
    const { auditArch } = parseArchitecture(architecture);
    let decided = known.get(key);
    if (decided === undefined) {
      const root = build({ arch: auditArch, nr: number });
      decided = { root, verdict: possible(root, auditArch, number, []), byArguments: new Map() };
      known.set(key, decided);
    }
    if (decided.verdict.possible.length === 1) return decided.verdict;
    const { args } = call;
    const values = args.join();
    const before = decided.byArguments.get(values);
    if (before !== undefined) return before;
    const verdict = possible(decided.root, auditArch, number, args);
    if (decided.byArguments.size >= MAX_KNOWN) decided.byArguments.clear();
    decided.byArguments.set(values, verdict);
    return verdict;
  };
}

/** A call that no number of the architecture is for: a multiplexer's, or one of another kernel. Nothing is known of it. */
const UNKNOWN: Verdict = { possible: [] };
