/**
 * What a reviewer of a profile should see, for the engines, runtimes, kernels and libseccomps that it will meet. Browser and
 * Node.js.
 *
 * @packageDocumentation
 */

// Check and fix a profile

export { checkProfile } from './check-profile.js';
export { type CheckOptions, defaultTargets } from './check-targets.js';
export {
  type CheckReport,
  type Finding,
  type HostDifference,
  SEVERITIES,
  type Severity,
  type TextEdit,
} from './finding.js';
export { type FixedProfile, fixProfile } from './fix.js';
export { CHECK_RULES } from './registry.js';
export type { CheckRule } from './rule.js';

// Check a compiled program

export { type CheckProgramOptions, checkProgram } from './check-program.js';
export { PROGRAM_CHECK_RULES, type ProgramRule } from './program-rules.js';

// Write a report

export { type FileReport, unreadableReport } from './file-report.js';
export { renderGithub } from './output/github.js';
export { renderJson } from './output/json.js';
export { renderSarif } from './output/sarif.js';
export { renderText } from './output/text.js';

// What others make of a profile

export { LIBSECCOMP_VERSIONS, type LibseccompVersion } from '../compiler/host-libseccomp.js';
export { type RuntimeBehaviour, type RuntimeOptions, runtimeBehaviour } from '../compiler/runtime.js';
export type { TargetNote, TargetReport } from '../compose/targets/report.js';
export { TARGETS, type TargetName, type TargetSoftware } from '../compose/targets/target.js';
export { OPERATOR_VERSIONS, type OperatorVersion } from '../profile/extend/operator-union.js';
export { writeWarnings } from '../profile/formats/write-profile.js';
export { CAPABILITIES, CAPABILITY_SETS, type CapabilitySet } from '../profile/model/capability.js';
export type { TargetOptions } from './target.js';
