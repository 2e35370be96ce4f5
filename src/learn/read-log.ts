import type { ArchitectureName } from '../architecture.js';
import { printable } from '../text.js';

/** The tables of system calls that the readers of logs ask; libseccomp's, see `syscallTable`. */
export interface SyscallLookup {
  /** The name of a number as the kernel has it (x32's with bit 30 set). */
  name(number: number, architecture: ArchitectureName): string | undefined;
  /** libseccomp's name of a call that the kernel, strace(1) or ausearch(8) names; the name itself where they agree. */
  known(name: string, architecture: ArchitectureName): string;
  /** Whether the architecture has the call, be it through a multiplexer (`socketcall`, `ipc`). */
  has(name: string, architecture: ArchitectureName): boolean;
}

/** A system call that a line of a log tells of. */
export interface LoggedCall {
  architecture: ArchitectureName;
  name: string;
  /** By register; undefined where the line does not say, or says it in words that are not known here. */
  args: readonly (bigint | undefined)[];
}

/** Something about a log that whoever learns from it should know. */
export interface LogProblem {
  /** From 1; the first such line. */
  line: number;
  /** The line, cut where it is long. */
  text: string;
  reason: string;
  /** How many lines have it. */
  count: number;
}

export interface LogSummary {
  /** Lines that told of a system call. */
  used: number;
  /** Lines that were of no use, by reason; none where every line was understood. */
  problems: readonly LogProblem[];
}

const MAX_TEXT_LENGTH = 120;

/** Collects what a reader has to say. */
export class LogReport {
  #used = 0;
  readonly #problems = new Map<string, LogProblem>();

  use(): void {
    this.#used++;
  }

  /** `key` stands for the kind of problem, `reason` may tell more. */
  problem(line: number, text: string, reason: string, key = reason): void {
    const known = this.#problems.get(key);
    if (known) known.count++;
    else this.#problems.set(key, { line, text: printable(text, MAX_TEXT_LENGTH), reason, count: 1 });
  }

  summary(): LogSummary {
    return { used: this.#used, problems: [...this.#problems.values()] };
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
