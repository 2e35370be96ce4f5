import { type ArchitectureName, findArchitecture } from '../architecture.js';
import { BYTES, checkArgument, FUNCTION, TEXT } from '../options.js';
import { printable } from '../text.js';
import { architectureOf } from './notified-calls.js';
import { type LoggedCall, LogReport, type LogSummary, linesOf, type SyscallLookup } from './read-log.js';

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
  log: string | Uint8Array,
  table: SyscallLookup,
  onCall: (call: LoggedCall) => void,
  { architecture: native }: AuditLogOptions = {},
): LogSummary {
  checkArgument('readAuditLog', 'log', log, TEXT, BYTES);
  checkArgument('readAuditLog', 'onCall', onCall, FUNCTION);
  const report = new LogReport();
  for (const { line, text: record } of linesOf(log)) {
    const type = (JOURNAL_TYPE.exec(record) ?? TYPE.exec(record))?.[1];
    const isEnriched = type === undefined && ENRICHED.test(record);
    if (!isEnriched && !SECCOMP_TYPES.has(type ?? '')) {
      if (LOST.test(record)) report.problem(line, record, 'the kernel dropped records here: calls are missing');
      // ausearch's separators and other records are part of such a log; lines that are no record are not.
      else if (type === undefined && record.trim() !== '' && !/^(----|time->)/.test(record)) {
        report.problem(line, record, 'no audit record');
      }
      continue;
    }
    const call = isEnriched ? enrichedCall(record, native, table) : recordedCall(record, table);
    if ('reason' in call) report.problem(line, record, call.reason);
    else {
      report.use();
      onCall(call);
    }
  }
  return report.summary();
}

type Outcome = LoggedCall | { reason: string };

function recordedCall(record: string, table: SyscallLookup): Outcome {
  const [, arch, syscall] = CALL.exec(record) ?? [];
  if (arch === undefined || syscall === undefined) return { reason: 'a seccomp record without "arch=… syscall=…"' };
  return callOf(arch, syscall, table);
}

function enrichedCall(line: string, native: ArchitectureName | undefined, table: SyscallLookup): Outcome {
  const pairs = new Map([...line.matchAll(PAIR)].map(([, key, value]) => [key!, unquote(value!)]));
  const arch = pairs.get('arch') ?? native;
  const call = pairs.get('syscallName') ?? pairs.get('syscallID');
  if (call === undefined) return { reason: 'a line of the log enricher without "syscallName" or "syscallID"' };
  if (arch === undefined) return { reason: 'a line of the log enricher that names no architecture' };
  return callOf(arch, call, table);
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
  return { architecture, name, args: [] };
}

/** AUDIT_ARCH_… in hexadecimal, or the name that ausearch -i has for it (libaudit's, which are uname's). */
function namedArchitecture(arch: string, number: number | undefined): ArchitectureName | undefined {
  const isNumber = /^[\da-f]{1,8}$/i.test(arch);
  return isNumber ? architectureOf(Number.parseInt(arch, 16), number) : findArchitecture(arch)?.name;
}
