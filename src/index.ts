export {
  ARCHITECTURES,
  type Architecture,
  type ArchitectureName,
  findArchitecture,
  parseArchitecture,
} from './architecture.js';
export {
  type CallWeights,
  callWeights,
  expectedInstructions,
  type MinimizedProgram,
  type MinimizeProgramOptions,
  MinimizerFaultError,
  minimizeProgram,
  type WeighedCall,
  type Weights,
} from './bpf/minimize/index.js';
export type { FilterProgram } from './bpf/program/program.js';
export * from './check/index.js';
export * from './compiler/index.js';
export { InvalidArgumentError, ScmpError, type SourcePosition, UnsupportedHostError } from './errors.js';
export * from './explain/index.js';
export * from './learn/index.js';
export * from './libseccomp/index.js';
export type {
  Action,
  ArgumentCondition,
  CompareOperator,
  FilterFlag,
  PolicyRule,
  SeccompPolicy,
  Warning,
} from './policy.js';
export {
  CAPABILITIES,
  CAPABILITY_SETS,
  type CapabilitySet,
  type EntryExplanation,
  type ExtendOptions,
  explainResolution,
  extendProfile,
  formatResolution,
  INPUT_FORMATS,
  type InputFormat,
  type LoadBase,
  loadProfile,
  OPERATOR_VERSIONS,
  type OperatorVersion,
  OUTPUT_FORMATS,
  type OutputFormat,
  type ParsedProfile,
  ProfileError,
  type ProfileFormat,
  type ProfileIssue,
  type ProfileIssueCode,
  type ReadOptions,
  type ResolutionExplanation,
  type ResolveOptions,
  readProfile,
  resolvePolicy,
  type WriteTarget,
  writeProfile,
  writeWarnings,
} from './profile/index.js';
export * from './syscalls/index.js';
