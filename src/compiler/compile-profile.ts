import { InvalidArgumentError } from '../errors.js';
import { checkOptions, FUNCTION, type OptionTable } from '../options.js';
import { findBuiltin } from '../profile/builtin/names.js';
import { extendProfile, type LoadBase } from '../profile/extend/extend-profile.js';
import { OPERATOR_VERSIONS, type OperatorVersion } from '../profile/extend/operator-union.js';
import { readProfile } from '../profile/formats/read-profile.js';
import { isParsedProfile, type ParsedProfile } from '../profile/model/parsed-profile.js';
import { quote } from '../text.js';
import {
  COMPILE_OPTIONS,
  type CompiledFilter,
  type CompileOptions,
  loadDefault,
  type OwnCompileOptions,
} from './compile-policy.js';
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

/** What the parts of this package, and its tests, give beyond that. */
export type OwnCompileProfileOptions = OwnCompileOptions & Pick<CompileProfileOptions, 'loadBase' | 'operator'>;

/** The values of {@link OwnCompileProfileOptions}. */
export const PROFILE_OPTIONS: OptionTable<OwnCompileProfileOptions> = {
  ...COMPILE_OPTIONS,
  loadBase: [FUNCTION],
  operator: OPERATOR_VERSIONS,
};

/**
 * Compile a seccomp profile of any format that `readProfile` reads to the bytes libseccomp would emit on a machine of
 * the target's architecture.
 *
 * The program is proved to decide every call as the rules say (the option `verify`). The proof
 * takes about as long as compiling.
 *
 * Where runtimes differ it adds nothing of its own, and reads SCMP_CMP_MASKED_EQ as runc does; `runtime` picks another.
 *
 * @throws {ProfileError} when the profile cannot be read; it has every issue, with its place
 * @throws {CompileError} when libseccomp refuses the profile, or makes a wrong program of it
 * @throws {InvalidArgumentError} when an architecture, capability, kernel version or option is unknown
 *
 * @example
 * ```js
 * import { compileProfile } from 'libseccomp-wasm';
 *
 * const profile = { extends: 'no-network', syscalls: [{ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }] };
 * const { program, arches, warnings } = await compileProfile(profile, { arch: 'arm64' });
 * console.log(program instanceof Uint8Array, arches, warnings.length); // true [ 'aarch64' ] 0
 * ```
 */
export function compileProfile(profile: ProfileInput, options: CompileProfileOptions): Promise<CompiledFilter>;
/** @internal */
export function compileProfile(profile: ProfileInput, options: OwnCompileProfileOptions): Promise<CompiledFilter>;
export async function compileProfile(
  profile: ProfileInput,
  options: OwnCompileProfileOptions,
): Promise<CompiledFilter> {
  checkOptions('compileProfile', options, PROFILE_OPTIONS);
  const parsed = parseInput(profile, options);
  const { libseccomp = await loadDefault() } = options;
  const loadBase = options.loadBase ?? (parsed.seccomp.extends ? await loadBuiltins() : undefined);
  return compileProfileSync(parsed, { ...options, libseccomp, loadBase });
}

/**
 * As {@link compileProfile} without waiting; with no `libseccomp` given, in Node only. A profile that extends another needs
 * `loadBase` (see {@link loadBuiltins}).
 *
 * @throws {ProfileError} when the profile is invalid; it has every issue, with its place
 * @throws {CompileError} when there is no filter for the profile, or libseccomp's program of it is wrong
 * @throws {InvalidArgumentError} when there is no such architecture, capability, kernel version or option
 *
 * @example
 * ```js
 * import { compileProfileSync } from 'libseccomp-wasm';
 *
 * const profile = '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{ "names": ["ptrace"], "action": "SCMP_ACT_ERRNO" }] }';
 * const { program } = compileProfileSync(profile, { arch: 'x86_64', source: 'profile.json' });
 * console.log(program.length / 8, 'instructions'); // 9 instructions
 * ```
 */
export function compileProfileSync(profile: ProfileInput, options: CompileProfileOptions): CompiledFilter;
/** @internal */
export function compileProfileSync(profile: ProfileInput, options: OwnCompileProfileOptions): CompiledFilter;
export function compileProfileSync(profile: ProfileInput, options: OwnCompileProfileOptions): CompiledFilter {
  checkOptions('compileProfileSync', options, PROFILE_OPTIONS);
  const { loadBase, operator, verify = proveProgram, ...others } = options;
  const parsed = parseInput(profile, options);
  return compileParsedProfile(loadBase ? extendProfile(parsed, loadBase, { operator }) : parsed, { ...others, verify });
}

/**
 * What finds the built-in profiles by name. They are loaded when this is called first.
 *
 * @throws nothing: the profiles are part of the package
 *
 * @example
 * ```js
 * import { compileProfileSync, loadBuiltins } from 'libseccomp-wasm';
 *
 * const loadBase = await loadBuiltins();
 * const { warnings } = compileProfileSync({ extends: 'no-network' }, { arch: 'x86_64', loadBase });
 * console.log(warnings.length); // 0
 * ```
 */
export async function loadBuiltins(): Promise<LoadBase> {
  return (await import('../profile/builtin/index.js')).builtinProfile;
}

/** What a caller gave, as a profile that was read. */
export function parseInput(profile: ProfileInput, { source }: Pick<CompileOptions, 'source'>): ParsedProfile {
  if (isParsedProfile(profile)) return profile;
  if (typeof profile === 'string' && findBuiltin(profile)) {
    throw new InvalidArgumentError(
      `${quote(profile)} is the name of a built-in profile: give { extends: '${profile}' }`,
    );
  }
  // compileParsedProfile has the guards of the runtime.
  return readProfile(profile, { source, notifyGuards: false });
}
