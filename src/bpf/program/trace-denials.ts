import { decodeReturnValue, encodeAction } from '../../action.js';
import { InvalidArgumentError } from '../../errors.js';
import { type Endianness, type Instruction, Opcode, SeccompDataOffset } from './instruction.js';

/** The requests of ptrace(2) that make a thread a tracee: PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE. */
const TRACER_REQUESTS = [0, 16, 0x4206] as const;
/** ENOSYS, of all architectures that Node runs on. */
const ENOSYS = 38;

const TRACE = encodeAction({ kind: 'TRACE', data: 0 });
const load = (k: number): Instruction => ({ code: Opcode.LD_ABS, jt: 0, jf: 0, k });
const equal = (k: number, jt: number, jf: number): Instruction => ({ code: Opcode.JEQ_K, jt, jf, k });
const returns = (k: number): Instruction => ({ code: Opcode.RET_K, jt: 0, jf: 0, k });

export interface TraceDenialsOptions {
  /** Of the program and the machine. */
  endianness: Endianness;
  /** AUDIT_ARCH_… and the number of ptrace(2) there: calls that would make a thread a tracee are stopped too. */
  ptrace: { auditArch: number; number: number };
}

/**
 * A program that stops a call (SECCOMP_RET_TRACE) which this one denies, for a tracer that reports it. It does so for
 * KILL_PROCESS, KILL_THREAD, TRAP, ERRNO, TRACE (which becomes ENOSYS, as without a tracer) and unknown actions.
 *
 * The kernel asks a filter again after the stop, and lets the call go on at a second TRACE. So the tracer sets the
 * instruction pointer to 0, which no call of a program has: with that the program decides as the given one. A program that
 * calls from there is not reported, and denied all the same.
 *
 * What is added may make it longer than a filter can be.
 *
 * @throws {InvalidArgumentError} when the program returns a computed value (RET A), or has NOTIFY
 */
export function traceDenials(
  instructions: readonly Instruction[],
  { endianness, ptrace }: TraceDenialsOptions,
): Instruction[] {
  const lowHalf = SeccompDataOffset.ARGS + (endianness === 'little' ? 0 : 4);
  const head = [
    load(SeccompDataOffset.ARCH),
    equal(ptrace.auditArch, 0, 12),
    load(SeccompDataOffset.NR),
    equal(ptrace.number, 0, 10),
    load(lowHalf),
    equal(TRACER_REQUESTS[0], 2, 0),
    equal(TRACER_REQUESTS[1], 1, 0),
    equal(TRACER_REQUESTS[2], 0, 6),
    ...unlessMarked(Opcode.JA, 1),
    returns(TRACE),
    // As a program finds it at its start.
    { code: Opcode.LD_IMM, jt: 0, jf: 0, k: 0 },
  ];
  const denials = [...new Set(instructions.flatMap((each, index) => denialOf(each, index) ?? []))];
  const tail = denials.flatMap((k) => [...unlessMarked(Opcode.RET_K, k), returns(TRACE)]);
  const body = instructions.map((instruction, index): Instruction => {
    const denial = denialOf(instruction, index);
    if (denial === undefined) return instruction;
    const target = instructions.length + denials.indexOf(denial) * DENIAL_SIZE;
    return { code: Opcode.JA, jt: 0, jf: 0, k: target - (index + 1) };
  });
  return [...head, ...body, ...tail];
}

/** Instructions of one denial in the tail. */
const DENIAL_SIZE = 6;

/** One last instruction, where the instruction pointer is 0; what follows them is for all other calls. */
function unlessMarked(code: Opcode, k: number): Instruction[] {
  const { INSTRUCTION_POINTER } = SeccompDataOffset;
  return [
    load(INSTRUCTION_POINTER),
    equal(0, 0, 3),
    load(INSTRUCTION_POINTER + 4),
    equal(0, 0, 1),
    { code, jt: 0, jf: 0, k },
  ];
}

/** The return value of a denial. */
function denialOf({ code, k }: Instruction, index: number): number | undefined {
  if (code === Opcode.RET_A) {
    throw new InvalidArgumentError(`instruction ${index} returns a computed value: which calls it denies is not known`);
  }
  if (code !== Opcode.RET_K) return undefined;
  switch (decodeReturnValue(k).kind) {
    case 'ALLOW':
    case 'LOG':
      return undefined;
    case 'NOTIFY':
      throw new InvalidArgumentError(`instruction ${index} notifies: the calls have a supervisor already`);
    case 'TRACE':
      return encodeAction({ kind: 'ERRNO', data: ENOSYS });
    default:
      return k;
  }
}
