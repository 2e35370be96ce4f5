import { ACTION_DATA_MASK, decodeReturnValue, MAX_ERRNO } from '../../action.js';
import {
  type Architecture,
  type ArchitectureName,
  auditArchitecture,
  callArchitecture,
  parseArchitecture,
  X32,
  X32_SYSCALL_BIT,
} from '../../architecture.js';
import { errnoName } from '../../errno.js';
import { checkOptions, FUNCTION, LIST } from '../../options.js';
import { checkProgramInput, type ProgramInput, readProgram } from '../program/codec.js';
import { analyzeFlow, type FlowState, type LoadedOffset } from '../program/dataflow.js';
import {
  type Endianness,
  type Instruction,
  isOpcode,
  Opcode,
  SeccompDataOffset,
  successors,
  usesX,
} from '../program/instruction.js';
import { nameArgument } from './argument-naming.js';
import { argumentAt, commonErrnoName, possibleArchitectures } from './naming.js';

/** One instruction of a disassembly. */
export interface DisassemblyLine {
  index: number;
  instruction: Instruction;
  /** The instruction in words: `A = nr`, `if (A == openat) goto 0012`, `return ERRNO(EPERM)`. */
  text: string;
  /** What else a reader should know: other names of the operand, that the instruction cannot be reached. */
  comment?: string;
  /** Absolute indices of where control can go next, as `successors` gives them. */
  successors: number[];
  /**
   * Names of the architectures that can get here (the AUDIT_ARCH in hexadecimal where it is unknown; x32 counts as x86_64),
   * once the program has compared `arch`; empty before.
   */
  architectures: string[];
  /** Names of those that cannot get here though any other can; absent where there are none. */
  excludedArchitectures?: string[];
  /** False where no path leads. */
  reachable: boolean;
}

export interface DisassembleOptions {
  /** Byte order of bare bytes. Default: that of `architectures`, else it is detected. */
  endianness?: Endianness;
  /**
   * The architectures of the system call numbers, where the program itself does not compare `arch`. Default: a
   * FilterProgram's own.
   */
  architectures?: readonly ArchitectureName[];
  /**
   * The name of system call `nr` (below 2^31) on an architecture, given by libseccomp's token, as
   * `seccomp_syscall_resolve_num_arch(3)` takes it. The token is the AUDIT_ARCH value, but 0x4000003e for x32, whose
   * numbers have bit 30 set.
   */
  syscallName?: ((token: number, nr: number) => string | undefined) | undefined;
  /** Not used here. It is declared so that what `syscallNaming` returns can be passed as it is. */
  syscallNumber?: ((token: number, name: string) => number | undefined) | undefined;
}

interface Naming {
  endianness: Endianness;
  assumed: readonly Architecture[];
  syscallName: (token: number, nr: number) => string | undefined;
}

const MAX_SYSCALL = 0x7fffffff;

/**
 * Put a program into words, one line per instruction. A program that does not verify is put into words too, as far as
 * it goes. Only one that cannot be cut into instructions, or has no known byte order, is refused (as `readProgram`
 * does).
 *
 * @throws {InvalidProgramError} when the length is no multiple of 8
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an option or architecture is unknown, or the program's architectures have both
 * byte orders
 *
 * @example
 * ```js
 * import { assemble, disassemble } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const lines = disassemble(filter);
 * console.log(lines[0].text, lines[0].successors); // A = nr [ 1 ]
 * console.log(lines[1].text, lines[1].successors); // if (A == 101) goto 0003 [ 3, 2 ]
 * ```
 */
export function disassemble(program: ProgramInput, options: DisassembleOptions = {}): DisassemblyLine[] {
  checkOptions('disassemble', options, {
    endianness: ['little', 'big'],
    architectures: [LIST],
    syscallName: [FUNCTION],
    syscallNumber: [FUNCTION],
  });
  checkProgramInput(program);
  const own = 'arches' in program ? program.arches : [];
  const assumed = (options.architectures ?? own).map(parseArchitecture);
  const { instructions, endianness } = readProgram(program, options.endianness ?? assumed[0]?.endianness);
  const naming: Naming = { endianness, assumed, syscallName: options.syscallName ?? (() => undefined) };
  const states = analyzeFlow(instructions);
  return instructions.map((instruction, index) => {
    const state = states[index];
    const { text, comment } = describe(instruction, index, state, naming);
    const comments = [comment, state ? undefined : 'unreachable'].filter((part) => part !== undefined);
    return {
      index,
      instruction,
      text,
      ...(comments.length > 0 && { comment: comments.join('; ') }),
      successors: successors(instruction, index),
      architectures: state?.arch.kind === 'only' ? [...state.arch.values].map(archName) : [],
      ...(state?.arch.kind === 'except' &&
        state.arch.values.size > 0 && { excludedArchitectures: [...state.arch.values].map(archName) }),
      reachable: state !== undefined,
    };
  });
}

interface Description {
  text: string;
  comment?: string | undefined;
}

function describe(instruction: Instruction, index: number, state: FlowState | undefined, naming: Naming): Description {
  const { code, k } = instruction;
  if (!isOpcode(code)) return { text: '???', comment: 'no operation that seccomp takes' };
  switch (code) {
    case Opcode.LD_ABS:
      return {
        text: `A = ${fieldName(k, naming.endianness)}`,
        comment: argumentOf(k, state, naming)?.text,
      };
    case Opcode.LD_LEN:
    case Opcode.LDX_LEN:
      return { text: `${registerOf(code)} = sizeof(seccomp_data)`, comment: '64' };
    case Opcode.LD_IMM:
    case Opcode.LDX_IMM:
      return { text: `${registerOf(code)} = ${hex(k)}` };
    case Opcode.LD_MEM:
    case Opcode.LDX_MEM:
      return { text: `${registerOf(code)} = M[${k}]` };
    case Opcode.ST:
      return { text: `M[${k}] = A` };
    case Opcode.STX:
      return { text: `M[${k}] = X` };
    case Opcode.TAX:
      return { text: 'X = A' };
    case Opcode.TXA:
      return { text: 'A = X' };
    case Opcode.NEG:
      return { text: 'A = -A' };
    case Opcode.LSH_K:
    case Opcode.RSH_K:
      return { text: `A ${arithmetic.get(code & 0xf0)}= ${k}` };
    case Opcode.JA:
      return { text: `goto ${target(index + 1 + k)}` };
    case Opcode.RET_A:
      return { text: 'return A' };
    case Opcode.RET_K:
      return describeReturn(k, state, naming);
    default:
      if (arithmetic.has(code & 0xf0) && (code & 0x07) === 0x04) {
        const flags = code === Opcode.AND_K ? argumentOf(state?.a, state, naming, 'low')?.mask(k) : undefined;
        return { text: `A ${arithmetic.get(code & 0xf0)}= ${usesX(code) ? 'X' : hex(k)}`, comment: flags };
      }
      return describeJump(instruction, index, state, naming);
  }
}

const registerOf = (code: number) => ((code & 0x07) === 0x00 ? 'A' : 'X');
// BPF_OP of linux/bpf_common.h, for class BPF_ALU.
const arithmetic = new Map([
  [0x00, '+'],
  [0x10, '-'],
  [0x20, '*'],
  [0x30, '/'],
  [0x40, '|'],
  [0x50, '&'],
  [0x60, '<<'],
  [0x70, '>>'],
  [0xa0, '^'],
]);

// BPF_OP for class BPF_JMP: the comparison and its opposite.
const comparison = new Map<number, (operand: string) => [string, string]>([
  [0x10, (operand) => [`A == ${operand}`, `A != ${operand}`]],
  [0x20, (operand) => [`A > ${operand}`, `A <= ${operand}`]],
  [0x30, (operand) => [`A >= ${operand}`, `A < ${operand}`]],
  [0x40, (operand) => [`A & ${operand}`, `!(A & ${operand})`]],
]);

function describeJump(
  { code, jt, jf, k }: Instruction,
  index: number,
  state: FlowState | undefined,
  naming: Naming,
): Description {
  const { text: operand, comment } = usesX(code) ? { text: 'X' } : describeOperand(k, code, state, naming);
  const [condition, opposite] = comparison.get(code & 0xf0)!(operand);
  const whenTrue = target(index + 1 + jt);
  const whenFalse = target(index + 1 + jf);
  if (jt === jf) return { text: `if (${condition}) goto ${whenTrue} else goto ${whenFalse}`, comment: 'either way' };
  if (jf === 0) return { text: `if (${condition}) goto ${whenTrue}`, comment };
  if (jt === 0) return { text: `if (${opposite}) goto ${whenFalse}`, comment };
  return { text: `if (${condition}) goto ${whenTrue} else goto ${whenFalse}`, comment };
}

/** What A is compared with, by name where the comparison is for equality and the name is the only one. */
function describeOperand(k: number, code: number, state: FlowState | undefined, naming: Naming): Description {
  const equality = code === Opcode.JEQ_K;
  if (state?.a === SeccompDataOffset.ARCH && equality) return { text: archName(k) };
  if (state?.a !== SeccompDataOffset.NR || code === Opcode.JSET_K) {
    const argument = argumentOf(state?.a, state, naming, 'low');
    return { text: hex(k), comment: code === Opcode.JSET_K ? argument?.mask(k) : argument?.value(k) };
  }
  // A negative number is no system call (libseccomp's tables hold pseudo system calls there), but -1 is a tracer's "skip".
  if (k > MAX_SYSCALL) return { text: equality ? String(k | 0) : hex(k) };
  const number = k < X32_SYSCALL_BIT ? String(k) : hex(k);
  const owners = syscallArchitectures(k, state, naming);
  if (!equality && k === X32_SYSCALL_BIT && owners.includes(X32))
    return { text: number, comment: 'first number of x32' };
  const names = owners.map((owner) => [owner.name, naming.syscallName(owner.token, k)] as const);
  const [only, ...others] = new Set(names.map(([, name]) => name));
  if (only !== undefined && others.length === 0) {
    const name = owners.every((owner) => owner === X32) ? `x32:${only}` : only;
    return equality ? { text: name } : { text: number, comment: name };
  }
  const known = names.filter(([, name]) => name !== undefined).map((pair) => pair.join(':'));
  return { text: number, comment: known.length > 0 ? known.join(', ') : undefined };
}

/** The architectures under which a system call number may be meant here. */
function syscallArchitectures(nr: number, state: FlowState, { assumed }: Naming): Architecture[] {
  return possibleArchitectures(state, assumed).map(({ auditArch }) => callArchitecture(auditArch, nr) as Architecture);
}

/** The argument at an offset, by its name in the few system calls that get here; with `half`, only that half of it. */
function argumentOf(offset: LoadedOffset, state: FlowState | undefined, naming: Naming, half?: 'low' | 'high') {
  const argument = offset === undefined ? undefined : argumentAt(offset, naming.endianness);
  if (argument === undefined || state?.nr === undefined || (half ?? argument.half) !== argument.half) return undefined;
  const calls = [...state.nr].flatMap((nr) =>
    syscallArchitectures(nr, state, naming).map((architecture) => ({
      name: naming.syscallName(architecture.token, nr),
      architecture,
    })),
  );
  const named = calls.flatMap(({ name, architecture }) => (name === undefined ? [] : [{ name, architecture }]));
  return named.length === calls.length ? nameArgument(named, argument.index) : undefined;
}

/** A return value without loss: data is in brackets wherever there is any. */
function describeReturn(k: number, state: FlowState | undefined, { assumed }: Naming): Description {
  const { kind } = decodeReturnValue(k);
  const data = k & ACTION_DATA_MASK;
  switch (kind) {
    case 'UNKNOWN':
      return { text: `return ${hex(k)}`, comment: 'unknown action: KILL_PROCESS' };
    case 'ERRNO':
      return describeErrno(data, state ? possibleArchitectures(state, assumed) : []);
    case 'TRACE':
      return { text: `return TRACE(${data})` };
    case 'TRAP':
      return data === 0 ? { text: 'return TRAP' } : { text: `return TRAP(${data})`, comment: `si_errno ${data}` };
    default:
      return data === 0
        ? { text: `return ${kind}` }
        : { text: `return ${kind}(${data})`, comment: 'the data has no effect' };
  }
}

function describeErrno(errno: number, architectures: readonly Architecture[]): Description {
  if (errno > MAX_ERRNO) return { text: `return ERRNO(${errno})`, comment: `the kernel makes it ${MAX_ERRNO}` };
  const name = commonErrnoName(errno, architectures);
  if (name !== undefined) return { text: `return ERRNO(${name})` };
  const names = architectures.flatMap((each) => {
    const own = errnoName(errno, each.name);
    return own === undefined ? [] : [`${each.name}:${own}`];
  });
  return { text: `return ERRNO(${errno})`, comment: names.length > 0 ? names.join(', ') : undefined };
}

/** `args[2].high`: the half of a 64-bit field that a load from `offset` gets depends on the byte order. */
function fieldName(offset: number, endianness: Endianness): string {
  if (offset === SeccompDataOffset.NR) return 'nr';
  if (offset === SeccompDataOffset.ARCH) return 'arch';
  const argument = argumentAt(offset, endianness);
  if (argument) return `args[${argument.index}].${argument.half}`;
  const ip = argumentAt(offset + 8, endianness);
  return offset >= SeccompDataOffset.INSTRUCTION_POINTER && ip?.index === 0
    ? `instruction_pointer.${ip.half}`
    : `seccomp_data[${offset}]`;
}

function archName(auditArch: number): string {
  return auditArchitecture(auditArch)?.name ?? hex(auditArch);
}

const hex = (value: number) => `0x${value.toString(16)}`;
const target = (index: number) => String(index).padStart(4, '0');
