export { CAPABILITIES, CAPABILITY_SETS, type CapabilitySet } from './capability.js';
export {
  type EntryExplanation,
  explainResolution,
  formatResolution,
  type ResolutionExplanation,
} from './explain-resolution.js';
export { type ExtendOptions, extendProfile, type LoadBase } from './extend-profile.js';
export { InexactNumber, type JsonValue, parseJson } from './json-document.js';
export { formatPath } from './json-path.js';
export { loadProfile } from './load-profile.js';
export { OPERATOR_VERSIONS, type OperatorVersion } from './operator-union.js';
export {
  INPUT_FORMATS,
  type InputFormat,
  type ParsedProfile,
  type ProfileFormat,
  type ReadOptions,
} from './parsed-profile.js';
export { ProfileError, type ProfileIssue, type ProfileIssueCode } from './profile-error.js';
export { readProfile } from './read-profile.js';
export { type ResolveOptions, resolvePolicy } from './resolve-policy.js';
export { OUTPUT_FORMATS, type OutputFormat, type WriteTarget, writeProfile, writeWarnings } from './write-profile.js';
