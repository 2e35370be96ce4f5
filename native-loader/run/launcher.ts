import { closeSync, readFileSync } from 'node:fs';
import { libc } from '../libc/libc.js';
import { supervisorCalls } from '../libc/supervisor-calls.js';
import { installAndExec } from './exec.js';
import { encodeFailure, failureOf, type LaunchRequest, STARTED } from './launch-protocol.js';

const F_SETFD = 2;

/**
 * The process that becomes the command: `node loader-worker.js FD`, where FD is the number of the request's descriptor and
 * the next one the socket's. Neither is inherited by the command.
 */
export function runLauncher(): void {
  const requestFd = Number(process.argv[2]);
  const socket = requestFd + 1;
  try {
    const request = readRequest(requestFd);
    const c = libc();
    // Node marks what it inherits as close-on-exec, for its own children.
    for (let fd = 3; fd < requestFd; fd++) c.fcntl(fd, F_SETFD, 0);
    c.fcntl(socket, F_SETFD, 1);
    installAndExec({
      filter: Buffer.from(request.program, 'base64'),
      installOptions: request.installOptions,
      command: request.command,
      args: request.args,
      env: request.env,
      listenerReceiver: { fd: socket, message: STARTED, failures: 'socket' },
    });
  } catch (error) {
    const failure = failureOf(error);
    supervisorCalls().sendMessage(socket, encodeFailure(failure), []);
    process.exit(failure.exitCode ?? 1);
  }
}

function readRequest(fd: number): LaunchRequest {
  const request = JSON.parse(readFileSync(fd, 'utf8')) as LaunchRequest;
  closeSync(fd);
  return request;
}
