import { release } from 'node:os';
import { seccompFeatures, type TallyMasks } from '../../../native-loader/index.js';
import { UnsupportedHostError } from '../../errors.js';
import { printable } from '../../text.js';
import { printError } from '../output.js';
import { exitCodeOfCommand } from './command-exit.js';
import { type CommandStart, isSigsys, PATIENCE_MILLISECONDS, stdioOf } from './observe.js';
import { answerAll, type Recording, type RecordingGap } from './recording.js';
import { spawnCommand } from './spawn-command.js';

/** The supervisor's own thread counts the calls and lets them continue: nothing that happens here holds one up. */
export async function recordNotified(start: CommandStart, tally: TallyMasks): Promise<Recording> {
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

function letsContinue(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  return major > 5 || (major === 5 && minor >= 5);
}
