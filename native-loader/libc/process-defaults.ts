import { constants as fsConstants, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC } from './fcntl.js';
import { type Libc, SIGNAL_SET_SIZE } from './libc.js';

const SIG_DFL = 0n;
/** signal(3p) */
export const SIG_IGN = 1n;

/**
 * Undo what Node did to this process at its start, where execve(2) would pass it on. The steps pushed to `cleanup` do
 * it again. `descriptors`: those from 3 on that are to be passed on too. Each is best effort: a command is better off with one of them missing than not run.
 */
export function restoreProcessDefaults(c: Libc, cleanup: (() => void)[], descriptors: readonly number[]): void {
  for (const fd of descriptors) clearFlag(c, cleanup, fd, F_GETFD, F_SETFD, FD_CLOEXEC);
  for (const fd of [0, 1, 2]) {
    clearFlag(c, cleanup, fd, F_GETFD, F_SETFD, FD_CLOEXEC);
    // Node sets it on pipes and terminals that it uses as streams; commands expect them to block.
    clearFlag(c, cleanup, fd, F_GETFL, F_SETFL, fsConstants.O_NONBLOCK);
  }
  const { SIGPIPE, SIGXFSZ, SIGUSR1 } = constants.signals;
  // SIGUSR1: supervise/protect-supervisor.ts.
  const ignored = [SIGPIPE, SIGXFSZ, SIGUSR1].filter((signal) => c.signalAction(signal)?.handler === SIG_IGN);
  for (const signal of ignored) {
    const handler = c.signal(signal, SIG_DFL);
    cleanup.push(() => c.signal(signal, handler));
  }
  const mask = new Uint8Array(SIGNAL_SET_SIZE);
  c.setSignalMask(new Uint8Array(SIGNAL_SET_SIZE), mask);
  cleanup.push(() => c.setSignalMask(mask, new Uint8Array(SIGNAL_SET_SIZE)));
  lowerOpenFilesLimit(c, cleanup);
}

function clearFlag(c: Libc, cleanup: (() => void)[], fd: number, get: number, set: number, flag: number): void {
  const flags = c.fcntl(fd, get, 0);
  if (flags < 0 || !(flags & flag)) return;
  c.fcntl(fd, set, flags & ~flag);
  cleanup.push(() => c.fcntl(fd, set, flags));
}

function lowerOpenFilesLimit(c: Libc, cleanup: (() => void)[]): void {
  const soft = inheritedOpenFilesLimit();
  const own = readOpenFilesLimit('self');
  if (soft === undefined || !own) return;
  c.setOpenFilesLimit(soft, own.hard);
  cleanup.push(() => c.setOpenFilesLimit(own.soft, own.hard));
}

/**
 * The soft limit that this process was started with, where Node has raised it to the hard one. The parent's soft limit is the
 * best guess at it. If somebody set the limits in between, the hard limits differ.
 */
export function inheritedOpenFilesLimit(): bigint | undefined {
  const own = readOpenFilesLimit('self');
  const parent = readOpenFilesLimit(process.ppid);
  if (!own || !parent || own.soft !== own.hard || own.hard !== parent.hard || parent.soft >= own.soft) return undefined;
  return parent.soft;
}

/** `Max open files  SOFT  HARD  files` of proc_pid_limits(5); undefined where it cannot be read. */
function readOpenFilesLimit(pid: number | 'self'): { soft: bigint; hard: bigint } | undefined {
  try {
    const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? [];
    return soft && hard ? { soft: BigInt(soft), hard: BigInt(hard) } : undefined;
  } catch {
    return undefined;
  }
}
