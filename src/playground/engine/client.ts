import type { RequestBody, RequestMessage, RequestName, ResponseMessage, ResponseTo } from './protocol.js';

interface Waiting {
  name: RequestName;
  question: unknown;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

interface Running extends Waiting {
  since: number;
}

/**
 * How long a request may go on once its answer is no longer wanted, in milliseconds. Then its worker is replaced, which
 * costs a good part of that: nothing else stops what computes.
 */
const PATIENCE = 1000;

/** What looks at the profile that its worker compiled last: another worker has none. */
const OF_COMPILED: ReadonlySet<RequestName> = new Set(['listing', 'simulate', 'picture'] as RequestName[]);

/**
 * A worker as functions. The latest request of each kind wins. While one is being answered at most one more waits, and
 * a newer one replaces it (its answer is `undefined` then, "superseded"). So no queue builds up, however fast somebody
 * types; and what takes long is stopped once a newer request waits for it.
 */
export class EngineClient {
  #worker: Worker | undefined;
  #nextId = 1;
  readonly #running = new Map<number, Running>();
  readonly #waiting = new Map<RequestName, Waiting>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly start: () => Worker,
    readonly patience: number = PATIENCE,
  ) {}

  /** Start loading before the first question. */
  warmUp(): void {
    this.#worker ??= this.#connect();
  }

  ask<K extends RequestName>(name: K, question: RequestBody<K>): Promise<ResponseTo<K> | undefined> {
    return new Promise((resolve, reject) => {
      const entry = { name, question, resolve: resolve as (answer: unknown) => void, reject };
      const running = this.#runningOf(name);
      if (!running) {
        this.#send(entry);
        return;
      }
      this.#waiting.get(name)?.resolve(undefined);
      this.#waiting.set(name, entry);
      this.#stopLater(running);
    });
  }

  /** The answer is no longer wanted: it is `undefined`, now. What has gone on for long is stopped. */
  drop(name: RequestName): void {
    this.#waiting.get(name)?.resolve(undefined);
    this.#waiting.delete(name);
    const running = this.#runningOf(name);
    if (!running) return;
    running.resolve(undefined);
    if (performance.now() - running.since >= this.patience) this.#restart(name);
  }

  /** Stop all that is computed, and all that waits: the answers are `undefined`. */
  cancel(): void {
    const entries = [...this.#running.values(), ...this.#waiting.values()];
    this.#running.clear();
    this.#waiting.clear();
    this.#replaceWorker();
    for (const { resolve } of entries) resolve(undefined);
  }

  #runningOf(name: RequestName): Running | undefined {
    return [...this.#running.values()].find((running) => running.name === name);
  }

  /** The first question to a worker waits for its code: that is no computation to stop. */
  #stopLater({ name, since }: Running): void {
    if (this.#timer !== undefined || !this.#hasAnswered || OF_COMPILED.has(name)) return;
    const left = Math.max(0, since + this.patience - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#runningOf(name)?.since === since && this.#waiting.has(name)) this.#restart(name);
    }, left);
  }

  /** Another worker answers what this one was asked, but for the request that is stopped. */
  #restart(stopped: RequestName): void {
    const others = [...this.#running.values()].filter(({ name }) => name !== stopped);
    this.#runningOf(stopped)?.resolve(undefined);
    this.#running.clear();
    this.#replaceWorker();
    const next = this.#waiting.get(stopped);
    this.#waiting.delete(stopped);
    if (next) this.#send(next);
    for (const entry of others) this.#send(entry);
  }

  #replaceWorker(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#hasAnswered = false;
    this.warmUp();
  }

  #hasAnswered = false;

  #send(entry: Waiting): void {
    this.warmUp();
    const id = this.#nextId++;
    this.#running.set(id, { ...entry, since: performance.now() });
    const message: RequestMessage = { id, name: entry.name, question: entry.question };
    this.#worker?.postMessage(message);
  }

  #connect(): Worker {
    const worker = this.start();
    worker.onmessage = ({ data }: MessageEvent<ResponseMessage>) => {
      const entry = this.#running.get(data.id);
      if (!entry) return;
      this.#hasAnswered = true;
      this.#running.delete(data.id);
      const next = this.#waiting.get(entry.name);
      this.#waiting.delete(entry.name);
      if (next) this.#send(next);
      if ('error' in data) entry.reject(new Error(data.error));
      else entry.resolve(data.answer);
    };
    // The worker's script could not be loaded, or it died. Waiting requests fail, and the next one starts another
    // worker.
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker !== this.#worker) return;
      worker.terminate();
      this.#worker = undefined;
      const lost = [...this.#running.values(), ...this.#waiting.values()];
      this.#running.clear();
      this.#waiting.clear();
      for (const { reject } of lost) reject(new Error(event.message || 'the worker could not be started'));
    };
    return worker;
  }
}
