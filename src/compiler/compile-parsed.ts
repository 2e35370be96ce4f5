import { parseArchitecture } from '../architecture.js';
import { guardNotify } from '../profile/finish-profile.js';
import type { ParsedProfile } from '../profile/parsed-profile.js';
import { resolvePolicy } from '../profile/resolve-policy.js';
import { type CompiledFilter, type CompileOptions, compilePolicy } from './compile-policy.js';
import { runtimeBehaviour } from './runtime.js';

/**
 * Compile a profile that was read: `compileProfileSync` without the readers, for whoever reads by himself. The warnings
 * are those of all steps.
 */
export function compileParsed(parsed: ParsedProfile, options: CompileOptions): CompiledFilter {
  const { source = parsed.source, capabilities, kernel } = options;
  const { errnoRet, notifyGuards } = runtimeBehaviour(options);
  if (notifyGuards) guardNotify(parsed);
  const { policy, warnings } = resolvePolicy(parsed, {
    arch: parseArchitecture(options.arch),
    capabilities,
    kernel,
    strictErrnoRet: errnoRet === 'strict',
  });
  const compiled = compilePolicy(policy, { ...options, source });
  return { ...compiled, warnings: [...warnings, ...compiled.warnings] };
}
