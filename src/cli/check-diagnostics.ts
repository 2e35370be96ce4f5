import { type FileReport, nameOfReport, UNREADABLE } from '../check/file-report.js';
import { type Finding, SEVERITIES } from '../check/finding.js';
import { hostTable } from '../check/host-differences.js';
import { targetTable } from '../check/output/target-table.js';
import { summaryOf } from '../check/output/text.js';
import { printable } from '../text.js';
import { Color, paintFor } from './colors.js';
import { type Diagnostic, renderDiagnostic } from './diagnostic.js';

/** The report of `scmp check` for a terminal: each finding with its lines of the file, and the counts. */
export function checkDiagnostics(files: readonly FileReport[]): string {
  const paint = paintFor(1);
  const blocks = files.flatMap(({ source: file, document, report, fixed = [] }) => {
    const source = nameOfReport({ source: file, document });
    return [
      ...report.findings.map((finding) => renderDiagnostic(diagnosticOf(finding), 1)),
      ...fixed.map((finding) => renderDiagnostic({ ...diagnosticOf(finding), severity: 'fixed', help: '' }, 1)),
      ...(report.target
        ? [
            targetTable(report.target)
              .map((line, index) => printable(index === 0 ? `${source}: ${line}` : line))
              .join('\n'),
          ]
        : []),
      ...(report.host
        ? [
            hostTable(report.host)
              .map((line, index) => printable(index === 0 ? `${source}: ${line}` : line))
              .join('\n'),
          ]
        : []),
    ];
  });
  const counts = [paint(Color.BOLD, summaryOf(files))];
  const found = files.flatMap(({ report }) => report.findings).filter(({ id }) => id !== UNREADABLE);
  const worst = SEVERITIES.flatMap((severity) => found.find((finding) => finding.severity === severity) ?? [])[0];
  if (worst) counts.push(paint(Color.DIM, `scmp check --explain ${worst.id} says more of a finding`));
  return `${[...blocks, counts.join('\n')].join('\n\n')}\n`;
}

function diagnosticOf({ severity, id, message, source, path, position, advice, fix }: Finding): Diagnostic {
  return { severity, id, message, source, path, position, help: `${advice}${fix ? ' (--fix does)' : ''}` };
}
