import { compareStrictness } from '../../action.js';
import { InvalidArgumentError } from '../../errors.js';
import type { ProgramInput } from '../program/codec.js';
import {
  buildDecisionDiagram,
  type DecisionDiagram,
  type DecisionDiagramOptions,
  terminalAction,
} from './decision-diagram.js';
import { DiagramStore, type Node } from './diagram-store.js';

/**
 * What a thread's filters decide together. The kernel asks all of them about every call, and obeys the strictest answer.
 * Where two answers differ in their data only, as two errnos do, it takes that of the filter installed last
 * (kernel/seccomp.c, `seccomp_run_filters`).
 *
 * @param programs in the order in which they were installed, as `dumpFilters` gives them
 * @throws {InvalidArgumentError} when there is no program, or an option is unknown
 * @throws {InvalidProgramError} when the kernel would not load one of the programs
 * @throws {ProgramTooComplexError} when the diagram exceeds the budget
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 *
 * @example
 * ```js
 * import { assemble, decide, stackDecisions } from 'libseccomp-wasm/bpf';
 *
 * const first = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const second = assemble('.arch x86_64\nreturn LOG');
 * const call = { arch: 0xc000003e, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] };
 * const stack = stackDecisions([first, second]);
 * console.log(decide(stack, { ...call, nr: 101 }).kind, decide(stack, { ...call, nr: 0 }).kind); // ERRNO LOG
 * ```
 */
export function stackDecisions(
  programs: readonly ProgramInput[],
  { store: given, endianness, ...budget }: DecisionDiagramOptions = {},
): DecisionDiagram {
  const store = given ?? new DiagramStore(budget);
  const stricter = (older: Node, newer: Node): Node | undefined => {
    if (older === newer) return newer;
    if (!store.isTerminal(older) || !store.isTerminal(newer)) return undefined;
    return compareStrictness(terminalAction(store, older), terminalAction(store, newer)) < 0 ? older : newer;
  };
  const roots = programs.map((program) => buildDecisionDiagram(program, { store, endianness }).root);
  const [first, ...others] = roots;
  if (first === undefined) throw new InvalidArgumentError('a stack has one filter at least');
  return { store, root: others.reduce((older, newer) => store.apply(older, newer, stricter), first) };
}
