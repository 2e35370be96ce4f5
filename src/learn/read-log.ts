import type { ActionKind } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import { printable } from '../text.js';

/** `audit`: seccomp records of the kernel, in any form; `strace`: of strace(1); `trace`: of `scmp run --trace`. */
export const LOG_KINDS = ['audit', 'strace', 'trace'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

/** The names of system calls for the readers of logs; libseccomp's, see `syscallLookup`. */
export interface SyscallLookup {
  /** The name of a number as the kernel has it (x32's with bit 30 set). */
  name(number: number, architecture: ArchitectureName): string | undefined;
  /** libseccomp's name of a call that the kernel, strace(1) or ausearch(8) names; the name itself where they agree. */
  known(name: string, architecture: ArchitectureName): string;
  /** Whether the architecture has the call, be it through a multiplexer (`socketcall`, `ipc`). */
  has(name: string, architecture: ArchitectureName): boolean;
}

/** A log: whole, or in pieces of any size. */
export type LogSource = string | Uint8Array | Iterable<Uint8Array>;

/** A kind of system call in a log. A reader gives the same object for lines that differ in time and process id alone. */
export interface LoggedCall {
  readonly architecture: ArchitectureName;
  readonly name: string;
  /** By register; undefined where the line does not have it, or in words that are not known here. */
  readonly args: readonly (bigint | undefined)[];
  /** One of `args`, where the line need not be read as a whole for it. */
  argument?(index: number): bigint | undefined;
  /** The number that the kernel was called with (x32's with bit 30 set), where the line has it. */
  readonly number?: number | undefined;
  /** Whether `outcome` may be a filter's answer. Default: true; a line of strace never has one. */
  readonly saysAnswer?: false | undefined;
  /** What became of the call, as far as the line says it. */
  readonly outcome?: LoggedOutcome | undefined;
  /** The program: the path of its file, or else its name. */
  readonly program?: string | undefined;
  /** The call as the log shows it, with its arguments, where it does. */
  readonly text?: string | undefined;
  /** Where it was made, where the line says it. */
  readonly origin?: LoggedOrigin | undefined;
}

/** What lines say of a call's place: auditd(8) with `name_format`, journald, and the operator's log enricher. */
export interface LoggedOrigin {
  readonly node?: string | undefined;
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
}

/** What a log says of the fate of a call. */
export type LoggedOutcome =
  /** A filter's answer. The kernel's records have no errno, and no data of TRAP and TRACE. */
  | { readonly kind: 'filter'; readonly action: ActionKind }
  /** A filter's kill; of which kind is not in the log: ausearch(8) -i has one word for both. */
  | { readonly kind: 'kill' }
  /** SIGSYS came for the call: a filter's TRAP, or a kill. */
  | { readonly kind: 'signal' }
  /** The call was executed. */
  | { readonly kind: 'returned' }
  /** The call failed with an errno, by its name; who answered so is not in the log. */
  | { readonly kind: 'errno'; readonly errno: string };

/** When and in which process a call was made, as far as the line says it. */
export interface LoggedPlace {
  /** From 1. */
  readonly line: number;
  readonly pid?: string | undefined;
  /** As the log has it: seconds since 1970, or a time of day. */
  readonly time?: string | undefined;
  /** How many such calls the line stands for. Default: 1. */
  readonly times?: number | undefined;
}

/** What a reader does with each call that it finds. */
export type OnCall = (call: LoggedCall, place: LoggedPlace) => void;

/** Calls of one kind in a part of a log. */
export interface CallTally {
  readonly count: number;
  readonly first: LoggedPlace;
  readonly last: LoggedPlace;
  /** Of each call that has one. */
  readonly pids: readonly number[];
}

/** What a reader does with the calls that it counted: once for each kind in each part of the log. */
export type OnCalls = (call: LoggedCall, tally: CallTally) => void;

/** A problem of a log that its user should know. */
export interface LogProblem {
  /** From 1; the first such line. */
  line: number;
  /** The line, cut where it is long. */
  text: string;
  reason: string;
  /** How many lines have it. */
  count: number;
}

/** A process that SIGSYS ended, sent by a filter: its own, or one that the observer was under. */
export interface FilterKill {
  line: number;
  /** Its id, where the log has one. */
  process: string;
  /** The last call in the log, which may be the fatal one. */
  lastCall: string | undefined;
}

export interface LogSummary {
  /** Lines with a system call. */
  used: number;
  /** Lines that were not understood, by reason; empty where every line was. */
  problems: readonly LogProblem[];
  /** In logs of whole runs. */
  filterKills: readonly FilterKill[];
}

const MAX_TEXT_LENGTH = 120;

/** Collects the result of a reader. */
export class LogReport {
  #used = 0;
  readonly #problems = new Map<string, LogProblem>();
  readonly #filterKills: FilterKill[] = [];

  use(count = 1): void {
    this.#used += count;
  }

  filterKill(kill: FilterKill): void {
    this.#filterKills.push(kill);
  }

  /** `key` is the kind of problem; `reason` may have details. */
  problem(line: number, text: string, reason: string, key = reason): void {
    const known = this.#problems.get(key);
    if (known) known.count++;
    else this.#problems.set(key, { line, text: printable(text, MAX_TEXT_LENGTH), reason, count: 1 });
  }

  summary(): LogSummary {
    return { used: this.#used, problems: [...this.#problems.values()], filterKills: this.#filterKills };
  }
}

/** Cuts a log; see `LogLines` and `LineBlocks`. */
interface LogCutter {
  push(bytes: Uint8Array): void;
  end(): void;
}

/** Reads a log that comes in pieces. */
export class LogReader {
  readonly #report: LogReport;
  readonly #cutter: LogCutter;

  /** What `cutter` gives on counts what it finds in `report`. */
  constructor(report: LogReport, cutter: LogCutter) {
    this.#report = report;
    this.#cutter = cutter;
  }

  push(bytes: Uint8Array): void {
    this.#cutter.push(bytes);
  }

  /** The log is at its end. */
  end(): LogSummary {
    this.#cutter.end();
    return this.#report.summary();
  }

  /** Read all of a log. */
  read(log: LogSource): LogSummary {
    if (typeof log === 'string') this.push(new TextEncoder().encode(log));
    else if (log instanceof Uint8Array) this.push(log);
    else for (const piece of log) this.push(piece);
    return this.end();
  }
}
