import { ScmpError, type SourcePosition } from '../errors.js';
import { formatPlace } from '../source-place.js';

export interface CompileErrorPlace {
  /** What the caller called the profile, usually its file name. */
  source?: string | undefined;
  /** JSON path in the profile, for instance `syscalls[3]`. */
  path?: string | undefined;
  position?: SourcePosition | undefined;
}

/**
 * A profile that is well-formed, but has no filter:
 * - `RULE_REFUSED`: libseccomp does not take a rule (its own error is the `cause`), for instance because another rule
 *   gives the same condition another action;
 * - `ARCHITECTURE_REFUSED`: an architecture cannot be in one filter with the target, for byte order;
 * - `UNKNOWN_SYSCALL`: a name in no table, where the caller asked for an error (`unknownSyscall: 'error'`);
 * - `PROGRAM_TOO_LARGE`: the program has more instructions than the kernel loads;
 * - `TOO_COMPLEX`: libseccomp cannot combine the rules of one system call in bearable time;
 * - `MISCOMPILED`: libseccomp's program does not decide as the rules say (see the option `verify`).
 *
 * @example
 * ```js
 * import { CompileError, compileProfileSync } from 'libseccomp-wasm';
 *
 * const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['ptrce'], action: 'SCMP_ACT_ERRNO' }] };
 * try {
 *   compileProfileSync(profile, { arch: 'x86_64', unknownSyscall: 'error' });
 * } catch (error) {
 *   if (!(error instanceof CompileError)) throw error;
 *   console.log(error.code, error.path); // UNKNOWN_SYSCALL syscalls[0].names[0]
 * }
 * ```
 */
export class CompileError extends ScmpError {
  static override readonly brand = 'CompileError';
  readonly path: string | undefined;
  readonly position: SourcePosition | undefined;
  /** The message without the place, and without what would help. */
  readonly reason: string;
  readonly source: string;
  /** What would compile the profile as it is: the compiler's option `optimize: 'min'`. */
  readonly remedy: 'min' | undefined;

  constructor(
    readonly code:
      | 'RULE_REFUSED'
      | 'ARCHITECTURE_REFUSED'
      | 'UNKNOWN_SYSCALL'
      | 'PROGRAM_TOO_LARGE'
      | 'TOO_COMPLEX'
      | 'MISCOMPILED',
    message: string,
    place: { source?: string | undefined; path?: string | undefined; position?: SourcePosition | undefined },
    { remedy, ...options }: ErrorOptions & { remedy?: 'min' | undefined } = {},
  ) {
    const { source = 'profile', path, position } = place;
    super(
      messageOf(message, { source, path, position }, remedy && remedyText(code, "the option optimize: 'min'")),
      options,
    );
    this.source = source;
    this.remedy = remedy;
    this.reason = message;
    this.path = path;
    this.position = position;
  }

  /** The same error that says what would help. */
  withRemedy(remedy: 'min'): CompileError {
    return new CompileError(this.code, this.reason, this, { cause: this.cause ?? this, remedy });
  }

  /** The message of an error with a remedy, which is named as the reader knows it: a flag or an option. */
  advising(remedy: string): string {
    return messageOf(this.reason, this, remedyText(this.code, remedy));
  }
}

/** Only making the shorter program shows whether it is short enough. */
function remedyText(code: CompileError['code'], remedy: string): string {
  return `${remedy} ${code === 'PROGRAM_TOO_LARGE' ? 'makes shorter programs' : 'compiles it as it is'}`;
}

function messageOf(reason: string, { source = 'profile', path, position }: CompileErrorPlace, remedy?: string): string {
  return `${formatPlace(source, position)}: ${path ? `${path}: ` : ''}${reason}${remedy ? `; ${remedy}` : ''}`;
}
