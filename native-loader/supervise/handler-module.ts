import { inspect } from 'node:util';
import type { Answer } from './answer.js';
import type { Notification } from './notification.js';
import { SupervisorError } from './supervisor-error.js';

/**
 * The default export of a handler's module, for `onNotification: new URL('./handler.js', import.meta.url)`. It runs in
 * the supervisor thread, and answers at once: what it returns is no promise. Undefined: the answer is `unhandled`.
 */
export type SynchronousHandler = (notification: Notification) => Answer | undefined;

/**
 * Load a handler's module into this thread.
 *
 * @throws {SupervisorError} HANDLER_MODULE, when it cannot be loaded or exports no function
 */
export async function loadHandler(href: string): Promise<SynchronousHandler> {
  let exported: unknown;
  try {
    exported = ((await import(href)) as { default?: unknown }).default;
  } catch (cause) {
    throw new SupervisorError('HANDLER_MODULE', `${href} cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  if (typeof exported === 'function') return exported as SynchronousHandler;
  throw new SupervisorError(
    'HANDLER_MODULE',
    `the default export of ${href} is no function but ${inspect(exported, { depth: 0 })}; write: export default (call) => ...`,
  );
}

/** What was thrown, in words. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
