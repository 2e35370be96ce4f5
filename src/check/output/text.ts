import { formatPlace } from '../../source-place.js';
import { printable } from '../../text.js';
import { countFindings, type FileReport } from '../file-report.js';
import type { Finding } from '../finding.js';
import { count } from '../rules/phrases.js';

/** For people: one line per finding in the form that compilers use, the advice below it, and a count at the end. */
export function renderText(files: readonly FileReport[]): string {
  const lines = files.flatMap(({ report, fixed }) => [
    ...report.findings.flatMap(lineOf),
    ...(fixed ?? []).map((finding) => `${placeOf(finding)}: fixed: ${finding.message} [${finding.id}]`),
  ]);
  return `${[...lines, summaryOf(files)].join('\n')}\n`;
}

function lineOf(finding: Finding): string[] {
  const { severity, path, message, advice, id, fix } = finding;
  const subject = path === '' ? '' : `${printable(path)}: `;
  return [
    `${placeOf(finding)}: ${severity}: ${subject}${message} [${id}]`,
    `    ${advice}${fix ? ' (--fix does)' : ''}`,
  ];
}

function placeOf({ source, position }: Finding): string {
  return formatPlace(source, position);
}

function summaryOf(files: readonly FileReport[]): string {
  const { error, warning, advice, ignored, fixed } = countFindings(files);
  const counts = [
    error > 0 ? count(error, 'error') : '',
    warning > 0 ? count(warning, 'warning') : '',
    advice > 0 ? count(advice, 'piece of advice', 'pieces of advice') : '',
  ].filter((text) => text !== '');
  const found = counts.length === 0 ? 'nothing found' : counts.join(', ');
  return `${found}${fixed > 0 ? `; ${fixed} fixed` : ''}${ignored > 0 ? `; ${ignored} ignored` : ''}`;
}
