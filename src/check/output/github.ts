import { checkArgument, LIST } from '../../options.js';
import type { FileReport } from '../file-report.js';
import type { Finding, Severity } from '../finding.js';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', advice: 'notice' };

/**
 * For a workflow's log on GitHub, which shows each line as an annotation beside the file's line
 * ("Workflow commands for GitHub Actions").
 *
 * @throws nothing: it only writes what it is given
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { checkProfile, renderGithub } from 'libseccomp-wasm/check';
 * import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const entry = { names: ['ptrce'], action: 'SCMP_ACT_ERRNO' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const report = checkProfile(profile, { targets: ['x86_64'], libseccomp: await loadLibseccomp() });
 * console.log(renderGithub([{ source: 'profile.json', report }]).slice(0, 20)); // ::error file=profile
 * ```
 */
export function renderGithub(files: readonly FileReport[]): string {
  checkArgument('renderGithub', 'files', files, LIST);
  const lines = files.flatMap(({ report }) => report.findings.map(annotation));
  return lines.map((line) => `${line}\n`).join('');
}

function annotation({ severity, source, position, id, message, advice }: Finding): string {
  const place = position ? [`line=${position.line}`, `col=${position.column}`] : [];
  const properties = [`file=${escapeProperty(source)}`, ...place, `title=${escapeProperty(`scmp check: ${id}`)}`];
  return `::${COMMANDS[severity]} ${properties.join(',')}::${escapeData(advice === '' ? message : `${message}. ${advice}`)}`;
}

/** Characters that would end the line or begin another command. */
export function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
