import { checkArgument, LIST } from '../../options.js';
import { countFindings, type FileReport } from '../file-report.js';

/**
 * For programs: every file with its findings, and the counts. Offsets and columns count UTF-16 code units; lines and
 * columns from 1, offsets from 0 and from after a byte order mark.
 *
 * @throws nothing: it only writes what it is given
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { checkProfile, renderJson } from 'libseccomp-wasm/check';
 * import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const entry = { names: ['ptrce'], action: 'SCMP_ACT_ERRNO' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const report = checkProfile(profile, { targets: ['x86_64'], libseccomp: await loadLibseccomp() });
 * console.log(JSON.parse(renderJson([{ source: 'profile.json', report }])).summary.errors); // 1
 * ```
 */
export function renderJson(files: readonly FileReport[]): string {
  checkArgument('renderJson', 'files', files, LIST);
  const { error, warning, advice, ignored, fixed } = countFindings(files);
  const log = {
    files: files.map(({ source, document, thread, report, fixed = [], isUnreadable = false }) => ({
      source,
      ...(document === undefined ? {} : { document }),
      ...(thread === undefined ? {} : { thread }),
      readable: !isUnreadable,
      findings: report.findings,
      ignored: report.ignored,
      fixed,
      ...(report.target ? { target: report.target } : {}),
      ...(report.host ? { host: report.host } : {}),
    })),
    summary: { errors: error, warnings: warning, advice, ignored, fixed },
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
