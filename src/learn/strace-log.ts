import type { ArchitectureName } from '../architecture.js';
import { BYTES, checkArgument, checkOptions, FUNCTION, ITERABLE, TEXT } from '../options.js';
import { printable } from '../text.js';
import { otherModes } from './kernel-architectures.js';
import { detached, LogLines } from './log-lines.js';
import {
  type LoggedCall,
  type LoggedOutcome,
  type LoggedPlace,
  LogReader,
  LogReport,
  type LogSource,
  type LogSummary,
  type OnCall,
  type SyscallLookup,
} from './read-log.js';
import { registerOf, registersOf } from './strace-arguments.js';

/** `1234  `, `[pid  1234] `: -f, with and without -o; with -Y the process's name behind its number, in which `>` is escaped. */
const PROCESS = /^(?:\[pid\s+(\d+)(?:<[^>]*>)?\]|(\d+)(?:<[^>]*>)?)\s+/;
/**
 * What the options -t, -tt, -ttt, -r, -n, -i and --secontext put before a call: times, `[  59]`, `[00007f…]`, a context.
 * A time is not taken for a process's id: it has a colon or a point.
 */
const BEFORE_CALL =
  /^\s*(?:(?:\d+:\d\d:\d\d(?:\.\d+)?|\d+\.\d+|\(\+\s*\d+\.\d+\)|\[[\s\da-fx?]+\]|\[\w+:\w+:\w+[^\]\s]*\])\s+)*/;
const CALL = /^([a-z_]\w*)\((.*)$/s;
/** How a failed call ends; -T puts the time that it took behind it. */
const FAILED = /\)\s+= -1 ([A-Z][A-Z\d]+) \([^()]*\)(?: <[\d.]+>)?$/;
/** How a call ends that returned; in the line of one that did not yet. */
const RETURNED = /\)\s+= [^"]*$/;
const UNFINISHED = /\s*<unfinished \.\.\.>$/;
/** A filter's signal: `--- SIGSYS {…, si_code=SYS_SECCOMP, …, si_syscall=__NR_mkdir, si_arch=AUDIT_ARCH_X86_64} ---`. */
const SECCOMP_SIGNAL = /^--- SIGSYS \{.*\bsi_code=SYS_SECCOMP\b.*\bsi_syscall=(?:__NR_)?(\w+)\b/;
/** A filter's kill, or the default action of its signal, or of one that somebody sent. */
const KILLED = /^\+\+\+ killed by SIGSYS\b/;
const MODE = /^(?:strace: )?\[ Process PID=(\d+) runs in (.+?) mode\. \]/;
/** What -f prints about a new process without -o, in the middle of the line of the call that makes it. */
const ATTACHED = /strace: Process \d+ attached$/;
/** The table of -c: a head, a row for each call, and the sum. -U chooses columns; the name is the last. */
const TABLE_HEAD = /^[%a-z/ -]+ syscall$/;
const TABLE_ROW = /^\s*[\d.]+(?:\s+[\d.]+)*\s+([a-z_]\w*)$/;
const TABLE_OF_MODE = /^System call usage summary for (.+?) mode:$/;
/** A signal that somebody sent, as no filter does. */
const SENT_SIGSYS = /^--- SIGSYS \{.*si_code=(?!SYS_SECCOMP)/;
/** Signals, ends of processes, what is continued from another line, the stacks of -k, and strace's own words. */
const OTHER_LINES =
  /^(?:\s*> .*\[0x[\da-f]+\]|---.*---$|\+\+\+.*\+\+\+$|<\.\.\.|<unfinished \.\.\.>$|\?\?\?\?|strace: |\[ Process PID=)/;

/** Whether a line shows a call, or else something that strace alone writes. */
export function isStraceLine(line: string): boolean {
  const rest = line.replace(PROCESS, '').replace(BEFORE_CALL, '');
  const call = CALL.exec(rest)?.[2];
  if (call !== undefined) return RETURNED.test(call) || UNFINISHED.test(call);
  return MODE.test(line) || TABLE_HEAD.test(line) || /^(?:<\.\.\. \w+ resumed>|\+\+\+ (?:exited|killed) )/.test(rest);
}

export interface StraceOptions {
  /** Of the machine strace ran on. */
  architecture: ArchitectureName;
}

/** What {@link straceReader} takes besides. */
interface ReaderOptions extends StraceOptions {
  /** A filter sent SIGSYS for a call, or killed its process; its line has come before, or comes later as unfinished. */
  onSignal?: OnCall | undefined;
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
export function readStrace(log: LogSource, table: SyscallLookup, options: StraceOptions, onCall: OnCall): LogSummary {
  checkArgument('readStrace', 'log', log, TEXT, BYTES, ITERABLE);
  checkArgument('readStrace', 'onCall', onCall, FUNCTION);
  checkOptions('readStrace', options, { architecture: [TEXT] });
  return straceReader(table, options, onCall).read(log);
}

/** As {@link readStrace}, for a log that comes in pieces. */
export function straceReader(
  table: SyscallLookup,
  { architecture: native, onSignal }: ReaderOptions,
  onCall: OnCall,
): LogReader {
  const report = new LogReport();
  const modes = otherModes(native);
  const find = callFinder(native, modes, table);
  const programs = new Programs();
  const processes = new Map<string, ArchitectureName>();
  /** The last call of each process, and what it returned; undefined behind a SIGSYS that somebody sent it. */
  const last = new Map<string, LastCall | undefined>();
  const remember = (found: FoundCall, args: string, pid: string) => {
    const known = last.get(pid);
    if (known === undefined) {
      last.set(detached(pid), { found, result: trailingNumber(args) });
      return;
    }
    known.found = found;
    known.result = trailingNumber(args);
  };
  const architectureOf = (mode: string) => (mode === '64 bit' ? native : modes.get(mode));
  const quick = new QuickLine();
  const ownOf = (pid = '') => (processes.size === 0 ? native : (processes.get(pid) ?? native));
  let inTable = false;
  let tableOf = native;

  const count = (word: string, own: ArchitectureName, args: string, place: LoggedPlace, whole: () => string) => {
    const found = find(word, own);
    if (!found) {
      report.problem(place.line, whole(), `unknown system call ${printable(word, 40)}`);
      return;
    }
    report.use();
    remember(found, args, place.pid ?? '');
    onCall(new StraceCall(found, args, programs.of(place.pid)), place);
    if (MAKES_PROCESS.has(found.name)) programs.call(found.name, args, place.pid);
  };
  // The kernel undoes a call that a filter kills for (syscall_rollback): what strace shows as its result is its own number.
  // Other threads of the process are killed too, and their last calls are not to blame.
  const killedCall = (call: LastCall | undefined) => {
    if (call?.result === undefined) return undefined;
    const { found, result } = call;
    return table.name(result, found.architecture) === found.name ? found : undefined;
  };
  const signal = (statement: string, own: ArchitectureName, place: LoggedPlace) => {
    const process = place.pid ?? '';
    const named = SECCOMP_SIGNAL.exec(statement)?.[1];
    const killed = KILLED.test(statement) ? killedCall(last.get(process)) : undefined;
    const found =
      named === undefined ? killed : find(/^\d+$/.test(named) ? `syscall_0x${Number(named).toString(16)}` : named, own);
    if (found) onSignal?.({ ...found, args: [], outcome: { kind: 'signal' }, program: programs.of(place.pid) }, place);
  };

  const readLine = (all: string, begin: number, end: number, line: number) => {
    if (!inTable && quick.read(all, begin)) {
      const { pid, word } = quick;
      count(word, ownOf(pid), all.slice(quick.end, end), { line, pid, time: quick.time }, () => all.slice(begin, end));
      return;
    }
    const whole = all.slice(begin, end).replace(ATTACHED, '');
    const mode = MODE.exec(whole);
    if (mode) {
      const [, process = '', word = ''] = mode;
      const architecture = architectureOf(word);
      processes.set(detached(process), architecture ?? native);
      // Lines name no process while there is only one.
      processes.set('', architecture ?? native);
      if (!architecture) report.problem(line, whole, `unknown mode of a process: ${printable(word, 40)}`);
      return;
    }
    const summary = TABLE_OF_MODE.exec(whole)?.[1];
    if (summary !== undefined) {
      tableOf = architectureOf(summary) ?? native;
      if (!architectureOf(summary)) report.problem(line, whole, `unknown mode of a table: ${printable(summary, 40)}`);
      return;
    }
    if (TABLE_HEAD.test(whole) && whole.includes(' calls ')) {
      inTable = true;
      return;
    }
    if (inTable) {
      const row = TABLE_ROW.exec(whole)?.[1];
      if (row === 'total') inTable = false;
      else if (row !== undefined) count(row, tableOf, '', { line }, () => whole);
      if (row !== undefined || /^[- ]+$/.test(whole)) return;
      inTable = false;
    }
    const [prefix = '', bracketed, bare] = PROCESS.exec(whole) ?? [];
    const pid = bracketed ?? bare;
    const rest = whole.slice(prefix.length);
    const before = BEFORE_CALL.exec(rest)![0];
    const statement = rest.slice(before.length);
    const [, word, args] = CALL.exec(statement) ?? [];
    const own = ownOf(pid);
    const time = /\d+:\d\d:\d\d(?:\.\d+)?|\d+\.\d+/.exec(before)?.[0];
    if (word === undefined || args === undefined) {
      const process = pid ?? '';
      if (SENT_SIGSYS.test(statement)) last.set(detached(process), undefined);
      if (KILLED.test(statement) && !(last.has(process) && last.get(process) === undefined)) {
        report.filterKill({ line, process: detached(process), lastCall: last.get(process)?.found.name });
      }
      if (onSignal) signal(statement, own, { line, pid, time });
      programs.line(statement, pid);
      if (EXITED.test(statement)) last.delete(process);
      if (whole.trim() !== '' && !OTHER_LINES.test(statement)) report.problem(line, whole, 'no line of strace');
      return;
    }
    count(word, own, args, { line, pid, time }, () => whole);
  };
  return new LogReader(report, new LogLines(readLine));
}
const SPACE = 0x20;
const OPENING_PARENTHESIS = 0x28;
const isDigit = (code: number) => code >= 0x30 && code <= 0x39;
/** `_` and small letters, with which the names of calls begin. */
const isNameStart = (code: number) => code === 0x5f || (code >= 0x61 && code <= 0x7a);
const isName = (code: number) => isNameStart(code) || isDigit(code) || (code >= 0x41 && code <= 0x5a);

/**
 * A line as nearly all are: `1234 17:00:00.123456 openat(…`, `[pid  1234] openat(…`, `openat(…`; a process id, one time of
 * day and a call, the first two where there are any. Read by hand, in a third of the time of a regular expression.
 */
class QuickLine {
  #all = '';
  #pid = 0;
  #pidEnd = 0;
  #time = 0;
  #timeEnd = 0;
  #word = 0;
  #wordEnd = 0;

  /** Whether a line that begins there is such a one; then the rest is about it. No line end is read over. */
  read(all: string, begin: number): boolean {
    this.#all = all;
    this.#pidEnd = 0;
    this.#timeEnd = 0;
    let at = begin;
    if (all.startsWith('[pid ', at)) {
      this.#pid = skip(all, at + '[pid '.length);
      const end = endOfDigits(all, this.#pid);
      if (end === this.#pid || !all.startsWith('] ', end)) return false;
      this.#pidEnd = end;
      at = skip(all, end + 1);
    } else {
      const end = endOfDigits(all, at);
      if (end > at && all.charCodeAt(end) === SPACE) {
        this.#pid = at;
        this.#pidEnd = end;
        at = skip(all, end);
      }
    }
    if (isDigit(all.charCodeAt(at))) {
      const end = endOfTime(all, at);
      if (end === undefined || all.charCodeAt(end) !== SPACE) return false;
      this.#time = at;
      this.#timeEnd = end;
      at = skip(all, end);
    }
    if (!isNameStart(all.charCodeAt(at))) return false;
    this.#word = at;
    while (isName(all.charCodeAt(at))) at++;
    this.#wordEnd = at;
    return all.charCodeAt(at) === OPENING_PARENTHESIS;
  }

  get pid(): string | undefined {
    return this.#pidEnd === 0 ? undefined : this.#all.slice(this.#pid, this.#pidEnd);
  }

  get time(): string | undefined {
    return this.#timeEnd === 0 ? undefined : this.#all.slice(this.#time, this.#timeEnd);
  }

  get word(): string {
    return this.#all.slice(this.#word, this.#wordEnd);
  }

  /** Behind the opening parenthesis. */
  get end(): number {
    return this.#wordEnd + 1;
  }
}

function skip(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}

/** `1700000000.123456`, `17:00:00`, `17:00:00.123456`. */
function endOfTime(text: string, from: number): number | undefined {
  let at = endOfDigits(text, from);
  if (text[at] !== '.') {
    for (let part = 0; part < 2; part++) {
      const end = endOfDigits(text, at + 1);
      if (text[at] !== ':' || end !== at + 3) return undefined;
      at = end;
    }
    if (text[at] !== '.') return at;
  }
  const end = endOfDigits(text, at + 1);
  return end > at + 1 ? end : undefined;
}

/** Whether a line ends as nearly all do: `) = 3`. What RETURNED says of it, in a fraction of the time. */
function endsInNumber(text: string): boolean {
  let at = text.length;
  while (isDigit(text.charCodeAt(at - 1))) at--;
  if (at === text.length || !text.startsWith('= ', at - 2)) return false;
  let before = at - 3;
  while (text.charCodeAt(before) === SPACE) before--;
  return before < at - 3 && text[before] === ')';
}

const RETURNED_OUTCOME: LoggedOutcome = { kind: 'returned' };

/** A call in a line, whose arguments are parsed when they are asked for: most calls are one thing whatever they are. */
class StraceCall implements LoggedCall {
  readonly architecture: ArchitectureName;
  readonly name: string;
  readonly program: string | undefined;
  readonly saysAnswer = false;
  /** From behind the opening parenthesis on. */
  readonly #text: string;

  constructor({ architecture, name }: FoundCall, text: string, program: string | undefined) {
    this.architecture = architecture;
    this.name = name;
    this.program = program;
    this.#text = text;
  }

  get args(): LoggedCall['args'] {
    return registersOf(this.name, this.#text.replace(ATTACHED, ''), this.architecture);
  }

  argument(index: number): bigint | undefined {
    const register = registerOf(this.#text.replace(ATTACHED, ''), index, this.architecture);
    return register ? register.value : this.args[index];
  }

  get text(): string {
    return detached(`${this.name}(${this.#text.replace(RETURNED, ')').replace(UNFINISHED, '…)')}`);
  }

  get outcome(): LoggedOutcome | undefined {
    const text = this.#text;
    const errno = text.includes('= -1 ') ? FAILED.exec(text)?.[1] : undefined;
    if (errno !== undefined) return { kind: 'errno', errno };
    return (endsInNumber(text) || RETURNED.test(text)) && !text.endsWith('= ?') ? RETURNED_OUTCOME : undefined;
  }
}

const MAKES_PROCESS: ReadonlySet<string> = new Set(['execve', 'execveat', 'fork', 'vfork', 'clone', 'clone3']);
/** The file of execve(2) or execveat(2). */
const EXECUTED = /^(?:[^",]*, )?"((?:[^"\\]|\\.)*)"/;
/** The end of a line whose call gave 0; of one that gave the id of a new process. */
const SUCCEEDED = /\)\s+= 0(?: <[\d.]+>)?$/;
const CHILD = /\)?\s*= (\d+)(?:<[^>]*>)?(?: <[\d.]+>)?$/;
const RESUMED = /^<\.\.\. (\w+) resumed>/;
const EXITED = /^\+\+\+ (?:exited|killed) /;

/** Which program each process runs, from the calls that show it. */
class Programs {
  readonly #byPid = new Map<string, string>();
  /** Of calls that did not return yet. */
  readonly #begun = new Map<string, string>();

  of(pid = ''): string | undefined {
    return this.#byPid.get(pid);
  }

  /** A call that makes a process, or makes it another program, by its text from behind the parenthesis. */
  call(name: string, text: string, pid = ''): void {
    if (!name.startsWith('execve')) {
      this.#child(text, pid);
      return;
    }
    const path = EXECUTED.exec(text)?.[1];
    if (path === undefined) return;
    if (SUCCEEDED.test(text)) this.#byPid.set(detached(pid), detached(path));
    else if (UNFINISHED.test(text)) this.#begun.set(detached(pid), detached(path));
  }

  /** Another line of a process: the rest of such a call, or its end. */
  line(text: string, pid = ''): void {
    const name = RESUMED.exec(text)?.[1];
    if (name?.startsWith('execve')) {
      const path = this.#begun.get(pid);
      if (path !== undefined && SUCCEEDED.test(text)) this.#byPid.set(detached(pid), path);
      this.#begun.delete(pid);
    } else if (name !== undefined && MAKES_PROCESS.has(name)) this.#child(text, pid);
    else if (EXITED.test(text)) this.#byPid.delete(pid);
  }

  #child(text: string, pid: string): void {
    const child = CHILD.exec(text)?.[1];
    const own = this.#byPid.get(pid);
    // A child that is known already has come to run a program of its own.
    if (child !== undefined && own !== undefined && !this.#byPid.has(child)) this.#byPid.set(detached(child), own);
  }
}

interface LastCall {
  found: FoundCall;
  /** The number that the line ends in. */
  result: number | undefined;
}

/** The number at the end of a line. */
function trailingNumber(text: string): number | undefined {
  let at = text.length;
  while (at > 0 && isDigit(text.charCodeAt(at - 1))) at--;
  return at === text.length || text.length - at > 10 ? undefined : Number(text.slice(at));
}

interface FoundCall {
  name: string;
  architecture: ArchitectureName;
}

/**
 * Finds a call on the process's architecture, or else on one that has it. strace writes `syscall_0x1c3` for a number that
 * it has no name for.
 */
function callFinder(native: ArchitectureName, modes: ReadonlyMap<string, ArchitectureName>, table: SyscallLookup) {
  const known = new Map<ArchitectureName, Map<string, FoundCall | undefined>>();
  const find = (word: string, own: ArchitectureName): FoundCall | undefined => {
    const number = /^syscall_(0x[\da-f]{1,8})$/.exec(word)?.[1];
    for (const architecture of new Set([own, native, ...modes.values()])) {
      const name = number === undefined ? table.known(word, architecture) : table.name(Number(number), architecture);
      if (name !== undefined && table.has(name, architecture)) return { name: detached(name), architecture };
      if (number !== undefined) return undefined;
    }
    return undefined;
  };
  return (word: string, own: ArchitectureName): FoundCall | undefined => {
    let calls = known.get(own);
    if (calls === undefined) {
      calls = new Map();
      known.set(own, calls);
    }
    const before = calls.get(word);
    if (before !== undefined) return before;
    const found = find(word, own);
    // A word that is none is not kept: there may be any number of them.
    if (found !== undefined) calls.set(detached(word), found);
    return found;
  };
}
