import { decodeProgram } from '../../src/bpf/program/codec.js';
import { analyzeFlow } from '../../src/bpf/program/dataflow.js';
import { Cell, effectOf } from '../../src/bpf/program/effects.js';
import { InvalidProgramError } from '../../src/bpf/program/errors.js';
import { type Endianness, Opcode, SeccompDataOffset } from '../../src/bpf/program/instruction.js';
import { verifyProgram } from '../../src/bpf/program/verify.js';

/**
 * The constants that the program compares `seccomp_data.arch` with for equality. Undefined if it never does, or if it
 * uses the architecture in any other way (another comparison, arithmetic, a copy): nothing follows from the constants
 * then.
 */
export function comparedArchitectures(program: Uint8Array, endianness: Endianness): Set<number> | undefined {
  const instructions = decodeProgram(program, endianness);
  const compared = new Set<number>();
  for (const [index, state] of analyzeFlow(instructions).entries()) {
    const { code, k } = instructions[index]!;
    if (state?.a !== SeccompDataOffset.ARCH || !(effectOf(code).reads & Cell.A)) continue;
    if (code !== Opcode.JEQ_K) return undefined;
    compared.add(k);
  }
  return compared.size > 0 ? compared : undefined;
}

/** Why the kernel would refuse the program whatever the flags; undefined for a valid program. */
export function describeFault(program: Uint8Array, endianness: Endianness): string | undefined {
  try {
    verifyProgram(decodeProgram(program, endianness));
    return undefined;
  } catch (error) {
    if (error instanceof InvalidProgramError) return error.message;
    throw error;
  }
}
