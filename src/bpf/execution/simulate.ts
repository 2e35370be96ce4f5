import { kernelAction } from '../../action.js';
import { InvalidArgumentError } from '../../errors.js';
import { checkOptions } from '../../options.js';
import type { Action } from '../../policy.js';
import { type ProgramInput, readProgram } from '../program/codec.js';
import { type Endianness, Opcode, SCRATCH_WORDS, SECCOMP_DATA_SIZE, successors } from '../program/instruction.js';
import { verifyProgram } from '../program/verify.js';

/** `struct seccomp_data` of linux/seccomp.h: all that a filter sees of a system call. */
export interface SeccompData {
  /** System call number, as signed or unsigned 32 bits. */
  nr: number;
  /** AUDIT_ARCH_… of linux/audit.h, 32 bits unsigned. */
  arch: number;
  /** 64 bits unsigned. */
  instructionPointer: bigint;
  /** 64 bits unsigned each, on 32-bit architectures too. */
  args: readonly [bigint, bigint, bigint, bigint, bigint, bigint];
}

export interface Simulation {
  /** What the kernel does. */
  action: Action;
  /** What the filter returned, 32 bits unsigned. */
  returnValue: number;
  /** With `trace`: the indices of the instructions executed, in order. */
  path?: number[];
}

/** A program made ready to be asked many times. */
export interface Simulator {
  readonly endianness: Endianness;
  /**
   * The fast way: the return value (32 bits unsigned) on `struct seccomp_data` as its 16 words in the target's layout,
   * which {@link seccompDataWords} makes. With `path`, the index of each instruction executed is appended to it.
   */
  returnValue(words: Int32Array, path?: number[]): number;
  simulate(data: SeccompData, options?: { trace?: boolean | undefined }): Simulation;
}

const WORDS = SECCOMP_DATA_SIZE / 4;

/**
 * `struct seccomp_data` as a filter's loads see it: word n is the load from byte offset 4n. The halves of the 64-bit
 * fields (`instruction_pointer`, `args`) stand in the target's byte order. `into` (16 words) is filled and returned
 * when given.
 *
 * @throws {InvalidArgumentError} when a field is out of range
 *
 * @example
 * ```js
 * import { seccompDataWords } from 'libseccomp-wasm/bpf';
 *
 * const args = [0x100000002n, 0n, 0n, 0n, 0n, 0n];
 * const words = seccompDataWords({ nr: 101, arch: 0xc000003e, instructionPointer: 0n, args }, 'little');
 * console.log(words[0], words[4], words[5]); // 101 2 1
 * ```
 */
export function seccompDataWords(
  data: SeccompData,
  endianness: Endianness,
  into: Int32Array = new Int32Array(WORDS),
): Int32Array {
  if (!Number.isInteger(data.nr) || data.nr < -(2 ** 31) || data.nr >= 2 ** 32) {
    throw new InvalidArgumentError(`system call number ${data.nr} is no 32-bit integer`);
  }
  if (!Number.isInteger(data.arch) || data.arch < 0 || data.arch >= 2 ** 32) {
    throw new InvalidArgumentError(`audit architecture ${data.arch} is no unsigned 32-bit integer`);
  }
  if (data.args.length !== 6) throw new InvalidArgumentError(`${data.args.length} arguments; seccomp_data has 6`);
  into[0] = data.nr;
  into[1] = data.arch;
  const [low, high] = endianness === 'little' ? [0, 1] : [1, 0];
  [data.instructionPointer, ...data.args].forEach((value, index) => {
    if (value !== BigInt.asUintN(64, value)) {
      const name = index === 0 ? 'instruction pointer' : `argument ${index - 1}`;
      throw new InvalidArgumentError(`${name} ${value} is no unsigned 64-bit integer`);
    }
    into[2 + 2 * index + low] = Number(BigInt.asIntN(32, value));
    into[2 + 2 * index + high] = Number(BigInt.asIntN(32, value >> 32n));
  });
  return into;
}

// Adding this turns an unsigned 32-bit comparison into a signed one, so that the registers stay 32-bit integers.
const BIAS = 0x80000000 | 0;

/**
 * Prepare a program for simulation. It is verified first: what cannot be installed has no decisions. Semantics are
 * those of Linux, where classic BPF runs as eBPF (net/core/filter.c, `bpf_convert_filter`). Arithmetic is 32 bits wide
 * and wraps around, and shifts by X are modulo 32. Division by an X of 0 ends the program with 0, KILL_THREAD.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an option is unknown, or the program's architectures have both byte orders
 *
 * @example
 * ```js
 * import { assemble, createSimulator } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const simulator = createSimulator(filter);
 * const call = { nr: 101, arch: 0xc000003e, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] };
 * console.log(simulator.simulate(call).action); // { kind: 'ERRNO', data: 1 }
 * console.log(simulator.simulate({ ...call, nr: 102 }).action); // { kind: 'ALLOW' }
 * ```
 */
export function createSimulator(
  program: ProgramInput,
  options: { endianness?: Endianness | undefined } = {},
): Simulator {
  checkOptions('createSimulator', options, { endianness: ['little', 'big'] });
  const { instructions, endianness } = readProgram(program, options.endianness);
  verifyProgram(instructions);
  const targets = instructions.map(successors);
  const prepared: Prepared = {
    codes: Uint8Array.from(instructions, ({ code }) => code),
    operands: Int32Array.from(instructions, ({ k }) => k),
    whenTrue: Uint16Array.from(targets, ([target = 0]) => target),
    whenFalse: Uint16Array.from(targets, ([, target = 0]) => target),
    scratch: new Int32Array(SCRATCH_WORDS),
  };
  const returnValue = (words: Int32Array, path?: number[]) => execute(prepared, words, path);
  const buffer = new Int32Array(WORDS);
  return {
    endianness,
    returnValue,
    simulate(data, { trace = false } = {}) {
      const path: number[] | undefined = trace ? [] : undefined;
      const value = returnValue(seccompDataWords(data, endianness, buffer), path);
      return { action: kernelAction(value), returnValue: value, ...(path && { path }) };
    },
  };
}

/** A program by column. */
interface Prepared {
  readonly codes: Uint8Array;
  readonly operands: Int32Array;
  readonly whenTrue: Uint16Array;
  readonly whenFalse: Uint16Array;
  readonly scratch: Int32Array;
}

// No closure over the columns: once there are several, their optimised code fetches each column anew at every instruction.
function execute(
  { codes, operands, whenTrue, whenFalse, scratch }: Prepared,
  words: Int32Array,
  path: number[] | undefined,
): number {
  if (words.length !== WORDS) throw new InvalidArgumentError(`${words.length} words; seccomp_data has ${WORDS}`);
  let a = 0;
  let x = 0;
  let pc = 0;
  for (;;) {
    if (path !== undefined) path.push(pc);
    const k = operands[pc]!;
    switch (codes[pc]!) {
      case Opcode.JEQ_K:
        pc = a === k ? whenTrue[pc]! : whenFalse[pc]!;
        continue;
      case Opcode.JGT_K:
        pc = ((a + BIAS) | 0) > ((k + BIAS) | 0) ? whenTrue[pc]! : whenFalse[pc]!;
        continue;
      case Opcode.JGE_K:
        pc = ((a + BIAS) | 0) >= ((k + BIAS) | 0) ? whenTrue[pc]! : whenFalse[pc]!;
        continue;
      case Opcode.JSET_K:
        pc = (a & k) !== 0 ? whenTrue[pc]! : whenFalse[pc]!;
        continue;
      case Opcode.JEQ_X:
        pc = a === x ? whenTrue[pc]! : whenFalse[pc]!;
        continue;
      case Opcode.JGT_X:
        pc = ((a + BIAS) | 0) > ((x + BIAS) | 0) ? whenTrue[pc]! : whenFalse[pc]!;
        continue;
      case Opcode.JGE_X:
        pc = ((a + BIAS) | 0) >= ((x + BIAS) | 0) ? whenTrue[pc]! : whenFalse[pc]!;
        continue;
      case Opcode.JSET_X:
        pc = (a & x) !== 0 ? whenTrue[pc]! : whenFalse[pc]!;
        continue;
      case Opcode.JA:
        pc = whenTrue[pc]!;
        continue;
      case Opcode.LD_ABS:
        a = words[k >> 2]!;
        break;
      case Opcode.RET_K:
        return k >>> 0;
      case Opcode.RET_A:
        return a >>> 0;
      case Opcode.LD_IMM:
        a = k;
        break;
      case Opcode.LDX_IMM:
        x = k;
        break;
      case Opcode.LD_LEN:
        a = SECCOMP_DATA_SIZE;
        break;
      case Opcode.LDX_LEN:
        x = SECCOMP_DATA_SIZE;
        break;
      case Opcode.LD_MEM:
        a = scratch[k]!;
        break;
      case Opcode.LDX_MEM:
        x = scratch[k]!;
        break;
      case Opcode.ST:
        scratch[k] = a;
        break;
      case Opcode.STX:
        scratch[k] = x;
        break;
      case Opcode.TAX:
        x = a;
        break;
      case Opcode.TXA:
        a = x;
        break;
      case Opcode.AND_K:
        a &= k;
        break;
      case Opcode.AND_X:
        a &= x;
        break;
      case Opcode.OR_K:
        a |= k;
        break;
      case Opcode.OR_X:
        a |= x;
        break;
      case Opcode.XOR_K:
        a ^= k;
        break;
      case Opcode.XOR_X:
        a ^= x;
        break;
      case Opcode.ADD_K:
        a = (a + k) | 0;
        break;
      case Opcode.ADD_X:
        a = (a + x) | 0;
        break;
      case Opcode.SUB_K:
        a = (a - k) | 0;
        break;
      case Opcode.SUB_X:
        a = (a - x) | 0;
        break;
      case Opcode.MUL_K:
        a = Math.imul(a, k);
        break;
      case Opcode.MUL_X:
        a = Math.imul(a, x);
        break;
      case Opcode.DIV_K:
        a = ((a >>> 0) / (k >>> 0)) | 0;
        break;
      case Opcode.DIV_X:
        if (x === 0) return 0;
        a = ((a >>> 0) / (x >>> 0)) | 0;
        break;
      // JavaScript's shifts take the amount modulo 32, as eBPF's do.
      case Opcode.LSH_K:
        a <<= k;
        break;
      case Opcode.LSH_X:
        a <<= x;
        break;
      case Opcode.RSH_K:
        a = (a >>> k) | 0;
        break;
      case Opcode.RSH_X:
        a = (a >>> x) | 0;
        break;
      case Opcode.NEG:
        a = -a | 0;
        break;
    }
    pc++;
  }
}

/**
 * One decision of a program. For many of the same program use {@link createSimulator}.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when a field of the call is out of range, an option is unknown, or the program's
 * architectures have both byte orders
 *
 * @example
 * ```js
 * import { assemble, simulate } from 'libseccomp-wasm/bpf';
 *
 * const filter = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const call = { nr: 101, arch: 0xc000003e, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] };
 * const { action, path } = simulate(filter, call, { trace: true });
 * console.log(action, path); // { kind: 'ERRNO', data: 1 } [ 0, 1, 3 ]
 * ```
 */
export function simulate(
  program: ProgramInput,
  data: SeccompData,
  options: { trace?: boolean | undefined; endianness?: Endianness | undefined } = {},
): Simulation {
  const { trace, endianness, ...others } = options;
  checkOptions('simulate', others, {});
  return createSimulator(program, { endianness }).simulate(data, { trace });
}
