import type { Architecture } from '../architecture.js';
import { compileParsed } from '../compiler/compile-parsed.js';
import type { CompiledFilter, CompileOptions } from '../compiler/compile-policy.js';
import type { ParsedProfile } from '../profile/parsed-profile.js';
import { printWarnings } from './output.js';

/** Compile a profile for each machine, and print the warnings: what several have in common once. */
export function compileForTargets(
  profile: ParsedProfile,
  targets: readonly Architecture[],
  options: Omit<CompileOptions, 'arch'>,
): CompiledFilter[] {
  const all = targets.map(({ name }) => compileParsed(profile, { ...options, arch: name }));
  const warnings = all.flatMap((compiled) => compiled.warnings);
  printWarnings(warnings, profile.source);
  return all;
}
