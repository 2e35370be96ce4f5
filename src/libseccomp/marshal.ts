import { InvalidArgumentError } from '../errors.js';
import type { CompareOperator } from '../policy.js';
import type { LibseccompExports } from './exports.js';
import { LibseccompCrashError } from './libseccomp-error.js';

/** `enum scmp_compare` of seccomp.h. */
const COMPARE: Record<CompareOperator, number> = { NE: 1, LT: 2, LE: 3, EQ: 4, GE: 5, GT: 6, MASKED_EQ: 7 };

/** A condition on one argument as `struct scmp_arg_cmp` has it: `value` is datum_a, `valueTwo` datum_b (0 if absent). */
export interface ArgumentComparison {
  /** Argument number; libseccomp takes 0..5. */
  readonly index: number;
  readonly op: CompareOperator;
  /** With MASKED_EQ the mask, else the value compared with; unsigned 64 bits. */
  readonly value: bigint;
  /** With MASKED_EQ the value compared with; unsigned 64 bits. */
  readonly valueTwo?: bigint;
}

/** sizeof(struct scmp_arg_cmp): u32 arg, u32 op, u64 datum_a, u64 datum_b; little-endian as all wasm memory. */
const COMPARISON_SIZE = 24;
const SCRATCH_COMPARISONS = 8;
const SCRATCH_STRING = 256;

const MAX_DATUM = 2n ** 64n - 1n;

/** DataView wraps what does not fit; a wrapped value would be another rule. */
function checkComparison({ index, op, value, valueTwo = 0n }: ArgumentComparison): void {
  if (!Number.isInteger(index) || index < 0 || index > 0xffffffff) {
    throw new InvalidArgumentError(`argument index ${index} is not one of 0..5`);
  }
  if (!Object.hasOwn(COMPARE, op)) {
    throw new InvalidArgumentError(`operator ${op} is not one of ${Object.keys(COMPARE).join(', ')}`);
  }
  for (const datum of [value, valueTwo]) {
    if (typeof datum !== 'bigint' || datum < 0n || datum > MAX_DATUM) {
      throw new InvalidArgumentError(`${datum} is not a bigint in 0..2^64-1`);
    }
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface MemoryViews {
  readonly words: DataView;
  readonly bytes: Uint8Array;
}

function viewsOf(buffer: ArrayBuffer): MemoryViews {
  return { words: new DataView(buffer), bytes: new Uint8Array(buffer) };
}

/**
 * The only code that knows the module's memory layout. Holds one scratch area, reused by every call, so that adding a
 * rule allocates nothing.
 */
export class Marshal {
  readonly #exports: LibseccompExports;
  readonly #scratch: number;
  #views: MemoryViews;

  constructor(exports: LibseccompExports) {
    this.#exports = exports;
    this.#scratch = this.allocate(SCRATCH_COMPARISONS * COMPARISON_SIZE + SCRATCH_STRING);
    this.#views = viewsOf(exports.memory.buffer);
  }

  /** The memory as it is now: growing it detaches older views. */
  get #memory(): MemoryViews {
    const { buffer } = this.#exports.memory;
    if (this.#views.bytes.buffer !== buffer) this.#views = viewsOf(buffer);
    return this.#views;
  }

  allocate(size: number): number {
    const pointer = this.#exports.malloc(size);
    if (pointer === 0) throw new LibseccompCrashError(`out of wasm memory (${size} bytes)`);
    return pointer;
  }

  /** Call `use` with a NUL-terminated UTF-8 copy of `text`, which lives until `use` returns. */
  withString<T>(text: string, use: (pointer: number) => T): T {
    if (text.length < SCRATCH_STRING && this.#writeAscii(text)) return use(this.#scratch);
    const bytes = encoder.encode(text);
    const fits = bytes.length < SCRATCH_STRING;
    const pointer = fits ? this.#scratch : this.allocate(bytes.length + 1);
    try {
      const memory = this.#memory.bytes;
      memory.set(bytes, pointer);
      memory[pointer + bytes.length] = 0;
      return use(pointer);
    } finally {
      if (!fits) this.#exports.free(pointer);
    }
  }

  /**
   * Write a text that is ASCII, as names of system calls are: that takes a fraction of the time. Returns whether it
   * was.
   */
  #writeAscii(text: string): boolean {
    const memory = this.#memory.bytes;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      memory[this.#scratch + index] = code;
    }
    memory[this.#scratch + text.length] = 0;
    return true;
  }

  /** The text at `pointer` up to its NUL. */
  readString(pointer: number): string {
    const memory = this.#memory.bytes;
    return decoder.decode(memory.subarray(pointer, memory.indexOf(0, pointer)));
  }

  /** Write comparisons for seccomp_rule_add_array(3); valid until the next call that uses the scratch area. */
  writeComparisons(comparisons: readonly ArgumentComparison[]): number {
    const memory = this.#memory.words;
    let at = this.#scratch;
    for (const comparison of comparisons) {
      checkComparison(comparison);
      const { index, op, value, valueTwo = 0n } = comparison;
      memory.setUint32(at, index, true);
      memory.setUint32(at + 4, COMPARE[op], true);
      memory.setBigUint64(at + 8, value, true);
      memory.setBigUint64(at + 16, valueTwo, true);
      at += COMPARISON_SIZE;
    }
    return this.#scratch;
  }

  /** Call `use` with a pointer to a 32-bit word holding `initial`, and return the word afterwards beside the result. */
  withWord<T>(initial: number, use: (pointer: number) => T): { result: T; word: number } {
    this.#memory.words.setUint32(this.#scratch, initial, true);
    const result = use(this.#scratch);
    return { result, word: this.#memory.words.getUint32(this.#scratch, true) };
  }

  readWord(pointer: number): number {
    return this.#memory.words.getUint32(pointer, true);
  }

  /** A copy of `length` bytes at `pointer`. */
  readBytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, pointer, length).slice();
  }

  /** The bytes a wasi `fd_write` call names: `count` pairs of pointer and length at `vectors`. */
  readVectors(vectors: number, count: number): Uint8Array[] {
    return Array.from({ length: count }, (_, i) =>
      this.readBytes(this.readWord(vectors + i * 8), this.readWord(vectors + i * 8 + 4)),
    );
  }

  writeWord(pointer: number, value: number): void {
    this.#memory.words.setUint32(pointer, value, true);
  }
}

/** The most comparisons {@link Marshal.writeComparisons} takes; libseccomp itself takes 6 (one per argument). */
export const MAX_COMPARISONS = SCRATCH_COMPARISONS;
