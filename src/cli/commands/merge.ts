import { release } from 'node:os';
import { type Command, Option } from 'commander';
import { hostArchitecture } from '../../../native-loader/libc/host.js';
import { parseArchitecture } from '../../architecture.js';
import { checkProfile } from '../../check/index.js';
import {
  type MergedRecordings,
  type MergeRecordingsOptions,
  mergeByContainer,
  mergeRecordings,
} from '../../compose/recordings/merge-recordings.js';
import { type OriginWords, originOfPath, parseLayout } from '../../compose/recordings/origin.js';
import { RecordingReader, type RecordingSummary } from '../../compose/recordings/read-recording.js';
import { Recordings } from '../../compose/recordings/recordings.js';
import { InvalidArgumentError, ScmpError } from '../../errors.js';
import { type LogKind, syscallLookup } from '../../learn/index.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { count } from '../../phrases.js';
import { OUTPUT_FORMATS } from '../../profile/formats/index.js';
import { printable } from '../../text.js';
import { onlyArch } from '../arch-option.js';
import { errorText } from '../error-text.js';
import { ExitCode } from '../exit-code.js';
import { inputFiles, logInputs } from '../log-input.js';
import {
  checkMergeChoices,
  MERGE_CHOICES,
  type MergeChoices,
  mergeChoices,
  writeMerged,
  writesObjects,
} from '../merge-options.js';
import { addOptions, type FlagsOf, TARGET_OPTIONS } from '../options.js';
import { printError, printLogProblems, printWarnings } from '../output.js';

const OPTIONS = {
  output: 'where to write the profile (default: standard output)',
  to: new Option(
    '--to <format>',
    'the format; spo: a SeccompProfile for each container, and a ProfileBinding for each image that is known',
  )
    .choices(OUTPUT_FORMATS)
    .default('docker'),
  ...MERGE_CHOICES,
  args: 'take calls such as socket, clone and ioctl from logs with the arguments they were seen with only',
  layout: new Option(
    '--layout <pattern>',
    'what the end of each path says: {node}, {namespace}, {pod}, {container}, {image}, {recording}, {date}, and * for anything, as in "{node}/{pod}.*" (default: the first folder under a given one is the node)',
  ),
  log: 'what the files are, where they are logs (default: as they look)',
  arch: 'the machine of logs that do not say it (default: this machine’s)',
  ...TARGET_OPTIONS,
} as const;

interface Flags extends Omit<FlagsOf<typeof OPTIONS>, keyof MergeChoices>, MergeChoices {
  args?: boolean;
  layout?: string;
  log?: LogKind;
}

export function addMergeCommand(program: Command): void {
  const command = program
    .command('merge')
    .summary('one profile of the recordings of a fleet')
    .description(
      'Put recordings together: SeccompProfile objects that the Security Profiles Operator recorded (also in lists, as kubectl get prints them), ' +
        'profiles that other tools and scmp recorded, audit logs and logs of strace. The profile allows what they have seen, and says on which nodes. ' +
        'Exit 0: all was used; 1: some of it could not be read; 2: nothing was, and nothing is written.',
    )
    .argument('<recording...>', 'files, folders of them, "-" for standard input; packed by gzip or zstd too');
  addOptions(command, OPTIONS).action(merge);
}

async function merge(paths: readonly string[], flags: Flags): Promise<void> {
  const layout = flags.layout === undefined ? undefined : parseLayout(flags.layout);
  if (flags.layout !== undefined && layout === undefined) {
    throw new InvalidArgumentError(
      '--layout names {node}, {namespace}, {pod}, {container}, {image}, {recording} or {date}, each once',
    );
  }
  checkMergeChoices(flags);
  const arch = onlyArch(flags, 'it is of logs that name no machine; put those of each into a command of their own');
  const architecture = parseArchitecture(arch ?? hostArchitecture());
  const recordings = new Recordings();
  const input = {
    lookup: syscallLookup(loadLibseccompSync()),
    architecture: architecture.name,
    log: flags.log,
    arguments: flags.args,
    target: {
      arch: architecture,
      capabilities: flags.cap,
      kernel: flags.kernel ?? (process.platform === 'linux' ? release() : undefined),
    },
  };
  let isWhole = true;
  let hasStrace = false;
  const failed = (text: string) => {
    isWhole = false;
    printError(`scmp: left out: ${text}`);
  };
  for (const { path, root } of filesOf(paths, failed)) {
    const origin = path === '-' ? {} : originOfPath(path, root, layout);
    const summary = await readOne(path, origin, recordings, input, failed);
    hasStrace ||= summary?.logKind === 'strace';
  }
  if (recordings.recordings.length === 0)
    throw new InvalidArgumentError('nothing was read: there is no profile to write');
  const options: MergeRecordingsOptions = {
    ...mergeChoices(flags),
    architecture: architecture.name,
    essentials: hasStrace,
  };
  // A ProfileBinding gives an image one profile. Who names one object wants one.
  const isByContainer = writesObjects(flags) && flags.name === undefined && flags.image === undefined;
  const all = isByContainer ? mergeByContainer(recordings, options) : [mergeRecordings(recordings, options)];
  const merged = all.filter(({ taken }) => taken.length > 0);
  for (const { warnings } of merged) printWarnings(warnings, 'merge');
  if (merged.length === 0) {
    throw new InvalidArgumentError('no call was taken: a profile that allows nothing is not written');
  }
  for (const { fleet, taken } of all) {
    if (taken.length === 0)
      failed(`${fleet.containers.names.join(', ') || 'recordings of no known container'}: no call was taken`);
  }
  await writeMerged(merged, flags);
  for (const each of merged) printFindings(each);
  process.exitCode = isWhole ? ExitCode.DONE : ExitCode.NO;
}

/** The files there are, each with the folder it was found under. What is not there is left out. */
function filesOf(
  paths: readonly string[],
  failed: (text: string) => void,
): { path: string; root: string | undefined }[] {
  return paths.flatMap((path) => {
    if (path === '-') return [{ path, root: undefined }];
    try {
      return inputFiles(path).map((file) => ({ path: file, root: file === path ? undefined : path }));
    } catch (error) {
      if (!(error instanceof ScmpError)) throw error;
      failed(errorText(error));
      return [];
    }
  });
}

async function readOne(
  path: string,
  origin: OriginWords,
  recordings: Recordings,
  input: Omit<ConstructorParameters<typeof RecordingReader>[1], 'source'>,
  failed: (text: string) => void,
): Promise<RecordingSummary | undefined> {
  const [file] = logInputs([path]);
  if (!file) return undefined;
  const { source, pieces } = file;
  const reader = new RecordingReader(recordings, { ...input, source, origin });
  try {
    for await (const piece of pieces) reader.push(piece);
  } catch (error) {
    if (!(error instanceof ScmpError)) throw error;
    // What came before stays: a log may break off.
    failed(errorText(error));
    return undefined;
  }
  const summary = reader.end();
  for (const fault of summary.faults) failed(errorText(fault));
  if (summary.faultsLeft > 0) failed(`${printable(source)}: ${count(summary.faultsLeft, 'more object')}`);
  if (summary.log) printLogProblems(summary.log.problems, source);
  return summary;
}

/** What a reviewer of the result should see: the findings of `check`, but for advice. */
function printFindings({ profile }: MergedRecordings): void {
  const { findings } = checkProfile(profile, { libseccomp: loadLibseccompSync() });
  for (const { severity, message, id } of findings) {
    if (severity !== 'advice') printError(printable(`scmp: check: ${severity}: ${message} [${id}]`));
  }
}
