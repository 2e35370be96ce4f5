import { countFindings, type FileReport } from '../file-report.js';
import type { Severity } from '../finding.js';
import { summaryOf } from './text.js';

/** How often a finding is in the files. */
export interface CountedFinding {
  id: string;
  severity: Severity;
  count: number;
  /** In how many files. */
  files: number;
  /** How many of them `--fix` can fix. */
  fixable: number;
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'advice'];

/** The findings of several files by id: the severest first, of these the most frequent. */
function countById(files: readonly FileReport[]): CountedFinding[] {
  const counts = new Map<string, CountedFinding & { sources: Set<FileReport> }>();
  for (const file of files) {
    for (const { id, severity, fix } of file.report.findings) {
      const key = `${severity} ${id}`;
      const counted = counts.get(key) ?? { id, severity, count: 0, files: 0, fixable: 0, sources: new Set() };
      counted.sources.add(file);
      counts.set(key, { ...counted, count: counted.count + 1, fixable: counted.fixable + (fix ? 1 : 0) });
    }
  }
  return [...counts.values()]
    .map(({ sources, ...counted }) => ({ ...counted, files: sources.size }))
    .sort(
      (one, other) =>
        SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
        other.count - one.count ||
        (one.id < other.id ? -1 : 1),
    );
}

/** For people: the counts of severities first, then a table. */
export function renderStatistics(files: readonly FileReport[]): string {
  const rows = countById(files).map(({ id, severity, count, files: inFiles, fixable }) => [
    severity,
    id,
    `${count}`,
    `${inFiles}`,
    fixable === 0 ? '-' : `${fixable}`,
  ]);
  const table = [['SEVERITY', 'FINDING', 'TIMES', 'FILES', 'FIXABLE'], ...rows];
  const widths = (table[0] as string[]).map((_, at) => Math.max(...table.map((row) => (row[at] as string).length)));
  const lines = table.map((row) =>
    row
      .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number)))
      .join('  '),
  );
  return `${[summaryOf(files), ...(rows.length > 0 ? ['', ...lines] : [])].join('\n')}\n`;
}

/** For programs. */
export function renderStatisticsJson(files: readonly FileReport[]): string {
  const { error, warning, advice, ignored, fixed } = countFindings(files);
  const summary = { errors: error, warnings: warning, advice, ignored, fixed };
  return `${JSON.stringify({ statistics: countById(files), files: files.length, summary }, null, 2)}\n`;
}
