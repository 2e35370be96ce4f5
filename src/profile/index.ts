/**
 * Profiles as texts and objects: read, extend and write them, in every format. Browser and Node.js.
 *
 * @packageDocumentation
 */

// Read a profile

export type { IncludedText, LoadInclude } from './formats/include.js';
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
export type { SystemdVersion } from './formats/systemd-versions.js';
export type { ParsedProfile } from './model/parsed-profile.js';

// Extend and write it

export { type ExtendOptions, extendProfile, type LoadBase } from './extend/extend-profile.js';
export { type WriteTarget, writeProfile } from './formats/write-profile.js';
