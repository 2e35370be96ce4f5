import { checkOptions } from '../options.js';
import type { SeccompPolicy } from '../policy.js';
import { checkParsedProfile, type ParsedProfile } from '../profile/model/parsed-profile.js';
import { type CompiledProfile, compileEntriesWith as compileEntries } from './compile-parsed-profile.js';
import {
  COMPILE_OPTIONS,
  type CompiledFilter,
  type CompileOptions,
  compileWithEffects,
  type OwnCompileOptions,
} from './compile-policy.js';
import { minimizeRules } from './minimize-rules.js';

// What users of the library call: the minimiser is already loaded. The command and the playground load it when it is
// needed, and call the functions behind these.

/** Compile plain rules: the half of `compileProfile` behind the readers, without them. */
export function compilePolicy(given: SeccompPolicy, options: OwnCompileOptions): CompiledFilter {
  checkOptions('compilePolicy', options, COMPILE_OPTIONS);
  return compileWithEffects(given, withMinimizer(options)).compiled;
}

/**
 * Compile a profile that was read before: `compileProfileSync` without its reader. The warnings are those of all steps.
 */
export function compileParsedProfile(parsed: ParsedProfile, options: OwnCompileOptions): CompiledFilter {
  return compileWithEntries(parsed, options).compiled;
}

/**
 * As {@link compileParsedProfile}, with what shows which entries are about a call.
 *
 * @throws {ProfileError} when a target lacks an errno, or `extends` was not resolved
 * @throws {CompileError} when libseccomp refuses the profile, or makes a wrong program of it
 * @throws {InvalidArgumentError} when an architecture, capability, kernel version or option is unknown
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { compileWithEntries } from 'libseccomp-wasm/explain';
 *
 * const entry = { names: ['ptrace'], action: 'SCMP_ACT_LOG' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const compiled = compileWithEntries(profile, { arch: 'x86_64' });
 * console.log(compiled.compiled.program instanceof Uint8Array, compiled.compiled.arches); // true [ 'x86_64' ]
 * ```
 */
export function compileWithEntries(parsed: ParsedProfile, options: CompileOptions): CompiledProfile;
/** @internal */
export function compileWithEntries(parsed: ParsedProfile, options: OwnCompileOptions): CompiledProfile;
export function compileWithEntries(parsed: ParsedProfile, options: OwnCompileOptions): CompiledProfile {
  checkOptions('compiling', options, COMPILE_OPTIONS);
  checkParsedProfile('compileWithEntries', parsed);
  return compileEntries(parsed, withMinimizer(options));
}

function withMinimizer(options: OwnCompileOptions): OwnCompileOptions {
  return { ...options, minimizer: options.minimizer ?? minimizeRules };
}
