import { ScmpError } from '../../errors.js';
import { printable } from '../../text.js';

const LISTED = 12;

/**
 * There is no profile of what was asked for:
 * - `NOT_EXPRESSIBLE`: profiles, or the format asked for, cannot say it exactly; `reasons` names the calls
 * - `COMPOSE_CONFLICT`: two inputs have settings of which one profile can have one only
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { assemble } from 'libseccomp-wasm/bpf';
 * import { ComposeError, intersectProfiles } from 'libseccomp-wasm/compose';
 *
 * const open = readProfile({ defaultAction: 'SCMP_ACT_ALLOW' });
 * const program = assemble('.arch x86_64\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return TRAP(5)');
 * try {
 *   intersectProfiles([open, { program }], { arch: 'x86_64' });
 * } catch (error) {
 *   console.log(error instanceof ComposeError, error.code); // true NOT_EXPRESSIBLE
 * }
 * ```
 */
export class ComposeError extends ScmpError {
  static override readonly brand = 'ComposeError';

  constructor(
    readonly code: 'NOT_EXPRESSIBLE' | 'COMPOSE_CONFLICT',
    what: string,
    /** A sentence each. */
    readonly reasons: readonly string[],
    options?: ErrorOptions,
  ) {
    const listed = reasons.slice(0, LISTED).map((reason) => `  ${printable(reason)}`);
    const more = reasons.length > LISTED ? [`  and ${reasons.length - LISTED} more`] : [];
    super([what, ...listed, ...more].join('\n'), options);
  }
}
