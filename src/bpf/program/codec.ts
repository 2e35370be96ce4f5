import { parseArchitecture } from '../../architecture.js';
import { InvalidArgumentError } from '../../errors.js';
import { BYTES, checkArgument, LIST } from '../../options.js';
import { InvalidProgramError, UnknownByteOrderError } from './errors.js';
import { type Endianness, INSTRUCTION_SIZE, type Instruction, isOpcode } from './instruction.js';
import type { FilterProgram } from './program.js';

/** A program whose instructions and byte order are known. */
export interface DecodedProgram {
  readonly instructions: readonly Instruction[];
  readonly endianness: Endianness;
}

/** A program in any of its forms. The byte order of bare bytes is detected ({@link detectEndianness}) or given. */
export type ProgramInput = FilterProgram | DecodedProgram | Uint8Array;

/**
 * Read `struct sock_filter` after `struct sock_filter` (u16 code, u8 jt, u8 jf, u32 k; linux/filter.h). Checks the
 * length only: see `verifyProgram` for the rest.
 *
 * @throws {InvalidProgramError} when the length is no multiple of 8
 *
 * @example
 * ```js
 * import { decodeProgram } from 'libseccomp-wasm/bpf';
 *
 * const bytes = Uint8Array.from([0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]);
 * console.log(decodeProgram(bytes, 'little')); // [ { code: 6, jt: 0, jf: 0, k: 2147418112 } ]
 * ```
 */
export function decodeProgram(bytes: Uint8Array, endianness: Endianness): Instruction[] {
  checkArgument('decodeProgram', 'bytes', bytes, BYTES);
  if (bytes.length % INSTRUCTION_SIZE !== 0) {
    throw new InvalidProgramError(
      'LENGTH',
      `${bytes.length} bytes are no whole number of instructions (${INSTRUCTION_SIZE} bytes each); is the file cut off, or not BPF?`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = endianness === 'little';
  return Array.from({ length: bytes.length / INSTRUCTION_SIZE }, (_, index) => {
    const at = index * INSTRUCTION_SIZE;
    return {
      code: view.getUint16(at, little),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, little),
    };
  });
}

/**
 * The reverse of {@link decodeProgram}.
 *
 * @throws {InvalidArgumentError} when a field is out of its range
 *
 * @example
 * ```js
 * import { Opcode, encodeProgram } from 'libseccomp-wasm/bpf';
 *
 * const bytes = encodeProgram([{ code: Opcode.RET_K, jt: 0, jf: 0, k: 0x7fff0000 }], 'big');
 * console.log(bytes.length, bytes[1] === Opcode.RET_K); // 8 true
 * ```
 */
export function encodeProgram(instructions: readonly Instruction[], endianness: Endianness): Uint8Array {
  checkArgument('encodeProgram', 'instructions', instructions, LIST);
  const bytes = new Uint8Array(instructions.length * INSTRUCTION_SIZE);
  const view = new DataView(bytes.buffer);
  const little = endianness === 'little';
  instructions.forEach((instruction, index) => {
    checkFields(instruction, index);
    const at = index * INSTRUCTION_SIZE;
    view.setUint16(at, instruction.code, little);
    view.setUint8(at + 2, instruction.jt);
    view.setUint8(at + 3, instruction.jf);
    view.setUint32(at + 4, instruction.k, little);
  });
  return bytes;
}

const FIELD_MAXIMA = { code: 0xffff, jt: 0xff, jf: 0xff, k: 0xffffffff } as const;

/**
 * Check that every field of an instruction made by hand is in the range of its bits.
 *
 * @throws {InvalidArgumentError} when one is not
 */
export function checkFields(instruction: Instruction, index: number): void {
  const { code, jt, jf, k } = instruction;
  if ((code & FIELD_MAXIMA.code) === code && (jt & FIELD_MAXIMA.jt) === jt && (jf & FIELD_MAXIMA.jf) === jf) {
    if (k >>> 0 === k) return;
  }
  for (const [name, max] of Object.entries(FIELD_MAXIMA)) {
    const value = instruction[name as keyof Instruction];
    if (!Number.isInteger(value) || value < 0 || value > max) {
      throw new InvalidArgumentError(`instruction ${index}: ${name} is ${value}, must be an integer from 0 to ${max}`);
    }
  }
}

/**
 * Whether bytes are whole instructions of known operations, in either byte order: a program rather than a text. No text
 * is one: a letter, brace or blank is no operation's code.
 */
export function areInstructions(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes.length % INSTRUCTION_SIZE !== 0) return false;
  return (['little', 'big'] as const).some((endianness) =>
    decodeProgram(bytes, endianness).every(({ code }) => isOpcode(code)),
  );
}

/**
 * Detect the byte order by the operation codes. All codes of classic BPF are below 256, so one byte of each 16-bit
 * `code` is 0. The other byte of a return, with which every valid program ends, is never 0.
 *
 * @throws {UnknownByteOrderError} when both byte orders fit, or none does
 * @throws {InvalidProgramError} when the length is no multiple of 8
 *
 * @example
 * ```js
 * import { detectEndianness } from 'libseccomp-wasm/bpf';
 *
 * console.log(detectEndianness(Uint8Array.from([0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]))); // little
 * console.log(detectEndianness(Uint8Array.from([0, 0x06, 0, 0, 0x7f, 0xff, 0, 0]))); // big
 * ```
 */
export function detectEndianness(bytes: Uint8Array): Endianness {
  const plausible = (['little', 'big'] as const).filter((endianness) =>
    decodeProgram(bytes, endianness).every(({ code }) => code <= 0xff),
  );
  if (plausible.length === 1) return plausible[0]!;
  throw new UnknownByteOrderError(
    bytes.length === 0
      ? 'an empty program has no byte order; name its architecture'
      : `the program reads as BPF in ${plausible.length === 0 ? 'neither' : 'either'} byte order; name its architecture, or check that it is BPF`,
  );
}

/**
 * Decode a program in any form. The byte order is that of a {@link FilterProgram}'s architectures. For bare bytes it is
 * `endianness`, or what {@link detectEndianness} finds.
 *
 * @throws {InvalidProgramError} when the length is no multiple of 8
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when the architectures have both byte orders: one program cannot be right for both
 *
 * @example
 * ```js
 * import { readProgram } from 'libseccomp-wasm/bpf';
 *
 * const { instructions, endianness } = readProgram(Uint8Array.from([0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]));
 * console.log(endianness, instructions[0].k === 0x7fff0000); // little true
 * ```
 */
export function readProgram(input: ProgramInput, endianness?: Endianness): DecodedProgram {
  checkProgramInput(input);
  if (!(input instanceof Uint8Array) && 'instructions' in input) return input;
  const bytes = input instanceof Uint8Array ? input : input.program;
  const arches = input instanceof Uint8Array ? [] : input.arches;
  const orders = new Set(arches.map((name) => parseArchitecture(name).endianness));
  if (orders.size > 1) {
    throw new InvalidArgumentError(`architectures of both byte orders in one program: ${arches.join(', ')}`);
  }
  const [order = endianness ?? detectEndianness(bytes)] = orders;
  return { instructions: decodeProgram(bytes, order), endianness: order };
}

/**
 * Check that a caller gave a program.
 *
 * @throws {InvalidArgumentError} when it is something else, as its path
 */
export function checkProgramInput(input: unknown): asserts input is ProgramInput {
  if (BYTES.holds(input)) return;
  const { instructions, program, arches } = (Object(input) ?? {}) as Record<string, unknown>;
  if (Array.isArray(instructions) || (BYTES.holds(program) && Array.isArray(arches))) return;
  throw new InvalidArgumentError('a program is its bytes (a Uint8Array), or what compiling or decoding one returns');
}
