import { closeSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { InstallFilterError } from '../install/install-error.js';
import { PR_SET_NO_NEW_PRIVS } from '../install/install-filter.js';
import { F_SETFD, FD_CLOEXEC } from '../libc/fcntl.js';
import { libc } from '../libc/libc.js';
import { supervisorCalls } from '../libc/supervisor-calls.js';
import { installAndEnter } from './exec.js';
import { encodeFailure, LAUNCH_STEPS, type LaunchFailure, STARTED } from './launch-protocol.js';
import { decodeRequest } from './launch-request.js';

/**
 * The process that becomes the command, where launcher/launcher.c was not built: `node loader-worker.js FD`, where FD is
 * the number of the request's descriptor and the next ones are the sockets'. None of them is inherited by the command.
 */
export function runLauncher(): void {
  const requestFd = Number(process.argv[2]);
  const socket = requestFd + 1;
  const listenerSocket = requestFd + 2;
  try {
    const c = libc();
    const request = decodeRequest(readFileSync(requestFd), c.endianness);
    closeSync(requestFd);
    c.fcntl(socket, F_SETFD, FD_CLOEXEC);
    const { listener, noNewPrivs } = request.installation;
    if (listener) c.fcntl(listenerSocket, F_SETFD, FD_CLOEXEC);
    const refused = noNewPrivs ? -c.prctl(PR_SET_NO_NEW_PRIVS, 1) : 0;
    if (refused > 0) fail(socket, { step: LAUNCH_STEPS.noNewPrivs, errno: refused, text: '' });
    installAndEnter(c, {
      ...request,
      descriptors: Array.from({ length: requestFd - 3 }, (_, index) => 3 + index),
      installation: { ...request.installation, noNewPrivs: false },
      listenerReceiver: { fd: listener ? listenerSocket : socket, message: STARTED, failures: socket },
    });
  } catch (error) {
    fail(socket, failureOf(error));
  }
}

function fail(socket: number, failure: LaunchFailure): never {
  supervisorCalls().sendMessage(socket, encodeFailure(failure), []);
  process.exit(126);
}

function failureOf(error: unknown): LaunchFailure {
  const errno = error instanceof InstallFilterError && error.errno;
  const number = errno && (constants.errno as Readonly<Record<string, number>>)[errno];
  if (number) return { step: LAUNCH_STEPS.install, errno: number, text: '' };
  return { step: LAUNCH_STEPS.other, errno: 0, text: error instanceof Error ? error.message : String(error) };
}
