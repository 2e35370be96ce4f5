import { parseArchitecture } from '../architecture.js';
import { checkOptions } from '../options.js';
import { failOnIssues } from '../profile/model/finish-profile.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { type Resolution, resolve } from '../profile/resolve/resolve-policy.js';
import { COMPILE_OPTIONS, type CompiledFilter, type CompileOptions, compileWithEffects } from './compile-policy.js';
import type { CompiledRules } from './expected-decisions.js';
import type { LibseccompVersion } from './host-libseccomp.js';
import type { ProgramDecisions } from './program-decisions.js';
import { runtimeRefusals } from './runtime-refusals.js';

/** A profile and what it was compiled to: enough to say which of its entries decides a call. */
export interface CompiledProfile {
  compiled: CompiledFilter;
  /** The rules as they stand in the filter. */
  compiledRules: CompiledRules;
  /** The entries of the profile, those too that do not apply to the target. */
  resolution: Resolution;
  /** What the program makes of each call. */
  decisions: ProgramDecisions;
  /** The libseccomp of the host, where it was named. */
  libseccompVersion?: LibseccompVersion | undefined;
}

/**
 * Compile a profile that was read: `compileProfileSync` without the readers, for whoever reads by himself. The warnings
 * are those of all steps.
 */
export function compileParsedWith(parsed: ParsedProfile, options: CompileOptions): CompiledFilter {
  return compileEntriesWith(parsed, options).compiled;
}

/** As {@link compileParsedWith}, with what says which entries are about a call. */
export function compileEntriesWith(parsed: ParsedProfile, options: CompileOptions): CompiledProfile {
  checkOptions('compiling', options, COMPILE_OPTIONS);
  const { source = parsed.source, capabilities, kernel } = options;
  const resolution = resolve(parsed, { arch: parseArchitecture(options.arch), capabilities, kernel });
  failOnIssues(runtimeRefusals(parsed, resolution, options), parsed.source);
  const { compiled, compiledRules, decisions } = compileWithEffects(resolution.policy, { ...options, source });
  return {
    compiled: { ...compiled, warnings: [...parsed.warnings, ...compiled.warnings] },
    compiledRules,
    resolution,
    decisions,
    libseccompVersion: options.libseccompVersion,
  };
}
