import type { SeccompData } from '../execution/simulate.js';
import type { Endianness } from '../program/instruction.js';
import { SeccompDataOffset } from '../program/instruction.js';

// The variables of a decision diagram are the bits of `struct seccomp_data`, most significant first. They are in the
// order in which filters test them: architecture, number, arguments 0 to 5 (high half, low half), instruction pointer.
// This is an order of meaning, not of place in memory, so that programs of both byte orders have diagrams over the same
// variables.

/**
 * The order of the arguments' variables. `fields`: one argument after the other, as above. `bits`: the most significant
 * bits of all arguments, then the next. What compares bits of one argument with the same bits of another is small in that
 * order alone. Only a proof uses it: ranges and conditions of one argument are read off the other.
 */
export type VariableOrder = 'fields' | 'bits';

/** Bits in a word that a filter loads. */
export const WORD_BITS = 32;

/** The first level of each field. */
export const Level = {
  ARCH: 0,
  NR: 32,
  /** Argument n starts at ARGUMENTS + 64 n. */
  ARGUMENTS: 64,
  INSTRUCTION_POINTER: 64 + 6 * 64,
  END: 64 + 7 * 64,
} as const;

/** A 64-bit field as the order of variables numbers them: arguments 0 to 5, and 6 for the instruction pointer. */
export type Field = 0 | 1 | 2 | 3 | 4 | 5 | 6;
export const INSTRUCTION_POINTER_FIELD = 6;

/** The level of a 64-bit field's most significant bit; the others follow. */
export function fieldLevel(field: number): number {
  return Level.ARGUMENTS + 64 * field;
}

/** The level of the same variable in another order. */
export function levelIn(order: VariableOrder, level: number): number {
  if (order === 'fields' || level < Level.ARGUMENTS || level >= Level.INSTRUCTION_POINTER) return level;
  const at = level - Level.ARGUMENTS;
  return Level.ARGUMENTS + 6 * (at & 63) + (at >> 6);
}

/** The level in the order `fields` of the variable that another order has at `level`. */
export function fieldsLevel(order: VariableOrder, level: number): number {
  if (order === 'fields' || level < Level.ARGUMENTS || level >= Level.INSTRUCTION_POINTER) return level;
  const at = level - Level.ARGUMENTS;
  return Level.ARGUMENTS + 64 * (at % 6) + Math.floor(at / 6);
}

/** The level of the most significant bit of the word at a byte offset of `struct seccomp_data`. */
export function levelOfOffset(offset: number, endianness: Endianness): number {
  if (offset === SeccompDataOffset.NR) return Level.NR;
  if (offset === SeccompDataOffset.ARCH) return Level.ARCH;
  const isIp = offset < SeccompDataOffset.ARGS;
  const word = (offset - (isIp ? SeccompDataOffset.INSTRUCTION_POINTER : SeccompDataOffset.ARGS)) / 4;
  const field = isIp ? INSTRUCTION_POINTER_FIELD : word >> 1;
  const isHigh = (word & 1) === (endianness === 'little' ? 1 : 0);
  return fieldLevel(field) + (isHigh ? 0 : WORD_BITS);
}

/** The byte offset in `struct seccomp_data` of the word whose most significant bit is the variable of `level`. */
export function offsetOfLevel(level: number, endianness: Endianness): number {
  if (level === Level.NR) return SeccompDataOffset.NR;
  if (level === Level.ARCH) return SeccompDataOffset.ARCH;
  const word = (level - Level.ARGUMENTS) / WORD_BITS;
  const isFirst = (word & 1) === (endianness === 'little' ? 1 : 0);
  const isIp = word >> 1 === INSTRUCTION_POINTER_FIELD;
  const start = isIp ? SeccompDataOffset.INSTRUCTION_POINTER : SeccompDataOffset.ARGS + 8 * (word >> 1);
  return start + (isFirst ? 0 : 4);
}

/** The value of the variable of a level: 0 or 1. */
export function bitOf({ arch, nr, args, instructionPointer }: SeccompData, level: number): 0 | 1 {
  if (level < Level.NR) return ((arch >>> (31 - level)) & 1) as 0 | 1;
  if (level < Level.ARGUMENTS) return ((nr >>> (31 - (level - Level.NR))) & 1) as 0 | 1;
  const at = level - Level.ARGUMENTS;
  const value = at < 6 * 64 ? args[at >> 6]! : instructionPointer;
  return Number((value >> BigInt(63 - (at & 63))) & 1n) as 0 | 1;
}
