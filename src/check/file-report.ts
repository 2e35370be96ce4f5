import type { ProfileError } from '../profile/document/profile-error.js';
import { printable } from '../text.js';
import type { CheckReport, Finding, Severity } from './finding.js';

/** A file that was checked: what was found, or why there was nothing to check. */
export interface FileReport {
  source: string;
  /** The document that it is about, in a file of several: its `metadata.name`, its number, or the service of a compose file. */
  document?: string | undefined;
  /** The thread that it is about, in a seccompiler file with several. */
  thread?: string | undefined;
  report: CheckReport;
  /** Findings that were fixed in the file. */
  fixed?: readonly Finding[] | undefined;
  /** It could not be read: `report` has the reasons, under the id `unreadable`. */
  isUnreadable?: boolean | undefined;
}

/** The id of a fault that keeps a profile from being read. No rule finds it, and it cannot be ignored. */
export const UNREADABLE = 'unreadable';

/**
 * A profile that cannot be read, as a report with findings.
 *
 * @throws nothing: any error makes a report
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { unreadableReport } from 'libseccomp-wasm/check';
 *
 * try {
 *   readProfile('{ "defaultAction": "SCMP_ACT_ALOW" }');
 * } catch (error) {
 *   const { report } = unreadableReport(error, 'profile.json');
 *   console.log(report.findings[0].id, report.findings[0].path); // unreadable defaultAction
 * }
 * ```
 */
export function unreadableReport(error: Error, source: string): FileReport {
  const finding = (message: string, advice = ''): Finding => ({
    id: UNREADABLE,
    severity: 'error',
    path: '',
    source,
    message: printable(message),
    advice: printable(advice),
  });
  const hasIssues = 'issues' in error;
  const findings = hasIssues
    ? (error as ProfileError).issues.map((issue) => ({
        ...finding(issue.message, issue.hint),
        // Those of an assembler's text have a line, and no path.
        path: issue.path ?? '',
        position: issue.position,
        source: issue.source ?? (error as ProfileError).source,
      }))
    : [finding(withoutPlace(error.message, source))];
  return { source, report: { findings, ignored: [] }, isUnreadable: true };
}

/** A message that begins with the file's name, without it: the report has that in front of every finding. */
function withoutPlace(message: string, source: string): string {
  const place = `${printable(source)}: `;
  return message.startsWith(place) ? message.slice(place.length) : message;
}

/** How many findings there are of each severity. */
export function countFindings(files: readonly FileReport[]): Record<Severity | 'ignored' | 'fixed', number> {
  const findings = files.flatMap(({ report }) => report.findings);
  const of = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return {
    error: of('error'),
    warning: of('warning'),
    advice: of('advice'),
    ignored: files.reduce((sum, { report }) => sum + report.ignored.length, 0),
    fixed: files.reduce((sum, { fixed }) => sum + (fixed?.length ?? 0), 0),
  };
}

/** What a report is about, as the commands take it: `many.yaml#2` is one document of a file. */
export const nameOfReport = ({ source, document }: Pick<FileReport, 'source' | 'document'>): string =>
  document === undefined ? source : `${source}#${document}`;
