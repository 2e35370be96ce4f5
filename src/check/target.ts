import { permits } from '../action.js';
import type { Architecture } from '../architecture.js';
import type { DiagramStore, Node } from '../bpf/decisions/diagram-store.js';
import { CompileError } from '../compiler/compile-error.js';
import { type CompileOptions, compileWithEffects, type PlannedPolicy, planPolicy } from '../compiler/compile-policy.js';
import type { EntryEffect } from '../compiler/entry-effect.js';
import { forHost, type NewerName } from '../compiler/host-libseccomp.js';
import { isCall, MULTIPLEXED_CALLS } from '../compiler/multiplexed-calls.js';
import { ruleDecisions } from '../compiler/rule-decisions.js';
import { behaviourOf, readMasks } from '../compiler/runtime.js';
import { runtimeRefusals } from '../compiler/runtime-refusals.js';
import { isNarrow, narrowConditions } from '../compiler/wide-values.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { numberFinder } from '../libseccomp/syscall-table.js';
import type { Action, ArgumentCondition, SeccompPolicy, Warning } from '../policy.js';
import type { ProfileIssue } from '../profile/document/profile-error.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { resolve } from '../profile/resolve/resolve-policy.js';
import { compileFilter, compileVariant, type TargetFilter } from './target-filter.js';
import { permittedBy, rulesOfCalls, type Verdict, verdictOf } from './verdict.js';

/** A check is about runtimes, which compile a profile with libseccomp. */
export interface TargetOptions
  extends Omit<CompileOptions, 'arch' | 'source' | 'pfc' | 'unknownSyscall' | 'optimize' | 'fallback' | 'weights'> {
  libseccomp: Libseccomp;
  /** libseccomp's optimisation level, as of `CompileOptions`. */
  optimize?: 0 | 1 | 2 | undefined;
}

/** A profile as it applies on one machine. */
export interface CheckedTarget {
  /** The machine's own. */
  readonly architecture: Architecture;
  /** All architectures of the filter, the machine's own first. */
  readonly architectures: readonly Architecture[];
  readonly policy: SeccompPolicy;
  /** Whether calls that the profile does not name may run: the profile is then a list of denied calls. */
  readonly isDenyList: boolean;
  verdict(name: string): Verdict;
  /** Whether a call is named more than once, which may be by one entry. */
  isRepeated(name: string): boolean;
  /** Whether a call can be made on an architecture, by a number of its own or through socketcall or ipc. */
  exists(name: string, architecture: Architecture): boolean;
  /** Whether any architecture of the filter has the call. */
  existsSomewhere(name: string): boolean;
  /** What the runtime refuses. */
  readonly refusals: readonly ProfileIssue[];
  /** The names that the host's libseccomp does not know; `policy` is without them. */
  readonly newer: readonly NewerName[];
  /** What the plan of the rules warns of. */
  readonly warnings: readonly Warning[];
  /**
   * The program's decisions on calls with a number of their own and arguments that meet the conditions; none where
   * there is no such number. Undefined where there is no filter, or the program is too complex.
   */
  actions(name: string, on: Architecture, conditions: readonly ArgumentCondition[]): readonly Action[] | undefined;
  /** The entries with another effect than they say; none where there is no filter. */
  readonly effects: readonly EntryEffect[];
  /** The filter, or why there is none. */
  readonly filter: TargetFilter | CompileError;
  /**
   * All decisions: those of the filter. Where libseccomp mistakes the rules (`MISCOMPILED`) there is none, and they are
   * what the rules say. Undefined where there is no filter for another reason.
   *
   * @throws {ProgramTooComplexError} when the store's budget is not enough
   */
  decisions(store: DiagramStore): Node | undefined;
}

/** A target of the same profile and machine with other capabilities, and the names in entries that these decide about. */
interface SimilarTarget {
  target: CheckedTarget;
  names: readonly string[];
}

/**
 * A profile on one machine. `like` saves work, and changes nothing.
 *
 * @throws {ProfileError} when the machine lacks an errno
 * @throws {InvalidArgumentError} when a capability or the kernel version is unknown
 */
export function targetOf(
  profile: ParsedProfile,
  architecture: Architecture,
  options: TargetOptions,
  like?: SimilarTarget,
): CheckedTarget {
  const { libseccomp, capabilities, kernel } = options;
  const resolution = resolve(profile, { arch: architecture, capabilities, kernel });
  const { policy: written } = resolution;
  const behaviour = behaviourOf(options);
  const { policy, newer } = forHost(readMasks(written, behaviour), options.libseccompVersion);
  let filter: TargetFilter | CompileError | undefined;
  const rules = rulesOfCalls(policy);
  const verdicts = new Map<string, Verdict>();
  // With conditions, or behind a multiplexer, only the program shows the effect of entries.
  const refined = (name: string): Verdict => {
    const known = verdicts.get(name);
    if (known) return known;
    const verdict = verdictOf(rules.of(name), policy.defaultAction);
    const isByProgram = verdict.permitted === 'sometimes' || MULTIPLEXED_CALLS.has(name);
    const asked = isByProgram ? { ...verdict, permitted: byProgram(name) ?? verdict.permitted } : verdict;
    verdicts.set(name, asked);
    return asked;
  };
  const byProgram = (name: string): Verdict['permitted'] | undefined => {
    const own = target.architectures.flatMap((on) => target.actions(name, on, []) ?? []);
    const actions = own.length > 0 ? own : target.architectures.flatMap((on) => throughMultiplexer(name, on));
    return actions.length > 0 ? permittedBy(actions) : undefined;
  };
  const throughMultiplexer = (name: string, on: Architecture) => {
    const multiplexed = MULTIPLEXED_CALLS.get(name);
    if (multiplexed === undefined) return [];
    return target.actions(multiplexed.multiplexer, on, [isCall(multiplexed)]) ?? [];
  };
  const ownNumber = numberFinder(libseccomp);
  const compileOptions: CompileOptions = {
    ...options,
    arch: architecture.name,
    source: profile.source,
    unknownSyscall: 'ignore',
  };
  let planned: PlannedPolicy | undefined;
  const plan = () => {
    planned ??= planPolicy(written, compileOptions);
    return planned;
  };
  const compiled = () => {
    filter ??= like
      ? compileVariant({ base: like.target.filter, names: like.names, policy: written, plan }, compileOptions)
      : compileFilter(written, compileOptions, plan);
    return filter;
  };
  const target: CheckedTarget = {
    architecture,
    architectures: [...new Set([architecture, ...policy.architectures.map((listed) => listed.architecture)])],
    policy,
    isDenyList: permits(policy.defaultAction),
    verdict: refined,
    isRepeated: rules.isRepeated,
    // Negative: libseccomp's pseudo-number for a call that the architecture lacks.
    exists: (name, on) => (libseccomp.resolveSyscallNameRewrite(name, on) ?? -1) >= 0,
    existsSomewhere: (name) => target.architectures.some((on) => target.exists(name, on)),
    newer,
    refusals: runtimeRefusals(profile, resolution, options),
    // Findings about entries hold even where there is no filter.
    get warnings() {
      return plan().plan.warnings;
    },
    actions(name, on, conditions) {
      const made = compiled();
      if (made instanceof CompileError) return undefined;
      const resolved = libseccomp.resolveSyscallName(name, on) ?? -1;
      // Negative for those behind a multiplexer, which may have a number of their own too.
      const number = resolved < 0 && MULTIPLEXED_CALLS.has(name) ? ownNumber(name, on) : resolved;
      if (number === undefined || number < 0) return [];
      const isExact = behaviour.wideValues === 'exact' && isNarrow(on);
      const meant = isExact ? narrowConditions(conditions) : conditions;
      if (meant === undefined) return [];
      return made.actions(name, on, number, meant);
    },
    get filter() {
      return compiled();
    },
    decisions(store) {
      const made = compiled();
      if (!(made instanceof CompileError)) return made.decisions(store);
      if (made.code !== 'MISCOMPILED') return undefined;
      const { compiledRules } = compileWithEffects(written, { ...compileOptions, verify: false });
      return ruleDecisions(compiledRules, store);
    },
    get effects() {
      const made = compiled();
      return made instanceof CompileError ? [] : (made.effects ?? []);
    },
  };
  return target;
}
