import { chmodSync, unlinkSync } from 'node:fs';
import { InvalidArgumentError } from '../../src/errors.js';
import { ANYTHING, checkOptions, FUNCTION, NUMBER, TEXT } from '../../src/options.js';
import { errnoName } from '../libc/libc.js';
import { type SupervisorCalls, supervisorCalls } from '../libc/supervisor-calls.js';
import { unixAddress } from '../libc/unix-address.js';
import { CountedWarnings } from '../supervise/counted-warnings.js';
import { protectSupervisor } from '../supervise/protect-supervisor.js';
import { type Supervision, type SupervisorOptions, superviseListener } from '../supervise/supervisor.js';
import { SupervisorError } from '../supervise/supervisor-error.js';
import { supervisorThread, type Watching } from '../supervise/supervisor-thread.js';
import { type ContainerProcessState, parseContainerProcessState, SECCOMP_FD_NAME } from './container-state.js';

export interface SeccompAgentOptions {
  /** The unix socket that profiles name as `listenerPath`: at most 107 bytes, and nothing may be there yet. */
  socketPath: string;
  /** Permissions of the socket: everybody who may write to it may have calls answered. Default: 0o600. */
  mode?: number;
  /**
   * Says how a container's calls are answered. Undefined: they are not, and fail with ENOSYS. The calls wait until it
   * returns, and fail if it fails.
   */
  onContainer: (
    container: ContainerProcessState,
  ) => SupervisorOptions | undefined | Promise<SupervisorOptions | undefined>;
  /** A container got started, and its supervision. */
  onSupervision?: (container: ContainerProcessState, supervision: Supervision) => void;
  /**
   * A connection that brought nothing usable, or a failure of `onContainer`. Default: a warning of the process for the
   * first, and one at the end that counts them.
   */
  onError?: (error: unknown) => void;
}

/** A socket that container runtimes send listeners to. */
export interface SeccompAgent extends AsyncDisposable {
  readonly socketPath: string;
  /** Fulfilled when the agent was closed; rejected if it failed. */
  readonly closed: Promise<void>;
  /** Take no more containers, remove the socket, and close the listeners there are. */
  close(): Promise<void>;
}

/** A runtime sends one message and closes; more than this is no such message. */
const MAX_MESSAGE = 4 * 1024 * 1024;
const MESSAGE_MILLISECONDS = 10_000;

/**
 * Receive listeners as the OCI runtime spec says (config-linux.md, "seccomp", `listenerPath`): runc, crun and youki
 * connect for each container whose profile has SCMP_ACT_NOTIFY. Fulfilled when the socket is there.
 *
 * @throws {InvalidArgumentError} when an option is invalid
 * @throws {SupervisorError} SOCKET, when the socket cannot be made; SUPERVISOR_THREAD, when the thread that answers
 * cannot start
 * @throws {UnsupportedHostError} when this is not Linux, there is no koffi, or `loader-worker.js` is missing
 *
 * @example
 * ```js
 * import { spawn } from 'node:child_process';
 * import { once } from 'node:events';
 * import { writeFileSync } from 'node:fs';
 * import { createSeccompAgent } from 'libseccomp-wasm/loader';
 *
 * const agent = await createSeccompAgent({
 *   socketPath: 'agent.sock',
 *   onContainer: () => ({ onNotification: () => ({ kind: 'errno', errno: 'EROFS' }) }),
 * });
 * const profile = {
 *   listenerPath: agent.socketPath,
 *   defaultAction: 'SCMP_ACT_ALLOW',
 *   syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
 * };
 * writeFileSync('profile.json', JSON.stringify(profile));
 * // It sends the listener as a container runtime does.
 * const command = spawn('scmp', ['run', '--profile', 'profile.json', 'mkdir', 'never'], { stdio: 'ignore' });
 * console.log(await once(command, 'exit')); // [ 1, null ]
 * await agent.close();
 * ```
 */
export async function createSeccompAgent(options: SeccompAgentOptions): Promise<SeccompAgent> {
  checkOptions('createSeccompAgent', options, {
    socketPath: [TEXT],
    mode: [NUMBER],
    onContainer: [ANYTHING],
    onSupervision: [FUNCTION],
    onError: [FUNCTION],
  });
  const { mode = 0 } = options;
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw new InvalidArgumentError(
      `createSeccompAgent: mode is the permissions of the socket, from 0 to 0o777, not ${mode}`,
    );
  }
  if (typeof options.onContainer !== 'function') throw new InvalidArgumentError('onContainer is a function');
  return new Agent(options);
}

class Agent implements SeccompAgent {
  readonly socketPath: string;
  readonly closed: Promise<void>;
  readonly #options: SeccompAgentOptions;
  readonly #c: SupervisorCalls = supervisorCalls();
  readonly #supervisions = new Set<Supervision>();
  readonly #warnings = new CountedWarnings('SeccompAgentWarning');
  /** Of connections that a message is awaited from. */
  readonly #connections = new Set<Watching>();
  readonly #watching: Watching;
  #closing = false;

  constructor(options: SeccompAgentOptions) {
    // How each container is supervised says whether this process may be traced.
    protectSupervisor({ dumpable: true });
    this.#options = options;
    this.socketPath = options.socketPath;
    const server = this.#bind(options);
    let onEnd: (error?: SupervisorError) => void = () => {};
    this.closed = new Promise((resolve, reject) => {
      onEnd = (error) => {
        this.#c.close(server);
        this.#closeAll().then(() => {
          this.#warnings.sum();
          if (error) reject(error);
          else resolve();
        }, reject);
      };
    });
    this.closed.catch(() => {});
    this.#watching = supervisorThread().watch(
      { kind: 'server', fd: server },
      { onAccepted: (fd) => this.#receive(fd), onEnd },
    );
  }

  #bind({ socketPath, mode = 0o600 }: SeccompAgentOptions): number {
    const address = unixAddress(socketPath, this.#c.endianness);
    const check = (what: string, result: number) => {
      if (result >= 0) return result;
      const errno = errnoName(-result);
      const why = errno === 'EADDRINUSE' ? ': something is there already; remove it if no other agent uses it' : '';
      throw new SupervisorError('SOCKET', `${what} ${socketPath}: ${errno}${why}`, { errno });
    };
    const fd = check('a socket for', this.#c.streamSocket());
    let bound = false;
    try {
      check('bind', this.#c.bind(fd, address));
      bound = true;
      // Nobody can connect before listen(2).
      chmodSync(socketPath, mode);
      check('listen on', this.#c.listen(fd));
      return fd;
    } catch (error) {
      this.#c.close(fd);
      if (bound) unlinkSync(socketPath);
      throw error;
    }
  }

  /**
   * Collect the message of one connection. It ends where its JSON does: runc (1.1) leaves the connection open while the
   * container runs.
   */
  #receive(connection: number): void {
    const chunks: Uint8Array[] = [];
    const fds: number[] = [];
    let size = 0;
    let problem: SupervisorError | undefined;
    const watching = supervisorThread().watch(
      { kind: 'socket', fd: connection },
      {
        onReceived: (received) => {
          chunks.push(received.bytes);
          fds.push(...received.fds);
          size += received.bytes.length;
          if (received.truncated)
            problem = new SupervisorError('CONTAINER_STATE', 'the runtime sent too many descriptors');
          if (size > MAX_MESSAGE) problem = new SupervisorError('CONTAINER_STATE', 'the runtime’s message is too long');
          if (problem || isJson(Buffer.concat(chunks).toString())) watching.stop();
        },
        onEnd: (error) => {
          clearTimeout(timer);
          this.#connections.delete(watching);
          this.#c.close(connection);
          void this.#accept(Buffer.concat(chunks), fds, problem ?? error);
        },
      },
    );
    this.#connections.add(watching);
    const timer = setTimeout(() => {
      problem = new SupervisorError(
        'CONTAINER_STATE',
        `the runtime sent no whole message in ${MESSAGE_MILLISECONDS} ms`,
      );
      watching.stop();
    }, MESSAGE_MILLISECONDS);
  }

  async #accept(message: Buffer, fds: readonly number[], problem: SupervisorError | undefined): Promise<void> {
    let listener: number | undefined;
    try {
      if (problem) throw problem;
      const container = parseContainerProcessState(message.toString(), fds.length);
      listener = fds[container.fds.indexOf(SECCOMP_FD_NAME)];
      for (const fd of fds) if (fd !== listener) this.#c.close(fd);
      const options = await this.#options.onContainer(container);
      if (options === undefined || this.#closing) {
        this.#c.close(listener!);
        return;
      }
      this.#supervise(container, listener!, options);
    } catch (error) {
      for (const fd of listener === undefined ? fds : [listener]) this.#c.close(fd);
      this.#report(error);
    }
  }

  #supervise(container: ContainerProcessState, listener: number, options: SupervisorOptions): void {
    const supervision = superviseListener(listener, options);
    this.#supervisions.add(supervision);
    const done = () => this.#supervisions.delete(supervision);
    supervision.closed.then(done, (error) => {
      done();
      this.#report(error);
    });
    this.#options.onSupervision?.(container, supervision);
  }

  #report(error: unknown): void {
    if (this.#options.onError) this.#options.onError(error);
    else this.#warnings.add('a container is not supervised', error instanceof Error ? error.message : String(error));
  }

  async #closeAll(): Promise<void> {
    this.#closing = true;
    for (const connection of this.#connections) connection.stop();
    await Promise.allSettled([...this.#supervisions].map((supervision) => supervision.close()));
  }

  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      try {
        unlinkSync(this.socketPath);
      } catch {
        // Somebody else has removed it.
      }
      this.#watching.stop();
    }
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Whether the text is a whole JSON value. It is asked at each piece; usually there is one. */
function isJson(text: string): boolean {
  if (!text.trimEnd().endsWith('}')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
