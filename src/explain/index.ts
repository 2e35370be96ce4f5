/**
 * What a profile says on one machine, and what a program does with every call, in words. Browser and Node.js.
 *
 * @packageDocumentation
 */

// A program in words

export { formatDecisions } from './format-decisions.js';
export { type FormatPolicyOptions, formatPolicy } from './format-policy.js';
export {
  type NamedArchitecture,
  type NamedCall,
  type NamedDecision,
  type NamedPolicy,
  type NamedRange,
  nameTable,
} from './named-policy.js';
export type { ExplanationPart, Paint } from './paint.js';

// Whether a profile is at least as strict as another

export {
  type ImpliesInput,
  type ImpliesProfileOptions,
  impliesProfile,
  type MachineImplication,
  type ProfileImplication,
  type ProfileWitness,
} from './implies-profile.js';

// A program as a profile

export { type Decompiled, type DecompileOptions, decompile } from '../decompile/decompile.js';
export { DecompileError } from '../decompile/decompile-error.js';

// A profile on one machine

export type { KernelVersion } from '../kernel-version.js';
export type { ArgumentCondition, PolicyRule, RulePlace, SeccompPolicy } from '../policy.js';
export type { ConditionOutcome } from '../profile/model/conditional-entry.js';
export type { Locate, Place } from '../profile/model/parsed-profile.js';
export type { DockerSeccomp, DockerSyscall } from '../profile/model/schema.js';
export {
  type EntryExplanation,
  explainResolution,
  formatResolution,
  type ResolutionExplanation,
} from '../profile/resolve/explain-resolution.js';
export { type ResolveOptions, resolvePolicy } from '../profile/resolve/resolve-policy.js';

// The entries that decide a call

export type { CompiledProfile } from '../compiler/compile-parsed-profile.js';
export type { CompileOptions } from '../compiler/compile-policy.js';
export { compileWithEntries } from '../compiler/library.js';
export { type AskedCall, decidedBy, type EntryAbout, entriesAbout } from './entries-about.js';
