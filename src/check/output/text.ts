import { checkArgument, LIST } from '../../options.js';
import { count } from '../../phrases.js';
import { formatPlace } from '../../source-place.js';
import { printable } from '../../text.js';
import { countFindings, type FileReport, nameOfReport } from '../file-report.js';
import type { Finding } from '../finding.js';
import { hostTable } from '../host-differences.js';
import { targetTable } from './target-table.js';

/**
 * For people: one line per finding in the form that compilers use, the advice below it, and a count at the end.
 *
 * @throws nothing: it only writes what it is given
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { checkProfile, renderText } from 'libseccomp-wasm/check';
 * import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const entry = { names: ['ptrce'], action: 'SCMP_ACT_ERRNO' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const report = checkProfile(profile, { targets: ['x86_64'], libseccomp: await loadLibseccomp() });
 * console.log(renderText([{ source: 'profile.json', report }]).trimEnd().split('\n').at(-1)); // 1 error, 2 pieces of advice
 * ```
 */
export function renderText(files: readonly FileReport[]): string {
  checkArgument('renderText', 'files', files, LIST);
  const lines = files.flatMap(({ source: file, document, report, fixed }) => {
    const source = nameOfReport({ source: file, document });
    return [
      ...report.findings.flatMap(lineOf),
      ...(fixed ?? []).map((finding) => `${placeOf(finding)}: fixed: ${finding.message} [${finding.id}]`),
      ...(report.target
        ? targetTable(report.target).map((line, index) => printable(index === 0 ? `${source}: ${line}` : line))
        : []),
      ...(report.host
        ? hostTable(report.host).map((line, index) => printable(index === 0 ? `${source}: ${line}` : line))
        : []),
    ];
  });
  return `${[...lines, summaryOf(files)].join('\n')}\n`;
}

function lineOf(finding: Finding): string[] {
  const { severity, path, message, advice, id, fix } = finding;
  const subject = path === '' ? '' : `${printable(path)}: `;
  return [
    `${placeOf(finding)}: ${severity}: ${subject}${message} [${id}]`,
    ...(advice === '' ? [] : [`    ${advice}${fix ? ' (--fix does)' : ''}`]),
  ];
}

function placeOf({ source, position }: Finding): string {
  return formatPlace(source, position);
}

/** The counts, as the last line has them: `2 errors, 1 warning; 3 ignored`. */
export function summaryOf(files: readonly FileReport[]): string {
  const { error, warning, advice, ignored, fixed } = countFindings(files);
  const counts = [
    error > 0 ? count(error, 'error') : '',
    warning > 0 ? count(warning, 'warning') : '',
    advice > 0 ? count(advice, 'piece of advice', 'pieces of advice') : '',
  ].filter((text) => text !== '');
  const found = counts.length === 0 ? 'nothing found' : counts.join(', ');
  return `${found}${fixed > 0 ? `; ${fixed} fixed` : ''}${ignored > 0 ? `; ${ignored} ignored` : ''}`;
}
