import { ScmpError, type SourcePosition } from '../../errors.js';
import { formatPlace } from '../../source-place.js';

/**
 * A text that is meant to be a program and cannot be read as one. It is cut short, has a name that is not known here, or
 * does not hold the whole program. The message says where and what to do.
 *
 * @example
 * ```js
 * import { ProgramTextError, readProgramText } from 'libseccomp-wasm/bpf';
 *
 * try {
 *   readProgramText('filter=[BPF_STMT(BPF_LD|BPF_W|BPF_ABS, 0), ...]', { source: 'strace.log' });
 * } catch (error) {
 *   console.log(error instanceof ProgramTextError, error.position.line); // true 1
 * }
 * ```
 */
export class ProgramTextError extends ScmpError {
  static override readonly brand = 'ProgramTextError';
  readonly code = 'PROGRAM_TEXT';

  constructor(
    message: string,
    readonly source: string,
    readonly position: SourcePosition | undefined,
  ) {
    super(`${formatPlace(source, position)}: ${message}`);
  }
}

/** What a reader of a form says is wrong; {@link readProgramText} knows the file's name. */
export class TextFault extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}
