import { checkArgument, LIST } from '../../options.js';
import { checkFields } from './codec.js';
import { Cell, effectOf } from './effects.js';
import { InvalidProgramError, type InvalidProgramReason } from './errors.js';
import {
  type Instruction,
  isConditionalJump,
  isOpcode,
  isReturn,
  MAX_INSTRUCTIONS,
  Opcode,
  SCRATCH_WORDS,
  SECCOMP_DATA_SIZE,
  successors,
} from './instruction.js';

/**
 * Refuse exactly the programs that Linux refuses as seccomp filters: net/core/filter.c (`bpf_check_classic`,
 * `check_load_and_stores`) and kernel/seccomp.c (`seccomp_check_filter`). A program that passes returns on every input.
 * Its jumps go forward and stay inside it, and its last instruction is a return. No scratch slot is read before it was
 * written.
 *
 * @throws {InvalidProgramError} when the kernel would refuse the program; it has the first fault
 * @throws {InvalidArgumentError} when a field is out of its range, which bytes cannot be
 *
 * @example
 * ```js
 * import { Opcode, verifyProgram } from 'libseccomp-wasm/bpf';
 *
 * const load = { code: Opcode.LD_ABS, jt: 0, jf: 0, k: 0 };
 * const end = { code: Opcode.RET_K, jt: 0, jf: 0, k: 0x7fff0000 };
 * verifyProgram([load, end]);
 * try {
 *   verifyProgram([load]);
 * } catch (error) {
 *   console.log(error.reason, error.index); // NO_RETURN 0
 * }
 * ```
 */
export function verifyProgram(instructions: readonly Instruction[]): void {
  checkArgument('verifyProgram', 'instructions', instructions, LIST);
  const length = instructions.length;
  if (length === 0) throw new InvalidProgramError('LENGTH', 'no instructions; a filter has 1 to 4096');
  if (length > MAX_INSTRUCTIONS) {
    throw new InvalidProgramError('LENGTH', `${length} instructions; the kernel takes ${MAX_INSTRUCTIONS} at most`);
  }
  instructions.forEach((instruction, index) => {
    checkFields(instruction, index);
    const fault = instructionFault(instruction, index, length);
    if (fault) throw new InvalidProgramError(...fault, index);
  });
  const last = instructions[length - 1]!;
  if (!isReturn(last.code)) {
    throw new InvalidProgramError('NO_RETURN', 'the last instruction must be a return', length - 1);
  }
  checkScratchLoads(instructions);
}

function instructionFault(
  instruction: Instruction,
  index: number,
  length: number,
): [InvalidProgramReason, string] | undefined {
  const { code, k } = instruction;
  if (!isOpcode(code)) return ['OPERATION', `seccomp has no operation 0x${code.toString(16).padStart(4, '0')}`];
  switch (code) {
    case Opcode.LD_ABS:
      if (k >= SECCOMP_DATA_SIZE || k % 4 !== 0) {
        return ['LOAD_OFFSET', `load from offset ${k}; must be a multiple of 4 below ${SECCOMP_DATA_SIZE}`];
      }
      break;
    case Opcode.DIV_K:
      if (k === 0) return ['DIVISION_BY_ZERO', 'division by the constant 0'];
      break;
    case Opcode.LSH_K:
    case Opcode.RSH_K:
      if (k >= 32) return ['SHIFT', `shift by ${k}; must be below 32`];
      break;
    case Opcode.LD_MEM:
    case Opcode.LDX_MEM:
    case Opcode.ST:
    case Opcode.STX:
      if (k >= SCRATCH_WORDS) return ['SCRATCH_SLOT', `scratch memory slot ${k}; there are 0 to ${SCRATCH_WORDS - 1}`];
      break;
    default:
      if (farthest(instruction, index) >= length) {
        const beyond = successors(instruction, index).find((target) => target >= length);
        return ['JUMP_TARGET', `jump to ${beyond}, past the last instruction ${length - 1}`];
      }
  }
  return undefined;
}

/** The last instruction a jump can lead to; -1 for what is none. */
function farthest({ code, jt, jf, k }: Instruction, index: number): number {
  if (code === Opcode.JA) return index + 1 + k;
  return isConditionalJump(code) ? index + 1 + Math.max(jt, jf) : -1;
}

// As the kernel's check_load_and_stores(), which is stricter than necessary: stores before a return, or on no path at
// all, count for the instruction after it too. One bit per slot.
function checkScratchLoads(instructions: readonly Instruction[]): void {
  if (!instructions.some(({ code }) => effectOf(code).reads & Cell.SLOT)) return;
  const stored = new Uint16Array(instructions.length).fill(0xffff);
  let current = 0;
  instructions.forEach((instruction, index) => {
    const { code, k } = instruction;
    current &= stored[index]!;
    const { reads, writes } = effectOf(code);
    if (writes & Cell.SLOT) {
      current |= 1 << k;
    } else if (reads & Cell.SLOT) {
      if ((current & (1 << k)) === 0) {
        throw new InvalidProgramError(
          'SCRATCH_UNSET',
          `scratch memory slot ${k} may be read before it is written`,
          index,
        );
      }
    } else if (code === Opcode.JA || isConditionalJump(code)) {
      for (const target of successors(instruction, index)) stored[target]! &= current;
      current = 0xffff;
    }
  });
}
