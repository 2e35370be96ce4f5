import { kills, permits } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import type { Action } from '../policy.js';
import { learnedArguments } from './learned-arguments.js';
import { detached } from './log-lines.js';
import { NumberSet } from './number-set.js';
import type { CallTally, LoggedCall, LoggedOutcome, LoggedPlace } from './read-log.js';

/** What a profile decides for a logged call: one action, or several where the log lacks the arguments that decide. */
export interface Verdict {
  readonly possible: readonly Action[];
}

/** Asks a profile about a logged call. The same object is given back for the same answer. */
export type Judge = (call: LoggedCall) => Verdict;

/** Calls of one program that met the same answer. */
export interface Denial {
  readonly program: string | undefined;
  readonly architecture: ArchitectureName;
  readonly name: string;
  readonly number: number | undefined;
  /** Of the first. */
  readonly args: LoggedCall['args'];
  /** The first as the log shows it, where it shows arguments. */
  readonly text: string | undefined;
  /** What the log says became of them. */
  readonly outcome: LoggedOutcome | undefined;
  /** By each profile that was asked. */
  readonly verdicts: readonly Verdict[];
  count: number;
  /** How many processes; at least, where `isMany`. */
  pids: number;
  isMany: boolean;
  first: LoggedPlace & { source: string };
  last: LoggedPlace & { source: string };
}

/** How many processes are told apart, of one row and of all, and how many rows there are: memory must not grow with the log. */
const MAX_PIDS = 10_000;
const MAX_ALL_PIDS = 200_000;
/** include/linux/threads.h has 2^22 as the largest; a line of a log may have anything. */
const MAX_PID = 2 ** 31 - 2;
const MAX_ROWS = 5_000;

interface Row extends Denial {
  readonly seen: NumberSet;
}

/** Collects the calls of logs that were denied, or that a profile would deny. */
export class DenialTable {
  readonly #judges: readonly Judge[];
  readonly #rows = new Map<string, Row>();
  /** Of calls that are counted by kind: the row of each. */
  readonly #rowsByCall = new WeakMap<LoggedCall, Row>();
  /** Rows whose last place is in the present block. */
  readonly #unsettled = new Set<Row>();
  #calls = 0;
  #left = 0;
  #pidsLeft = MAX_ALL_PIDS;

  /** Without a profile the log alone says what was denied. */
  constructor(judges: readonly Judge[]) {
    this.#judges = judges;
  }

  /** Calls that were seen, denied or not. */
  get calls(): number {
    return this.#calls;
  }

  /** Denied calls past the largest number of rows, which are in none. */
  get left(): number {
    return this.#left;
  }

  /** Count a call. */
  add(call: LoggedCall, place: LoggedPlace, source: string): void {
    const { times = 1, pid } = place;
    const row = this.#rowOf(call, place, source, times);
    if (!row) return;
    if (pid !== undefined) this.#addProcess(row, Number(pid));
    row.last = { ...place, source };
    this.#unsettled.add(row);
  }

  /** Count calls of one kind. */
  addAll(call: LoggedCall, { count, first, last, pids }: CallTally, source: string): void {
    const row = this.#knownRow(call, count) ?? this.#rowOf(call, first, source, count);
    if (!row) return;
    this.#rowsByCall.set(call, row);
    if (!row.isMany) for (const pid of pids) this.#addProcess(row, pid);
    // Two kinds of records come to one row, and their lines alternate.
    const isEarlier = row.last.source === source && row.last.line > last.line;
    if (!isEarlier) row.last = { ...last, source };
    this.#unsettled.add(row);
  }

  /**
   * Count a call that a signal came for. The log has shown it before, as one that returned: there it goes, where a row has it.
   */
  addSignal(call: LoggedCall, place: LoggedPlace, source: string): void {
    const shown = [...this.#rows.values()].find(({ program, architecture, name, outcome, count }) => {
      const mayBe = outcome === undefined || outcome.kind === 'returned';
      return mayBe && count > 0 && program === call.program && architecture === call.architecture && name === call.name;
    });
    if (shown) shown.count--;
    this.#calls--;
    this.add({ ...call, args: shown?.args ?? call.args, text: shown?.text }, place, source);
  }

  /** The most frequent first. */
  rows(): readonly Denial[] {
    return [...this.#rows.values()].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  }

  /** The block of the log that the last calls were in goes away: what was kept of a line is a slice of it. */
  settle(): void {
    for (const row of this.#unsettled) row.last = detachedPlace(row.last);
    this.#unsettled.clear();
  }

  #addProcess(row: Row, pid: number): void {
    const isPid = pid >= 0 && pid <= MAX_PID;
    if (!isPid || row.isMany || row.seen.has(pid)) return;
    if (row.seen.size >= MAX_PIDS || this.#pidsLeft === 0) {
      row.isMany = true;
      return;
    }
    this.#pidsLeft--;
    row.seen.add(pid);
    row.pids = row.seen.size;
  }

  /** As {@link #rowOf}, of a call that has been counted. */
  #knownRow(call: LoggedCall, times: number): Row | undefined {
    const row = this.#rowsByCall.get(call);
    if (row === undefined) return undefined;
    this.#calls += times;
    row.count += times;
    return row;
  }

  /** The row of calls, which are counted there; undefined: they were not denied, or there are too many rows. */
  #rowOf(call: LoggedCall, place: LoggedPlace, source: string, times: number): Row | undefined {
    this.#calls += times;
    const verdicts = this.#judges.map((judge) => judge(call));
    // What strace shows of a call that is allowed does not matter, and takes longer to read than the rest.
    const isAllowed = verdicts.length > 0 && verdicts.every(({ possible }) => possible.every(permits));
    if (isAllowed && call.saysAnswer === false) return undefined;
    const { architecture, name, outcome, program, number } = call;
    if (!isDenied(outcome, verdicts)) return undefined;
    const decided = verdicts.map(({ possible }) => possible.map(({ kind, ...data }) => [kind, data]));
    // What is to be added depends on the arguments that decide what the call does.
    const args = this.#judges.length > 0 ? call.args : [];
    const kind = learnedArguments(name, architecture).map(({ index, mask }) => {
      const value = args[index];
      return value === undefined ? null : (value & mask).toString(16);
    });
    const key = JSON.stringify([program, architecture, name, number, outcome, decided, kind]);
    const known = this.#rows.get(key);
    if (known) {
      known.count += times;
      return known;
    }
    if (this.#rows.size >= MAX_ROWS) {
      this.#left += times;
      return undefined;
    }
    const first = { ...detachedPlace(place), source };
    const row: Row = {
      ...{ program, architecture, name, number, args, text: call.text, outcome, verdicts },
      ...{ count: times, pids: 0, isMany: false, first, last: first, seen: new NumberSet() },
    };
    this.#rows.set(key, row);
    return row;
  }
}

function detachedPlace<Place extends LoggedPlace>(place: Place): Place {
  const { pid, time } = place;
  return { ...place, pid: pid && detached(pid), time: time && detached(time) };
}

/**
 * Whether a call belongs in the table. A record of a filter's answer always does, and so does a filter's signal. A failure
 * may be the kernel's own: it does where a profile would answer so, or else where it is one that filters answer with.
 */
function isDenied(outcome: LoggedOutcome | undefined, verdicts: readonly Verdict[]): boolean {
  if (outcome?.kind === 'filter' || outcome?.kind === 'kill' || outcome?.kind === 'signal') return true;
  if (verdicts.length === 0) {
    return outcome?.kind === 'errno' && (outcome.errno === 'EPERM' || outcome.errno === 'ENOSYS');
  }
  return verdicts.some(({ possible }) => possible.some((action) => !permits(action)));
}

/** Whether a filter that answers so can be what the log saw. `errnoOf` is the name of an errno. */
export function explains(
  action: Action,
  outcome: LoggedOutcome | undefined,
  errnoOf: (errno: number) => string | undefined,
): boolean {
  switch (outcome?.kind) {
    case undefined:
    case 'returned':
      return true;
    case 'filter':
      return action.kind === outcome.action;
    case 'kill':
      return kills(action);
    case 'signal':
      return action.kind === 'TRAP' || kills(action);
    case 'errno':
      return action.kind === 'ERRNO' && errnoOf(action.data) === outcome.errno;
  }
}

/** What the log says of a call's fate. */
export function formatOutcome(outcome: LoggedOutcome | undefined): string {
  switch (outcome?.kind) {
    case undefined:
      return '-';
    case 'returned':
      return 'executed';
    case 'filter':
      return outcome.action;
    case 'kill':
      return 'KILL';
    case 'signal':
      return 'SIGSYS';
    case 'errno':
      return outcome.errno;
  }
}
