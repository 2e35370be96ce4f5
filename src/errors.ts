/** A place in a source text. Lines and columns count from 1, columns in UTF-16 code units; `offset` counts from 0. */
export interface SourcePosition {
  line: number;
  column: number;
  offset: number;
}

/**
 * The root of every error this package raises on purpose. `code` is stable and safe to switch on; `message` says what
 * is wrong, where, and what to do, and is for people.
 */
export abstract class ScmpError extends Error {
  abstract readonly code: string;
  /** The class's name, written out: bundlers rename classes. */
  abstract override readonly name: string;
}

/** A caller passed an argument that can never be right (a programming error, not a bad profile). */
export class InvalidArgumentError extends ScmpError {
  override readonly name = 'InvalidArgumentError';
  readonly code = 'INVALID_ARGUMENT';
}

/** This host cannot do what was asked: not Linux, no seccomp in the kernel, no koffi for this platform. */
export class UnsupportedHostError extends ScmpError {
  override readonly name = 'UnsupportedHostError';
  readonly code = 'UNSUPPORTED_HOST';
}
