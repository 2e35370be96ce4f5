import { endianness, release } from 'node:os';
import { seccompFeatures, type TalliedCall, type TallyMasks } from '../../../native-loader/index.js';
import { encodeAction } from '../../action.js';
import { encodeProgram, Opcode } from '../../bpf/index.js';
import { UnsupportedHostError } from '../../errors.js';
import { printError } from '../output.js';
import { exitCodeOfCommand, spawnCommand } from './spawn-command.js';

/** How long to wait silently for processes that a command leaves behind. */
const PATIENCE_MILLISECONDS = 2000;

export interface RecordOptions {
  tally: TallyMasks;
  /** The profile goes to standard output: what the command writes there goes to standard error. */
  isStdoutTaken: boolean;
}

export interface Recording {
  calls: readonly TalliedCall[];
  /** The command's exit code; if a signal ended it, as shells have it. */
  exitCode: number;
}

/**
 * Run a command, and all that it starts, with every system call counted. The supervisor's own thread counts them and lets
 * them continue: nothing that happens here holds one up.
 */
export async function recordCommand(
  command: string,
  args: readonly string[],
  { tally, isStdoutTaken }: RecordOptions,
): Promise<Recording> {
  const { flags, actions } = seccompFeatures();
  if (!actions.USER_NOTIF || !letsContinue(release())) {
    throw new UnsupportedHostError(
      'recording takes SECCOMP_USER_NOTIF_FLAG_CONTINUE: Linux 5.5 or newer; learn from a log of strace instead (--from-strace)',
    );
  }
  const sandbox = await spawnCommand(command, args, {
    filter: notifyAll(),
    installOptions: { listener: true, waitKillable: flags.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
    unhandled: { kind: 'continue' },
    tally,
    stdio: ['inherit', isStdoutTaken ? 2 : 'inherit', 'inherit'],
  });
  const supervision = sandbox.supervision!;
  let hasExited = false;
  // A terminal sends SIGINT to the command as well, which decides whether it ends.
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
  return { calls: supervision.tallied, exitCode: exitCodeOfCommand(exit) };
}

/** One instruction: whatever the call and the architecture. */
function notifyAll(): Uint8Array {
  const instruction = { code: Opcode.RET_K, jt: 0, jf: 0, k: encodeAction({ kind: 'NOTIFY' }) };
  return encodeProgram([instruction], endianness() === 'LE' ? 'little' : 'big');
}

function letsContinue(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  return major > 5 || (major === 5 && minor >= 5);
}
