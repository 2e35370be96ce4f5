import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { TallyMasks } from '../../../native-loader/index.js';
import { hostArchitecture } from '../../../native-loader/libc/host.js';
import { letsKnownCallsThrough } from '../../../native-loader/trace/traced-command.js';
import { tableMasks } from '../../learn/notified-calls.js';
import type { ArgumentMasks } from '../../learn/observations.js';
import { fileError } from '../input.js';
import { exitCodeOfCommand } from './command-exit.js';
import { type CommandStart, FilterKills, type KilledCall, traceCommand, waitForAll } from './observe.js';
import { answerAll, type Recording, type RecordingGap } from './recording.js';

/** A command that is being recorded. */
export interface RunningCommand {
  readonly start: CommandStart;
  /** Fulfilled when all that the command started has ended; rejected when it could not be started. */
  readonly recording: Promise<Recording>;
}

/** What is to be known of the calls. */
interface Account {
  tally: TallyMasks;
  /** How many there are of each kind, too. */
  counts: boolean;
}

/**
 * Run a command, and all that it starts, with every system call observed: by the bits of arguments that `masks` has. How
 * often each was made is known where it is asked for, by a file for `counts` or a profile to `merge`.
 *
 * @throws {FileError} when no file can be written where the result is to go: better now than after hours of recording
 */
export function startRecording(
  start: Omit<CommandStart, 'isStdoutTaken'>,
  masks: ArgumentMasks | undefined,
  { output = '-', counts, merge }: { output?: string; counts?: string; merge?: string },
): RunningCommand {
  for (const file of [output, counts]) if (file !== undefined && file !== '-') checkFolder(file);
  const tally: TallyMasks = masks ? tableMasks(hostArchitecture(), masks) : new Map();
  const recording = recordCommand(
    { ...start, isStdoutTaken: output === '-' },
    { tally, counts: counts !== undefined || merge !== undefined },
  );
  // Who awaits it hears of a failure, and may come to that later.
  recording.catch(() => {});
  return { start, recording };
}

function checkFolder(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw fileError(file, cause);
  }
}

async function recordCommand(start: CommandStart, account: Account): Promise<Recording> {
  const traced = await recordTraced(start, account);
  return traced ?? (await import('./record-notified.js')).recordNotified(start, account.tally);
}

/** The tracer counts the calls: nothing of JavaScript is in their way. */
async function recordTraced(start: CommandStart, { tally, counts }: Account): Promise<Recording | undefined> {
  const kills = new FilterKills();
  const onlyKinds = !counts && letsKnownCallsThrough();
  const traced = await traceCommand(
    start,
    {
      filter: answerAll(onlyKinds ? { kind: 'ALLOW' } : { kind: 'TRACE', data: 0 }),
      noNewPrivs: 'ifNeeded',
      specAllow: true,
      tally,
      onlyKinds,
      onKilled: kills.add,
    },
    'a call',
  );
  if (!traced) return undefined;
  const exit = await traced.ended;
  await waitForAll(traced, 'writes the profile');
  const { calls, uncounted } = traced.tallied();
  const counted = new Set(calls.map(({ auditArch, number }) => `${auditArch} ${number}`));
  const isCounted = ({ auditArch, number }: KilledCall) => counted.has(`${auditArch} ${number}`);
  const gaps: RecordingGap[] = kills.kinds(isCounted).map((kill) => ({ kind: 'filter', kill }));
  if (uncounted > 0) gaps.push({ kind: 'uncounted', count: uncounted });
  if (traced.wasCutOff) gaps.push({ kind: 'cut off' });
  return { calls, exitCode: exitCodeOfCommand(exit), gaps };
}
