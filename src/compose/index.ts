/**
 * Profiles made of profiles: what all of them allow, what any allows, what one allows beyond others. Browser and Node.js.
 *
 * @packageDocumentation
 */

// Intersection, union, difference

export { ComposeError } from './algebra/compose-error.js';
export type { ComposeInput, ComposeProgram, InputCompileOptions } from './algebra/compose-input.js';
export {
  type ComposedProfile,
  type ComposeOptions,
  intersectProfiles,
  type SubtractOptions,
  subtractProfiles,
  unionProfiles,
} from './algebra/compose-profiles.js';
export type { ComposedCalls, ComposeReport, LostCalls } from './algebra/compose-report.js';

// Profiles as artifacts

export { ArtifactError, type ArtifactFault } from './artifact/artifact-error.js';
export { profileLayer } from './artifact/profile-layer.js';
export { type ArtifactChoice, type ArtifactProfile, type LayoutFiles, readArtifact } from './artifact/read-layout.js';
export { type ArtifactReference, parseArtifactReference } from './artifact/reference.js';
export { ARTIFACT_LIMITS } from './artifact/refusals.js';
export {
  type ArtifactFiles,
  artifactFiles,
  type IndexEntry,
  type LayoutIndex,
  layoutFiles,
} from './artifact/write-layout.js';

// A fleet's recordings

export type { MergedCall, SeenNames } from './recordings/facts.js';
export { type ObjectsOptions, writeObjects } from './recordings/kubernetes.js';
export {
  type MergedRecordings,
  type MergeRecordingsOptions,
  mergeByContainer,
  mergeRecordings,
} from './recordings/merge-recordings.js';
export { ORIGIN_WORDS, type OriginWord, type OriginWords, type RecordingOrigin } from './recordings/origin.js';
export { type RecordingInput, RecordingReader, type RecordingSummary } from './recordings/read-recording.js';
export { Recordings } from './recordings/recordings.js';
export { REPORT_FORMATS, type ReportFormat, renderMerge } from './recordings/report.js';
