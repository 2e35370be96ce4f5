import { constants } from 'node:os';
import { thisHost } from '../libc/host.js';
import { errnoName } from '../libc/libc.js';
import type { SupervisorCalls } from '../libc/supervisor-calls.js';
import { AnswerLookup } from './answer-lookup.js';
import { CallTally, type TalliedCall } from './call-tally.js';
import { Cancellation } from './cancellation.js';
import type { SynchronousHandler } from './handler-module.js';
import { Listener } from './listener.js';
import { Notification } from './notification.js';
import { MEMBER, NOTIFICATION_WORDS } from './notify-abi.js';
import { beginReceiving, endReceiving, turnsOfMainThread } from './reception.js';
import { answeredAtOnce, sendAnswer, sendFailure } from './send-answer.js';
import type { ListenerRequest } from './watch-protocol.js';
import { beginWork, endWork, type SharedWork } from './work-in-progress.js';

const { ENOENT, EINTR } = constants.errno;

/** Where calls go that this thread does not answer. */
export interface Recipients {
  /** `words` are valid during the call only. */
  passOn(words: Int32Array): void;
  failed(words: readonly number[], error: unknown): void;
}

/** What a module's handler answers with, and where it says what it is at. */
export interface ModuleHandler {
  readonly handler: SynchronousHandler;
  readonly work: SharedWork;
}

/** A listener, as the supervisor thread answers it: by the table, by the module's handler, or not at all. */
export class ListenerWatch {
  readonly #listener: Listener;
  readonly #request: ListenerRequest & { id: number };
  readonly #module: ModuleHandler | undefined;
  readonly #recipients: Recipients;
  readonly #tally: CallTally | undefined;
  readonly #answers: AnswerLookup;
  readonly #view: DataView;
  #turns = 0;
  /** Nobody waits for a handler that has answered when it returns. */
  readonly #cancellation = new Cancellation();

  constructor(
    calls: SupervisorCalls,
    request: ListenerRequest & { id: number },
    module: ModuleHandler | undefined,
    recipients: Recipients,
  ) {
    this.#listener = new Listener(calls, request.fd);
    this.#request = request;
    this.#module = module;
    this.#recipients = recipients;
    this.#tally = request.tally && new CallTally(request.tally, thisHost.endianness);
    this.#answers = new AnswerLookup(request.answers);
    this.#view = new DataView(this.#listener.received.buffer);
  }

  /**
   * Receive the call that poll(2) saw, and answer it or pass it on. The errno with which the listener failed; false if
   * the main thread receives now, and will wake this one.
   */
  next(): string | false | undefined {
    const { reception } = this.#request;
    if (!reception) return this.#next();
    if (!beginReceiving(reception)) return false;
    try {
      // The main thread may have received the call since poll(2) saw it, and RECV would wait for another.
      const turns = turnsOfMainThread(reception);
      const isSeen = turns === this.#turns;
      this.#turns = turns;
      return isSeen ? this.#next() : undefined;
    } finally {
      endReceiving(reception);
    }
  }

  #next(): string | undefined {
    const result = this.#listener.receive();
    // ENOENT: the target was killed, or a signal interrupted the call, since poll(2) has seen it.
    if (result < 0) return result === -ENOENT || result === -EINTR ? undefined : errnoName(-result);
    const words = this.#listener.received;
    this.#tally?.count(words[MEMBER.auditArch]! >>> 0, words[MEMBER.number]!, this.#view);
    const response = this.#answers.find(words);
    // ENOENT says that the call is gone; the table was checked, so that nothing else can be wrong.
    if (response) this.#listener.send(words, response);
    else if (this.#module) this.#handle(this.#module, words);
    else this.#recipients.passOn(words);
    return undefined;
  }

  tallied(): TalliedCall[] | undefined {
    return this.#tally?.calls();
  }

  #handle({ handler, work }: ModuleHandler, received: Int32Array): void {
    // The handler may keep what it gets. A plain array is made faster than a typed one.
    const words: number[] = [];
    for (let word = 0; word < NOTIFICATION_WORDS; word++) words.push(received[word]!);
    const { id, unhandled, failure } = this.#request;
    beginWork(work, id, received);
    try {
      const notification = new Notification(words, this.#listener, this.#cancellation);
      sendAnswer(this.#listener, words, answeredAtOnce(handler(notification)), unhandled);
    } catch (error) {
      if (sendFailure(this.#listener, words, error, failure)) this.#recipients.failed(words, error);
    } finally {
      endWork(work);
    }
  }
}
