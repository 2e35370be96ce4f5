import type { DecisionDiagramOptions } from '../decisions/decision-diagram.js';
import { stackDecisions } from '../decisions/stack.js';
import { type ProgramInput, readProgram } from '../program/codec.js';
import type { Endianness } from '../program/instruction.js';
import { minimize } from './minimize.js';
import { weigh } from './weigh.js';

/**
 * One program that decides as all filters of a thread together do ({@link stackDecisions}): short, and proved.
 *
 * @param programs in the order in which they were installed
 * @param auditArches the architectures to make it fast for (AUDIT_ARCH values), the machine's first
 * @throws {ProgramTooComplexError} when the diagram exceeds the budget
 * @throws {ProgramTooLongError} when no program for it has a length that the kernel loads
 */
export function stackProgram(
  programs: readonly ProgramInput[],
  auditArches: readonly number[],
  options: DecisionDiagramOptions & { endianness?: Endianness | undefined } = {},
): Uint8Array {
  const decisions = stackDecisions(programs, options);
  const endianness = options.endianness ?? readProgram(programs[0] as ProgramInput).endianness;
  const weights = weigh(decisions, auditArches, undefined);
  return minimize(decisions, { endianness, native: auditArches[0], weights }).program;
}
