import { type Architecture, type ArchitectureName, findArchitecture, parseArchitecture } from '../architecture.js';
import type { WeighedCall } from '../bpf/minimize/weights.js';
import { ScmpError } from '../errors.js';
import { libseccompName } from '../libseccomp/kernel-names.js';
import type { Libseccomp } from '../libseccomp/libseccomp.js';
import { numberFinder } from '../libseccomp/syscall-table.js';
import { BYTES, checkArgument, checkOptions, LIST, OBJECT, type OptionTable, TEXT } from '../options.js';
import type { Warning } from '../policy.js';
import { formatPlace } from '../source-place.js';
import { nearestSyscall } from '../syscalls/nearest-syscall.js';
import { knownSyscalls } from '../syscalls/signature.js';
import { printable, quote } from '../text.js';
import { otherModes } from './kernel-architectures.js';
import { LogLines } from './log-lines.js';
import type { ObservedCall } from './observations.js';

/**
 * A file of counts that cannot be used; the message begins with the file and the line.
 *
 * @example
 * ```js
 * import { CallCountsError, readCallCounts } from 'libseccomp-wasm/learn';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * try {
 *   readCallCounts('raed 120', { architecture: 'x86_64', source: 'a.txt', libseccomp: loadLibseccompSync() });
 * } catch (error) {
 *   if (!(error instanceof CallCountsError)) throw error;
 *   console.log(error.message); // a.txt:1: "raed" is no system call; did you mean read?
 * }
 * ```
 */
export class CallCountsError extends ScmpError {
  static override readonly brand = 'CallCountsError';
  readonly code = 'INVALID_CALL_COUNTS';
}

export interface CallCountsOptions {
  /** The architecture of the calls where the file does not say: the native one. */
  architecture: ArchitectureName;
  /** The file's name in errors and warnings. Default: `counts`. */
  source?: string | undefined;
  libseccomp: Libseccomp;
}

const COUNTS_OPTIONS: OptionTable<CallCountsOptions> = { architecture: [TEXT], source: [TEXT], libseccomp: [OBJECT] };

export interface CallCounts {
  /** For `weights`. */
  readonly calls: readonly WeighedCall[];
  readonly warnings: readonly Warning[];
}

const TABLE_HEAD = /^[%a-z/ -]+ syscall$/;
const TABLE_OF_MODE = /^System call usage summary for (.+?) mode:$/;
const NATIVE_MODES = new Set(['64 bit', '32 bit']);
/** What strace writes for a number that it has no name for. */
const NUMBERED = /^syscall_(0x[\da-f]{1,8})$/;
/** strace's lines beside the table. */
const SAYINGS = /^(?:strace: |\[ Process PID=|\+\+\+ |--- )/;
const NUMBER = /^\d+(?:\.\d+)?$/;

/**
 * How often calls were made, from the table that `strace -c` writes (with -U too), or from a list as
 * `scmp record --counts` writes it. A list has `name count` or `architecture name count` in each line, and comments
 * from `#` on. A call in several lines counts the sum.
 *
 * @throws {CallCountsError} when a line is neither, a count is no number of at least 0, a name is unknown, or no call
 * of the architecture is there
 * @throws {InvalidArgumentError} when an architecture or option is unknown
 *
 * @example
 * ```js
 * import { readCallCounts } from 'libseccomp-wasm/learn';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const text = 'read 120 # most of them\nx86_64 write 7\n';
 * const { calls } = readCallCounts(text, { architecture: 'x86_64', libseccomp: loadLibseccompSync() });
 * console.log(calls.map(({ nr, weight }) => [nr, weight])); // [ [ 0, 120 ], [ 1, 7 ] ]
 * ```
 */
export function readCallCounts(text: string | Uint8Array, options: CallCountsOptions): CallCounts {
  checkArgument('readCallCounts', 'text', text, TEXT, BYTES);
  checkOptions('readCallCounts', options, COUNTS_OPTIONS);
  const { source = 'counts', libseccomp } = options;
  return new Reader(parseArchitecture(options.architecture), source, numberFinder(libseccomp)).read(text);
}

/**
 * Counts as {@link readCallCounts} reads them, the most frequent first.
 *
 * @throws nothing: it only writes what it is given
 *
 * @example
 * ```js
 * import { writeCallCounts } from 'libseccomp-wasm/learn';
 *
 * const calls = [{ architecture: 'x86_64', name: 'read', args: [], count: 120 }];
 * console.log(writeCallCounts(calls, 'a run of a program').split('\n')); // [ '# a run of a program', 'x86_64 read 120', '' ]
 * ```
 */
export function writeCallCounts(calls: readonly ObservedCall[], head: string): string {
  checkArgument('writeCallCounts', 'calls', calls, LIST);
  checkArgument('writeCallCounts', 'head', head, TEXT);
  const counts = new Map<string, number>();
  for (const { architecture, name, count } of calls) {
    const key = `${architecture} ${name}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  const rows = [...counts].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  return [`# ${printable(head)}`, ...rows.map(([call, count]) => `${call} ${count}`), ''].join('\n');
}

class Reader {
  readonly #native: Architecture;
  readonly #source: string;
  readonly #numberOf: ReturnType<typeof numberFinder>;
  readonly #weights = new Map<string, WeighedCall>();
  readonly #warnings: Warning[] = [];
  /** The table that is read: its columns, and the architecture of its calls. */
  #columns: readonly string[] | undefined;
  #tableOf: Architecture;

  constructor(native: Architecture, source: string, numberOf: ReturnType<typeof numberFinder>) {
    this.#native = native;
    this.#source = source;
    this.#numberOf = numberOf;
    this.#tableOf = native;
  }

  read(text: string | Uint8Array): CallCounts {
    const lines = new LogLines((all, begin, end, line) =>
      this.#line(line, all.slice(begin, end).replace(/#.*$/, '').trim()),
    );
    lines.push(typeof text === 'string' ? new TextEncoder().encode(text) : text);
    lines.end();
    if (this.#weights.size === 0) {
      throw new CallCountsError(
        `${printable(this.#source)}: there is no call of ${this.#native.name} that was made; it takes the table of strace -c, or lines of a name and a count`,
      );
    }
    return { calls: [...this.#weights.values()], warnings: this.#warnings };
  }

  #line(line: number, text: string): void {
    if (text === '' || SAYINGS.test(text)) return;
    const mode = TABLE_OF_MODE.exec(text)?.[1];
    if (mode !== undefined) {
      this.#tableOf = this.#architectureOf(mode, line);
      return;
    }
    if (TABLE_HEAD.test(text)) {
      this.#columns = text.replace('% time', '%time').split(/\s+/);
      if (this.#columns.includes('calls')) return;
      throw this.#error(line, 'the table has no column of calls: strace -c -U calls,name writes one');
    }
    if (/^[- ]+$/.test(text)) return;
    const words = text.split(/\s+/);
    if (this.#columns) this.#row(line, words, this.#columns);
    else this.#entry(line, words);
  }

  #architectureOf(mode: string, line: number): Architecture {
    const other = otherModes(this.#native.name).get(mode);
    if (other !== undefined) return parseArchitecture(other);
    if (NATIVE_MODES.has(mode)) return this.#native;
    throw this.#error(line, `strace has no mode ${quote(mode)} on ${this.#native.name}; name the machine with --arch`);
  }

  /** Without errors the column of them is empty. */
  #row(line: number, words: readonly string[], columns: readonly string[]): void {
    const name = words.at(-1)!;
    if (name === 'total') {
      this.#columns = undefined;
      this.#tableOf = this.#native;
      return;
    }
    const given = words.length === columns.length ? columns : columns.filter((column) => column !== 'errors');
    const calls = words[given.indexOf('calls')];
    if (words.length !== given.length || calls === undefined || !/^\d+$/.test(calls)) {
      throw this.#error(line, 'this is no row of the table of strace -c that began above');
    }
    const number = NUMBERED.exec(name)?.[1];
    if (number !== undefined) this.#add(this.#tableOf, Number(number), Number(calls));
    else if (!this.#count(this.#tableOf, name, Number(calls))) {
      this.#warnings.push({
        code: 'unknown-syscall',
        message: `${formatPlace(this.#source, { line })}: ${this.#unknown(name)}: not counted`,
      });
    }
  }

  #entry(line: number, words: readonly string[]): void {
    const [count, name, of] = [...words].reverse();
    if (name === undefined || words.length > 3 || /[({]/.test(words[0]!)) {
      const hint = words[0]!.startsWith('{') ? 'a profile has no counts' : 'a log of calls is counted by strace -c';
      throw this.#error(line, `a line is a name and a count (${hint}; scmp record --counts writes a list)`);
    }
    if (!NUMBER.test(count!)) throw this.#error(line, `${quote(count!)} is no count: a number of at least 0`);
    const architecture = of === undefined ? this.#native : findArchitecture(of);
    if (!architecture) throw this.#error(line, `${quote(of!)} is no architecture; a line is [architecture] name count`);
    if (!this.#count(architecture, name, Number(count))) throw this.#error(line, this.#unknown(name));
  }

  /** False for a name of no call; one that the architecture lacks counts nothing there. */
  #count(architecture: Architecture, name: string, count: number): boolean {
    const nr = this.#numberOf(libseccompName(name, architecture.name), architecture);
    if (nr !== undefined) this.#add(architecture, nr, count);
    return nr !== undefined || knownSyscalls().includes(name);
  }

  #add({ auditArch }: Architecture, nr: number, count: number): void {
    const key = `${auditArch} ${nr}`;
    const weight = (this.#weights.get(key)?.weight ?? 0) + count;
    if (weight > 0) this.#weights.set(key, { auditArch, nr, weight });
  }

  #unknown(name: string): string {
    const nearest = nearestSyscall(name);
    return `${quote(name)} is no system call${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
  }

  #error(line: number, message: string): CallCountsError {
    return new CallCountsError(`${formatPlace(this.#source, { line })}: ${message}`);
  }
}
