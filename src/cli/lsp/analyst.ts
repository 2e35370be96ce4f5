import { Worker } from 'node:worker_threads';
import type { Answer, AnswerMessage, Question, QuestionMessage, QuestionName } from './question.js';

/** How long a question that nobody waits for any more may go on, in milliseconds, before its thread is ended. */
const MAX_UNWANTED = 700;

interface Job {
  readonly message: QuestionMessage;
  readonly publish: ((part: never) => void) | undefined;
  /** A job with the same key takes its place. */
  readonly key: string | undefined;
  readonly started: number;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** The question was withdrawn: a newer one takes its place, or its document is closed. */
export class WithdrawnError extends Error {}

/** A question that has no answer, in words for the user. */
export class QuestionError extends Error {
  constructor(
    message: string,
    /** A fault of ours. */
    readonly isOwn: boolean,
  ) {
    super(message);
  }
}

/**
 * The thread that computes. It answers one question at a time; what waits can be withdrawn, and what runs for too long after it
 * was withdrawn is ended with its thread.
 */
export class Analyst {
  #worker: Worker | undefined;
  #running: Job | undefined;
  #waiting: Job[] = [];
  #isWithdrawn = false;
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  ask<Name extends QuestionName>(
    name: Name,
    question: Question<Name>,
    { key, publish }: { key?: string; publish?: (part: Answer<Name>) => void } = {},
  ): Promise<Answer<Name>> {
    if (key !== undefined) this.withdraw(key);
    return new Promise((resolve, reject) => {
      const message = { id: ++this.#lastId, name, question };
      const job: Job = { message, key, publish, started: 0, resolve: resolve as (answer: unknown) => void, reject };
      // What somebody waits for at the keyboard comes before checks.
      if (name === 'check' || name === 'count') this.#waiting.push(job);
      else this.#waiting.unshift(job);
      this.#next();
    });
  }

  /** Nobody wants the answer any more. */
  withdraw(key: string): void {
    for (const job of this.#waiting) if (job.key === key) job.reject(new WithdrawnError());
    this.#waiting = this.#waiting.filter((job) => job.key !== key);
    if (this.#running?.key !== key || this.#isWithdrawn) return;
    this.#isWithdrawn = true;
    this.#running.reject(new WithdrawnError());
    const left = Math.max(0, MAX_UNWANTED - (performance.now() - this.#running.started));
    this.#timer = setTimeout(() => void this.#restart(), left);
  }

  async end(): Promise<void> {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    for (const job of [...this.#waiting, ...(this.#running ? [this.#running] : [])]) job.reject(new WithdrawnError());
    this.#waiting = [];
    this.#running = undefined;
    await worker?.terminate();
  }

  #next(): void {
    if (this.#running) return;
    const job = this.#waiting.shift();
    if (!job) return;
    this.#running = { ...job, started: performance.now() };
    this.#isWithdrawn = false;
    this.#thread().postMessage(job.message);
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    // The command's own file, which finds that it is a thread: commands/lsp.ts.
    const worker = new Worker(new URL('./scmp.cjs', import.meta.url), {
      argv: ['lsp'],
      // Its output is nobody's: standard output is the protocol's.
      stdout: true,
      stderr: false,
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    this.#worker = worker;
    worker.on('message', (message: AnswerMessage) => this.#take(worker, message));
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, new Error('its thread has ended')));
    worker.unref();
    return worker;
  }

  #take(worker: Worker, message: AnswerMessage): void {
    const job = this.#running;
    if (worker !== this.#worker || job?.message.id !== message.id) return;
    if ('part' in message) {
      if (!this.#isWithdrawn) job.publish?.(message.part as never);
      return;
    }
    this.#running = undefined;
    clearTimeout(this.#timer);
    if ('answer' in message) job.resolve(message.answer);
    else job.reject(new QuestionError(message.error, message.isOwn));
    this.#next();
  }

  /** Out of memory, or a fault of ours: the next question gets a new thread. */
  #fail(worker: Worker, error: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    clearTimeout(this.#timer);
    const job = this.#running;
    this.#running = undefined;
    job?.reject(new QuestionError(error.message, true));
    this.#next();
  }

  async #restart(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#running = undefined;
    await worker?.terminate();
    this.#next();
  }
}
