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
import { LENGTH_COST_OF_OWN_WEIGHTS, type MinimizedProgram, minimize } from './minimize.js';
import { type Weights, weigh } from './weigh.js';

export interface MinimizeProgramOptions extends DiagramBudget {
  /**
   * The machine for which the program is made fast, by any name. Default: one of those that the program names, with 64
   * bits if there is one.
   */
  arch?: ArchitectureName | (string & {}) | undefined;
  /** Byte order of bare bytes. Default: that of `arch`, or it is detected. */
  endianness?: Endianness | undefined;
  /**
   * The calls for which it is made fast. Default: half the weight is the same for every call, half follows how often
   * programs make it.
   */
  weights?: Weights | undefined;
}

const OPTIONS: OptionTable<MinimizeProgramOptions> = {
  ...BUDGET_OPTIONS,
  arch: [ANYTHING],
  endianness: ['little', 'big'],
  weights: ['uncached', LIST],
};

/**
 * The smallest and fastest program found that decides every call as a given one does, in its byte order. It is proved
 * equal, and never worse than the given one. That may be any program that the kernel loads, with arithmetic and scratch
 * memory.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {ProgramTooComplexError} when the program's decisions exceed the budget
 * @throws {MinimizerFaultError} when the program that was made is not equal, which is a bug
 * @throws {InvalidArgumentError} when an option or architecture is unknown, or the program's architectures have both
 * byte orders
 *
 * @example
 * ```js
 * import { assemble, implies } from 'libseccomp-wasm/bpf';
 * import { minimizeProgram } from 'libseccomp-wasm/minimize';
 *
 * const source = '.arch x86_64\nA = nr\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return LOG';
 * const filter = assemble(source);
 * const { program, instructions } = minimizeProgram(filter);
 * console.log(filter.instructions.length, instructions, implies(program, filter).holds); // 5 4 true
 * ```
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
    lengthCost: weights === undefined ? undefined : LENGTH_COST_OF_OWN_WEIGHTS,
    candidates: [encodeProgram(instructions, endianness)],
  });
}
