import { type ActionKind, decodeReturnValue } from '../action.js';
import { type ArchitectureName, findArchitecture, kernelArchitecture } from '../architecture.js';
import { printable } from '../text.js';
import { detached } from './log-lines.js';
import { architectureOf } from './notified-calls.js';
import type { LoggedCall, LoggedOutcome, LoggedPlace, SyscallLookup } from './read-log.js';

/**
 * The end of a seccomp record (kernel/auditsc.c, audit_seccomp): `arch=c000003e syscall=59 compat=0 ip=0x… code=0x…`.
 * The process's own words, `comm` and `exe`, come before it. The last such place counts: a process must not be able to
 * choose a name that is read as a system call (ausearch(8) -i shows names unescaped).
 */
const CALL = /^.*\barch=(\S+) syscall=(\S+)(?: |$)/;
/** ausearch(8) -i, for a number that its own tables lack. */
const UNNAMED_CALL = /^unknown-syscall\((\d{1,10})\)$/;
const PAIR = /(?:^|\s)"?(\w+)"?=("(?:[^"\\]|\\.)*"|[^\s"]*)/g;

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

export type Outcome = LoggedCall | { reason: string };

/** How many kinds of records are known at once; a log with more has names that a program made up. */
export const MAX_RECORD_KINDS = 10_000;

/** The calls of records that were read: most records differ from one before in time, process id and address alone. */
export class RecordKinds {
  readonly #table: SyscallLookup;
  readonly #known = new Map<string, Outcome>();

  constructor(table: SyscallLookup) {
    this.#table = table;
  }

  /** `host`: where a journal says it; auditd(8) puts `node=` in front (auditd.conf(5), name_format). */
  of(record: string, host?: string): Outcome {
    const node = host ?? /^node=(\S+) /.exec(record)?.[1];
    const place = callIn(record);
    if (!place) return { reason: 'a seccomp record without "arch=… syscall=…"' };
    const { arch, end } = place;
    const code = record.indexOf(' code=', end);
    const named = record.indexOf(' comm=');
    const until = code < 0 ? '' : record.slice(code, endOfWord(record, code + ' code='.length));
    const kind = (named < 0 || named > end ? record.slice(arch, end) : record.slice(named, end)) + until;
    const key = node === undefined ? kind : `${node} ${kind}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const call = recordedCall(record, place, this.#table);
    const found = node === undefined || 'reason' in call ? call : { ...call, origin: { node: detached(node) } };
    if (this.#known.size >= MAX_RECORD_KINDS) this.#known.clear();
    this.#known.set(detached(key), found);
    return found;
  }
}

/** When and in which process the call of a record was made. */
export function recordPlace(record: string, line: number, journalTime?: string): LoggedPlace {
  return { line, pid: wordAfter(record, ' pid='), time: timeOf(record) ?? journalTime };
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

interface EnrichedCall extends Pick<LoggedPlace, 'pid' | 'time'> {
  outcome: Outcome;
}

/** A line of the Security Profiles Operator's log enricher; `native`: where it names no architecture. */
export function enrichedCall(record: string, native: ArchitectureName | undefined, table: SyscallLookup): EnrichedCall {
  const pairs = new Map([...record.matchAll(PAIR)].map(([, key, value]) => [key!, unquote(value!)]));
  return {
    outcome: enrichedOutcome(pairs, native, table),
    pid: pairs.get('pid') ?? pairs.get('processID'),
    time: pairs.get('timestamp')?.replace(/:\d+$/, ''),
  };
}

function enrichedOutcome(
  pairs: ReadonlyMap<string, string>,
  native: ArchitectureName | undefined,
  table: SyscallLookup,
): Outcome {
  const arch = pairs.get('arch') ?? native;
  const call = pairs.get('syscallName') ?? pairs.get('syscallID');
  if (call === undefined) return { reason: 'a line of the log enricher without "syscallName" or "syscallID"' };
  if (arch === undefined) return { reason: 'a line of the log enricher that names no architecture' };
  const found = callOf(arch, call, table);
  if ('reason' in found) return found;
  const [node, namespace, pod, container] = ['node', 'namespace', 'pod', 'container'].map((key) => pairs.get(key));
  return {
    ...found,
    program: pairs.get('executable') ?? pairs.get('cmdLine'),
    origin: { node, namespace, pod, container },
  };
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}

function callOf(arch: string, syscall: string, table: SyscallLookup): Outcome {
  const digits = UNNAMED_CALL.exec(syscall)?.[1] ?? syscall;
  const number = /^\d{1,10}$/.test(digits) ? Number(digits) : undefined;
  const architecture = namedArchitecture(arch, number);
  if (architecture === undefined) return { reason: `unknown architecture ${unknownWords(arch)}` };
  const name = number === undefined ? table.known(syscall, architecture) : table.name(number, architecture);
  if (name === undefined || !table.has(name, architecture)) {
    return { reason: `unknown system call ${printable(syscall, 40)} on ${architecture}` };
  }
  return { architecture, name: detached(name), args: [], number };
}

/** What ausearch(8) -i writes for the action in `code=` (libaudit's table). */
const ACTION_WORDS: Readonly<Record<string, ActionKind>> = {
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
  if (code === 'kill') return { kind: 'kill' };
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

interface JournalEntry {
  message: string;
  time: string | undefined;
  host?: string | undefined;
}

/** An entry of `journalctl -o json`, whose fields are strings, or lists of bytes where they are not UTF-8. */
export function journalEntry(line: string): JournalEntry | undefined {
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
  const host = typeof fields._HOSTNAME === 'string' ? fields._HOSTNAME : undefined;
  return { message, host, time: time ? `${microseconds.slice(0, -6)}.${microseconds.slice(-6, -3)}` : undefined };
}

/** The AUDIT_ARCH_… that is written in hexadecimal; undefined for a name. */
const auditArchOf = (arch: string): number | undefined =>
  /^[\da-f]{1,8}$/i.test(arch) ? Number.parseInt(arch, 16) : undefined;

/** AUDIT_ARCH_… in hexadecimal, or the name that ausearch -i has for it (libaudit's, which are uname's). */
function namedArchitecture(arch: string, number: number | undefined): ArchitectureName | undefined {
  const auditArch = auditArchOf(arch);
  return auditArch === undefined ? findArchitecture(arch)?.name : architectureOf(auditArch, number);
}

/** An architecture that has no name here; with the kernel's, where libseccomp has no table of its system calls. */
function unknownWords(arch: string): string {
  const auditArch = auditArchOf(arch);
  const name = auditArch === undefined ? undefined : kernelArchitecture(auditArch);
  return `${printable(arch, 40)}${name === undefined ? '' : ` (${name}: libseccomp has no table of its calls)`}`;
}
