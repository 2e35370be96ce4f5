import { parseArchitecture } from '../architecture.js';
import { checkOptions } from '../options.js';
import { failOnIssues } from '../profile/document/profile-error.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { type Resolution, resolve } from '../profile/resolve/resolve-policy.js';
import { COMPILE_OPTIONS, type CompiledFilter, compileWithEffects, type OwnCompileOptions } from './compile-policy.js';
import type { CompiledRules } from './expected-decisions.js';
import type { LibseccompVersion } from './host-libseccomp.js';
import type { ProgramDecisions } from './program-decisions.js';
import { runtimeRefusals } from './runtime-refusals.js';

/** A profile and the program that was compiled from it: enough to say which entry decides a call. */
export interface CompiledProfile {
  compiled: CompiledFilter;
  /** The rules as they are in the filter. @internal */
  compiledRules: CompiledRules;
  /** The entries of the profile, including those that do not apply to the target. @internal */
  resolution: Resolution;
  /** What the program decides for each call. @internal */
  decisions: ProgramDecisions;
  /** The libseccomp of the host, where it was named. */
  libseccompVersion?: LibseccompVersion | undefined;
}

/**
 * Compile a profile that was read before: `compileProfileSync` without its reader. The warnings are those of all steps.
 */
export function compileParsedWith(parsed: ParsedProfile, options: OwnCompileOptions): CompiledFilter {
  return compileEntriesWith(parsed, options).compiled;
}

/** As {@link compileParsedWith}, with what shows which entries are about a call. */
export function compileEntriesWith(parsed: ParsedProfile, options: OwnCompileOptions): CompiledProfile {
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
