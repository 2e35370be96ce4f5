/**
 * What answering may take of one turn of the event loop, in milliseconds. Before and after it resets there may be a
 * share each, so that others wait a millisecond at most.
 */
const MILLISECONDS_A_TURN = 0.4;

/** The time for answering calls in this turn of the event loop. */
export class TurnBudget {
  #end: number | undefined;

  /** Whether there is some left. */
  get isLeft(): boolean {
    const now = performance.now();
    if (this.#end !== undefined) return now < this.#end;
    this.#end = now + MILLISECONDS_A_TURN;
    setImmediate(() => {
      this.#end = undefined;
    });
    return true;
  }
}
