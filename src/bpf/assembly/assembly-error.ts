import { ScmpError, type SourcePosition } from '../../errors.js';
import { formatPlace } from '../../source-place.js';
import { printable } from '../../text.js';

/** What is wrong at one place of a source text. Stable: safe to switch on. */
export type AssemblyIssueCode =
  | 'bad-syntax'
  | 'bad-number'
  | 'misplaced-directive'
  | 'unknown-architecture'
  | 'duplicate-label'
  | 'unknown-label'
  /** Classic BPF jumps forward only. */
  | 'backward-jump'
  /** A conditional jump reaches 255 instructions ahead. */
  | 'jump-too-far'
  | 'unknown-name'
  /** A name that stands for different numbers on the architectures that can get there. */
  | 'ambiguous-name'
  /** The name of a system call where nothing says for which architecture. */
  | 'no-architecture'
  | 'no-byte-order'
  /** In a listing: the four fields disagree with the words after them. */
  | 'fields-disagree'
  /** Every line is valid, but no kernel would load the whole (`verifyProgram`). */
  | 'invalid-program';

export interface AssemblyIssue {
  code: AssemblyIssueCode;
  /** What is wrong and what to do, without the place. */
  message: string;
  position: SourcePosition;
}

const LISTED_ISSUES = 20;

/**
 * A source text that cannot be assembled, with all that is wrong with it, one line an issue: `SOURCE:LINE:COLUMN: …`.
 *
 * @example
 * ```js
 * import { AssemblyError, assemble } from 'libseccomp-wasm/bpf';
 *
 * try {
 *   assemble('.arch x86_64\ngoto end', { source: 'filter.asm' });
 * } catch (error) {
 *   console.log(error instanceof AssemblyError, error.issues.length); // true 1
 *   console.log(error.message); // filter.asm:2:6: there is no label end
 * }
 * ```
 */
export class AssemblyError extends ScmpError {
  static override readonly brand = 'AssemblyError';
  readonly code = 'ASSEMBLY';

  constructor(
    readonly issues: readonly AssemblyIssue[],
    readonly source: string,
  ) {
    const lines = issues
      .slice(0, LISTED_ISSUES)
      .map(({ message, position }) => `${formatPlace(source, position)}: ${printable(message)}`);
    if (issues.length > LISTED_ISSUES) lines.push(`${formatPlace(source)}: and ${issues.length - LISTED_ISSUES} more`);
    super(lines.join('\n'));
  }
}
