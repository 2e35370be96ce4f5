import { ProgramTooComplexError } from '../decisions/diagram-store.js';
import { type ProgramInput, readProgram } from '../program/codec.js';
import { Cell, constantOf, effectOf } from '../program/effects.js';
import {
  type Endianness,
  type Instruction,
  isConditionalJump,
  isReturn,
  jumpHolds,
  Opcode,
  operationWithK,
  SCRATCH_WORDS,
  SeccompDataOffset,
  successors,
  usesX,
} from '../program/instruction.js';
import { verifyProgram } from '../program/verify.js';
import type { CallWeights } from './weights.js';

/** Instructions walked before it is given up: real programs need up to some millions. */
const MAX_STEPS = 2 ** 25;
/** A state takes memory, which is counted in steps. */
const COST_OF_STATE = 512;

/**
 * The content of a register: 32 bits unsigned, or undefined if it depends on an argument or on the instruction pointer.
 */
type Value = number | undefined;

/**
 * How many instructions a program executes for a call, the weighted mean over all calls that have a weight, jumps and
 * the return counted. It is exact where the path depends on architecture and number alone. For a test of anything else
 * each branch counts half, each test by itself. The arguments of calls are not known, but the same rule for every
 * program makes them comparable.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {ProgramTooComplexError} when its registers have too many contents to follow them all
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when the program's architectures have both byte orders
 *
 * @example
 * ```js
 * import { assemble } from 'libseccomp-wasm/bpf';
 * import { callWeights, expectedInstructions } from 'libseccomp-wasm/minimize';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return LOG');
 * console.log(expectedInstructions(filter, callWeights([0xc000003e])).toFixed(2)); // 3.00
 * ```
 */
export function expectedInstructions(program: ProgramInput, weights: CallWeights, endianness?: Endianness): number {
  const { instructions } = readProgram(program, endianness);
  verifyProgram(instructions);
  const walk = new Walk(instructions);
  let sum = 0;
  let total = 0;
  for (const auditArch of weights.architectures) {
    for (const nr of weights.numbers(auditArch)) {
      const weight = weights.of(auditArch, nr);
      sum += weight * walk.executed(auditArch, nr);
      total += weight;
    }
  }
  return total === 0 ? 0 : sum / total;
}

/** How many instructions are executed for one call, with the same meaning. */
export function executedFor(
  program: ProgramInput,
  { auditArch, nr }: { auditArch: number; nr: number },
  endianness?: Endianness,
): number {
  const { instructions } = readProgram(program, endianness);
  verifyProgram(instructions);
  return new Walk(instructions).executed(auditArch, nr);
}

class Walk {
  readonly #instructions: readonly Instruction[];
  /** Whether the same instructions are executed from here on for every call, when A is not known. */
  readonly #isShared: readonly boolean[];
  readonly #shared: (number | undefined)[];
  #ofCall = new Map<string, number>();
  #arch = 0;
  #nr = 0;
  #steps = 0;

  constructor(instructions: readonly Instruction[]) {
    this.#instructions = instructions;
    const isShared = new Array<boolean>(instructions.length).fill(true);
    for (let index = instructions.length - 1; index >= 0; index--) {
      const instruction = instructions[index]!;
      isShared[index] =
        dependsOnArgumentsAlone(instruction) && successors(instruction, index).every((target) => isShared[target]);
    }
    this.#isShared = isShared;
    this.#shared = new Array(instructions.length);
  }

  executed(auditArch: number, nr: number): number {
    this.#arch = auditArch >>> 0;
    this.#nr = nr >>> 0;
    this.#ofCall.clear();
    return this.#from(0, 0, 0, NO_SCRATCH);
  }

  #from(start: number, startA: Value, startX: Value, startScratch: readonly Value[]): number {
    let [index, a, x, scratch] = [start, startA, startX, startScratch];
    for (let executed = 1; ; executed++) {
      this.#spend(1);
      const instruction = this.#instructions[index]!;
      const { code, jt, jf, k } = instruction;
      if (isReturn(code)) return executed;
      if (isConditionalJump(code)) {
        const operand = usesX(code) ? x : k;
        if (a === undefined || operand === undefined) return executed + this.#branch(index, a, x, scratch);
        index += 1 + (jumpHolds(code, a, operand) ? jt : jf);
        continue;
      }
      if (code === Opcode.JA) {
        index += 1 + k;
        continue;
      }
      if (code === Opcode.DIV_X && x === 0) return executed; // as of kernel/bpf: the program ends with 0
      const { reads, writes, gives } = effectOf(code);
      let value: Value;
      if (gives === 'input') value = this.#word(k);
      else if (gives === 'constant') value = constantOf(instruction);
      else if (gives === 'cell') value = reads === Cell.A ? a : reads === Cell.X ? x : scratch[k];
      else value = calculated(code, a, usesX(code) ? x : k);
      if (writes === Cell.A) a = value;
      else if (writes === Cell.X) x = value;
      else scratch = scratch.map((old, slot) => (slot === k ? value : old));
      index++;
    }
  }

  /** The mean of what is executed after a test of which both branches are possible. */
  #branch(index: number, a: Value, x: Value, scratch: readonly Value[]): number {
    // nothing that is known is looked at any more
    const isShared = a === undefined && this.#isShared[index]!;
    const key = isShared ? '' : `${index},${a},${x},${scratch}`;
    const known = isShared ? this.#shared[index] : this.#ofCall.get(key);
    if (known !== undefined) return known;
    if (!isShared) this.#spend(COST_OF_STATE);
    const { jt, jf } = this.#instructions[index]!;
    const mean = (this.#from(index + 1 + jt, a, x, scratch) + this.#from(index + 1 + jf, a, x, scratch)) / 2;
    if (isShared) this.#shared[index] = mean;
    else this.#ofCall.set(key, mean);
    return mean;
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw new ProgramTooComplexError('too many contents of registers to count through');
  }

  #word(offset: number): Value {
    if (offset === SeccompDataOffset.NR) return this.#nr;
    return offset === SeccompDataOffset.ARCH ? this.#arch : undefined;
  }
}

const NO_SCRATCH: readonly Value[] = new Array<Value>(SCRATCH_WORDS).fill(0);

/**
 * Loads of arguments, tests of A, and arithmetic of A with constants: with an unknown A the path is the same for every
 * call.
 */
function dependsOnArgumentsAlone({ code, k }: Instruction): boolean {
  const { reads, writes, gives } = effectOf(code);
  if (gives === 'input') return k >= SeccompDataOffset.INSTRUCTION_POINTER;
  return (writes === 0 || gives === 'computed') && (reads & Cell.X) === 0;
}

function calculated(code: number, a: Value, operand: Value): Value {
  if (a === undefined || operand === undefined) return undefined;
  if (code === Opcode.NEG) return -a >>> 0;
  switch (operationWithK(code)) {
    case Opcode.ADD_K:
      return (a + operand) >>> 0;
    case Opcode.SUB_K:
      return (a - operand) >>> 0;
    case Opcode.MUL_K:
      return Math.imul(a, operand) >>> 0;
    case Opcode.DIV_K:
      return Math.floor(a / operand);
    case Opcode.OR_K:
      return (a | operand) >>> 0;
    case Opcode.AND_K:
      return (a & operand) >>> 0;
    case Opcode.LSH_K:
      return (a << operand) >>> 0;
    case Opcode.RSH_K:
      return a >>> operand;
    default:
      return (a ^ operand) >>> 0;
  }
}
