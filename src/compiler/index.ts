export { CompileError } from './compile-error.js';
export type { CompiledProfile } from './compile-parsed-profile.js';
export type { CompiledFilter, CompileOptions, OwnCompileOptions } from './compile-policy.js';
export {
  type CompileProfileOptions,
  compileProfile,
  compileProfileSync,
  loadBuiltins,
  type OwnCompileProfileOptions,
} from './compile-profile.js';
export type { CompiledRules } from './expected-decisions.js';
export { applyOperation, type FilterOperation } from './filter-operation.js';
export { planFilter } from './filter-plan.js';
export { LIBSECCOMP_VERSIONS, type LibseccompVersion } from './host-libseccomp.js';
export { compileParsedProfile, compilePolicy, compileWithEntries } from './library.js';
export type { Minimizer } from './minimizer.js';
export { proveDecisions } from './prove-decisions.js';
export {
  RUNTIME_NAMES,
  runtimeBehaviour,
} from './runtime.js';
