import { decodeReturnValue, encodeAction } from '../../action.js';
import { InvalidArgumentError } from '../../errors.js';
import { type Instruction, Opcode } from './instruction.js';

/**
 * A program that asks a supervisor (NOTIFY) where this one denies: for KILL_PROCESS, KILL_THREAD, ERRNO, TRACE (which no
 * tracer answers) and actions that the kernel does not know. What else it decides is as before; TRAP stays too, since no
 * supervisor can make the signal it gives. The supervisor has to deny those calls: it finds out how by the program as it was.
 *
 * Raises {@link InvalidArgumentError} for a program that returns a computed value (RET A), or notifies already: then it could
 * not be told what the supervisor is asked for.
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
