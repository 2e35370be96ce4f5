import type { Weights } from '../bpf/minimize/weigh.js';
import type { Rules } from './expected-decisions.js';

export interface MinimizerOptions {
  /** Default: the built-in weights. */
  weights?: Weights | undefined;
  /** libseccomp's programs for the same rules, right or wrong; made only when they may be of use. */
  candidates: () => readonly Uint8Array[];
}

/**
 * The back end of `optimize: 'min'`: the smallest program for rules, in the byte order of their architectures. It is
 * passed to the compiler, so that users without it need not load it.
 *
 * @throws {CompileError} `PROGRAM_TOO_LARGE` or `TOO_COMPLEX`, when no program is short enough or found in time
 * @throws {MinimizerFaultError} when the program that was made is wrong, which is a bug
 */
export type Minimizer = (rules: Rules, options: MinimizerOptions) => Uint8Array;
