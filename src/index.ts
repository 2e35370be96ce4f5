export {
  ARCHITECTURES,
  type Architecture,
  type ArchitectureName,
  findArchitecture,
  parseArchitecture,
} from './architecture.js';
export type { FilterProgram } from './bpf/program.js';
export * from './compiler/index.js';
export { InvalidArgumentError, ScmpError, type SourcePosition, UnsupportedHostError } from './errors.js';
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
  type ParsedProfile,
  ProfileError,
  type ProfileIssue,
  type ProfileIssueCode,
  readProfile,
  resolvePolicy,
} from './profile/index.js';
