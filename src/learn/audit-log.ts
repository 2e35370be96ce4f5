import type { ArchitectureName } from '../architecture.js';
import { BYTES, checkArgument, checkOptions, FUNCTION, ITERABLE, TEXT } from '../options.js';
import { enrichedCall, journalEntry, type Outcome, RecordKinds, recordPlace } from './audit-records.js';
import { CallTallies } from './call-tallies.js';
import { LineBlocks, NEWLINE, textOfLine } from './log-lines.js';
import { LineKind, PlainRecordScanner, PlainRecordTallies } from './plain-records.js';
import {
  type LoggedCall,
  type LoggedPlace,
  LogReader,
  LogReport,
  type LogSource,
  type LogSummary,
  type OnCall,
  type OnCalls,
  type SyscallLookup,
} from './read-log.js';

/**
 * The type of a record, which comes first: `type=1326` in the kernel's log, `type=SECCOMP` from auditd(8). journald
 * reads the audit multicast itself, and writes `audit[PID]: SECCOMP auid=…`, or with -o cat `SECCOMP auid=…`. A
 * process's own words come later and are ignored.
 */
const JOURNAL_TYPE = /^(?:[^"=]*\baudit(?:\[\d+\])?: )?([A-Z][A-Z_\d]*)(?:\[\d+\])? \w+=/;
const TYPE = /\btype=(\d{4}|[A-Z][A-Z_\d]+)\b/;
const SECCOMP_TYPES: ReadonlySet<string> = new Set(['1326', 'SECCOMP']);
/**
 * A record of the Security Profiles Operator's log enricher (internal/pkg/daemon/enricher), as logr writes it: pairs,
 * with quoted keys in older versions.
 */
const ENRICHED = /"?\btype"?="seccomp"/;
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
  const { architecture } = options;
  return new AuditLog(table, architecture, { onCall }).reader().read(log);
}

/** As {@link readAuditLog}, for a log that comes in pieces, whose calls are counted by kind. */
export function auditLogReader(table: SyscallLookup, onCalls: OnCalls, options: AuditLogOptions = {}): LogReader {
  return new AuditLog(table, options.architecture, { onCalls }).reader();
}

class AuditLog {
  readonly #table: SyscallLookup;
  readonly #native: ArchitectureName | undefined;
  readonly #onCall: OnCall;
  readonly #report = new LogReport();
  readonly #kinds: RecordKinds;
  /** Without it each call is given on by itself. */
  readonly #tallies: CallTallies | undefined;

  constructor(
    table: SyscallLookup,
    native: ArchitectureName | undefined,
    handler: { onCall: OnCall } | { onCalls: OnCalls },
  ) {
    this.#table = table;
    this.#native = native;
    this.#kinds = new RecordKinds(table);
    const tallies = 'onCalls' in handler ? new CallTallies(handler.onCalls) : undefined;
    this.#tallies = tallies;
    this.#onCall = 'onCall' in handler ? handler.onCall : (call, place) => tallies?.add(call, place);
  }

  reader(): LogReader {
    const scanner = new PlainRecordScanner();
    const plain = new PlainRecordTallies();
    const tallies = this.#tallies;
    let line = 0;
    const onLines = (bytes: Uint8Array) => {
      for (let begin = 0; begin < bytes.length; begin = scanner.lineEnd + 1) {
        line++;
        const lineKind = scanner.scan(bytes, begin);
        if (lineKind === LineKind.OTHER_TYPE) continue;
        const isPlain = lineKind === LineKind.PLAIN && tallies !== undefined;
        const known = isPlain ? plain.find(scanner, bytes) : undefined;
        if (known) {
          this.#report.use();
          tallies?.addLine(known, scanner.pid, begin, line);
          continue;
        }
        const call = this.#readLine(textOfLine(bytes, begin, scanner.lineEnd), line);
        if (call && isPlain) plain.learn(scanner, bytes, tallies.of(call));
      }
      tallies?.give((begin, at) => recordPlace(textOfLine(bytes, begin, bytes.indexOf(NEWLINE, begin)), at));
    };
    return new LogReader(this.#report, new LineBlocks(onLines));
  }

  #readLine(text: string, line: number): LoggedCall | undefined {
    const entry = text.startsWith('{') ? journalEntry(text) : undefined;
    return entry ? this.#readText(entry.message, line, entry) : this.#readText(text, line);
  }

  #readText(
    record: string,
    line: number,
    journal?: { time: string | undefined; host?: string | undefined },
  ): LoggedCall | undefined {
    const { time: journalTime, host } = journal ?? {};
    const type = (JOURNAL_TYPE.exec(record) ?? TYPE.exec(record))?.[1];
    if (type !== undefined && SECCOMP_TYPES.has(type)) {
      return this.#use(this.#kinds.of(record, host), record, recordPlace(record, line, journalTime));
    }
    if (type === undefined && ENRICHED.test(record)) {
      const { outcome, ...place } = enrichedCall(record, this.#native, this.#table);
      return this.#use(outcome, record, { line, ...place, time: place.time ?? journalTime });
    }
    if (LOST.test(record)) this.#report.problem(line, record, 'the kernel dropped records here: calls are missing');
    // ausearch's separators and other records are part of such a log; lines that are no record are not.
    else if (type === undefined && record.trim() !== '' && !/^(----|time->)/.test(record)) {
      this.#report.problem(line, record, 'no audit record');
    }
    return undefined;
  }

  #use(found: Outcome, record: string, place: LoggedPlace): LoggedCall | undefined {
    if ('reason' in found) {
      this.#report.problem(place.line, record, found.reason);
      return undefined;
    }
    this.#report.use();
    this.#onCall(found, place);
    return found;
  }
}
