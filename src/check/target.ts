import type { Architecture } from '../architecture.js';
import { CompileError } from '../compiler/compile-error.js';
import { type CompiledFilter, type CompileOptions, compileWithEffects } from '../compiler/compile-policy.js';
import type { EntryEffect } from '../compiler/entry-effect.js';
import { forHost, type NewerName } from '../compiler/host-libseccomp.js';
import { planFilter } from '../compiler/plan.js';
import { readMasks, runtimeBehaviour } from '../compiler/runtime.js';
import { runtimeRefusals } from '../compiler/runtime-refusals.js';
import type { Libseccomp } from '../libseccomp/index.js';
import type { SeccompPolicy, Warning } from '../policy.js';
import type { ParsedProfile } from '../profile/parsed-profile.js';
import type { ProfileIssue } from '../profile/profile-error.js';
import { resolve } from '../profile/resolve-policy.js';
import { permits, type Verdict, verdictsOf } from './verdict.js';

export interface TargetOptions extends Omit<CompileOptions, 'arch' | 'source' | 'pfc' | 'unknownSyscall'> {
  libseccomp: Libseccomp;
}

/** What a profile comes to on one machine. */
export interface Target {
  /** The machine's own. */
  readonly architecture: Architecture;
  /** All that the filter decides for, the machine's own first. */
  readonly architectures: readonly Architecture[];
  readonly policy: SeccompPolicy;
  /** Whether what the profile does not name may run: it is a list of what is denied then. */
  readonly isDenyList: boolean;
  verdict(name: string): Verdict;
  /** Whether a call can be made on an architecture, by a number of its own or through socketcall or ipc. */
  exists(name: string, architecture: Architecture): boolean;
  /** What the runtime refuses. */
  readonly refusals: readonly ProfileIssue[];
  /** The names that the host's libseccomp does not know; `policy` is without them. */
  readonly newer: readonly NewerName[];
  /** What the compiler warns of. */
  readonly warnings: readonly Warning[];
  /** What the filter makes of entries otherwise than they say; none where there is no filter. */
  readonly effects: readonly EntryEffect[];
  /** The filter, or why there is none. */
  readonly outcome: CompiledFilter | CompileError;
}

/**
 * A profile on one machine. Raises what {@link resolve} does: ProfileError for an errno the machine lacks,
 * InvalidArgumentError for a capability or kernel that is none.
 */
export function targetOf(profile: ParsedProfile, architecture: Architecture, options: TargetOptions): Target {
  const { libseccomp, capabilities, kernel } = options;
  const resolution = resolve(profile, { arch: architecture, capabilities, kernel });
  const { policy: written } = resolution;
  const behaviour = runtimeBehaviour(options);
  const { policy, newer } = forHost(readMasks(written, behaviour), options.libseccompVersion);
  const { warnings } = planFilter(policy, {
    architecture,
    optimize: 0,
    unknownSyscall: 'ignore',
    conditions: behaviour.conditions,
    emptyArgs: behaviour.emptyArgs,
    wideValues: behaviour.wideValues,
    resolveSyscall: (name) => libseccomp.resolveSyscallName(name, architecture),
  });
  let outcome: ReturnType<typeof compile> | undefined;
  const compiled = () => {
    outcome ??= compile(written, { ...options, arch: architecture.name, source: profile.source });
    return outcome;
  };
  return {
    architecture,
    architectures: [...new Set([architecture, ...policy.architectures.map((listed) => listed.architecture)])],
    policy,
    isDenyList: permits(policy.defaultAction),
    verdict: verdictsOf(policy),
    // Negative: libseccomp's stand-in for a call that the architecture lacks.
    exists: (name, on) => (libseccomp.resolveSyscallNameRewrite(name, on) ?? -1) >= 0,
    newer,
    refusals: runtimeRefusals(profile, resolution, options),
    warnings,
    get outcome() {
      const made = compiled();
      return made instanceof CompileError ? made : made.compiled;
    },
    get effects() {
      const made = compiled();
      return made instanceof CompileError ? [] : (made.effects ?? []);
    },
  };
}

function compile(policy: SeccompPolicy, options: CompileOptions): ReturnType<typeof compileWithEffects> | CompileError {
  try {
    return compileWithEffects(policy, { ...options, unknownSyscall: 'ignore' });
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
}
