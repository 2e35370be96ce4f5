import type { ArchitectureName } from '../architecture.js';
import { printable } from '../text.js';

/** The names of system calls for the readers of logs; libseccomp's, see `syscallLookup`. */
export interface SyscallLookup {
  /** The name of a number as the kernel has it (x32's with bit 30 set). */
  name(number: number, architecture: ArchitectureName): string | undefined;
  /** libseccomp's name of a call that the kernel, strace(1) or ausearch(8) names; the name itself where they agree. */
  known(name: string, architecture: ArchitectureName): string;
  /** Whether the architecture has the call, be it through a multiplexer (`socketcall`, `ipc`). */
  has(name: string, architecture: ArchitectureName): boolean;
}

/** A system call in a line of a log. */
export interface LoggedCall {
  architecture: ArchitectureName;
  name: string;
  /** By register; undefined where the line does not have it, or in words that are not known here. */
  args: readonly (bigint | undefined)[];
}

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

  use(): void {
    this.#used++;
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

const NEWLINE = 0x0a;

/** The lines of a log, with their numbers, one at a time: bytes of a large one would make no string. */
export function* linesOf(log: string | Uint8Array): Generator<{ line: number; text: string }> {
  const bytes = typeof log === 'string' ? new TextEncoder().encode(log) : log;
  const decoder = new TextDecoder();
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    const stop = end < 0 ? bytes.length : end;
    line++;
    yield { line, text: decoder.decode(bytes.subarray(start, stop)).replace(/\r$/, '') };
    start = stop + 1;
  }
}
