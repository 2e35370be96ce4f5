export { parseJson } from './document/json-document.js';
export { formatPath } from './document/json-path.js';
export { InexactNumber, type JsonValue } from './document/json-value.js';
export { ProfileError, type ProfileIssueCode } from './document/profile-error.js';
export { extendProfile } from './extend/extend-profile.js';
export type { OperatorVersion } from './extend/operator-union.js';
export {
  INPUT_FORMATS,
  type InputFormat,
  OUTPUT_FORMATS,
  type OutputFormat,
} from './formats/index.js';
export { loadProfile } from './formats/load-profile.js';
export { readProfile } from './formats/read-profile.js';
export { writeProfile, writeWarnings } from './formats/write-profile.js';
export { CAPABILITIES } from './model/capability.js';
export type { ParsedProfile } from './model/parsed-profile.js';
export {
  explainResolution,
  formatResolution,
} from './resolve/explain-resolution.js';
export { resolvePolicy } from './resolve/resolve-policy.js';
