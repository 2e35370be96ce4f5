import { decodeReturnValue, encodeAction } from '../../action.js';
import { InvalidArgumentError } from '../../errors.js';
import { type Instruction, Opcode } from './instruction.js';

/**
 * A program that asks a supervisor (NOTIFY) where this one denies: for KILL_PROCESS, KILL_THREAD, ERRNO, TRACE (which
 * no tracer answers) and unknown actions. Its other decisions stay. So does TRAP: no supervisor can make that signal.
 * The supervisor has to deny those calls, as the original program says.
 *
 * @throws {InvalidArgumentError} when the program returns a computed value (RET A), or has NOTIFY already: the
 * supervisor could not distinguish the calls
 */
export function notifyDenials(instructions: readonly Instruction[]): Instruction[] {
  return instructions.map((instruction, index) => {
    if (instruction.code === Opcode.RET_A) {
      throw new InvalidArgumentError(
        `instruction ${index} returns a computed value: which calls it denies is not known`,
      );
    }
    if (instruction.code !== Opcode.RET_K) return instruction;
    switch (decodeReturnValue(instruction.k).kind) {
      case 'ALLOW':
      case 'LOG':
      case 'TRAP':
        return instruction;
      case 'NOTIFY':
        throw new InvalidArgumentError(`instruction ${index} notifies: the calls have a supervisor already`);
      default:
        return { ...instruction, k: encodeAction({ kind: 'NOTIFY' }) };
    }
  });
}
