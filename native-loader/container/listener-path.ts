import { errnoName } from '../libc/libc.js';
import { supervisorCalls } from '../libc/supervisor-calls.js';
import { unixAddress } from '../libc/unix-address.js';
import type { ListenerReceiver } from '../run/handover.js';
import { SupervisorError } from '../supervise/supervisor-error.js';
import type { ContainerProcessState } from './container-state.js';
import { SECCOMP_FD_NAME } from './container-state.js';

/** The version of the OCI runtime spec whose messages these are; the first with them is 1.0.3. */
const OCI_VERSION = '1.1.0';

/**
 * Connect to the agent at a profile's `listenerPath`, for `installAndExec`. The agent will get the listener with the
 * state that a container runtime sends, for this process.
 *
 * @throws {SupervisorError} SOCKET, when the agent cannot be reached
 * @throws {InvalidArgumentError} when the path is no socket's
 * @throws {UnsupportedHostError} when there is no Linux or no koffi
 */
export function connectListenerPath(listenerPath: string, listenerMetadata?: string): ListenerReceiver {
  const calls = supervisorCalls();
  const address = unixAddress(listenerPath, calls.endianness);
  const fd = calls.streamSocket();
  const connected = fd < 0 ? fd : calls.connect(fd, address);
  if (connected < 0) {
    if (fd >= 0) calls.close(fd);
    const errno = errnoName(-connected);
    throw new SupervisorError(
      'SOCKET',
      `listenerPath ${listenerPath}: ${errno}; the profile's SCMP_ACT_NOTIFY calls are answered by the agent there, which has to run`,
      { errno },
    );
  }
  const state: ContainerProcessState = {
    ociVersion: OCI_VERSION,
    fds: [SECCOMP_FD_NAME],
    pid: process.pid,
    ...(listenerMetadata === undefined ? {} : { metadata: listenerMetadata }),
    state: {
      ociVersion: OCI_VERSION,
      id: `scmp-${process.pid}`,
      status: 'creating',
      pid: process.pid,
      bundle: process.cwd(),
    },
  };
  return { fd, message: Buffer.from(JSON.stringify(state)), failures: 'stderr' };
}
