import type { Architecture } from '../architecture.js';
import { defaultTargets } from '../check/check-targets.js';
import { targetTable } from '../check/output/target-table.js';
import { type ReportOptions, targetReport } from '../compose/targets/target-report.js';
import { loadLibseccompSync } from '../libseccomp/index.js';
import { ProfileError } from '../profile/document/profile-error.js';
import type { InputFormat } from '../profile/formats/index.js';
import { readProfile } from '../profile/formats/read-profile.js';
import { printable } from '../text.js';
import { printError } from './output.js';

interface Written {
  /** As the target will be given it. */
  readonly text: string;
  readonly format: InputFormat;
  /** The file that it is for, as errors name it. */
  readonly file: string | undefined;
  /** Undefined: the machines that the profile names, or the usual ones. */
  readonly architecture: Architecture | undefined;
}

/**
 * Report on standard error what a target will do with a text before it is written.
 *
 * @throws {ProfileError} when the target refuses it, or would make a weaker filter of it, with an issue for each reason
 */
export function reportTarget(
  { text, format, file, architecture }: Written,
  options: Pick<ReportOptions, 'target' | 'capabilities' | 'kernel'>,
): void {
  const source = file === undefined || file === '-' ? 'standard output' : file;
  const profile = readProfile(text, { source, format, notifyGuards: false });
  const architectures = architecture ? [architecture] : defaultTargets(profile);
  const report = targetReport(profile, { ...options, text, architectures, libseccomp: loadLibseccompSync() });
  const faults = [...report.refused, ...report.ignored.filter(({ isWeaker }) => isWeaker)];
  if (faults.length > 0) {
    const issues = faults.map(({ message, advice, path }) => ({
      code: 'refused-by-target' as const,
      message,
      path,
      hint: advice === '' ? undefined : advice,
    }));
    throw new ProfileError('PROFILE_INVALID', issues, source);
  }
  for (const [index, line] of targetTable(report).entries())
    printError(printable(index === 0 ? `${source}: ${line}` : line));
}
