import { InvalidArgumentError } from '../../src/errors.js';
import { type Answer, encodeAnswer } from './answer.js';
import type { Listener } from './listener.js';
import type { NotificationWords, RawResponse } from './notify-abi.js';
import { SupervisorError } from './supervisor-error.js';

/** Send what a handler answered; `unhandled` where that is nothing. A call that is gone is no error. */
export function sendAnswer(
  listener: Listener,
  call: NotificationWords,
  answer: Answer | undefined,
  unhandled: RawResponse,
): void {
  if (answer === undefined) listener.send(call, unhandled);
  else if (answer.kind === 'fd') listener.sendFd(call, answer);
  else listener.send(call, encodeAnswer(answer));
}

/** Send `failure` after a handler threw `error`. Whether somebody should know. */
export function sendFailure(
  listener: Listener,
  call: NotificationWords,
  error: unknown,
  failure: RawResponse,
): boolean {
  const answered = listener.send(call, failure);
  // The target was killed or interrupted while the handler looked at it: nobody's fault.
  return answered || !(error instanceof SupervisorError && error.code === 'NOTIFICATION_GONE');
}

/** Whether a handler answers later. */
export function isPromise<T>(outcome: T | Promise<T>): outcome is Promise<T> {
  return typeof (outcome as Promise<T> | undefined)?.then === 'function';
}

/** @throws {InvalidArgumentError} for a promise, which a thread that answers at once cannot wait for */
export function answeredAtOnce(outcome: Answer | undefined | Promise<Answer | undefined>): Answer | undefined {
  if (!isPromise(outcome)) return outcome;
  outcome.then(undefined, () => {});
  throw new InvalidArgumentError(
    'a handler in a module answers at once, and this one returned a promise; one that waits is given to onNotification as a function',
  );
}
