/**
 * Profiles from what was seen: the logs of the kernel and of strace, and the tallies of a recording. Browser and Node.js.
 *
 * @packageDocumentation
 */

// Make a profile of what was seen

export { LAUNCHERS, type Launcher, withLauncher } from './launchers.js';
export { type LearnedProfile, type LearnOptions, learnProfile } from './learn-profile.js';
export { learnedArguments } from './learned-arguments.js';
export { type MergeOptions, mergeLearned, mergeMasks } from './merge-learned.js';
export {
  type ArgumentMask,
  type ArgumentMasks,
  Observations,
  type ObservedArgument,
  type ObservedCall,
} from './observations.js';

// Read logs

export { type AuditLogOptions, readAuditLog } from './audit-log.js';
export { type NumberedCall, numberedMasks, observeNumbered } from './notified-calls.js';
export {
  type FilterKill,
  LOG_KINDS,
  type LoggedCall,
  type LoggedOrigin,
  type LoggedOutcome,
  type LoggedPlace,
  type LogKind,
  type LogProblem,
  type LogSource,
  type LogSummary,
  type OnCall,
  type SyscallLookup,
} from './read-log.js';
export { readStrace, type StraceOptions } from './strace-log.js';
export { syscallLookup } from './syscall-lookup.js';

// Why a call was denied

export { ENTRY_SYNTAXES, type EntrySyntax } from '../profile/formats/format.js';
export {
  allowingLine,
  clone3Line,
  type DenialReason,
  type DeniedCall,
  type DroppedDenial,
  explainDenial,
} from './explain-denial.js';

// How often calls are made

export {
  type CallCounts,
  CallCountsError,
  type CallCountsOptions,
  readCallCounts,
  writeCallCounts,
} from './call-counts.js';
