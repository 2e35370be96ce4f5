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
 * @throws {InvalidArgumentError} when the path is empty, longer than 107 bytes or has a NUL byte
 * @throws {UnsupportedHostError} when this is not Linux, or there is no koffi
 *
 * @example
 * ```js
 * import { spawn } from 'node:child_process';
 * import { once } from 'node:events';
 * import { compileProfile } from 'libseccomp-wasm';
 * import { connectListenerPath, createSeccompAgent, hostArchitecture, installAndExec } from 'libseccomp-wasm/loader';
 *
 * if (process.argv[2] === 'child') {
 *   const syscalls = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }];
 *   const filter = await compileProfile({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }, { arch: hostArchitecture() });
 *   const listenerReceiver = connectListenerPath('listener.sock', 'mine');
 *   const installOptions = { noNewPrivs: true };
 *   installAndExec({ filter, installOptions, listenerReceiver, command: 'mkdir', args: ['never'] });
 * }
 * const agent = await createSeccompAgent({
 *   socketPath: 'listener.sock',
 *   onContainer({ metadata }) {
 *     console.log(metadata); // mine
 *     return { onNotification: () => ({ kind: 'errno', errno: 'EROFS' }) };
 *   },
 * });
 * const child = spawn(process.execPath, [process.argv[1], 'child'], { stdio: 'ignore' });
 * console.log(await once(child, 'exit')); // [ 1, null ]
 * await agent.close();
 * ```
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
