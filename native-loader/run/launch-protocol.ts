import { InvalidArgumentError, ScmpError, UnsupportedHostError } from '../../src/errors.js';
import { type InstallErrorCode, InstallFilterError } from '../install/install-error.js';
import type { InstallOptions } from '../install/install-filter.js';
import { SupervisorError } from '../supervise/supervisor-error.js';
import { CommandNotExecutableError, CommandNotFoundError } from './path-lookup.js';

// What spawnSandboxed and its launcher send each other. The request is in a file without a name, and the launcher
// answers on a socket. First comes STARTED, with the listener if there is one. A failure, before or after it, comes as
// JSON.

/** The filter is installed; sent by the thread that the filter does not cover. */
export const STARTED = Uint8Array.of('!'.charCodeAt(0));

export interface LaunchRequest {
  /** Base64. It was checked, and fits this machine. */
  program: string;
  installOptions: Omit<InstallOptions, 'tsync'>;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Descriptors that the command inherits are those below this one, which is the request's; the socket's is the next. */
  requestFd: number;
}

export interface LaunchFailure {
  code: string;
  message: string;
  exitCode?: number | undefined;
  errno?: string | undefined;
  threadId?: number | undefined;
}

export function encodeFailure(failure: LaunchFailure): Uint8Array {
  return Buffer.from(JSON.stringify(failure));
}

/** An error's fields, for the other side of the socket. */
export function failureOf(error: unknown): LaunchFailure {
  if (!(error instanceof Error)) return { code: 'LAUNCHER', message: String(error) };
  const { message } = error;
  const { code, exitCode, errno, threadId } = error as Partial<LaunchFailure>;
  return error instanceof ScmpError
    ? { code: error.code, message, exitCode, errno, threadId }
    : { code: code ?? 'LAUNCHER', message };
}

/** The error that the launcher had, as it would have been thrown here. */
export function errorOf({ code, message, errno, threadId }: LaunchFailure): ScmpError {
  if (code.startsWith('INSTALL_')) {
    return new InstallFilterError(code as InstallErrorCode, message, {
      ...(errno === undefined ? {} : { errno }),
      ...(threadId === undefined ? {} : { threadId }),
    });
  }
  switch (code) {
    case 'COMMAND_NOT_FOUND':
      return new CommandNotFoundError(message);
    case 'COMMAND_NOT_EXECUTABLE':
    case 'COMMAND_NOT_EXECUTED':
      return new CommandNotExecutableError(message);
    case 'UNSUPPORTED_HOST':
      return new UnsupportedHostError(message);
    case 'INVALID_ARGUMENT':
      return new InvalidArgumentError(message);
    default:
      return new SupervisorError('LAUNCH', `the sandbox did not start: ${message}`);
  }
}
