import type { ParsedProfile } from '../profile/parsed-profile.js';
import { readProfile } from '../profile/read-profile.js';
import { compileParsed } from './compile-parsed.js';
import { type CompiledFilter, type CompileOptions, loadDefault } from './compile-policy.js';

/** A profile's text, its bytes, an object, or a profile that was read before. */
export type ProfileInput = string | Uint8Array | object | ParsedProfile;

/**
 * Compile a seccomp profile of any format that `readProfile` reads to the bytes libseccomp would emit on a machine of the
 * target's architecture.
 *
 * Follows youki's `initialize_seccomp`; where that and runc differ (the operands of SCMP_CMP_MASKED_EQ) it follows runc.
 *
 * @throws ProfileError a profile that cannot be read: every issue, with its place
 * @throws CompileError a profile that libseccomp does not take
 * @throws InvalidArgumentError an unknown architecture, capability, kernel version or option
 */
export async function compileProfile(profile: ProfileInput, options: CompileOptions): Promise<CompiledFilter> {
  const { libseccomp = await loadDefault() } = options;
  return compileProfileSync(profile, { ...options, libseccomp });
}

/** As {@link compileProfile} without waiting; with no `libseccomp` given, in Node only. */
export function compileProfileSync(profile: ProfileInput, options: CompileOptions): CompiledFilter {
  const parsed = isParsed(profile) ? profile : readProfile(profile, { source: options.source });
  return compileParsed(parsed, options);
}

function isParsed(profile: ProfileInput): profile is ParsedProfile {
  return typeof profile === 'object' && 'locate' in profile && typeof profile.locate === 'function';
}
