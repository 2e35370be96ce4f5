import { endianness, release } from 'node:os';
import { seccompFeatures, type TalliedCall, type TallyMasks } from '../../../native-loader/index.js';
import { encodeAction } from '../../action.js';
import { encodeProgram, Opcode } from '../../bpf/index.js';
import { UnsupportedHostError } from '../../errors.js';
import type { Action } from '../../policy.js';
import { printable } from '../../text.js';
import { printError } from '../output.js';
import {
  type CommandStart,
  type FilterKill,
  FilterKills,
  isSigsys,
  type KilledCall,
  stdioOf,
  traceCommand,
  waitForAll,
} from './observe.js';
import { exitCodeOfCommand, spawnCommand } from './spawn-command.js';

/** How long to wait silently for processes that a command leaves behind. */
const PATIENCE_MILLISECONDS = 2000;

export interface Recording {
  calls: readonly TalliedCall[];
  /** The command's exit code; if a signal ended it, as shells have it. */
  exitCode: number;
  /** What the recording lacks. */
  gaps: readonly RecordingGap[];
}

export type RecordingGap =
  | { kind: 'filter'; kill: FilterKill }
  | { kind: 'uncounted'; count: number }
  | { kind: 'cut off' };

/** Run a command, and all that it starts, with every system call counted. */
export async function recordCommand(start: CommandStart, tally: TallyMasks): Promise<Recording> {
  return (await recordTraced(start, tally)) ?? (await recordNotified(start, tally));
}

/** The tracer counts the calls: nothing of JavaScript is in their way. */
async function recordTraced(start: CommandStart, tally: TallyMasks): Promise<Recording | undefined> {
  const kills = new FilterKills();
  const traced = await traceCommand(
    start,
    {
      filter: answerAll({ kind: 'TRACE', data: 0 }),
      noNewPrivs: 'ifNeeded',
      specAllow: true,
      tally,
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

/** The supervisor's own thread counts the calls and lets them continue: nothing that happens here holds one up. */
async function recordNotified(start: CommandStart, tally: TallyMasks): Promise<Recording> {
  const { flags, actions } = seccompFeatures();
  if (!actions.USER_NOTIF || !letsContinue(release())) {
    throw new UnsupportedHostError(
      'recording takes ptrace(2), or SECCOMP_USER_NOTIF_FLAG_CONTINUE: Linux 5.5 or newer; learn from a log of strace instead (--from-strace)',
    );
  }
  const sandbox = await spawnCommand(start.command, start.args, {
    filter: answerAll({ kind: 'NOTIFY' }),
    installOptions: { listener: true, waitKillable: flags.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
    unhandled: { kind: 'continue' },
    tally,
    stdio: stdioOf(start),
  });
  const supervision = sandbox.supervision!;
  let hasExited = false;
  process.on('SIGINT', () => hasExited && void supervision.close());

  const exit = await sandbox.exited;
  hasExited = true;
  const reminder = setTimeout(() => {
    printError(
      'scmp: waiting for processes that the command left behind; Ctrl-C writes the profile now, and their system calls fail from then on',
    );
  }, PATIENCE_MILLISECONDS);
  await supervision.closed;
  clearTimeout(reminder);
  const exitCode = exitCodeOfCommand(exit);
  const kill = { process: printable(start.command), call: undefined, others: 0 };
  const gaps: RecordingGap[] = isSigsys(exitCode) ? [{ kind: 'filter', kill }] : [];
  return { calls: supervision.tallied, exitCode, gaps };
}

/** One instruction: whatever the call and the architecture. */
function answerAll(action: Action): Uint8Array {
  const instruction = { code: Opcode.RET_K, jt: 0, jf: 0, k: encodeAction(action) };
  return encodeProgram([instruction], endianness() === 'LE' ? 'little' : 'big');
}

function letsContinue(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  return major > 5 || (major === 5 && minor >= 5);
}
