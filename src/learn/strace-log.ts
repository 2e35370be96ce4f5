import type { ArchitectureName } from '../architecture.js';
import { BYTES, checkArgument, FUNCTION, TEXT } from '../options.js';
import { printable } from '../text.js';
import { otherModes } from './kernel-architectures.js';
import { type LoggedCall, LogReport, type LogSummary, linesOf, type SyscallLookup } from './read-log.js';
import { registersOf } from './strace-arguments.js';

/** `1234  `, `[pid  1234] `: -f, with and without -o; with -Y the process's name behind its number, in which `>` is escaped. */
const PROCESS = /^(?:\[pid\s+(\d+)(?:<[^>]*>)?\]|(\d+)(?:<[^>]*>)?)\s+/;
/**
 * What the options -t, -tt, -ttt, -r, -n, -i and --secontext put before a call: times, `[  59]`, `[00007f…]`, a context.
 * A time is not taken for a process's id: it has a colon or a point.
 */
const BEFORE_CALL =
  /^\s*(?:(?:\d+:\d\d:\d\d(?:\.\d+)?|\d+\.\d+|\(\+\s*\d+\.\d+\)|\[[\s\da-fx?]+\]|\[\w+:\w+:\w+[^\]\s]*\])\s+)*/;
const CALL = /^([a-z_]\w*)\((.*)$/s;
const MODE = /^(?:strace: )?\[ Process PID=(\d+) runs in (.+?) mode\. \]/;
/** What -f prints about a new process without -o, in the middle of the line of the call that makes it. */
const ATTACHED = /strace: Process \d+ attached$/;
/** The table of -c: a head, a row for each call, and the sum. -U chooses columns; the name is the last. */
const TABLE_HEAD = /^[%a-z/ -]+ syscall$/;
const TABLE_ROW = /^\s*[\d.]+(?:\s+[\d.]+)*\s+([a-z_]\w*)$/;
const TABLE_OF_MODE = /^System call usage summary for (.+?) mode:$/;
/** A signal that somebody sent, as no filter does. */
const SENT_SIGSYS = /^--- SIGSYS \{.*si_code=(?!SYS_SECCOMP)/;
const KILLED_BY_SIGSYS = /^\+\+\+ killed by SIGSYS/;
/** Signals, ends of processes, what is continued from another line, and strace's own words. */
const OTHER_LINES = /^(?:---.*---$|\+\+\+.*\+\+\+$|<\.\.\.|<unfinished \.\.\.>$|\?\?\?\?|strace: |\[ Process PID=)/;

export interface StraceOptions {
  /** Of the machine strace ran on. */
  architecture: ArchitectureName;
}

/**
 * The system calls in the output of strace(1), with -f, -o and most of its options; the table of -c is read too. It has
 * names, and arguments where the text shows their numbers. A call that is split (`<unfinished ...>`) counts where it
 * begins. Calls of another architecture are detected by strace's line about the process, which is on stderr and not in
 * the file of -o. Else a name that the machine's own architecture lacks shows them. Other lines are counted.
 *
 * @throws {InvalidArgumentError} when the architecture is unknown
 *
 * @example
 * ```js
 * import { readStrace, syscallLookup } from 'libseccomp-wasm/learn';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const log = 'getpid() = 7\nsome other words\n';
 * const names = [];
 * const table = syscallLookup(loadLibseccompSync());
 * const { used, problems } = readStrace(log, table, { architecture: 'x86_64' }, ({ name }) => names.push(name));
 * console.log(used, names, problems[0].reason); // 1 [ 'getpid' ] no line of strace
 * ```
 */
export function readStrace(
  log: string | Uint8Array,
  table: SyscallLookup,
  { architecture: native }: StraceOptions,
  onCall: (call: LoggedCall) => void,
): LogSummary {
  checkArgument('readStrace', 'log', log, TEXT, BYTES);
  checkArgument('readStrace', 'onCall', onCall, FUNCTION);
  const report = new LogReport();
  const modes = otherModes(native);
  const processes = new Map<string, ArchitectureName>();
  const architectureOf = (mode: string) => (mode === '64 bit' ? native : modes.get(mode));
  /** Of each process the last call; undefined behind a SIGSYS that somebody sent it. */
  const last = new Map<string, string | undefined>();
  let inTable = false;
  let tableOf = native;

  const count = (word: string, own: ArchitectureName, args: string, at: { line: number; whole: string }) => {
    const found = findCall(word, own, native, modes, table);
    if (!found) {
      report.problem(at.line, at.whole, `unknown system call ${printable(word, 40)}`);
      return;
    }
    report.use();
    onCall({ ...found, args: registersOf(found.name, args, found.architecture) });
  };

  for (const { line, text: printed } of linesOf(log)) {
    const whole = printed.replace(ATTACHED, '');
    const mode = MODE.exec(whole);
    if (mode) {
      const [, process = '', word = ''] = mode;
      const architecture = architectureOf(word);
      processes.set(process, architecture ?? native);
      // Lines name no process while there is only one.
      processes.set('', architecture ?? native);
      if (!architecture) report.problem(line, whole, `unknown mode of a process: ${printable(word, 40)}`);
      continue;
    }
    const summary = TABLE_OF_MODE.exec(whole)?.[1];
    if (summary !== undefined) {
      tableOf = architectureOf(summary) ?? native;
      if (!architectureOf(summary)) report.problem(line, whole, `unknown mode of a table: ${printable(summary, 40)}`);
      continue;
    }
    if (TABLE_HEAD.test(whole) && whole.includes(' calls ')) {
      inTable = true;
      continue;
    }
    if (inTable) {
      const row = TABLE_ROW.exec(whole)?.[1];
      if (row === 'total') inTable = false;
      else if (row !== undefined) count(row, tableOf, '', { line, whole });
      if (row !== undefined || /^[- ]+$/.test(whole)) continue;
      inTable = false;
    }
    const [prefix = '', bracketed, bare] = PROCESS.exec(whole) ?? [];
    const process = bracketed ?? bare ?? '';
    const rest = whole.slice(prefix.length);
    const statement = rest.slice(BEFORE_CALL.exec(rest)![0].length);
    const [, word, args] = CALL.exec(statement) ?? [];
    if (SENT_SIGSYS.test(statement)) last.set(process, undefined);
    if (KILLED_BY_SIGSYS.test(statement) && !(last.has(process) && last.get(process) === undefined)) {
      report.filterKill({ line, process, lastCall: last.get(process) });
    }
    if (word === undefined || args === undefined) {
      if (whole.trim() !== '' && !OTHER_LINES.test(statement)) report.problem(line, whole, 'no line of strace');
      continue;
    }
    last.set(process, word);
    count(word, processes.get(process) ?? native, args, { line, whole });
  }
  return report.summary();
}

/** A call on the process's architecture, or else on one that has it; strace writes `syscall_0x1c3` for a number it has no name for. */
function findCall(
  word: string,
  own: ArchitectureName,
  native: ArchitectureName,
  modes: ReadonlyMap<string, ArchitectureName>,
  table: SyscallLookup,
): { name: string; architecture: ArchitectureName } | undefined {
  const number = /^syscall_(0x[\da-f]{1,8})$/.exec(word)?.[1];
  for (const architecture of new Set([own, native, ...modes.values()])) {
    const name = number === undefined ? table.known(word, architecture) : table.name(Number(number), architecture);
    if (name !== undefined && table.has(name, architecture)) return { name, architecture };
    if (number !== undefined) return undefined;
  }
  return undefined;
}
