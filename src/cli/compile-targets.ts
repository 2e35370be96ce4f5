import type { Architecture } from '../architecture.js';
import { type CompiledProfile, compileEntriesWith, compileParsedWith } from '../compiler/compile-parsed-profile.js';
import type { CompiledFilter, OwnCompileOptions } from '../compiler/compile-policy.js';
import { ScmpError } from '../errors.js';
import type { Warning } from '../policy.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import {
  assumedCapabilityWarnings,
  type DependentEntry,
  dependentEntries,
  USUAL_CAPABILITIES,
} from '../profile/resolve/assumed-capabilities.js';
import { givenCapabilities, type TargetFlags } from './compile-options.js';
import { errorText } from './error-text.js';
import { printError, printWarnings } from './output.js';

/**
 * The same with Docker's default capabilities, where the caller named none; undefined where that makes no difference.
 * An answer that depends on them says both. `decides`: whether an entry has to do with what is asked.
 */
export function compileWithUsualCapabilities(
  profile: ParsedProfile,
  targets: readonly Architecture[],
  options: Omit<OwnCompileOptions, 'arch'>,
  decides: (entry: DependentEntry, arch: Architecture) => boolean = () => true,
): (CompiledFilter | undefined)[] {
  return targets.map((arch) => {
    if (options.capabilities !== undefined) return undefined;
    const entries = dependentEntries(profile, { arch, kernel: options.kernel });
    if (!entries.some((entry) => decides(entry, arch))) return undefined;
    try {
      return compileParsedWith(profile, { ...options, arch: arch.name, capabilities: USUAL_CAPABILITIES });
    } catch (error) {
      if (!(error instanceof ScmpError)) throw error;
      printError(`scmp: with Docker's default capabilities (--cap docker) there is no filter: ${errorText(error)}`);
      return undefined;
    }
  });
}

/** Warnings for a result that depends on capabilities when none were named. */
export function assumedWarnings(profile: ParsedProfile, arch: Architecture, flags: TargetFlags): Warning[] {
  if (givenCapabilities(flags) !== undefined) return [];
  return assumedCapabilityWarnings(profile, { arch, kernel: flags.kernel });
}

/** Compile a profile for each machine, and print the warnings; those of several machines once. */
export function compileForTargets(
  profile: ParsedProfile,
  targets: readonly Architecture[],
  options: Omit<OwnCompileOptions, 'arch'>,
): CompiledFilter[] {
  return compileEntriesForTargets(profile, targets, options).map(({ compiled }) => compiled);
}

/** As {@link compileForTargets}, with what shows which entries are about a call. */
export function compileEntriesForTargets(
  profile: ParsedProfile,
  targets: readonly Architecture[],
  options: Omit<OwnCompileOptions, 'arch'>,
): CompiledProfile[] {
  const all = targets.map(({ name }) => compileEntriesWith(profile, { ...options, arch: name }));
  const warnings = all.flatMap(({ compiled }) => compiled.warnings);
  printWarnings(warnings, profile.source);
  return all;
}
