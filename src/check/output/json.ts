import { countFindings, type FileReport } from '../file-report.js';

/**
 * For programs: every file with its findings, and the counts. Offsets and columns count UTF-16 code units; lines and
 * columns from 1, offsets from 0 and from after a byte order mark.
 */
export function renderJson(files: readonly FileReport[]): string {
  const { error, warning, advice, ignored, fixed } = countFindings(files);
  const document = {
    files: files.map(({ source, report, fixed = [], isUnreadable = false }) => ({
      source,
      readable: !isUnreadable,
      findings: report.findings,
      ignored: report.ignored,
      fixed,
    })),
    summary: { errors: error, warnings: warning, advice, ignored, fixed },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
