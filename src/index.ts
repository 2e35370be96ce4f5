/**
 * Profiles to programs: read, extend, compile and write seccomp profiles. Browser and Node.js.
 *
 * @packageDocumentation
 */

// Compile a profile

export { CompileError } from './compiler/compile-error.js';
export type { CompiledFilter } from './compiler/compile-policy.js';
export {
  type CompileProfileOptions,
  compileProfile,
  compileProfileSync,
  loadBuiltins,
  type ProfileInput,
} from './compiler/compile-profile.js';
export { RUNTIME_NAMES, type RuntimeName } from './compiler/runtime.js';
export type { FilterFlag, Warning } from './policy.js';

// Ask what a profile does with a call

export type { ArgumentValue, CallArguments } from './explain/call-arguments.js';
export type { PossibleAnswer } from './explain/call-decision.js';
export { type CallDecision, type DecideCallOptions, decideCall, decideCallSync } from './explain/decide-call.js';

// Read, extend and write a profile

export { ProfileError, type ProfileIssue, type ProfileIssueCode } from './profile/document/profile-error.js';
export { type ExtendOptions, extendProfile, type LoadBase } from './profile/extend/extend-profile.js';
export type { IncludedText, LoadInclude } from './profile/formats/include.js';
export {
  INPUT_FORMATS,
  type InputFormat,
  OUTPUT_FORMATS,
  type OutputFormat,
  type ProfileFormat,
} from './profile/formats/index.js';
export { loadProfile } from './profile/formats/load-profile.js';
export type { ReadOptions } from './profile/formats/read-options.js';
export { readProfile } from './profile/formats/read-profile.js';
export { type WriteTarget, writeProfile } from './profile/formats/write-profile.js';
export type { ParsedProfile } from './profile/model/parsed-profile.js';

// Architectures

export { ARCHITECTURES, type Architecture, type ArchitectureName, findArchitecture } from './architecture.js';

// Errors

export { InvalidArgumentError, ScmpError, type SourcePosition } from './errors.js';
