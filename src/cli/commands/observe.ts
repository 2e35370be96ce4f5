import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { lostRights } from '../../../native-loader/trace/lost-rights.js';
import type { StoppedCall } from '../../../native-loader/trace/trace-events.js';
import {
  type InheritedStdio,
  spawnTraced,
  type TracedCommand,
  type TraceOptions,
  TracingUnavailable,
} from '../../../native-loader/trace/traced-command.js';
import { nameOfNumber } from '../../learn/notified-calls.js';
import type { SyscallLookup } from '../../learn/read-log.js';
import { printable } from '../../text.js';
import type { Observer } from '../options.js';
import { printError } from '../output.js';

// What `record` and `run --trace` have in common: a command that is observed, by a tracer where one is to be had.

/** How a command is started, whoever observes it. */
export interface CommandStart {
  command: string;
  args: readonly string[];
  /** Those from 3 on that it gets. */
  descriptors: readonly number[];
  /** What it writes to standard output goes to standard error. */
  isStdoutTaken?: boolean;
  observer: Observer | undefined;
}

/** For child_process.spawn: each descriptor at its number. What is between them is not open. */
export function stdioOf({ descriptors, isStdoutTaken = false }: Omit<CommandStart, 'observer'>): InheritedStdio[] {
  const stdio: InheritedStdio[] = ['inherit', isStdoutTaken ? 2 : 'inherit', 'inherit'];
  for (const fd of descriptors) {
    while (stdio.length < fd) stdio.push('ignore');
    stdio[fd] = fd;
  }
  return stdio;
}

const ENDING_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;
/** How long to wait silently for processes that a command leaves behind. */
export const PATIENCE_MILLISECONDS = 2000;

/**
 * Start a command under a tracer, and pass on signals that end it. The command has them already where the process group had
 * them (a terminal, `kill -- -PGID`). SIGINT and SIGQUIT end all of the command's group, as a terminal would. With
 * `--observe notify`, or where no tracer is to be had, undefined: the caller does it by notification, of which
 * `consequence` is said, or not at all.
 */
export async function traceCommand(
  start: CommandStart,
  options: Omit<TraceOptions, 'stdio' | 'onTracer'>,
  consequence: string | undefined,
): Promise<TracedCommand | undefined> {
  if (start.observer === 'notify') return undefined;
  const early: NodeJS.Signals[] = [];
  let pass = (signal: NodeJS.Signals) => void early.push(signal);
  const handlers = ENDING_SIGNALS.map((signal) => [signal, () => pass(signal)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  const traced = await spawnTraced(start.command, start.args, {
    ...options,
    stdio: stdioOf(start),
    onTracer: new TracerWarnings().warn,
  });
  if (traced instanceof TracingUnavailable) {
    for (const [signal, handler] of handlers) process.off(signal, handler);
    for (const signal of early) process.kill(process.pid, signal);
    if (consequence !== undefined) sayUnavailable(traced, consequence);
    return undefined;
  }
  pass = (signal) => void passOn(traced, signal);
  early.forEach(pass);
  sayLostRights(start.command);
  return traced;
}

export function sayUnavailable({ why }: TracingUnavailable, consequence: string): void {
  const reason =
    why === 'EPERM' || why === 'EACCES'
      ? `${why}: another tracer has scmp, or Yama (kernel.yama.ptrace_scope), a container or a filter forbids it`
      : why;
  printError(
    `scmp: warning: ptrace(2) cannot be had (${reason}): calls are observed by notification, so that a signal may make ${consequence} fail with EINTR that would not have failed`,
  );
}

function sayLostRights(command: string): void {
  const lost = lostRights(command);
  if (!lost) return;
  printError(
    `scmp: warning: ${printable(lost.file)} is ${lost.kind}, which the kernel ignores in a program that a user without root observes: it runs as you, and may do other things. Run scmp as root, or start the program by itself and, as root, take scmp dump PID --all`,
  );
}

async function passOn(traced: TracedCommand, signal: NodeJS.Signals): Promise<void> {
  if (await traced.hadGroup(signal)) return;
  const isTerminals = signal === 'SIGINT' || signal === 'SIGQUIT';
  for (const pid of isTerminals ? traceesOfGroup(traced) : [traced.pid]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }
}

/** The processes in the command's process group. It may have others, which are none of ours. */
function traceesOfGroup(traced: TracedCommand): number[] {
  const group = groupOf(traced.pid);
  if (group === undefined) return [traced.pid];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map(Number)
    .filter((pid) => groupOf(pid) === group && Number(statusOf(pid).get('TracerPid')) === traced.tracer);
}

/** Field 5 of proc_pid_stat(5). */
function groupOf(pid: number): number | undefined {
  const [, group] = /^\d+ \(.*\) \S \d+ (\d+) /s.exec(readProc(`/proc/${pid}/stat`)) ?? [];
  return group === undefined ? undefined : Number(group);
}

/** proc_pid_status(5); empty if there is no such thread. */
function statusOf(pid: number): Map<string, string> {
  const lines = readProc(`/proc/${pid}/status`).split('\n');
  return new Map(lines.map((line) => line.split(':\t', 2) as [string, string]));
}

function readProc(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The process of a thread. */
export function processOf(thread: number): number {
  return Number(statusOf(thread).get('Tgid') ?? thread);
}

/** The name of a thread's program. */
export function commandOf(pid: number): string {
  return readProc(`/proc/${pid}/comm`).trimEnd() || '?';
}

/** Wait until all have ended, or a signal says that it is enough: then the rest goes on. Returns false then. */
export async function waitForAll(traced: TracedCommand, result: string): Promise<boolean> {
  let leave = () => {};
  const left = new Promise<boolean>((resolve) => {
    leave = () => resolve(false);
  });
  for (const signal of ENDING_SIGNALS) process.removeAllListeners(signal).on(signal, leave);
  const reminder = setTimeout(() => {
    printError(
      `scmp: waiting for processes that the command left behind; Ctrl-C ${result} now, and they go on, observed by nobody`,
    );
  }, PATIENCE_MILLISECONDS);
  const areAllGone = await Promise.race([traced.finished.then(() => true), left]);
  clearTimeout(reminder);
  if (!areAllGone) traced.leave();
  return areAllGone;
}

/** Programs that would trace others fail, and do not say why. */
export class TracerWarnings {
  readonly #said = new Set<string>();

  readonly warn = ({ pid, args }: StoppedCall): void => {
    const command = commandOf(pid);
    if (this.#said.has(command)) return;
    this.#said.add(command);
    printError(
      `scmp: warning: ${command}[${pid}] calls ptrace(${requestName(args[0]!)}), which fails: a thread has one tracer, and that is scmp here; take --observe notify for programs that trace others`,
    );
  };
}

function requestName(request: bigint): string {
  return { 0: 'PTRACE_TRACEME', 16: 'PTRACE_ATTACH', 16902: 'PTRACE_SEIZE' }[Number(request)] ?? String(request);
}

/** Processes that SIGSYS ended, and no one sent it to them. */
export class FilterKills {
  readonly #byProcess = new Map<number, { command: string; wasSent: boolean; calls: KilledCall[] }>();

  readonly add = ({ pid, auditArch, wasSent }: { pid: number; auditArch: number; wasSent: boolean }): void => {
    const id = processOf(pid);
    const known = this.#byProcess.get(id) ?? { command: commandOf(id), wasSent: false, calls: [] };
    known.wasSent ||= wasSent;
    // proc_pid_syscall(5)
    const [, number] = /^(-?\d+) /.exec(readProc(`/proc/${pid}/syscall`)) ?? [];
    if (number !== undefined) known.calls.push({ auditArch, number: Number(number) });
    this.#byProcess.set(id, known);
  };

  /**
   * One of each command and call, and how many more there were. `isKnown`: the call was let through before, so that it may be
   * another thread's. `isReported`: it was said of the process already.
   */
  kinds(isKnown: (call: KilledCall) => boolean, isReported: (pid: number) => boolean = () => false): FilterKill[] {
    const kinds = new Map<string, FilterKill>();
    for (const [pid, { command, wasSent, calls }] of this.#byProcess) {
      if (wasSent || isReported(pid)) continue;
      const call = calls.length === 1 ? calls[0] : calls.find((each) => !isKnown(each));
      const key = `${command} ${call?.auditArch} ${call?.number}`;
      const known = kinds.get(key);
      if (known) known.others++;
      else kinds.set(key, { process: `${command}[${pid}]`, call, others: 0 });
    }
    return [...kinds.values()];
  }
}

export interface FilterKill {
  process: string;
  /** Undefined where it is not known which. */
  call: KilledCall | undefined;
  /** Processes of the same command that ended likewise. */
  others: number;
}

/** `a filter ended cat[42] (and 2 more) by SIGSYS at openat: its own, or one above scmp` */
export function describeKill({ process, call, others }: FilterKill, table: Pick<SyscallLookup, 'name'>): string {
  const more = others > 0 ? ` (and ${others} more)` : '';
  const at = call ? ` at ${nameOfNumber(call, table)}` : '';
  return printable(`a filter ended ${process}${more} by SIGSYS${at}: its own, or one above scmp`);
}

export interface KilledCall {
  auditArch: number;
  number: number;
}

/** Whether an exit code is a shell's for a command that SIGSYS ended. */
export function isSigsys(exitCode: number): boolean {
  return exitCode === 128 + constants.signals.SIGSYS;
}
