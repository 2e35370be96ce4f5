import { checkArgument, OBJECT } from '../../options.js';
import { count } from '../../phrases.js';
import { printable } from '../../text.js';
import { type MergedCall, namesInWords, type SeenNames } from './facts.js';
import type { MergedRecordings } from './merge-recordings.js';

/** The forms of a report. */
export const REPORT_FORMATS = ['text', 'json', 'markdown'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/**
 * Who made the calls of merged recordings, and what was not taken, as a text. Of a list of names there are at most 20.
 *
 * @throws {InvalidArgumentError} when there is no such format
 *
 * @example
 * ```js
 * import { mergeRecordings, Recordings, renderMerge } from 'libseccomp-wasm/compose';
 *
 * const recordings = new Recordings();
 * recordings.addCall({ name: 'read', architecture: 'x86_64', args: [] }, { source: 'a.log', node: 'worker-1' });
 * console.log(renderMerge(mergeRecordings(recordings)).split('\n')[0]); // 1 recording: 1 node (worker-1); x86_64
 * ```
 */
export function renderMerge(merged: MergedRecordings, format: ReportFormat = 'text'): string {
  checkArgument('renderMerge', 'merged', merged, OBJECT);
  checkArgument('renderMerge', 'format', format, ...REPORT_FORMATS);
  switch (format) {
    case 'json':
      return renderJson(merged);
    case 'markdown':
      return renderMarkdown(merged);
    case 'text':
      return renderText(merged);
  }
}

function renderJson({ profile: _, warnings, ...rest }: MergedRecordings): string {
  const shown = { ...rest, warnings: warnings.map(({ code, message }) => ({ code, message })) };
  return `${JSON.stringify(shown, null, 2)}\n`;
}

interface Part {
  title: string;
  calls: readonly MergedCall[];
}

function partsOf({ taken, rare, stale, fleet, staleBefore }: MergedRecordings): Part[] {
  const everywhere = taken.filter(({ recordings }) => recordings === fleet.recordings);
  const parts = [
    { title: 'taken, in all recordings', calls: everywhere },
    { title: 'taken, not in all recordings', calls: taken.filter((call) => !everywhere.includes(call)) },
    { title: 'not taken: on too few nodes', calls: rare },
    { title: `not taken: not seen since ${staleBefore}`, calls: stale },
  ];
  return parts.filter(({ calls }) => calls.length > 0);
}

function summaryOf({ fleet, profileRecordings }: MergedRecordings): string {
  const of = (names: SeenNames, word: string) =>
    names.count > 0 ? [`${count(names.count, word)} (${namesInWords(names)})`] : [];
  const said = [
    ...of(profileRecordings, 'ProfileRecording'),
    ...of(fleet.nodes, 'node'),
    ...(fleet.hasUnknownNode ? ['nodes that are not known'] : []),
    ...of(fleet.containers, 'container'),
    ...of(fleet.images, 'image'),
    ...(fleet.architectures.length > 0 ? [fleet.architectures.join(', ')] : []),
  ];
  return `${count(fleet.recordings, 'recording')}${said.length > 0 ? `: ${said.join('; ')}` : ''}`;
}

const HEAD = ['call', 'recordings', 'nodes', 'pods', 'images', 'times', 'last seen'] as const;

function cellsOf({ call, recordings, nodes, hasUnknownNode, pods, images, lines, last }: MergedCall): string[] {
  const of = (names: SeenNames) => (names.count > 0 ? `${names.count}: ${namesInWords(names)}` : '');
  const onNodes = `${of(nodes)}${hasUnknownNode ? `${nodes.count > 0 ? ', ' : ''}not known` : ''}`;
  return [call, String(recordings), onNodes, of(pods), of(images), lines > 0 ? String(lines) : '', last ?? ''];
}

function renderText(merged: MergedRecordings): string {
  const parts = partsOf(merged).map(({ title, calls }) => {
    const rows = [HEAD, ...calls.map((call) => cellsOf(call).map((cell) => printable(cell)))];
    // A column in which nothing stands is left out.
    const columns = HEAD.map((_, at) => at).filter((at) => rows.slice(1).some((row) => row[at] !== ''));
    const widths = columns.map((at) => Math.max(...rows.map((row) => row[at]!.length)));
    const lines = rows.map((row) =>
      `  ${columns.map((at, place) => row[at]!.padEnd(widths[place]!)).join('  ')}`.trimEnd(),
    );
    return `${title}: ${calls.length}\n${lines.join('\n')}\n`;
  });
  return [`${summaryOf(merged)}\n`, ...parts, warningsOf(merged)].filter(Boolean).join('\n');
}

function warningsOf({ warnings }: MergedRecordings): string {
  return warnings.map(({ message }) => `warning: ${printable(message)}\n`).join('');
}

function renderMarkdown(merged: MergedRecordings): string {
  const cell = (text: string) => printable(text).replace(/[\\|`*_<>[\]]/g, '\\$&');
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const parts = partsOf(merged).map(({ title, calls }) => {
    const head = `${row(HEAD)}${row(HEAD.map(() => '---'))}`;
    return `\n### ${title[0]!.toUpperCase()}${title.slice(1)} (${calls.length})\n\n${head}${calls.map((call) => row(cellsOf(call).map(cell))).join('')}`;
  });
  const warnings = merged.warnings.map(({ message }) => `- ${cell(message)}\n`).join('');
  return `${cell(summaryOf(merged))}\n${parts.join('')}${warnings === '' ? '' : `\n### Warnings\n\n${warnings}`}`;
}
