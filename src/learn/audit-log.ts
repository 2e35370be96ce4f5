import { type ArchitectureName, findArchitecture } from '../architecture.js';
import { printable } from '../text.js';
import { architectureOf } from './notified-calls.js';
import { type LoggedCall, LogReport, type LogSummary, linesOf, type SyscallTable } from './read-log.js';

/**
 * The end of a seccomp record (kernel/auditsc.c, audit_seccomp): `arch=c000003e syscall=59 compat=0 ip=0x… code=0x…`. The
 * process's own words, `comm` and `exe`, stand before it: the last such place counts, lest a process choose its name so
 * that it is read as a system call (ausearch(8) -i shows names as they are).
 */
const CALL = /^.*\barch=(\S+) syscall=(\S+)(?: |$)/;
/** What marks a record as seccomp's: the type by number or, from auditd(8), by name. */
const SECCOMP_RECORD = /\btype=(?:1326|SECCOMP)\b/;
/** kernel/audit.c: of many records at once some are lost, the more so without auditd(8), which empties the queue. */
const LOST =
  /kauditd_printk_skb: \d+ callbacks suppressed|audit: (?:audit_lost=|audit_backlog=|rate limit exceeded|backlog limit exceeded)/;
/** Any record of the audit system. */
const OTHER_RECORD = /\btype=(?:\d{4}|[A-Z][A-Z_\d]+)\b/;

/**
 * The system calls in the kernel's seccomp records, wherever they were found: dmesg(1), journalctl(1), audit.log,
 * ausearch(8) with and without -i. They tell which calls were denied or logged, without arguments. Lines of other kinds
 * are no problem; seccomp records that cannot be read are counted. Never throws.
 */
export function readAuditLog(
  log: string | Uint8Array,
  table: SyscallTable,
  onCall: (call: LoggedCall) => void,
): LogSummary {
  const report = new LogReport();
  for (const { line, text: record } of linesOf(log)) {
    if (!SECCOMP_RECORD.test(record)) {
      if (LOST.test(record)) report.problem(line, record, 'the kernel dropped records here: calls are missing');
      // ausearch's separators and other records are part of such a log; what is no record at all is not.
      else if (record.trim() !== '' && !/^(----|time->)/.test(record) && !OTHER_RECORD.test(record)) {
        report.problem(line, record, 'no audit record');
      }
      continue;
    }
    const [, arch, syscall] = CALL.exec(record) ?? [];
    if (arch === undefined || syscall === undefined) {
      report.problem(line, record, 'a seccomp record without "arch=… syscall=…"');
      continue;
    }
    const call = callOf(arch, syscall, table);
    if ('reason' in call) report.problem(line, record, call.reason);
    else {
      report.use();
      onCall(call);
    }
  }
  return report.summary();
}

function callOf(arch: string, syscall: string, table: SyscallTable): LoggedCall | { reason: string } {
  const number = /^\d{1,10}$/.test(syscall) ? Number(syscall) : undefined;
  const architecture = namedArchitecture(arch, number);
  if (architecture === undefined) return { reason: `unknown architecture ${printable(arch, 40)}` };
  const name = number === undefined ? syscall : table.name(number, architecture);
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
