/** A handler that has not answered yet. */
export interface PendingHandler {
  /** Of performance.now(). */
  readonly begin: number;
  /** It took as long as it may. */
  expire(): void;
  /** Nobody waits for it any more. */
  giveUp(): void;
}

/**
 * Handlers that answer later, and how long each may take. One timer for all, so that no
 * answer waits for one to be made and cleared. All may take equally long, so the first that began is the first that expires.
 */
export class PendingHandlers {
  readonly #milliseconds: number;
  /** In the order in which they began. */
  readonly #pending = new Set<PendingHandler>();
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  add(handler: PendingHandler): void {
    this.#pending.add(handler);
    if (this.#timer === undefined && this.#milliseconds !== Infinity) this.#wait(this.#milliseconds);
  }

  /** False where it is not pending any more. */
  delete(handler: PendingHandler): boolean {
    return this.#pending.delete(handler);
  }

  giveUpAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const handler of this.#pending) handler.giveUp();
    this.#pending.clear();
  }

  #wait(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#look(), milliseconds);
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const handler of this.#pending) {
      const left = handler.begin + this.#milliseconds - now;
      // A timer may be early by less than a millisecond.
      if (left >= 1) {
        this.#wait(left);
        return;
      }
      this.#pending.delete(handler);
      handler.expire();
    }
  }
}
