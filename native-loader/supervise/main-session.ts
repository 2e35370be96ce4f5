import type { Pinned, SupervisorCalls } from '../libc/supervisor-calls.js';
import { AnswerLookup } from './answer-lookup.js';
import type { Listener } from './listener.js';
import { NOTIFICATION_WORDS, type NotificationWords } from './notify-abi.js';
import { POLLIN, pollEntry, returnedEvents } from './poll-entry.js';
import { MainReception, type SharedReception } from './reception.js';
import type { TurnBudget } from './turn-budget.js';
import type { AnswerTable } from './watch-protocol.js';

/** How long the next call is waited for: about what it takes to wake the main thread for it. */
const WAIT_NANOSECONDS = 50_000;
/** How many opportunities are left out at most after waiting in vain. */
const MAX_SKIPPED = 64;

export interface SessionStart {
  readonly calls: SupervisorCalls;
  readonly fd: number;
  readonly listener: Listener;
  readonly answers: AnswerTable;
  readonly reception: SharedReception;
  readonly budget: TurnBudget;
  wakeThread(): void;
  /** Gives a call to the handler, and calls {@link MainSession.answered} if that has answered at once. */
  deliver(words: NotificationWords): void;
}

/** Receives calls on the main thread for a while, when one was answered there. */
export class MainSession {
  readonly #start: SessionStart;
  readonly #answers: AnswerLookup;
  readonly #reception: MainReception;
  readonly #poll: Pinned;
  readonly #pollEntry: Int32Array;
  #isOn = false;
  /** The listener is still the main thread's, until the event loop has had its turn. */
  #isPaused = false;
  #isScheduled = false;
  #isOver = false;
  #wasAnswered = false;
  #skip = 0;
  #skipped = 0;

  constructor(start: SessionStart) {
    this.#start = start;
    this.#answers = new AnswerLookup(start.answers);
    this.#reception = new MainReception(start.reception, () => start.wakeThread());
    this.#poll = start.calls.pin(8);
    this.#pollEntry = new Int32Array(this.#poll.buffer, 0, 2);
    this.#pollEntry.set(pollEntry(start.fd));
  }

  /** A call was answered: receive the next ones, unless that was in vain lately. */
  answered(): void {
    this.#wasAnswered = true;
    if (this.#isOn || this.#isOver) return;
    if (!this.#isPaused) {
      if (this.#skipped++ < this.#skip || !this.#start.budget.isLeft || !this.#reception.take()) return;
      this.#skipped = 0;
    }
    this.#run();
  }

  /** The listener is closed, or will be. */
  end(): void {
    this.#isOver = true;
    if (this.#isPaused) this.#run();
  }

  #run(): void {
    this.#isPaused = false;
    this.#isOn = true;
    try {
      this.#isPaused = this.#receiveAll();
    } finally {
      this.#isOn = false;
      if (this.#isPaused) this.#continueLater();
      else this.#reception.giveBack();
    }
  }

  /** After the event loop has had its turn, or when the handler has answered. */
  #continueLater(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#isPaused) this.#run();
    });
  }

  /** Whether to go on: the turn's time is over, or a handler takes its time. Not if nothing comes any more. */
  #receiveAll(): boolean {
    const { listener, budget, deliver } = this.#start;
    while (!this.#isOver) {
      if (!budget.isLeft) return true;
      if (!this.#reception.beginReceiving()) return false;
      const isReceived = this.#receive();
      this.#reception.endReceiving();
      if (!isReceived) {
        this.#skip = Math.min(2 * this.#skip + 1, MAX_SKIPPED);
        return false;
      }
      this.#skip = 0;
      const response = this.#answers.find(listener.received);
      if (response) {
        listener.send(listener.received, response);
        continue;
      }
      const words: number[] = [];
      for (let word = 0; word < NOTIFICATION_WORDS; word++) words.push(listener.received[word]!);
      this.#wasAnswered = false;
      deliver(words);
      if (!this.#wasAnswered) return !this.#isOver;
    }
    return false;
  }

  #receive(): boolean {
    const { calls, listener } = this.#start;
    if (calls.pollBriefly(this.#poll.address, WAIT_NANOSECONDS) <= 0) return false;
    // What else there is to say of a listener, the supervisor thread finds out.
    return returnedEvents(this.#pollEntry[1]!) === POLLIN && listener.receive() === 0;
  }
}
