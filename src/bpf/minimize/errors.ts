import { ScmpError } from '../../errors.js';
import { MAX_INSTRUCTIONS } from '../program/instruction.js';

/** Even the shortest program found is longer than the kernel loads (BPF_MAXINSNS of linux/bpf_common.h). */
export class ProgramTooLongError extends ScmpError {
  static override readonly brand = 'ProgramTooLongError';
  readonly code = 'PROGRAM_TOO_LONG';
  /** How many instructions the shortest program found has. */
  readonly instructions: number;

  constructor(instructions: number) {
    super(
      `the shortest program found has ${instructions} instructions, ${instructions - MAX_INSTRUCTIONS} more than the ${MAX_INSTRUCTIONS} that the kernel loads; use fewer architectures or conditions`,
    );
    this.instructions = instructions;
  }
}

/**
 * A program does not decide as the diagram that it was made from: a bug of the minimiser. The program is not used.
 *
 * @see {@link minimizeProgram}
 */
export class MinimizerFaultError extends ScmpError {
  static override readonly brand = 'MinimizerFaultError';
  readonly code = 'MINIMIZER_FAULT';
}
