import { type ArchitectureName, parseArchitecture } from '../../architecture.js';
import { ANYTHING, checkOptions, LIST, type OptionTable } from '../../options.js';
import { buildDecisionDiagram } from '../decisions/decision-diagram.js';
import { BUDGET_OPTIONS, type DiagramBudget } from '../decisions/diagram-store.js';
import { Level } from '../decisions/input-variables.js';
import { boundedPartition } from '../decisions/partition.js';
import { encodeProgram, type ProgramInput, readProgram } from '../program/codec.js';
import type { Endianness } from '../program/instruction.js';
import { MAX_ARCHITECTURES } from './architecture-tests.js';
import { architecturesAsked } from './machine-weights.js';
import { type MinimizedProgram, minimize } from './minimize.js';
import { type Weights, weigh } from './weigh.js';

export interface MinimizeProgramOptions extends DiagramBudget {
  /** The machine that the program is made fast for, by any name. Default: of those that the
   * program names, one of 64 bits. */
  arch?: ArchitectureName | (string & {}) | undefined;
  /** Byte order of bare bytes. Default: that of `arch`, or it is detected. */
  endianness?: Endianness | undefined;
  /** What calls it is made fast for. Default: half the same for every call, half by how often programs make it. */
  weights?: Weights | undefined;
}

const OPTIONS: OptionTable<MinimizeProgramOptions> = {
  ...BUDGET_OPTIONS,
  arch: [ANYTHING],
  endianness: ['little', 'big'],
  weights: ['uncached', LIST],
};

/**
 * The smallest and fastest program found that decides every call as a given one does, in its byte order: proven equal, and
 * never a worse one than what was given. The given one may be any that the kernel loads, with arithmetic and scratch memory.
 *
 * @throws InvalidProgramError what the kernel would not load
 * @throws UnknownByteOrderError where neither the bytes nor the options tell it
 * @throws ProgramTooComplexError a program whose decisions are beyond the budget
 * @throws MinimizerFaultError where the program that was made is not equal, which is a bug
 */
export function minimizeProgram(program: ProgramInput, options: MinimizeProgramOptions = {}): MinimizedProgram {
  checkOptions('minimizeProgram', options, OPTIONS);
  const { arch, nodes, steps, weights } = options;
  const target = arch === undefined ? undefined : parseArchitecture(arch);
  const { instructions, endianness } = readProgram(program, options.endianness ?? target?.endianness);
  const decisions = buildDecisionDiagram({ instructions, endianness }, { nodes, steps });
  const asked = boundedPartition(decisions.store, decisions.root, Level.ARCH, MAX_ARCHITECTURES) ?? [];
  const architectures = architecturesAsked(asked, target?.auditArch);
  return minimize(decisions, {
    endianness,
    native: architectures[0],
    weights: weigh(decisions, architectures, weights),
    candidates: [encodeProgram(instructions, endianness)],
  });
}
