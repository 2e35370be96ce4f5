import { isConditionalJump, isOpcode, Opcode, SECCOMP_DATA_SIZE, usesX } from './instruction.js';

/**
 * A place that holds 32 bits: the registers A and X, and the slot of scratch memory that an operation's operand names. Bits,
 * so that several are a set; {@link cellsAt} tells the slots apart.
 */
export const Cell = { A: 1, X: 2, SLOT: 4 } as const;

/** What an operation reads and writes. */
export interface Effect {
  /** The cells whose content makes a difference to what it does, as a set of {@link Cell}. */
  readonly reads: number;
  /** The cell that it fills; 0 for a jump or a return. */
  readonly writes: number;
  /**
   * What it fills the cell with: a word of `struct seccomp_data`, a constant ({@link constantOf}), the content of the one
   * cell that it reads, or something computed from what it reads. For a jump or a return this says nothing.
   */
  readonly gives: 'input' | 'constant' | 'cell' | 'computed';
}

/** BPF_CLASS of linux/bpf_common.h; MISC is the moves between A and X. */
const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, RET: 6, MISC: 7 } as const;
const CLASS_MASK = 0x07;
/** BPF_MODE of linux/bpf_common.h, of loads. */
const MODE = { IMM: 0x00, ABS: 0x20, MEM: 0x60, LEN: 0x80 } as const;
const MODE_MASK = 0xe0;

function effectOfOpcode(code: Opcode): Effect {
  const operands = Cell.A | (usesX(code) ? Cell.X : 0);
  switch (code & CLASS_MASK) {
    case CLASS.LD:
      return loadOf(code, Cell.A);
    case CLASS.LDX:
      return loadOf(code, Cell.X);
    case CLASS.ST:
      return { reads: Cell.A, writes: Cell.SLOT, gives: 'cell' };
    case CLASS.STX:
      return { reads: Cell.X, writes: Cell.SLOT, gives: 'cell' };
    case CLASS.ALU:
      return { reads: operands, writes: Cell.A, gives: 'computed' };
    case CLASS.JMP:
      return { reads: isConditionalJump(code) ? operands : 0, writes: 0, gives: 'computed' };
    case CLASS.RET:
      return { reads: code === Opcode.RET_A ? Cell.A : 0, writes: 0, gives: 'computed' };
    default:
      return code === Opcode.TAX
        ? { reads: Cell.A, writes: Cell.X, gives: 'cell' }
        : { reads: Cell.X, writes: Cell.A, gives: 'cell' };
  }
}

function loadOf(code: Opcode, writes: number): Effect {
  switch (code & MODE_MASK) {
    case MODE.ABS:
      return { reads: 0, writes, gives: 'input' };
    case MODE.MEM:
      return { reads: Cell.SLOT, writes, gives: 'cell' };
    default:
      return { reads: 0, writes, gives: 'constant' };
  }
}

/** Nothing is known of what seccomp does not take: it may read whatever there is, and leaves something in A. */
const UNKNOWN: Effect = { reads: Cell.A | Cell.X | Cell.SLOT, writes: Cell.A, gives: 'computed' };

const EFFECTS: readonly Effect[] = Array.from({ length: 256 }, (_, code) =>
  isOpcode(code) ? effectOfOpcode(code) : UNKNOWN,
);

/** What an operation reads and writes. */
export function effectOf(code: number): Effect {
  return EFFECTS[code] ?? UNKNOWN;
}

/** A set of cells where slots are told apart: slot n's bit is that of {@link Cell.SLOT} shifted by n. */
export function cellsAt(cells: number, operand: number): number {
  return (cells & Cell.SLOT) === 0 ? cells : (cells & ~Cell.SLOT) | (Cell.SLOT << operand);
}

/** What a load of a constant gives: the length of `struct seccomp_data`, or the operand. */
export function constantOf({ code, k }: { code: number; k: number }): number {
  return (code & MODE_MASK) === MODE.LEN ? SECCOMP_DATA_SIZE : k;
}

/** Whether the machine looks at an operation's `k`. */
export function usesOperand(code: number): boolean {
  switch (code & CLASS_MASK) {
    case CLASS.LD:
    case CLASS.LDX:
      return code !== Opcode.LD_LEN && code !== Opcode.LDX_LEN;
    case CLASS.ALU:
      return code !== Opcode.NEG && !usesX(code);
    case CLASS.JMP:
      return !usesX(code);
    case CLASS.RET:
      return code === Opcode.RET_K;
    case CLASS.MISC:
      return false;
    default:
      return true;
  }
}
