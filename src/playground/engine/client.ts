import type { RequestBody, RequestMessage, RequestName, ResponseMessage, ResponseTo } from './protocol.js';

interface Waiting {
  name: RequestName;
  question: unknown;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/**
 * A worker as functions. The latest request of each kind wins. While one is being answered at most one more waits, and
 * a newer one replaces it (its answer is `undefined` then, "superseded"). So no queue builds up, however fast somebody
 * types.
 */
export class EngineClient {
  #worker: Worker | undefined;
  #nextId = 1;
  readonly #running = new Map<number, Waiting>();
  readonly #waiting = new Map<RequestName, Waiting>();

  constructor(readonly start: () => Worker) {}

  /** Start loading before the first question. */
  warmUp(): void {
    this.#worker ??= this.#connect();
  }

  ask<K extends RequestName>(name: K, question: RequestBody<K>): Promise<ResponseTo<K> | undefined> {
    return new Promise((resolve, reject) => {
      const entry = { name, question, resolve: resolve as (answer: unknown) => void, reject };
      if ([...this.#running.values()].some((running) => running.name === name)) {
        this.#waiting.get(name)?.resolve(undefined);
        this.#waiting.set(name, entry);
      } else {
        this.#send(entry);
      }
    });
  }

  #send(entry: Waiting): void {
    this.warmUp();
    const id = this.#nextId++;
    this.#running.set(id, entry);
    const message: RequestMessage = { id, name: entry.name, question: entry.question };
    this.#worker?.postMessage(message);
  }

  #connect(): Worker {
    const worker = this.start();
    worker.onmessage = ({ data }: MessageEvent<ResponseMessage>) => {
      const entry = this.#running.get(data.id);
      if (!entry) return;
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
