export { InexactNumber, type JsonValue, parseJson } from './document/json-document.js';
export { formatPath } from './document/json-path.js';
export { ProfileError, type ProfileIssue, type ProfileIssueCode } from './document/profile-error.js';
export { type ExtendOptions, extendProfile, type LoadBase } from './extend/extend-profile.js';
export { OPERATOR_VERSIONS, type OperatorVersion } from './extend/operator-union.js';
export { loadProfile } from './formats/load-profile.js';
export { readProfile } from './formats/read-profile.js';
export {
  OUTPUT_FORMATS,
  type OutputFormat,
  type WriteTarget,
  writeProfile,
  writeWarnings,
} from './formats/write-profile.js';
export { CAPABILITIES, CAPABILITY_SETS, type CapabilitySet } from './model/capability.js';
export {
  INPUT_FORMATS,
  type InputFormat,
  type ParsedProfile,
  type ProfileFormat,
  type ReadOptions,
} from './model/parsed-profile.js';
export {
  type EntryExplanation,
  explainResolution,
  formatResolution,
  type ResolutionExplanation,
} from './resolve/explain-resolution.js';
export { type ResolveOptions, resolvePolicy } from './resolve/resolve-policy.js';
