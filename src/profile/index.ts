export { parseJson } from './document/json-document.js';
export { formatPath } from './document/json-path.js';
export { InexactNumber, type JsonValue } from './document/json-value.js';
export { ProfileError, type ProfileIssue, type ProfileIssueCode } from './document/profile-error.js';
export { type ExtendOptions, extendProfile, type LoadBase } from './extend/extend-profile.js';
export { OPERATOR_VERSIONS, type OperatorVersion } from './extend/operator-union.js';
export {
  INPUT_FORMATS,
  type InputFormat,
  OUTPUT_FORMATS,
  type OutputFormat,
  type ProfileFormat,
} from './formats/index.js';
export { loadProfile } from './formats/load-profile.js';
export type { ReadOptions } from './formats/read-options.js';
export { readProfile } from './formats/read-profile.js';
export { type WriteTarget, writeProfile, writeWarnings } from './formats/write-profile.js';
export { CAPABILITIES, CAPABILITY_SETS, type CapabilitySet } from './model/capability.js';
export type { ParsedProfile } from './model/parsed-profile.js';
export {
  type EntryExplanation,
  explainResolution,
  formatResolution,
  type ResolutionExplanation,
} from './resolve/explain-resolution.js';
export { type ResolveOptions, resolvePolicy } from './resolve/resolve-policy.js';
