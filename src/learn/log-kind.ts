import type { ArchitectureName } from '../architecture.js';
import { auditLogReader } from './audit-log.js';
import { LOG_KINDS, type LogKind, type LogReader, type OnCall, type OnCalls, type SyscallLookup } from './read-log.js';
import { isStraceLine, straceReader } from './strace-log.js';
import { traceReader } from './trace-log.js';

/** How much of a log is looked at, in bytes. */
const SAMPLE = 1 << 16;

const AUDIT = /\btype=(?:\d{4}|[A-Z][A-Z_\d]+) |\baudit(?:\[\d+\])?: |^SECCOMP |"?\btype"?="seccomp"|"_TRANSPORT"/;
const TRACE = /^scmp: denied/;

const SIGNS: Readonly<Record<LogKind, (line: string) => boolean>> = {
  audit: (line) => AUDIT.test(line),
  strace: isStraceLine,
  trace: (line) => TRACE.test(line),
};

/** What kind of log begins so: the one that most lines look like, the kernel's where none does. */
export function detectLogKind(begin: Uint8Array): LogKind {
  return kindOfLog(new TextDecoder().decode(begin.subarray(0, SAMPLE))) ?? 'audit';
}

/** What kind of log a text is the beginning of; undefined where no line looks like one. */
export function kindOfLog(text: string): LogKind | undefined {
  const lines = text.split('\n');
  const counts = LOG_KINDS.map((kind) => lines.filter((line) => SIGNS[kind](line)).length);
  // One line of ours among many of the command is enough: no other log has it.
  if (counts[LOG_KINDS.indexOf('trace')]! > 0) return 'trace';
  const most = Math.max(...counts);
  return most === 0 ? undefined : LOG_KINDS[counts.indexOf(most)];
}

/** What a reader of any kind of log is given. */
export interface LogHandlers {
  architecture: ArchitectureName;
  onCall: OnCall;
  /** Audit records, which are counted by kind. */
  onCalls: OnCalls;
  /** A call that a filter's SIGSYS came for: strace shows it besides the call. */
  onSignal: OnCall;
}

export function logReader(kind: LogKind, table: SyscallLookup, handlers: LogHandlers): LogReader {
  const { architecture, onCall, onCalls, onSignal } = handlers;
  switch (kind) {
    case 'audit':
      return auditLogReader(table, onCalls, { architecture });
    case 'strace':
      return straceReader(table, { architecture, onSignal }, onCall);
    case 'trace':
      return traceReader(table, onCall);
  }
}
