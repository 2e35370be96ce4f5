import type { Weights } from '../bpf/minimize/weigh.js';
import type { Rules } from './expected-decisions.js';

export interface MinimizerOptions {
  /** Default: the built-in weights. */
  weights?: Weights | undefined;
  /** libseccomp's programs for the same rules, right or wrong; asked for when they may be of use. */
  candidates: () => readonly Uint8Array[];
}

/**
 * The back end of `optimize: 'min'`: the smallest program for rules, in the byte order of their architectures. It is handed to
 * the compiler, so that who does not use it need not load it.
 *
 * @throws CompileError `PROGRAM_TOO_LARGE`, `TOO_COMPLEX`
 * @throws MinimizerFaultError where the program that was made is not right, which is a bug
 */
export type Minimizer = (rules: Rules, options: MinimizerOptions) => Uint8Array;
