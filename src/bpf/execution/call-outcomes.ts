import { InvalidArgumentError } from '../../errors.js';
import { type ProgramInput, readProgram } from '../program/codec.js';
import { Cell, constantOf, effectOf } from '../program/effects.js';
import {
  type Endianness,
  isConditionalJump,
  isReturn,
  jumpHolds,
  Opcode,
  SeccompDataOffset,
  successors,
  usesX,
} from '../program/instruction.js';
import { verifyProgram } from '../program/verify.js';

// possible-decisions.ts answers the same exactly, from a decision diagram, which takes a hundred times as long to
// build. This one is for the playground: a table of all calls at every keystroke.

/** What a program can answer to one system call number, whatever the arguments. */
export interface CallOutcome {
  /**
   * The return values (32 bits unsigned) it may give, ascending. One: the arguments do not matter. Several: all that
   * the arguments can lead to, and possibly some that no combination of them does. None is ever missing.
   */
  readonly returnValues: readonly number[];
  /** The fewest and most instructions executed, within the same bounds. */
  readonly minSteps: number;
  readonly maxSteps: number;
}

/** Asks one program about many calls. `nr` is signed or unsigned 32 bits, `auditArch` is AUDIT_ARCH_… of linux/audit.h. */
export type CallExplorer = (auditArch: number, nr: number) => CallOutcome;

/**
 * Prepare a program for such questions. It is executed with a known number and architecture; everything else is
 * unknown. Where a jump depends on something unknown, both ways are followed, and paths that meet again are joined. So
 * the time for one call grows with the length of the program, not with the number of its paths. A question throws
 * {@link InvalidArgumentError} when the program returns what it computes from arguments, as no real filter does.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 */
export function createCallExplorer(program: ProgramInput, options: { endianness?: Endianness } = {}): CallExplorer {
  const { instructions } = readProgram(program, options.endianness);
  verifyProgram(instructions);
  const { length } = instructions;
  const codes = Uint8Array.from(instructions, ({ code }) => code);
  const operands = Float64Array.from(instructions, ({ k }) => k);
  const targets = instructions.map(successors);
  const whenTrue = Uint16Array.from(targets, ([target = 0]) => target);
  const whenFalse = Uint16Array.from(targets, ([first = 0, second = first]) => second);

  // The state before an instruction where several ways are open. A is its value, or UNKNOWN. No other register is
  // followed, since libseccomp's programs use none.
  const a = new Float64Array(length);
  const least = new Int32Array(length);
  const most = new Int32Array(length);
  const isReached = new Uint8Array(length);

  function reach(index: number, value: number, fewest: number, greatest: number): void {
    if (isReached[index]) {
      if (a[index] !== value) a[index] = UNKNOWN;
      if (fewest < least[index]!) least[index] = fewest;
      if (greatest > most[index]!) most[index] = greatest;
      return;
    }
    isReached[index] = 1;
    a[index] = value;
    least[index] = fewest;
    most[index] = greatest;
  }

  /**
   * Everything from an instruction on. Jumps go forward only: when an instruction is reached, all that leads to it is
   * known.
   */
  function explore(start: number, value: number, steps: number, auditArch: number, nr: number): CallOutcome {
    const returnValues = new Set<number>();
    let minSteps = Number.POSITIVE_INFINITY;
    let maxSteps = 0;
    const end = (returnValue: number, pc: number) => {
      returnValues.add(returnValue);
      minSteps = Math.min(minSteps, least[pc]!);
      maxSteps = Math.max(maxSteps, most[pc]!);
    };
    isReached.fill(0, start);
    reach(start, value, steps, steps);
    for (let pc = start; pc < length; pc++) {
      if (!isReached[pc]) continue;
      const code = codes[pc]!;
      const k = operands[pc]!;
      const before = a[pc]!;
      if (isReturn(code)) {
        end(returnOf(code, k, before), pc);
        continue;
      }
      const fewest = least[pc]! + 1;
      const greatest = most[pc]! + 1;
      if (isConditionalJump(code)) {
        // X, which is not followed, is never known.
        const holds = before === UNKNOWN || usesX(code) ? undefined : jumpHolds(code, before, k);
        if (holds !== false) reach(whenTrue[pc]!, before, fewest, greatest);
        if (holds !== true) reach(whenFalse[pc]!, before, fewest, greatest);
        continue;
      }
      // By an X of 0 it ends the program (see `createSimulator`).
      if (code === Opcode.DIV_X) end(0, pc);
      reach(whenTrue[pc]!, follow(code, k, before, auditArch, nr), fewest, greatest);
    }
    return { returnValues: [...returnValues].sort((x, y) => x - y), minSteps, maxSteps };
  }

  return (auditArch, given) => {
    if (!Number.isInteger(given) || given < -(2 ** 31) || given >= 2 ** 32) {
      throw new InvalidArgumentError(`system call number ${given} is no 32-bit integer`);
    }
    const nr = given >>> 0;
    // Most calls have one way through: it is walked without keeping states.
    let value = 0;
    for (let pc = 0, steps = 1; ; steps++) {
      const code = codes[pc]!;
      const k = operands[pc]!;
      if (isConditionalJump(code)) {
        if (value === UNKNOWN || usesX(code)) return explore(pc, value, steps, auditArch, nr);
        pc = jumpHolds(code, value, k) ? whenTrue[pc]! : whenFalse[pc]!;
      } else if (code === Opcode.DIV_X) {
        return explore(pc, value, steps, auditArch, nr);
      } else if (isReturn(code)) {
        return { returnValues: [returnOf(code, k, value)], minSteps: steps, maxSteps: steps };
      } else {
        value = follow(code, k, value, auditArch, nr);
        pc = whenTrue[pc]!;
      }
    }
  };
}

function returnOf(code: number, k: number, value: number): number {
  if (code === Opcode.RET_K) return k;
  if (value === UNKNOWN)
    throw new InvalidArgumentError('the program returns what it computes: simulate calls one by one');
  return value;
}

/** No 32-bit value is negative here. */
const UNKNOWN = -1;

/** A after an instruction that is no jump and no return. */
function follow(code: number, k: number, value: number, auditArch: number, nr: number): number {
  const { writes, gives } = effectOf(code);
  if (writes !== Cell.A) return value;
  if (gives === 'input') return k === SeccompDataOffset.NR ? nr : k === SeccompDataOffset.ARCH ? auditArch : UNKNOWN;
  if (gives === 'constant') return constantOf({ code, k });
  if (code !== Opcode.AND_K) return UNKNOWN;
  return value === UNKNOWN ? (k === 0 ? 0 : UNKNOWN) : (value & k) >>> 0;
}
