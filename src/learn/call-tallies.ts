import type { CallTally, LoggedCall, LoggedPlace, OnCalls } from './read-log.js';

/** Makes the place of a line that begins there. */
type PlaceAt = (begin: number, line: number) => LoggedPlace;

/** Of one kind of calls, while a block of lines is read. */
export class Tally {
  readonly call: LoggedCall;
  count = 0;
  pids: number[] = [];
  first: LoggedPlace | undefined;
  last: LoggedPlace | undefined;
  /** Where the first and last lines begin that were counted without a place; -1: there is none. */
  firstBegin = -1;
  firstLine = 0;
  lastBegin = -1;
  lastLine = 0;

  constructor(call: LoggedCall) {
    this.call = call;
  }
}

/** Counts the calls of a block of lines by kind. */
export class CallTallies {
  readonly #onCalls: OnCalls;
  #byCall = new Map<LoggedCall, Tally>();
  /** Those with a call since the last block. */
  #counted: Tally[] = [];

  constructor(onCalls: OnCalls) {
    this.#onCalls = onCalls;
  }

  /** A reader gives the same object for calls of one kind. */
  of(call: LoggedCall): Tally {
    let tally = this.#byCall.get(call);
    if (tally === undefined) {
      tally = new Tally(call);
      this.#byCall.set(call, tally);
    }
    return tally;
  }

  add(call: LoggedCall, place: LoggedPlace): void {
    const tally = this.of(call);
    if (tally.count++ === 0) this.#counted.push(tally);
    if (place.pid !== undefined) tally.pids.push(Number(place.pid));
    tally.first ??= place;
    tally.last = place;
    tally.lastBegin = -1;
  }

  /** Count a line by where it begins: its place is made if it comes to be the first or last. `pid`: -1 for none. */
  addLine(tally: Tally, pid: number, begin: number, line: number): void {
    if (tally.count++ === 0) {
      this.#counted.push(tally);
      tally.firstBegin = begin;
      tally.firstLine = line;
    }
    if (pid >= 0) tally.pids.push(pid);
    tally.lastBegin = begin;
    tally.lastLine = line;
  }

  /** Give on what was counted: the lines go away. */
  give(placeAt: PlaceAt): void {
    for (const tally of this.#counted) {
      const first = tally.firstBegin < 0 ? tally.first! : placeAt(tally.firstBegin, tally.firstLine);
      const last = tally.lastBegin < 0 ? tally.last! : placeAt(tally.lastBegin, tally.lastLine);
      const { call, count, pids } = tally;
      this.#onCalls(call, { count, first, last, pids } satisfies CallTally);
      tally.count = 0;
      tally.pids = [];
      tally.first = undefined;
      tally.last = undefined;
      tally.firstBegin = -1;
      tally.lastBegin = -1;
    }
    this.#counted = [];
    if (this.#byCall.size > MAX_CALLS) this.#byCall.clear();
  }
}

/** How many kinds are known from one block to the next. */
const MAX_CALLS = 10_000;
