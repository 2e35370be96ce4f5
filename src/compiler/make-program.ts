import { formatAction } from '../action.js';
import type { Weights } from '../bpf/minimize/weigh.js';
import { InvalidArgumentError, ScmpError } from '../errors.js';
import { type Libseccomp, LibseccompError } from '../libseccomp/index.js';
import type { Action, Warning } from '../policy.js';
import { CompileError, type CompileErrorPlace } from './compile-error.js';
import type { CompiledRules, Rules } from './expected-decisions.js';
import { isRuleOperation } from './filter-operation.js';
import { type LibseccompProgram, libseccompProgram } from './libseccomp-program.js';
import type { Minimizer } from './minimizer.js';
import { ruleRefused } from './refusal.js';
import { refuseForMin } from './refuse-for-min.js';

/** The two makers of programs, and what they need. */
export interface BackEnd {
  optimize: 0 | 1 | 2 | 'min';
  fallback?: 'min' | undefined;
  weights?: Weights | undefined;
  minimizer?: Minimizer | undefined;
  libseccomp: Libseccomp;
  pfc?: boolean | undefined;
  /** Throws where a program is wrong. */
  verify: ((compiledRules: CompiledRules) => void) | undefined;
}

interface MadeProgram extends LibseccompProgram {
  compiledRules: CompiledRules;
  /** Set where the program was not made by the maker that was asked for. */
  warnings: readonly Warning[];
}

/** The proved program for rules: libseccomp's, the minimiser's, or the minimiser's where libseccomp's fails. */
export function makeProgram(rules: Rules, backEnd: BackEnd): MadeProgram {
  const { optimize, fallback, verify } = backEnd;
  if (backEnd.pfc && (optimize === 'min' || fallback === 'min')) {
    throw new InvalidArgumentError("pfc is libseccomp's text of its own program, of which 'min' has none");
  }
  if (fallback === 'min' && optimize !== 'min' && !verify) {
    throw new InvalidArgumentError('fallback needs the proof, which verify: false leaves out');
  }
  const proved = (made: LibseccompProgram, warnings: readonly Warning[] = []): MadeProgram => {
    const compiledRules = { ...rules, program: made.program };
    verify?.(compiledRules);
    return { ...made, compiledRules, warnings };
  };
  const warning = (message: string, { path, position, source }: CompileErrorPlace = {}) => [
    { code: 'other-compiler', message, path, position, source },
  ];
  const notLibseccomps = (error: CompileError) =>
    warning(`libseccomp's program is not used, this one is the minimiser's: ${error.reason}`, error);
  if (optimize === 'min') {
    try {
      return proved({ program: minimized(rules, backEnd) });
    } catch (error) {
      if (!isFault(error)) throw error;
      const message = `the minimiser's program was not right, which is a fault of it, please report it: this one is libseccomp's (${error.message})`;
      return proved(libseccompProgram(rules, backEnd), warning(message));
    }
  }
  const trapData = refusedTrapData(rules);
  if (trapData) {
    if (fallback !== 'min') throw trapData.withRemedy('min');
    return proved({ program: minimized(rules, backEnd) }, notLibseccomps(trapData));
  }
  try {
    // What is too complex for libseccomp ends its instance, and the minimiser asks it for the numbers of names.
    const libseccomp = fallback === 'min' ? backEnd.libseccomp.another() : backEnd.libseccomp;
    return proved(libseccompProgram(rules, { ...backEnd, libseccomp }));
  } catch (error) {
    if (!(error instanceof CompileError) || !isOfLibseccomp(error)) throw error;
    if (fallback !== 'min') throw error.withRemedy('min');
    return proved({ program: minimized(rules, backEnd) }, notLibseccomps(error));
  }
}

/** libseccomp's SCMP_ACT_TRAP is without data (seccomp_rule_add(3)). */
function refusedTrapData(rules: Rules): CompileError | undefined {
  const hasTrapData = (action: Action) => action.kind === 'TRAP' && (action.data ?? 0) !== 0;
  const reasonOf = (action: Action) => `libseccomp has no data for TRAP, and this is ${formatAction(action)}`;
  const { policy, operations, source } = rules;
  if (hasTrapData(policy.defaultAction)) {
    return new CompileError('RULE_REFUSED', `the default action: ${reasonOf(policy.defaultAction)}`, { source });
  }
  const operation = operations.filter(isRuleOperation).find(({ action }) => hasTrapData(action));
  return operation && ruleRefused(operation, reasonOf(operation.action), rules);
}

/** A failure of libseccomp where the minimiser may succeed. */
const isOfLibseccomp = ({ code }: CompileError) =>
  code === 'MISCOMPILED' || code === 'PROGRAM_TOO_LARGE' || code === 'TOO_COMPLEX';

/** A program that was made, but is wrong. */
function isFault(error: unknown): error is ScmpError {
  return error instanceof ScmpError && (error.code === 'MINIMIZER_FAULT' || error.code === 'MISCOMPILED');
}

function minimized(rules: Rules, { minimizer, weights, libseccomp }: BackEnd): Uint8Array {
  if (minimizer === undefined) throw new Error('the minimiser was not loaded');
  refuseForMin(rules);
  return minimizer(rules, { weights, candidates: () => libseccompPrograms(rules, libseccomp.another()) });
}

/**
 * libseccomp's own programs, one for each way in which it orders calls. There are none where it refuses a rule, and it
 * may refuse one that the minimiser takes.
 */
function libseccompPrograms(rules: Rules, libseccomp: Libseccomp): readonly Uint8Array[] {
  if (!isEasy(rules)) return [];
  try {
    return ([1, 2] as const).map((level) => {
      const others = rules.operations.filter(({ kind }) => kind !== 'setAttribute');
      const operations = [{ kind: 'setAttribute', attribute: 'CTL_OPTIMIZE', value: level } as const, ...others];
      return libseccompProgram({ ...rules, operations }, { libseccomp }).program;
    });
  } catch (error) {
    if (error instanceof CompileError || error instanceof LibseccompError) return [];
    throw error;
  }
}

/** The numbers of rules, with conditions on one call and in all, up to which libseccomp takes no noticeable time. */
const EASY = { conditional: 16, rules: 1000 };

function isEasy({ operations }: Rules): boolean {
  const conditional = new Map<number, number>();
  let rules = 0;
  for (const operation of operations) {
    if (!isRuleOperation(operation)) continue;
    rules++;
    if (operation.conditions.length === 0) continue;
    conditional.set(operation.syscall, (conditional.get(operation.syscall) ?? 0) + 1);
  }
  return rules <= EASY.rules && Math.max(0, ...conditional.values()) <= EASY.conditional;
}
