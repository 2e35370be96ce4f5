import { accessSync, constants } from 'node:fs';
import { hostname, release } from 'node:os';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { hostArchitecture } from '../../../native-loader/libc/host.js';
import { inheritedDescriptors } from '../../../native-loader/libc/inherited-descriptors.js';
import { type ArchitectureName, parseArchitecture } from '../../architecture.js';
import type { Recordings } from '../../compose/recordings/recordings.js';
import { InvalidArgumentError } from '../../errors.js';
import { auditLogReader } from '../../learn/audit-log.js';
import {
  type ArgumentMasks,
  LAUNCHERS,
  type Launcher,
  type LoggedCall,
  type LogSummary,
  learnedArguments,
  learnProfile,
  mergeMasks,
  numberedMasks,
  Observations,
  observeNumbered,
  type SyscallLookup,
  syscallLookup,
  withLauncher,
  writeCallCounts,
} from '../../learn/index.js';
import { describeUnnamed } from '../../learn/notified-calls.js';
import { straceReader } from '../../learn/strace-log.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { OUTPUT_FORMATS } from '../../profile/formats/index.js';
import { writeProfile } from '../../profile/formats/write-profile.js';
import type { ResolveOptions } from '../../profile/resolve/resolve-policy.js';
import { formatPlace } from '../../source-place.js';
import { printable } from '../../text.js';
import { onlyArch } from '../arch-option.js';
import { fileError } from '../input.js';
import { logInputs } from '../log-input.js';
import { checkMergeChoices, MERGE_CHOICES, type MergeChoices, mergeChoices, writeMerged } from '../merge-options.js';
import { addOptions, type FlagsOf, INPUT_OPTIONS, TARGET_OPTIONS } from '../options.js';
import { printError, printLogProblems, printWarnings, writeResult } from '../output.js';
import { startClock } from '../progress.js';
import { readInputProfile } from '../read-input-profile.js';
import { type CommandStart, describeKill } from './observe.js';
import type { RecordingGap } from './record-command.js';

const OPTIONS = {
  output: 'where to write the profile (default: standard output; the command’s own goes to standard error then)',
  to: new Option('--to <format>', 'the format; oci has no comments').choices(OUTPUT_FORMATS).default('docker'),
  args: true,
  for: new Option('--for <launcher>', 'allow what this does under the filter too, when it starts the program').choices(
    LAUNCHERS,
  ),
  observe: true,
  counts: new Option('--counts <file>', 'also write how often each call was made, which compile takes as --weights'),
  merge: new Option('--merge <profile>', 'write this profile with what it lacks, and who made it; what is there stays'),
  ...MERGE_CHOICES,
  fromAudit: new Option(
    '--from-audit <file>',
    'learn from the kernel’s audit records (type=1326); "-" is standard input',
  ),
  fromStrace: new Option('--from-strace <file>', 'learn from what strace -f wrote; "-" is standard input'),
  arch: 'the machine the log is from (default: this machine’s)',
  ...TARGET_OPTIONS,
  kernel: 'the one that runs',
  ...INPUT_OPTIONS,
} as const;

interface Flags extends Omit<FlagsOf<typeof OPTIONS>, keyof MergeChoices>, MergeChoices {
  args?: boolean;
  counts?: string;
  for?: Launcher;
  merge?: string;
  fromAudit?: string;
  fromStrace?: string;
}

export function addRecordCommand(program: Command): void {
  const command = program
    .command('record')
    .summary('learn a profile from what a command does')
    .description(
      'Learn the smallest profile that allows what was seen: system calls that a command makes while it runs here, or those ' +
        'in a log. It is as complete as what was seen: what the command did not come to do this time is not in it.',
    )
    .argument('[command]', 'run, and watched with all that it starts; looked up in PATH')
    .argument('[args...]')
    .passThroughOptions();
  addOptions(command, OPTIONS).action(record);
}

async function record(command: string | undefined, args: string[], flags: Flags): Promise<void> {
  const descriptors = inheritedDescriptors();
  const sources = [command, flags.fromAudit, flags.fromStrace].filter((source) => source !== undefined);
  if (sources.length !== 1) {
    throw new InvalidArgumentError('learn from one thing: a command, --from-audit FILE or --from-strace FILE');
  }
  const arch = onlyArch(
    flags,
    'a log is from one machine; learn from each on its own, and put them together with --merge',
  );
  if (command !== undefined && arch !== undefined) {
    throw new InvalidArgumentError('--arch is about logs: a command runs on this machine');
  }
  if (flags.observe !== undefined && command === undefined) {
    throw new InvalidArgumentError('--observe is about a command that runs here: a log has been made');
  }
  if (flags.counts !== undefined && command === undefined) {
    throw new InvalidArgumentError(
      '--counts is of a command that runs: of a log, strace -c has them, which compile --weights takes',
    );
  }
  const target: ResolveOptions = {
    arch: parseArchitecture(arch ?? hostArchitecture()),
    capabilities: flags.cap,
    // On another system it is no version of Linux.
    kernel: flags.kernel ?? (process.platform === 'linux' ? release() : undefined),
  };
  if (flags.merge === undefined) {
    const chosen = (Object.keys(MERGE_CHOICES) as (keyof typeof MERGE_CHOICES)[]).find(
      (each) => flags[each] !== undefined,
    );
    if (chosen !== undefined)
      throw new InvalidArgumentError(
        `--${chosen.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} goes with --merge`,
      );
    await recordNew(command, args, { flags, target, descriptors });
  } else await recordInto(flags.merge, command, args, { flags, target, descriptors });
}

interface Asked {
  flags: Flags;
  target: ResolveOptions;
  descriptors: CommandStart['descriptors'];
}

/** A profile of what was seen alone. */
async function recordNew(
  command: string | undefined,
  args: string[],
  { flags, target, descriptors }: Asked,
): Promise<void> {
  const masks = flags.args ? learnedArguments : undefined;
  const observations = new Observations(masks);
  const log = flags.fromAudit ?? flags.fromStrace;
  if (log !== undefined) await readLog(observations, log, target.arch.name, flags);
  if (command !== undefined)
    await runCommand(observations, masks, { command, args, descriptors, observer: flags.observe }, flags);
  writeCounts(observations, command, args, flags);
  const learned = learnProfile(observations, {
    arguments: flags.args,
    architecture: target.arch.name,
    // An audit log has some calls, strace those of a whole run.
    essentials: flags.fromAudit === undefined,
  });
  printWarnings(learned.warnings);
  const profile = flags.for ? withLauncher(learned.profile, flags.for, target) : learned.profile;
  writeResult(writeProfile(profile, flags.to), flags.output);
}

/** A profile with what it lacks of what was seen, as `scmp merge` puts recordings together. */
async function recordInto(
  path: string,
  command: string | undefined,
  args: string[],
  { flags, target, descriptors }: Asked,
): Promise<void> {
  checkMergeChoices(flags);
  const base = await readInputProfile(path, flags);
  const { mergeInto, recordingsFor } = await import('../../compose/recordings/merge-into.js');
  const merging = { target, arguments: flags.args };
  const recordings = recordingsFor(base, merging);
  const log = flags.fromAudit ?? flags.fromStrace;
  if (log !== undefined) await readRecording(recordings, log, target.arch.name, flags);
  if (command !== undefined) {
    const masks = mergeMasks(base, merging);
    const observations = new Observations(masks);
    await runCommand(observations, masks, { command, args, descriptors, observer: flags.observe }, flags);
    writeCounts(observations, command, args, flags);
    const origin = { source: [command, ...args].join(' '), node: hostname() };
    for (const { name, architecture, args: seen, count } of observations.calls()) {
      const registers: (bigint | undefined)[] = [];
      for (const { index, value } of seen) registers[index] = value;
      const call = { name, architecture, args: registers };
      recordings.addCall(call, origin, { count, last: Date.now(), isByArguments: true });
    }
  }
  const merged = mergeInto(base, recordings, { ...mergeChoices(flags), ...merging });
  printWarnings(base.warnings, base.source);
  printWarnings(merged.warnings, base.source);
  const profile = flags.for ? withLauncher(merged.profile, flags.for, target) : merged.profile;
  await writeMerged([{ ...merged, profile }], { ...flags, name: flags.name ?? base.name });
}

function writeCounts(observations: Observations, command: string | undefined, args: string[], { counts }: Flags): void {
  if (counts === undefined) return;
  const head = `system calls that ${[command, ...args].join(' ')} made, on Linux ${release()}`;
  writeResult(writeCallCounts(observations.calls(), head), counts);
}

/** The command's exit code becomes this one's. */
async function runCommand(
  observations: Observations,
  masks: ArgumentMasks | undefined,
  start: CommandStart,
  { output = '-', counts = '-' }: Flags,
): Promise<void> {
  for (const file of [output, counts]) if (file !== '-') checkFolder(file);
  const { recordCommand } = await import('./record-command.js');
  const tally = masks ? numberedMasks(loadLibseccompSync(), hostArchitecture(), masks) : new Map();
  const recording = recordCommand({ ...start, isStdoutTaken: output === '-' }, tally);
  // While the command runs.
  const lookup = syscallLookup(loadLibseccompSync());
  const { calls, exitCode, gaps } = await recording;
  process.exitCode = exitCode;
  for (const call of observeNumbered(observations, calls, lookup)) {
    printError(`scmp: warning: ${describeUnnamed(call)}`);
  }
  for (const gap of gaps) printError(`scmp: warning: ${describeGap(gap, lookup)}`);
}

function describeGap(gap: RecordingGap, lookup: SyscallLookup): string {
  switch (gap.kind) {
    case 'filter':
      return `${describeKill(gap.kill, lookup)}; the recording lacks the fatal call, and what would have followed`;
    case 'uncounted':
      return `${gap.count} calls of too many kinds were not counted: the recording lacks those that were not seen before`;
    case 'cut off':
      return 'the tracer was killed, and the command with it: the recording has what came before';
  }
}

/** It is better to fail now than after hours of recording. */
function checkFolder(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw fileError(file, cause);
  }
}

async function readLog(
  observations: Observations,
  path: string,
  architecture: ArchitectureName,
  flags: Flags,
): Promise<void> {
  const table = syscallLookup(loadLibseccompSync());
  const onCall = (call: LoggedCall) => observations.add(call);
  startClock('record');
  for (const { source, pieces } of logInputs([path])) {
    const reader =
      flags.fromAudit === undefined
        ? straceReader(table, { architecture }, onCall)
        : auditLogReader(table, (call, { count }) => observations.add(call, count), { architecture });
    for await (const piece of pieces) reader.push(piece);
    printSummary(reader.end(), source);
  }
}

/** As {@link readLog}, with who made the calls and when, where the log says it. */
async function readRecording(
  recordings: Recordings,
  path: string,
  architecture: ArchitectureName,
  flags: Flags,
): Promise<void> {
  const { RecordingReader } = await import('../../compose/recordings/read-recording.js');
  const lookup = syscallLookup(loadLibseccompSync());
  const log = flags.fromAudit === undefined ? 'strace' : 'audit';
  startClock('record');
  for (const { source, pieces } of logInputs([path])) {
    // Which arguments count is what the recordings were made with.
    const reader = new RecordingReader(recordings, { source, lookup, architecture, log, arguments: true });
    for await (const piece of pieces) reader.push(piece);
    const summary = reader.end().log;
    if (summary === undefined) throw new InvalidArgumentError(`${printable(source)}: there is nothing in it`);
    printSummary(summary, source);
  }
}

function printSummary({ used, problems, filterKills }: LogSummary, source: string): void {
  printError(`${printable(source)}: learned from ${used} line${used === 1 ? '' : 's'}`);
  printLogProblems(problems, source);
  const [kill] = filterKills;
  if (kill) {
    const who = kill.process === '' ? 'the process' : `process ${kill.process}`;
    const others = filterKills.length > 1 ? ` (and ${filterKills.length - 1} more)` : '';
    const last = kill.lastCall === undefined ? '' : `, with ${kill.lastCall} as the last call`;
    printError(
      `${formatPlace(source, kill)}: warning: a filter ended ${who}${others} by SIGSYS${last}: its own, or one above strace; the recording lacks what would have followed. A log of strace --seccomp-bpf lacks the fatal call too`,
    );
  }
  if (used === 0) throw new InvalidArgumentError(`${printable(source)}: there is no system call in it`);
}
