/**
 * Profiles to programs, and what they do with a call. Browser and Node.js.
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

// Architectures

export { ARCHITECTURES, type Architecture, type ArchitectureName, findArchitecture } from './architecture.js';

// Errors

export { InvalidArgumentError, ScmpError, type SourcePosition } from './errors.js';
export { ProfileError, type ProfileIssue, type ProfileIssueCode } from './profile/document/profile-error.js';
