import type { Architecture } from '../../architecture.js';

/** Byte order of a program and of the `struct seccomp_data` it reads. */
export type Endianness = Architecture['endianness'];

/** One classic BPF instruction as plain data: `struct sock_filter` of linux/filter.h. */
export interface Instruction {
  /** Operation, 16 bits; those seccomp takes are in {@link Opcode}. */
  readonly code: number;
  /** Instructions to skip when a conditional jump's condition holds, 0..255. */
  readonly jt: number;
  /** Instructions to skip when it does not hold, 0..255. */
  readonly jf: number;
  /** Operand, 32 bits unsigned. */
  readonly k: number;
}

/** BPF_MAXINSNS of linux/bpf_common.h. */
export const MAX_INSTRUCTIONS = 4096;
/** BPF_MEMWORDS of linux/filter.h: scratch memory, in 32-bit words. */
export const SCRATCH_WORDS = 16;
/** sizeof(struct seccomp_data) of linux/seccomp.h, in bytes. */
export const SECCOMP_DATA_SIZE = 64;
/** sizeof(struct sock_filter) of linux/filter.h, in bytes. */
export const INSTRUCTION_SIZE = 8;

/** Byte offsets in `struct seccomp_data` of linux/seccomp.h. */
export const SeccompDataOffset = { NR: 0, ARCH: 4, INSTRUCTION_POINTER: 8, ARGS: 16 } as const;

/**
 * Every operation that the kernel takes in a seccomp filter (kernel/seccomp.c, `seccomp_check_filter`): 32-bit loads only,
 * no packet access, no BPF_MOD. `_K` operates with the operand, `_X` with the index register.
 */
export const Opcode = {
  LD_ABS: 0x20,
  LD_LEN: 0x80,
  LD_IMM: 0x00,
  LD_MEM: 0x60,
  LDX_LEN: 0x81,
  LDX_IMM: 0x01,
  LDX_MEM: 0x61,
  ST: 0x02,
  STX: 0x03,
  TAX: 0x07,
  TXA: 0x87,
  ADD_K: 0x04,
  ADD_X: 0x0c,
  SUB_K: 0x14,
  SUB_X: 0x1c,
  MUL_K: 0x24,
  MUL_X: 0x2c,
  DIV_K: 0x34,
  DIV_X: 0x3c,
  OR_K: 0x44,
  OR_X: 0x4c,
  AND_K: 0x54,
  AND_X: 0x5c,
  LSH_K: 0x64,
  LSH_X: 0x6c,
  RSH_K: 0x74,
  RSH_X: 0x7c,
  NEG: 0x84,
  XOR_K: 0xa4,
  XOR_X: 0xac,
  JA: 0x05,
  JEQ_K: 0x15,
  JEQ_X: 0x1d,
  JGT_K: 0x25,
  JGT_X: 0x2d,
  JGE_K: 0x35,
  JGE_X: 0x3d,
  JSET_K: 0x45,
  JSET_X: 0x4d,
  RET_K: 0x06,
  RET_A: 0x16,
} as const;

/** A value of {@link Opcode}. */
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

// Per operation code, all of which are below 256: one look-up is faster than conditions in a loop over instructions.
const opcodes = new Uint8Array(256);
const conditionalJumps = new Uint8Array(256);
for (const code of Object.values(Opcode)) {
  opcodes[code] = 1;
  // BPF_JMP of linux/bpf_common.h, but BPF_JA
  if ((code & 0x07) === 0x05 && code !== Opcode.JA) conditionalJumps[code] = 1;
}

/**
 * Whether seccomp takes the operation.
 *
 * @throws nothing: it is false for any other number
 *
 * @example
 * ```js
 * import { Opcode, isOpcode } from 'libseccomp-wasm/bpf';
 *
 * console.log(isOpcode(Opcode.JEQ_K), isOpcode(0x94)); // true false
 * ```
 */
export function isOpcode(code: number): code is Opcode {
  return opcodes[code] === 1;
}

/**
 * Whether the operation is a jump on a condition (JEQ, JGT, JGE or JSET).
 *
 * @throws nothing: it is false for any other number
 *
 * @example
 * ```js
 * import { Opcode, isConditionalJump } from 'libseccomp-wasm/bpf';
 *
 * console.log(isConditionalJump(Opcode.JEQ_K), isConditionalJump(Opcode.JA)); // true false
 * ```
 */
export function isConditionalJump(code: number): boolean {
  return conditionalJumps[code] === 1;
}

/** The bit of an operation that says that its second operand is X (BPF_X of linux/bpf_common.h). */
const SOURCE_X = 0x08;

/** Whether an arithmetic operation's or a comparison's second operand is X; else it is `k`. */
export function usesX(code: number): boolean {
  return (code & SOURCE_X) !== 0;
}

/** The operation with `k` for its second operand: of `_K` and `_X` the one, of any other operation itself. */
export function operationWithK(code: number): number {
  return code & ~SOURCE_X;
}

/** Whether the operation ends the program. */
export function isReturn(code: number): boolean {
  return code === Opcode.RET_K || code === Opcode.RET_A;
}

/** Whether a conditional jump's comparison of two known values, of 32 bits, holds. */
export function jumpHolds(code: number, a: number, operand: number): boolean {
  switch (operationWithK(code)) {
    case Opcode.JEQ_K:
      return a === operand;
    case Opcode.JGT_K:
      return a >>> 0 > operand >>> 0;
    case Opcode.JGE_K:
      return a >>> 0 >= operand >>> 0;
    default:
      return (a & operand) !== 0;
  }
}

/**
 * Where control can go after the instruction at `index`: absolute indices, a conditional jump's "holds" before its "does
 * not hold"; none after a return. Targets past the program's end are given as they are.
 *
 * @throws nothing: an unknown operation goes on with the next instruction
 *
 * @example
 * ```js
 * import { Opcode, successors } from 'libseccomp-wasm/bpf';
 *
 * console.log(successors({ code: Opcode.JEQ_K, jt: 0, jf: 3, k: 101 }, 1)); // [ 2, 5 ]
 * console.log(successors({ code: Opcode.RET_K, jt: 0, jf: 0, k: 0 }, 2)); // []
 * ```
 */
export function successors(instruction: Instruction, index: number): number[] {
  const { code, jt, jf, k } = instruction;
  if (isReturn(code)) return [];
  if (code === Opcode.JA) return [index + 1 + k];
  if (isConditionalJump(code)) return [index + 1 + jt, index + 1 + jf];
  return [index + 1];
}
