import { hostname, release } from 'node:os';
import type { ArchitectureName } from '../../architecture.js';
import type { Recordings } from '../../compose/recordings/recordings.js';
import { InvalidArgumentError } from '../../errors.js';
import { auditLogReader } from '../../learn/audit-log.js';
import { writeCallCounts } from '../../learn/call-counts.js';
import { withLauncher } from '../../learn/launchers.js';
import { learnProfile } from '../../learn/learn-profile.js';
import { learnedArguments } from '../../learn/learned-arguments.js';
import { mergeMasks } from '../../learn/merge-learned.js';
import { describeUnnamed, observeNumbered, tableNames } from '../../learn/notified-calls.js';
import { Observations } from '../../learn/observations.js';
import type { LoggedCall, LogSummary } from '../../learn/read-log.js';
import { straceReader } from '../../learn/strace-log.js';
import { syscallLookup } from '../../learn/syscall-lookup.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { writeProfile } from '../../profile/formats/write-profile.js';
import type { ResolveOptions } from '../../profile/resolve/resolve-policy.js';
import { formatPlace } from '../../source-place.js';
import { printable } from '../../text.js';
import { logInputs } from '../log-input.js';
import { checkMergeChoices, mergeChoices, writeMerged } from '../merge-options.js';
import { printError, printLogProblems, printWarnings, writeResult } from '../output.js';
import { startClock } from '../progress.js';
import { type CommandStart, describeKill } from './observe.js';
import { type RunningCommand, startRecording } from './record-command.js';
import type { RecordFlags } from './record-options.js';
import type { RecordingGap } from './recording.js';

// What was observed becomes a profile: loaded while the command runs.

interface Asked {
  flags: RecordFlags;
  target: ResolveOptions;
}

/** A profile of what was seen alone. */
export async function recordNew(running: RunningCommand | undefined, { flags, target }: Asked): Promise<void> {
  const observations = new Observations(flags.args ? learnedArguments : undefined);
  const log = flags.fromAudit ?? flags.fromStrace;
  if (log !== undefined) await readLog(observations, log, target.arch.name, flags);
  if (running !== undefined) await observeCommand(observations, running, flags);
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
export async function recordInto(
  path: string,
  start: CommandStart | undefined,
  { flags, target }: Asked,
): Promise<void> {
  checkMergeChoices(flags);
  const { readInputProfile } = await import('../read-input-profile.js');
  const base = await readInputProfile(path, flags);
  const { mergeInto, recordingsFor } = await import('../../compose/recordings/merge-into.js');
  const merging = { target, arguments: flags.args };
  const recordings = recordingsFor(base, merging);
  const log = flags.fromAudit ?? flags.fromStrace;
  if (log !== undefined) await readRecording(recordings, log, target.arch.name, flags);
  if (start !== undefined) {
    const masks = mergeMasks(base, merging);
    const observations = new Observations(masks);
    await observeCommand(observations, startRecording(start, masks, flags), flags);
    const origin = { source: lineOf(start), node: hostname() };
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

/** The command's exit code becomes this one's. */
async function observeCommand(
  observations: Observations,
  { start, recording }: RunningCommand,
  { counts }: RecordFlags,
): Promise<void> {
  const { calls, exitCode, gaps } = await recording;
  process.exitCode = exitCode;
  for (const call of observeNumbered(observations, calls, tableNames)) {
    printError(`scmp: warning: ${describeUnnamed(call)}`);
  }
  for (const gap of gaps) printError(`scmp: warning: ${describeGap(gap)}`);
  if (counts === undefined) return;
  const head = `system calls that ${lineOf(start)} made, on Linux ${release()}`;
  writeResult(writeCallCounts(observations.calls(), head), counts);
}

const lineOf = ({ command, args }: CommandStart): string => [command, ...args].join(' ');

function describeGap(gap: RecordingGap): string {
  switch (gap.kind) {
    case 'filter':
      return `${describeKill(gap.kill, tableNames)}; the recording lacks the fatal call, and what would have followed`;
    case 'uncounted':
      return `${gap.count} calls of too many kinds were not counted: the recording lacks those that were not seen before`;
    case 'cut off':
      return 'the tracer was killed, and the command with it: the recording has what came before';
  }
}

async function readLog(
  observations: Observations,
  path: string,
  architecture: ArchitectureName,
  flags: RecordFlags,
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
  flags: RecordFlags,
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
