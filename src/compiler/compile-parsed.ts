import { parseArchitecture } from '../architecture.js';
import { failOnIssues } from '../profile/finish-profile.js';
import type { ParsedProfile } from '../profile/parsed-profile.js';
import { resolve } from '../profile/resolve-policy.js';
import { type CompiledFilter, type CompileOptions, compilePolicy } from './compile-policy.js';
import { runtimeRefusals } from './runtime-refusals.js';

/**
 * Compile a profile that was read: `compileProfileSync` without the readers, for whoever reads by himself. The warnings
 * are those of all steps.
 */
export function compileParsed(parsed: ParsedProfile, options: CompileOptions): CompiledFilter {
  const { source = parsed.source, capabilities, kernel } = options;
  const resolution = resolve(parsed, { arch: parseArchitecture(options.arch), capabilities, kernel });
  failOnIssues(runtimeRefusals(parsed, resolution, options), parsed.source);
  const compiled = compilePolicy(resolution.policy, { ...options, source });
  return { ...compiled, warnings: [...parsed.warnings, ...compiled.warnings] };
}
