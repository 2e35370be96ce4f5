import type { TargetName } from '../compose/targets/target.js';
import { type ReportOptions, targetReport } from '../compose/targets/target-report.js';
import { checkArgument, checkOptions, LIBSECCOMP } from '../options.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { checkParsedProfile } from '../profile/model/parsed-profile.js';
import {
  CHECK_OPTIONS,
  type CheckOptions,
  type CheckParts,
  checkedTargets,
  checkId,
  checkTargets,
  targetOptions,
} from './check-targets.js';
import { EVERY_FORMAT } from './every-format.js';
import type { CheckReport } from './finding.js';
import { hostDifferences, namesHost } from './host-differences.js';
import type { CheckedTarget } from './target.js';

/**
 * Check a profile for what a reviewer would want to see, on every machine that it is for. The same arguments give the
 * same report everywhere.
 *
 * @throws {ProfileError} when a target lacks an errno, or `extends` was not resolved
 * @throws {InvalidArgumentError} when an architecture, capability, kernel version or id is unknown
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { checkProfile } from 'libseccomp-wasm/check';
 * import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const entry = { names: ['ptrce'], action: 'SCMP_ACT_ERRNO' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const { findings } = checkProfile(profile, { targets: ['x86_64'], libseccomp: await loadLibseccomp() });
 * console.log(findings[0].severity, findings[0].id, findings[0].path); // error unknown-syscall syscalls[0].names[0]
 * ```
 */
export function checkProfile(profile: ParsedProfile, options: CheckOptions): CheckReport {
  checkOptions('checkProfile', options, CHECK_OPTIONS);
  checkParsedProfile('checkProfile', profile);
  checkArgument('checkProfile', 'options.libseccomp', options.libseccomp, LIBSECCOMP);
  for (const id of options.ignore ?? []) checkId(id);
  return checkTargets(profile, checkedTargets(profile, options), options, CHECK_PARTS);
}

/** All that a check has: every format, and what the engine and the host do, where they are named. */
export const CHECK_PARTS: CheckParts = {
  ...EVERY_FORMAT,
  reportOf: (profile, targets, options) =>
    options.engine && targetReport(profile, reportOptions(options.engine, targets, options)),
  hostOf: (profile, targets, options) =>
    namesHost(options) ? hostDifferences(profile, targets, targetOptions(options)) : undefined,
};

/** A runtime that the caller names is taken for the target's own. */
function reportOptions(
  target: TargetName,
  targets: readonly CheckedTarget[],
  { libseccomp, text, runtime, capabilities, kernel }: CheckOptions,
): ReportOptions {
  const architectures = targets.map(({ architecture }) => architecture);
  const named = runtime === 'libseccomp' ? undefined : runtime;
  return { target, libseccomp, architectures, text, runtime: named, capabilities, kernel };
}
