import type { Architecture } from '../../architecture.js';
import type { SourcePosition } from '../../errors.js';
import type { Endianness, Instruction } from '../program/instruction.js';

/** What stands in the place of `k`, before names have a meaning. */
export type Operand =
  | { kind: 'number'; value: number }
  /** `openat`, `x32:openat`, `CLONE_NEWNS|0x10`; one part is enough. */
  | { kind: 'names'; parts: readonly NamePart[]; position: SourcePosition }
  /** `ERRNO(EPERM)`: the name of the errno. */
  | { kind: 'errno'; name: string; position: SourcePosition }
  /** Half of the 64-bit field of `seccomp_data` that starts at a byte offset. */
  | { kind: 'half'; start: number; half: 'low' | 'high'; position: SourcePosition };

export type NamePart =
  | { kind: 'name'; name: string; architecture?: Architecture | undefined; position: SourcePosition }
  | { kind: 'number'; value: number };

/** Where a jump goes: to a label, or to what comes next. */
export type JumpTarget = { kind: 'label'; name: string; position: SourcePosition } | { kind: 'next' };

export interface SourceInstruction {
  position: SourcePosition;
  code: number;
  operand: Operand;
  /** Of `goto`. */
  target?: JumpTarget;
  /** Of a conditional jump. */
  branches?: readonly [whenTrue: JumpTarget, whenFalse: JumpTarget];
  /** All four fields as a listing or `.insn` gives them. */
  fields?: Instruction;
  /** Whether the fields are all there is. */
  raw?: boolean;
}

export interface SourceProgram {
  instructions: SourceInstruction[];
  /** Label to index. A label at the end stands for the instruction after the last. */
  labels: ReadonlyMap<string, number>;
  architectures?: readonly Architecture[] | undefined;
  endianness?: Endianness | undefined;
  /** The end of the text. */
  end: SourcePosition;
}
