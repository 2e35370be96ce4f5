import { kills, permits } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import type { Action } from '../policy.js';
import { learnedArguments } from './learned-arguments.js';
import { detached } from './log-lines.js';
import type { LoggedCall, LoggedOutcome, LoggedPlace } from './read-log.js';

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

/** How many processes of a row are told apart, and how many rows there are; the memory must not grow with the log. */
const MAX_PIDS = 10_000;
const MAX_ROWS = 5_000;
/** How many calls are known by their object. */
const MAX_KNOWN = 50_000;

interface Row extends Denial {
  readonly seen: Set<string>;
}

/** Collects the calls of logs that were denied, or that a profile would deny. */
export class DenialTable {
  readonly #judges: readonly Judge[];
  readonly #rows = new Map<string, Row>();
  #known = new Map<LoggedCall, Row | undefined>();
  /** Rows whose last place is in the present block. */
  readonly #unsettled = new Set<Row>();
  #calls = 0;
  #left = 0;

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

  /** Count a call. What is a row is decided here; `isShared`: the reader gives this object again for the same kind. */
  add(call: LoggedCall, place: LoggedPlace, source: string, isShared: boolean): void {
    const { times = 1 } = place;
    this.#calls += times;
    const row = isShared ? this.#knownRow(call, place, source) : this.#rowOf(call, place, source);
    if (!row) return;
    row.count += times;
    if (place.pid !== undefined && !row.isMany && !row.seen.has(place.pid)) {
      if (row.seen.size >= MAX_PIDS) row.isMany = true;
      else row.seen.add(detached(place.pid));
      row.pids = row.seen.size;
    }
    row.last = { ...place, source };
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
    this.add({ ...call, args: shown?.args ?? call.args, text: shown?.text }, place, source, false);
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

  #knownRow(call: LoggedCall, place: LoggedPlace, source: string): Row | undefined {
    if (this.#known.has(call)) return this.#known.get(call);
    const row = this.#rowOf(call, place, source);
    if (this.#known.size >= MAX_KNOWN) this.#known = new Map();
    this.#known.set(call, row);
    return row;
  }

  #rowOf(call: LoggedCall, place: LoggedPlace, source: string): Row | undefined {
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
    if (known) return known;
    if (this.#rows.size >= MAX_ROWS) {
      this.#left++;
      return undefined;
    }
    const first = { ...detachedPlace(place), source };
    const row: Row = {
      ...{ program, architecture, name, number, args, text: call.text, outcome, verdicts },
      ...{ count: 0, pids: 0, isMany: false, first, last: first, seen: new Set() },
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
  if (outcome?.kind === 'filter' || outcome?.kind === 'signal') return true;
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
    case 'signal':
      return action.kind === 'TRAP' || kills(action);
    case 'errno':
      return action.kind === 'ERRNO' && errnoOf(action.data) === outcome.errno;
  }
}
