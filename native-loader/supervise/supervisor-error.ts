import { ScmpError } from '../../src/errors.js';

export type SupervisorErrorCode =
  /** The call is no longer waiting: its thread was killed, or a signal interrupted it. Normal; nothing is left to do. */
  | 'NOTIFICATION_GONE'
  /** The target's memory at that address cannot be read. */
  | 'TARGET_MEMORY'
  /** The bytes are not what was asked for: no NUL within the limit, no UTF-8. */
  | 'TARGET_STRING'
  /** The kernel does not let this process look into the target. */
  | 'TARGET_ACCESS'
  /** A handler read the target's memory and then wants the call to continue. */
  | 'UNSAFE_CONTINUE'
  /** The kernel refuses the operation on the listener. */
  | 'LISTENER'
  /** Sockets of the agent or of the listener's receiver. */
  | 'SOCKET'
  /** A message from a container runtime is not what the OCI runtime spec says. */
  | 'CONTAINER_STATE'
  /** The launcher failed before it became the sandboxed command. */
  | 'LAUNCH'
  /** The module that `onNotification` names cannot be loaded, or exports no function. */
  | 'HANDLER_MODULE'
  /** The supervisor's own thread ended, or a module's handler did not return in time. */
  | 'SUPERVISOR_THREAD';

/**
 * Something about supervising system calls went wrong.
 *
 * @example
 * ```js
 * import { connectListenerPath, SupervisorError } from 'libseccomp-wasm/loader';
 *
 * try {
 *   connectListenerPath('no-agent-here.sock');
 * } catch (error) {
 *   console.log(error instanceof SupervisorError, error.code, error.errno); // true SOCKET ENOENT
 * }
 * ```
 */
export class SupervisorError extends ScmpError {
  static override readonly brand = 'SupervisorError';
  readonly code: SupervisorErrorCode;
  /** The name of the errno, if the kernel refused. */
  readonly errno: string | undefined;

  constructor(code: SupervisorErrorCode, message: string, details: { errno?: string; cause?: unknown } = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.errno = details.errno;
  }
}
