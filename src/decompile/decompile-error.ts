import { ScmpError } from '../errors.js';
import { printable } from '../text.js';

const LISTED = 12;

/**
 * No profile decides as a program does, or none that can be found. The message says which calls are in the way.
 *
 * @example
 * ```js
 * import { assemble } from 'libseccomp-wasm/bpf';
 * import { DecompileError, decompile } from 'libseccomp-wasm/explain';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * try {
 *   decompile(assemble('.arch x86_64\nA = instruction_pointer.low\nif (A == 0) goto no\nreturn ALLOW\nno: return KILL_THREAD'), { libseccomp: loadLibseccompSync() });
 * } catch (error) {
 *   console.log(error instanceof DecompileError, error.code); // true NO_EQUAL_PROFILE
 * }
 * ```
 */
export class DecompileError extends ScmpError {
  static override readonly brand = 'DecompileError';
  readonly code = 'NO_EQUAL_PROFILE';

  constructor(
    readonly source: string,
    /** What no profile can say, or says otherwise: a sentence each. */
    readonly reasons: readonly string[],
    options?: ErrorOptions,
  ) {
    const listed = reasons.slice(0, LISTED).map((reason) => `  ${printable(reason)}`);
    const more = reasons.length > LISTED ? [`  and ${reasons.length - LISTED} more`] : [];
    super(
      [
        `${printable(source)}: no profile decides as this program does; scmp explain says what it does`,
        ...listed,
        ...more,
      ].join('\n'),
      options,
    );
  }
}
