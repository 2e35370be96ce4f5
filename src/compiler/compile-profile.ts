import { checkOptions, FUNCTION, type OptionTable } from '../options.js';
import { extendProfile, type LoadBase } from '../profile/extend/extend-profile.js';
import { OPERATOR_VERSIONS, type OperatorVersion } from '../profile/extend/operator-union.js';
import { readProfile } from '../profile/formats/read-profile.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { COMPILE_OPTIONS, type CompiledFilter, type CompileOptions, loadDefault } from './compile-policy.js';
import { compileParsedProfile } from './library.js';
import { proveProgram } from './prove-decisions.js';

/** A profile's text, its bytes, an object, or a profile that was read before. */
export type ProfileInput = string | Uint8Array | object | ParsedProfile;

export interface CompileProfileOptions extends CompileOptions {
  /** Finds what a profile names in `extends`. Default of {@link compileProfile}: the built-in profiles. */
  loadBase?: LoadBase | undefined;
  /** As `ExtendOptions.operator`. */
  operator?: OperatorVersion | undefined;
}

/** The values of {@link CompileProfileOptions}. */
const PROFILE_OPTIONS: OptionTable<CompileProfileOptions> = {
  ...COMPILE_OPTIONS,
  loadBase: [FUNCTION],
  operator: OPERATOR_VERSIONS,
};

/**
 * Compile a seccomp profile of any format that `readProfile` reads to the bytes libseccomp would emit on a machine of
 * the target's architecture.
 *
 * The program is proved to decide every call as the rules say (`verify`, here by default `proveProgram`). The proof
 * takes about as long as compiling.
 *
 * Where runtimes differ it adds nothing of its own, and reads SCMP_CMP_MASKED_EQ as runc does; `runtime` picks another.
 *
 * @throws {ProfileError} when the profile cannot be read; it has every issue, with its place
 * @throws {CompileError} when libseccomp refuses the profile, or makes a wrong program of it
 * @throws {InvalidArgumentError} when an architecture, capability, kernel version or option is unknown
 */
export async function compileProfile(profile: ProfileInput, options: CompileProfileOptions): Promise<CompiledFilter> {
  checkOptions('compileProfile', options, PROFILE_OPTIONS);
  const parsed = parse(profile, options);
  const { libseccomp = await loadDefault() } = options;
  const loadBase = options.loadBase ?? (parsed.seccomp.extends ? await loadBuiltins() : undefined);
  return compileProfileSync(parsed, { ...options, libseccomp, loadBase });
}

/**
 * As {@link compileProfile} without waiting; with no `libseccomp` given, in Node only. A profile that extends another needs
 * `loadBase` (see {@link loadBuiltins}).
 */
export function compileProfileSync(profile: ProfileInput, options: CompileProfileOptions): CompiledFilter {
  checkOptions('compileProfileSync', options, PROFILE_OPTIONS);
  const { loadBase, operator, verify = proveProgram, ...others } = options;
  const parsed = parse(profile, options);
  return compileParsedProfile(loadBase ? extendProfile(parsed, loadBase, { operator }) : parsed, { ...others, verify });
}

/** What finds the built-in profiles by name. They are loaded when this is called first. */
export async function loadBuiltins(): Promise<LoadBase> {
  return (await import('../profile/builtin/index.js')).builtinProfile;
}

function parse(profile: ProfileInput, { source }: CompileOptions): ParsedProfile {
  // compileParsedProfile has the guards of the runtime.
  return isParsed(profile) ? profile : readProfile(profile, { source, notifyGuards: false });
}

function isParsed(profile: ProfileInput): profile is ParsedProfile {
  return typeof profile === 'object' && 'locate' in profile && typeof profile.locate === 'function';
}
