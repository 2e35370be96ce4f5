import { printable } from '../../text.js';
import { printError } from '../output.js';
import { exitCodeOfCommand } from './command-exit.js';
import { type CommandStart, stdioOf } from './observe.js';
import type { TracedRun } from './run-traced.js';
import { spawnCommand } from './spawn-command.js';

/** What a shell's exit code is where SIGSYS ended a program that it started: 128 and the signal's number on most. */
const SHELL_SIGSYS = 159;

/**
 * Run a command under a filter as a child of this process, which says how to go on where a filter ended it. Returns the
 * command's exit code; if a signal ended it, as shells have it. `profile`: its name on the command line.
 */
export async function runWatched(
  start: Omit<CommandStart, 'observer'>,
  { filter, noNewPrivs }: Pick<TracedRun, 'filter' | 'noNewPrivs'>,
  profile: string,
): Promise<number> {
  const sandbox = await spawnCommand(start.command, start.args, {
    filter,
    installOptions: { noNewPrivs },
    stdio: stdioOf(start),
  });
  const exit = await sandbox.exited;
  const isOwn = exit.signal === 'SIGSYS';
  if (isOwn || exit.code === SHELL_SIGSYS) {
    const who = isOwn ? 'the command' : 'a program of the command, as its exit code says';
    const again = ['scmp run --trace --profile', profile, '--', start.command, ...start.args].map(shellWord).join(' ');
    printError(printable(`scmp: SIGSYS ended ${who}: a filter does so for a call. Which call: ${again}`));
  }
  return exitCodeOfCommand(exit);
}

/** A word as a shell takes it. The first one here is several. */
function shellWord(word: string, index: number): string {
  return index === 0 || /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
