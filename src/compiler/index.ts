export { CompileError } from './compile-error.js';
export type { CompiledProfile } from './compile-parsed-profile.js';
export type { CompiledFilter, CompileOptions, OwnCompileOptions, Verifier } from './compile-policy.js';
export {
  type CompileProfileOptions,
  compileProfile,
  compileProfileSync,
  loadBuiltins,
  type OwnCompileProfileOptions,
  type ProfileInput,
} from './compile-profile.js';
export type { CompiledRules } from './expected-decisions.js';
export { applyOperation, type FilterOperation } from './filter-operation.js';
export { type FilterPlan, type FilterPlanOptions, planFilter } from './filter-plan.js';
export { LIBSECCOMP_VERSIONS, type LibseccompVersion } from './host-libseccomp.js';
export { compileParsedProfile, compilePolicy, compileWithEntries } from './library.js';
export type { Minimizer, MinimizerOptions } from './minimizer.js';
export { proveConditions, proveDecisions, proveProgram } from './prove-decisions.js';
export {
  RUNTIME_NAMES,
  type RuntimeBehaviour,
  type RuntimeName,
  type RuntimeOptions,
  runtimeBehaviour,
} from './runtime.js';
