import { type ActionKind, decodeReturnValue } from '../action.js';
import { type ArchitectureName, findArchitecture } from '../architecture.js';
import { BYTES, checkArgument, checkOptions, FUNCTION, ITERABLE, TEXT } from '../options.js';
import { printable } from '../text.js';
import { detached } from './log-lines.js';
import { architectureOf } from './notified-calls.js';
import {
  type LoggedCall,
  type LoggedOutcome,
  LogReader,
  LogReport,
  type LogSource,
  type LogSummary,
  type OnCall,
  type SyscallLookup,
} from './read-log.js';

/**
 * The end of a seccomp record (kernel/auditsc.c, audit_seccomp): `arch=c000003e syscall=59 compat=0 ip=0x… code=0x…`.
 * The process's own words, `comm` and `exe`, come before it. The last such place counts: a process must not be able to
 * choose a name that is read as a system call (ausearch(8) -i shows names unescaped).
 */
const CALL = /^.*\barch=(\S+) syscall=(\S+)(?: |$)/;
/**
 * The type of a record, which comes first: `type=1326` in the kernel's log, `type=SECCOMP` from auditd(8). journald
 * reads the audit multicast itself, and writes `audit[PID]: SECCOMP auid=…`, or with -o cat `SECCOMP auid=…`. A
 * process's own words come later and are ignored.
 */
const JOURNAL_TYPE = /^(?:[^"=]*\baudit(?:\[\d+\])?: )?([A-Z][A-Z_\d]*)(?:\[\d+\])? \w+=/;
const TYPE = /\btype=(\d{4}|[A-Z][A-Z_\d]+)\b/;
const SECCOMP_TYPES: ReadonlySet<string> = new Set(['1326', 'SECCOMP']);
/** ausearch(8) -i, for a number that its own tables lack. */
const UNNAMED_CALL = /^unknown-syscall\((\d{1,10})\)$/;
/**
 * A record of the Security Profiles Operator's log enricher (internal/pkg/daemon/enricher), as logr writes it: pairs,
 * with quoted keys in older versions.
 */
const ENRICHED = /"?\btype"?="seccomp"/;
const PAIR = /(?:^|\s)"?(\w+)"?=("(?:[^"\\]|\\.)*"|[^\s"]*)/g;
/** kernel/audit.c: many records at once are lost in part, more of them without auditd(8), which empties the queue. */
const LOST =
  /kauditd_printk_skb: \d+ callbacks suppressed|audit: (?:audit_lost=|audit_backlog=|rate limit exceeded|backlog limit exceeded)/;

export interface AuditLogOptions {
  /** Of the machine the log is from, for lines that name no architecture: older log enrichers'. */
  architecture?: ArchitectureName | undefined;
}

/**
 * The system calls in the kernel's seccomp records, from dmesg(1), journalctl(1), audit.log, or ausearch(8) with and
 * without -i. The lines of the Security Profiles Operator's log enricher are read too. They show which calls were
 * denied or logged, without arguments. Lines of other kinds are ignored; seccomp records that cannot be read are
 * counted.
 *
 * @throws nothing: records that cannot be read are counted
 *
 * @example
 * ```js
 * import { readAuditLog, syscallLookup } from 'libseccomp-wasm/learn';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const line = 'type=1326 audit(1.0:1): auid=0 comm="a" sig=0 arch=c000003e syscall=101 compat=0 ip=0x0 code=0x7ffc0000';
 * const names = [];
 * const { used } = readAuditLog(line, syscallLookup(loadLibseccompSync()), ({ name }) => names.push(name));
 * console.log(used, names); // 1 [ 'ptrace' ]
 * ```
 */
export function readAuditLog(
  log: LogSource,
  table: SyscallLookup,
  onCall: OnCall,
  options: AuditLogOptions = {},
): LogSummary {
  checkArgument('readAuditLog', 'log', log, TEXT, BYTES, ITERABLE);
  checkArgument('readAuditLog', 'onCall', onCall, FUNCTION);
  checkOptions('readAuditLog', options, { architecture: [TEXT] });
  return auditLogReader(table, onCall, options).read(log);
}

/** As {@link readAuditLog}, for a log that comes in pieces. */
export function auditLogReader(
  table: SyscallLookup,
  onCall: OnCall,
  { architecture: native }: AuditLogOptions = {},
): LogReader {
  const report = new LogReport();
  const kinds = new Kinds();

  const onRecord = (record: string, line: number, journalTime: string | undefined) => {
    const at = callIn(record);
    const found: Outcome = at
      ? kinds.of(record, at, () => recordedCall(record, at, table))
      : { reason: 'a seccomp record without "arch=… syscall=…"' };
    if ('reason' in found) {
      report.problem(line, record, found.reason);
      return;
    }
    report.use();
    onCall(found, { line, pid: wordAfter(record, ' pid='), time: timeOf(record) ?? journalTime });
  };
  const onEnriched = (record: string, line: number, journalTime: string | undefined) => {
    const pairs = new Map([...record.matchAll(PAIR)].map(([, key, value]) => [key!, unquote(value!)]));
    const found = enrichedCall(pairs, native, table);
    if ('reason' in found) {
      report.problem(line, record, found.reason);
      return;
    }
    report.use();
    const time = pairs.get('timestamp')?.replace(/:\d+$/, '') ?? journalTime;
    onCall(found, { line, pid: pairs.get('pid') ?? pairs.get('processID'), time });
  };
  const onText = (record: string, line: number, journalTime?: string) => {
    const quick = quickType(record);
    const type = quick ?? (JOURNAL_TYPE.exec(record) ?? TYPE.exec(record))?.[1];
    if (type !== undefined && SECCOMP_TYPES.has(type)) onRecord(record, line, journalTime);
    else if (quick !== undefined) return;
    else if (type === undefined && ENRICHED.test(record)) onEnriched(record, line, journalTime);
    else if (LOST.test(record)) report.problem(line, record, 'the kernel dropped records here: calls are missing');
    // ausearch's separators and other records are part of such a log; lines that are no record are not.
    else if (type === undefined && record.trim() !== '' && !/^(----|time->)/.test(record)) {
      report.problem(line, record, 'no audit record');
    }
  };
  return new LogReader(report, (all, begin, end, line) => {
    const text = all.slice(begin, end);
    const entry = text.startsWith('{') ? journalEntry(text) : undefined;
    if (entry) onText(entry.message, line, entry.time);
    else onText(text, line);
  });
}

/** The type of a record that begins with it, or with `audit: ` in front, as nearly all do: found without a search. */
function quickType(record: string): string | undefined {
  const equals = record.indexOf('=');
  if (equals < 4 || !record.startsWith('type', equals - 4)) return undefined;
  if (equals > 4 && !record.startsWith('audit: ', equals - 11)) return undefined;
  const type = record.slice(equals + 1, record.indexOf(' ', equals));
  return /^(?:\d{4}|[A-Z][A-Z_\d]+)$/.test(type) ? type : undefined;
}

/** Where a record has `arch=ARCH syscall=CALL`: the begin of both words, and the end of the last. */
interface CallPlace {
  arch: number;
  syscall: number;
  end: number;
}

/** See {@link CALL}. */
function callIn(record: string): CallPlace | undefined {
  const found = record.lastIndexOf(' arch=');
  const arch = found + ' arch='.length;
  const next = record.indexOf(' ', arch);
  // Nearly always the last word of that kind is the one; it is not if a process's name has it behind another sign.
  if (found < 0 || next < 0 || !record.startsWith(' syscall=', next) || record.lastIndexOf('arch=') !== found + 1) {
    const [whole, named, call] = CALL.exec(record) ?? [];
    if (whole === undefined || named === undefined || call === undefined) return undefined;
    const end = whole.trimEnd().length;
    const syscall = end - call.length;
    return { arch: syscall - ' syscall='.length - named.length, syscall, end };
  }
  const syscall = next + ' syscall='.length;
  const end = record.indexOf(' ', syscall);
  return { arch, syscall, end: end < 0 ? record.length : end };
}

type Outcome = LoggedCall | { reason: string };

/** How many kinds of records are known at once; a log with more has names that a program made up. */
const MAX_KINDS = 10_000;

/** The calls of records that were read: most records differ from one before in time, process id and address alone. */
class Kinds {
  readonly #known = new Map<string, Outcome>();

  of(record: string, { arch, end }: CallPlace, read: () => Outcome): Outcome {
    const code = record.indexOf(' code=', end);
    const named = record.indexOf(' comm=');
    const until = code < 0 ? '' : record.slice(code, endOfWord(record, code + ' code='.length));
    const key = (named < 0 || named > end ? record.slice(arch, end) : record.slice(named, end)) + until;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = read();
    if (this.#known.size >= MAX_KINDS) this.#known.clear();
    this.#known.set(detached(key), found);
    return found;
  }
}

/** The end of the word that begins there. */
function endOfWord(record: string, start: number): number {
  let at = start;
  while (at < record.length && record.charCodeAt(at) > 0x20) at++;
  return at;
}

function recordedCall(record: string, { arch, syscall, end }: CallPlace, table: SyscallLookup): Outcome {
  const found = callOf(record.slice(arch, syscall - ' syscall='.length), record.slice(syscall, end), table);
  if ('reason' in found) return found;
  return {
    ...found,
    program: programOf(record.slice(0, arch - 'arch='.length)),
    outcome: outcomeOf(wordAfter(record, ' code=', end)),
  };
}

function enrichedCall(
  pairs: ReadonlyMap<string, string>,
  native: ArchitectureName | undefined,
  table: SyscallLookup,
): Outcome {
  const arch = pairs.get('arch') ?? native;
  const call = pairs.get('syscallName') ?? pairs.get('syscallID');
  if (call === undefined) return { reason: 'a line of the log enricher without "syscallName" or "syscallID"' };
  if (arch === undefined) return { reason: 'a line of the log enricher that names no architecture' };
  const found = callOf(arch, call, table);
  return 'reason' in found ? found : { ...found, program: pairs.get('executable') ?? pairs.get('cmdLine') };
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}

function callOf(arch: string, syscall: string, table: SyscallLookup): Outcome {
  const digits = UNNAMED_CALL.exec(syscall)?.[1] ?? syscall;
  const number = /^\d{1,10}$/.test(digits) ? Number(digits) : undefined;
  const architecture = namedArchitecture(arch, number);
  if (architecture === undefined) return { reason: `unknown architecture ${printable(arch, 40)}` };
  const name = number === undefined ? table.known(syscall, architecture) : table.name(number, architecture);
  if (name === undefined || !table.has(name, architecture)) {
    return { reason: `unknown system call ${printable(syscall, 40)} on ${architecture}` };
  }
  return { architecture, name: detached(name), args: [], number };
}

/** What ausearch(8) -i writes for the action in `code=` (libaudit's table). */
const ACTION_WORDS: Readonly<Record<string, ActionKind>> = {
  kill: 'KILL_THREAD',
  'kill-thread': 'KILL_THREAD',
  'kill-process': 'KILL_PROCESS',
  trap: 'TRAP',
  errno: 'ERRNO',
  'user-notify': 'NOTIFY',
  trace: 'TRACE',
  log: 'LOG',
  allow: 'ALLOW',
};

function outcomeOf(code: string | undefined): LoggedOutcome | undefined {
  if (code === undefined) return undefined;
  const action = /^0x[\da-f]{1,8}$/i.test(code)
    ? decodeReturnValue(Number(code)).kind
    : Object.hasOwn(ACTION_WORDS, code)
      ? ACTION_WORDS[code]
      : 'UNKNOWN';
  return action === undefined || action === 'UNKNOWN' ? undefined : { kind: 'filter', action };
}

/**
 * The program that a record names. The kernel quotes a name of plain characters, and writes any other in hexadecimal
 * (audit_log_untrustedstring). ausearch -i shows names as they are.
 */
function programOf(record: string): string | undefined {
  const [, comm, exe] = /\scomm=(.*) exe=(.*) sig=\S+ $/.exec(record) ?? [];
  return [exe, comm].map(untrustedString).find((name) => name !== undefined);
}

function untrustedString(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text === '(null)') return undefined;
  if (/^".*"$/.test(text)) return detached(text.slice(1, -1));
  if (!/^(?:[\dA-F]{2})+$/.test(text)) return detached(text);
  const bytes = Uint8Array.from(text.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  return new TextDecoder().decode(bytes).replace(/\0+$/, '');
}

/** Seconds since 1970, of `audit(1700000000.123:456)`, or what ausearch -i makes of it. */
function timeOf(record: string): string | undefined {
  const begin = record.indexOf('audit(');
  if (begin < 0) return undefined;
  const end = record.indexOf(')', begin);
  const serial = record.lastIndexOf(':', end);
  return serial > begin ? record.slice(begin + 'audit('.length, serial) : undefined;
}

function wordAfter(record: string, key: string, from = 0): string | undefined {
  const found = record.indexOf(key, from);
  if (found < 0) return undefined;
  const begin = found + key.length;
  return record.slice(begin, endOfWord(record, begin));
}

/** An entry of `journalctl -o json`, whose fields are strings, or lists of bytes where they are not UTF-8. */
function journalEntry(line: string): { message: string; time: string | undefined } | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof entry !== 'object' || entry === null || !Object.hasOwn(entry, 'MESSAGE')) return undefined;
  const fields = entry as Readonly<Record<string, unknown>>;
  const { MESSAGE, _TRANSPORT: transport, __REALTIME_TIMESTAMP: microseconds } = fields;
  // A program can write what looks like a record into the journal; journald says where an entry came from.
  if (transport !== undefined && transport !== 'audit' && transport !== 'kernel')
    return { message: '', time: undefined };
  const message = Array.isArray(MESSAGE) ? new TextDecoder().decode(Uint8Array.from(MESSAGE)) : MESSAGE;
  if (typeof message !== 'string') return undefined;
  const time = typeof microseconds === 'string' && /^\d{7,20}$/.test(microseconds);
  return { message, time: time ? `${microseconds.slice(0, -6)}.${microseconds.slice(-6, -3)}` : undefined };
}

/** AUDIT_ARCH_… in hexadecimal, or the name that ausearch -i has for it (libaudit's, which are uname's). */
function namedArchitecture(arch: string, number: number | undefined): ArchitectureName | undefined {
  const isNumber = /^[\da-f]{1,8}$/i.test(arch);
  return isNumber ? architectureOf(Number.parseInt(arch, 16), number) : findArchitecture(arch)?.name;
}
