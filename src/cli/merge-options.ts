import { InvalidArgumentError as InvalidOption, Option } from 'commander';
import type { MergedRecordings, MergeRecordingsOptions } from '../compose/recordings/merge-recordings.js';
import { timeOfText } from '../compose/recordings/origin.js';
import type { ReportFormat } from '../compose/recordings/report.js';
import { InvalidArgumentError } from '../errors.js';
import type { OutputFormat } from '../profile/formats/index.js';
import { jsonPerTarget, print, writeResult } from './output.js';

/** What `merge` and `record --merge` choose by, and how they tell of it. */
export const MERGE_CHOICES = {
  minNodes: new Option('--min-nodes <n>', 'list calls that were seen on fewer nodes, and do not take them').argParser(
    numberOption('n'),
  ),
  stale: new Option(
    '--stale <days|date>',
    'list calls that were not seen since that date, or in so many days before the newest recording, and do not take them',
  ).argParser(parseStale),
  maxKinds: new Option(
    '--max-kinds <n>',
    'how many kinds of arguments of one call are listed; of more the call is allowed whatever they are (default: 64)',
  ).argParser(numberOption('n')),
  report: new Option(
    '--report <file>',
    'also write who made which call, and what was not taken: .json, .md, or text; "-" is standard output',
  ),
  json: 'print the report as JSON, in the place of the profile where that is not written to a file',
  name: 'the metadata.name of the SeccompProfile (default: RECORDING-CONTAINER)',
  image: new Option('--image <image>', 'bind the SeccompProfile to containers of this image; "*": to all'),
  namespace: new Option('--namespace <name>', 'the namespace of the ProfileBinding'),
} as const;

interface Stale {
  days?: number;
  before?: Date;
}

export interface MergeChoices {
  to: OutputFormat;
  output?: string;
  minNodes?: number;
  stale?: Stale;
  maxKinds?: number;
  report?: string;
  json?: boolean;
  name?: string | undefined;
  image?: string;
  namespace?: string;
}

function numberOption(metavariable: string) {
  return (text: string): number => {
    if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidOption(`give a number, 1 or more, as <${metavariable}>`);
    return Number(text);
  };
}

function parseStale(text: string): Stale {
  if (/^\d{1,5}$/.test(text)) return { days: Number(text) };
  const time = /^\d{4}-/.test(text) ? timeOfText(text) : undefined;
  if (time === undefined) throw new InvalidOption('give a number of days, or a date as 2026-11-30');
  return { before: new Date(time) };
}

/** Whether objects of Kubernetes are written, a SeccompProfile with its ProfileBindings. */
export const writesObjects = ({ to }: MergeChoices): boolean => to === 'spo';

/** @throws {InvalidArgumentError} when options do not go together */
export function checkMergeChoices(flags: MergeChoices): void {
  if (!writesObjects(flags)) {
    for (const name of ['name', 'image', 'namespace'] as const) {
      if (flags[name] !== undefined) throw new InvalidArgumentError(`--${name} is of a SeccompProfile: add --to spo`);
    }
  }
  if (flags.report === '-' && (flags.output ?? '-') === '-') {
    throw new InvalidArgumentError(
      'the profile goes to standard output, and so cannot the report: name a file with -o',
    );
  }
}

/** The options of the library's functions. */
export function mergeChoices({ minNodes, stale, maxKinds }: MergeChoices): MergeRecordingsOptions {
  return { minNodes, staleDays: stale?.days, staleBefore: stale?.before, maxKinds };
}

/** Write the profile, or of several containers their objects, and the report that was asked for. */
export async function writeMerged(merged: readonly MergedRecordings[], flags: MergeChoices): Promise<void> {
  const [first] = merged as [MergedRecordings];
  let text: string;
  if (writesObjects(flags)) {
    const { writeObjects } = await import('../compose/recordings/kubernetes.js');
    text = writeObjects(merged, { name: flags.name, image: flags.image, namespace: flags.namespace });
  } else text = (await import('../profile/formats/write-profile.js')).writeProfile(first.profile, flags.to);
  const isReportOnly = flags.json && (flags.output ?? '-') === '-' && flags.report === undefined;
  if (!isReportOnly) writeResult(text, flags.output);
  if (flags.report !== undefined) {
    writeResult(await renderAll(merged, flags.json ? 'json' : reportFormat(flags.report)), flags.report);
  } else if (flags.json) print(await renderAll(merged, 'json'));
}

/** One report for each profile; as JSON a list, where there are several. */
async function renderAll(merged: readonly MergedRecordings[], format: ReportFormat): Promise<string> {
  const { renderMerge } = await import('../compose/recordings/report.js');
  const reports = merged.map((each) => renderMerge(each, format));
  return format === 'json' ? jsonPerTarget(reports.map((report) => JSON.parse(report))) : reports.join('\n');
}

function reportFormat(file: string): ReportFormat {
  if (/\.json$/i.test(file)) return 'json';
  return /\.(?:md|markdown)$/i.test(file) ? 'markdown' : 'text';
}
