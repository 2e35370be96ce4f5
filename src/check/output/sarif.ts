import { checkArgument, LIST } from '../../options.js';
import { VERSION } from '../../version.js';
import { type FileReport, UNREADABLE } from '../file-report.js';
import type { Finding, Severity, TextEdit } from '../finding.js';
import { PROGRAM_CHECK_RULES } from '../program-rules.js';
import { CHECK_RULES } from '../registry.js';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', advice: 'note' };

const DESCRIPTORS = [
  ...CHECK_RULES.map(({ id, severity, summary }) => ({ id, severity, summary })),
  ...PROGRAM_CHECK_RULES.filter(({ id }) => !CHECK_RULES.some((rule) => rule.id === id)).map(
    ({ id, severity, summary }) => ({ id, severity, summary }),
  ),
  { id: UNREADABLE, severity: 'error' as const, summary: 'The profile cannot be read.' },
];
const INDEXES = new Map(DESCRIPTORS.map(({ id }, index) => [id, index]));

/**
 * A log of the Static Analysis Results Interchange Format, SARIF 2.1.0 (OASIS), which code scanning services read. Columns
 * count UTF-16 code units, as `columnKind` says. Ignored findings are in it as suppressed results.
 *
 * @throws nothing: it only writes what it is given
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { checkProfile, renderSarif } from 'libseccomp-wasm/check';
 * import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const entry = { names: ['ptrce'], action: 'SCMP_ACT_ERRNO' };
 * const profile = readProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const report = checkProfile(profile, { targets: ['x86_64'], libseccomp: await loadLibseccomp() });
 * const { version, runs } = JSON.parse(renderSarif([{ source: 'profile.json', report }]));
 * console.log(version, runs[0].results[0].ruleId); // 2.1.0 unknown-syscall
 * ```
 */
export function renderSarif(files: readonly FileReport[]): string {
  checkArgument('renderSarif', 'files', files, LIST);
  const driver = {
    name: 'scmp check',
    version: VERSION,
    semanticVersion: VERSION,
    rules: DESCRIPTORS.map(({ id, severity, summary }) => ({
      id,
      shortDescription: { text: summary },
      defaultConfiguration: { level: LEVELS[severity] },
    })),
  };
  const run = {
    tool: { driver },
    columnKind: 'utf16CodeUnits',
    invocations: [{ executionSuccessful: files.every(({ isUnreadable }) => !isUnreadable) }],
    ...targetProperties(files),
    results: files.flatMap(({ report }) => [
      ...report.findings.map((finding) => resultOf(finding)),
      ...report.ignored.map((finding) => ({ ...resultOf(finding), suppressions: [{ kind: 'inSource' }] })),
    ]),
  };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** What a target is, and whose behaviour the report is of (section 3.8, property bags). */
function targetProperties(files: readonly FileReport[]) {
  const targets = files.flatMap(({ source, report }) => {
    if (!report.target) return [];
    const { target, title, software } = report.target;
    return [{ uri: uriOf(source), target, title, software }];
  });
  return targets.length === 0 ? {} : { properties: { targets } };
}

function resultOf({ id, severity, source, position, path, message, advice, fix }: Finding) {
  const artifactLocation = { uri: uriOf(source) };
  const region = position && { region: { startLine: position.line, startColumn: position.column } };
  const logicalLocations = path === '' ? {} : { logicalLocations: [{ fullyQualifiedName: path }] };
  return {
    ruleId: id,
    ruleIndex: INDEXES.get(id),
    level: LEVELS[severity],
    message: { text: advice === '' ? `${message}.` : `${message}. ${advice}.` },
    locations: [{ physicalLocation: { artifactLocation, ...region }, ...logicalLocations }],
    ...(fix ? { fixes: [{ description: { text: advice }, artifactChanges: [changeOf(artifactLocation, fix)] }] } : {}),
  };
}

function changeOf(artifactLocation: { uri: string }, edits: readonly TextEdit[]) {
  return {
    artifactLocation,
    replacements: edits.map(({ offset, length, text }) => ({
      deletedRegion: offset < 0 ? BYTE_ORDER_MARK_REGION : { charOffset: offset, charLength: length },
      insertedContent: { text },
    })),
  };
}

/** The mark is no character of the text (section 3.30.2): only bytes name it. */
const BYTE_ORDER_MARK_REGION = { byteOffset: 0, byteLength: 3 };

/** A path as a URI reference: relative paths stay relative, as code scanning wants them. */
function uriOf(path: string): string {
  const segments = path.replaceAll('\\', '/').split('/').map(encodeSegment).join('/');
  if (/^[A-Za-z]%3A\//.test(segments)) return `file:///${segments.replace('%3A', ':')}`;
  return segments.startsWith('/') ? `file://${segments}` : segments;
}

/** A file name may hold half a surrogate pair, which no URI can. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(
    segment.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd'),
  );
}
