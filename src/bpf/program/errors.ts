import { ScmpError } from '../../errors.js';

export type InvalidProgramReason =
  /** Not 1 to 4096 instructions of 8 bytes each. */
  | 'LENGTH'
  /** No operation that seccomp takes. */
  | 'OPERATION'
  /** A load that is not a 4-byte aligned word inside `struct seccomp_data`. */
  | 'LOAD_OFFSET'
  /** A jump past the end. */
  | 'JUMP_TARGET'
  /** The last instruction is not a return. */
  | 'NO_RETURN'
  /** A division by the constant 0. */
  | 'DIVISION_BY_ZERO'
  /** A shift by a constant of 32 or more. */
  | 'SHIFT'
  /** A scratch memory slot past 15. */
  | 'SCRATCH_SLOT'
  /** A load from a scratch slot that some path reaches without a store to it. */
  | 'SCRATCH_UNSET';

/**
 * A program that no Linux kernel would install as a seccomp filter (seccomp(2): EINVAL).
 *
 * @example
 * ```js
 * import { InvalidProgramError, Opcode, verifyProgram } from 'libseccomp-wasm/bpf';
 *
 * try {
 *   verifyProgram([{ code: Opcode.LD_ABS, jt: 0, jf: 0, k: 2 }]);
 * } catch (error) {
 *   console.log(error instanceof InvalidProgramError, error.reason); // true LOAD_OFFSET
 *   console.log(error.message); // invalid BPF program: instruction 0: load from offset 2; must be a multiple of 4 below 64
 * }
 * ```
 */
export class InvalidProgramError extends ScmpError {
  static override readonly brand = 'InvalidProgramError';
  readonly code = 'INVALID_PROGRAM';
  readonly reason: InvalidProgramReason;
  /** The instruction at fault, counted from 0; absent when it is the program as a whole. */
  readonly index?: number;

  constructor(reason: InvalidProgramReason, message: string, index?: number) {
    super(
      index === undefined ? `invalid BPF program: ${message}` : `invalid BPF program: instruction ${index}: ${message}`,
    );
    this.reason = reason;
    if (index !== undefined) this.index = index;
  }
}

/**
 * The byte order of bare bytes could not be detected, and was not given.
 *
 * @example
 * ```js
 * import { UnknownByteOrderError, detectEndianness } from 'libseccomp-wasm/bpf';
 *
 * try {
 *   detectEndianness(new Uint8Array());
 * } catch (error) {
 *   console.log(error instanceof UnknownByteOrderError, error.code); // true UNKNOWN_BYTE_ORDER
 * }
 * ```
 */
export class UnknownByteOrderError extends ScmpError {
  static override readonly brand = 'UnknownByteOrderError';
  readonly code = 'UNKNOWN_BYTE_ORDER';
}
