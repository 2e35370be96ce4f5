import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ScmpError } from '../../src/errors.js';
import { checkOptions } from '../../src/options.js';
import { quote } from '../../src/text.js';
import { thisHost } from '../libc/host.js';
import { errnoName } from '../libc/libc.js';
import { type SupervisorCalls, supervisorCalls } from '../libc/supervisor-calls.js';
import { protectSupervisor } from '../supervise/protect-supervisor.js';
import { type CheckedOptions, checkSupervisorOptions, type Supervision, supervise } from '../supervise/supervisor.js';
import { SupervisorError } from '../supervise/supervisor-error.js';
import { supervisorThread } from '../supervise/supervisor-thread.js';
import { workerFile } from '../supervise/worker-file.js';
import { decodeFailure, launchError, STARTED } from './launch-protocol.js';
import { type LaunchRequest, launchRequest, writeRequest } from './launch-request.js';
import { nativeLauncher } from './native-launcher.js';
import { SANDBOX_OPTIONS, type SandboxOptions } from './sandbox-options.js';
import { keepOutput, stdioList } from './sandbox-stdio.js';

export interface SandboxExit {
  /** The exit code; null if a signal ended the command. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A command that runs under its filter. */
export interface SandboxedProcess extends AsyncDisposable {
  readonly pid: number;
  readonly stdin: Writable | null;
  /** What the command has written is kept until it is read, also after its end. */
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** As of a ChildProcess, for more than three. */
  readonly stdio: readonly (Readable | Writable | null)[];
  /** Fulfilled when the command has ended and was reaped. Its children may live on, under the filter and supervised. */
  readonly exited: Promise<SandboxExit>;
  /** The listener, if the filter has one. It ends with the last process under the filter. */
  readonly supervision: Supervision | undefined;
  /** False if it has ended. */
  kill(signal?: NodeJS.Signals | number): boolean;
  /** Kill the command, wait for its end, and close the listener. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Run a command under a filter, and answer its NOTIFY calls. Fulfilled when the command is executed. execve(2) itself
 * may notify, so calls are answered before that. The command is a child of this process. It has its standard streams
 * and the descriptors of `stdio`, and nothing else of ours. If this process dies, its NOTIFY calls fail with ENOSYS.
 *
 * When it is rejected, nothing is left running. `signal.reason` is the error if it was aborted. A filter that kills
 * execve(2) is no failure: the command's exit shows it.
 *
 * @throws {CommandNotFoundError} when there is no such command
 * @throws {CommandNotExecutableError} when it cannot be executed
 * @throws {InstallFilterError} when the filter has a wrong length or is for other machines, or the kernel refuses it;
 * INSTALL_ENOSYS, when there is no seccomp(2)
 * @throws {SupervisorError} LAUNCH, when the listener cannot be received, or the launcher failed; SUPERVISOR_THREAD,
 * when the thread that answers cannot start; HANDLER_MODULE, when the module of `onNotification` cannot be loaded
 * @throws {UnsupportedHostError} when this is not Linux, or there is no koffi; when no_new_privs cannot be set, or
 * `loader-worker.js` is missing
 * @throws {InvalidArgumentError} when an option is invalid, `cwd` is no directory, or a string has a NUL byte
 *
 * @example
 * ```js
 * import { compileProfile } from 'libseccomp-wasm';
 * import { hostArchitecture, spawnSandboxed } from 'libseccomp-wasm/loader';
 *
 * const profile = {
 *   defaultAction: 'SCMP_ACT_ALLOW',
 *   syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
 * };
 * const filter = await compileProfile(profile, { arch: hostArchitecture() });
 * const child = await spawnSandboxed('mkdir', ['never'], {
 *   filter,
 *   onNotification: () => ({ kind: 'errno', errno: 'EROFS' }),
 * });
 * console.log(await child.exited); // { code: 1, signal: null }
 * ```
 */
export async function spawnSandboxed(
  command: string,
  args: readonly string[],
  options: SandboxOptions,
): Promise<SandboxedProcess> {
  checkOptions('spawnSandboxed', options, SANDBOX_OPTIONS);
  options.signal?.throwIfAborted();
  const supervisorOptions = checkSupervisorOptions(options);
  const { handlerModule } = supervisorOptions;
  if (handlerModule !== undefined) {
    // Nothing is started for a module that cannot be loaded.
    await supervisorThread(handlerModule).loaded;
    options.signal?.throwIfAborted();
  }
  const launch = new Launch(command, args, options, supervisorOptions);
  return launch.sandbox();
}

class Launch {
  readonly #options: SandboxOptions;
  readonly #supervisorOptions: CheckedOptions;
  readonly #request: LaunchRequest;
  readonly #child: ChildProcess;
  readonly #stdio: readonly (Readable | Writable | null)[];
  readonly #exited: Promise<SandboxExit>;
  /** What the launcher said. Fulfilled when it says no more: it is the command now, or has ended. */
  readonly #talk: Promise<void>;
  #started = false;
  #supervision: Supervision | undefined;
  #problem: unknown;
  readonly #said: Uint8Array[] = [];

  constructor(command: string, args: readonly string[], options: SandboxOptions, supervisorOptions: CheckedOptions) {
    this.#options = options;
    this.#supervisorOptions = supervisorOptions;
    const c = supervisorCalls();
    const stdio = stdioList(options.stdio);
    this.#request = launchRequest(command, args, options);
    const { listener } = this.#request.installation;
    // Without a listener too: the command must not get out of its filter by way of this process.
    protectSupervisor(this.#supervisorOptions);
    const opened: number[] = [];
    const succeeded = (result: number, what: string) => {
      if (result >= 0) return result;
      const errno = errnoName(-result);
      throw new SupervisorError('LAUNCH', `${what}: ${errno}`, { errno });
    };
    const own = (fd: number, what: string) => {
      opened.push(succeeded(fd, what));
      return fd;
    };
    let ours: number | undefined;
    try {
      const file = own(c.memoryFile('seccomp-launch'), 'memfd_create');
      writeRequest(file, this.#request);
      // Other commands of this user could open it as /proc/PID/fd/N, and change the filter.
      succeeded(c.seal(file), 'sealing the request');
      // Node's own pipe brings no descriptors.
      let theirs: number | undefined;
      if (listener) {
        const pair = c.socketPair();
        if (typeof pair === 'number') throw succeeded(pair, 'socketpair');
        ours = pair[0];
        theirs = own(pair[1], 'socketpair');
      }
      this.#child = spawnLauncher(stdio.length, {
        stdio: [...stdio, file, 'pipe', ...(theirs === undefined ? [] : [theirs])],
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
    } catch (error) {
      if (ours !== undefined) c.close(ours);
      throw error;
    } finally {
      for (const fd of opened) c.close(fd);
    }
    this.#stdio = keepOutput(this.#child, stdio.length);
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
      // Without a process there is no exit.
      this.#child.once('error', (error) => {
        this.#problem ??= new SupervisorError('LAUNCH', `the sandbox did not start: ${error.message}`, {
          cause: error,
        });
        if (this.#child.pid === undefined) resolve({ code: null, signal: null });
      });
    });
    const answers = this.#child.stdio[stdio.length + 1] as Readable | null | undefined;
    this.#talk = this.#read(c, answers, ours);
    // It starts while the launcher does.
    if (listener) supervisorThread(supervisorOptions.handlerModule);
  }

  /** `socket`: there is none if there is no process. */
  #read(c: SupervisorCalls, socket: Readable | null | undefined, listenerSocket: number | undefined): Promise<void> {
    const ended = socket ? new Promise<unknown>((resolve) => socket.once('close', resolve)) : this.#exited;
    socket
      ?.on('data', (bytes: Uint8Array) => {
        try {
          this.#receive(c, bytes, listenerSocket);
        } catch (error) {
          this.#problem ??= error;
          socket.destroy();
        }
      })
      .on('error', (error) => {
        this.#problem ??= error;
      });
    return ended.then(() => {
      if (listenerSocket !== undefined) c.close(listenerSocket);
    });
  }

  #receive(c: SupervisorCalls, bytes: Uint8Array, listenerSocket: number | undefined): void {
    if (this.#started || bytes[0] !== STARTED[0]) {
      this.#said.push(bytes);
      return;
    }
    this.#started = true;
    this.#said.push(bytes.subarray(1));
    if (listenerSocket === undefined) return;
    const received = c.receiveMessage(listenerSocket);
    const listener = typeof received === 'number' ? undefined : received.fds[0];
    if (listener === undefined) {
      const why = typeof received === 'number' ? errnoName(-received) : 'no descriptor came';
      throw new SupervisorError('LAUNCH', `the listener did not come from the launcher: ${why}`);
    }
    this.#supervision = supervise(listener, this.#supervisorOptions);
  }

  async sandbox(): Promise<SandboxedProcess> {
    const { signal, timeout, killSignal = 'SIGKILL' } = this.#options;
    const kill = () => void this.#child.kill(killSignal);
    const timer = timeout === undefined ? undefined : setTimeout(kill, timeout);
    signal?.addEventListener('abort', kill, { once: true });
    void this.#exited.then(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
    });

    await this.#talk;
    const error = await this.#failure();
    if (error !== undefined) {
      this.#child.kill('SIGKILL');
      await this.#exited;
      await this.#supervision?.close().catch(() => {});
      throw error;
    }
    return new Sandbox(this.#child, this.#stdio, this.#exited, this.#supervision);
  }

  #failureSaid(bytes: Uint8Array): ScmpError {
    const failure = decodeFailure(bytes, thisHost.endianness);
    if (failure) return launchError(failure, this.#request);
    return new SupervisorError(
      'LAUNCH',
      `the sandbox did not start, and its launcher said ${quote(Buffer.from(bytes).toString())}`,
    );
  }

  /** Why the command does not run; undefined if it does. */
  async #failure(): Promise<unknown> {
    if (this.#options.signal?.aborted) return this.#options.signal.reason;
    if (this.#problem !== undefined) return this.#problem;
    const said = Buffer.concat(this.#said);
    if (said.length > 0) return this.#failureSaid(said);
    if (this.#started) return undefined;
    const { code, signal } = await this.#exited;
    if (this.#problem !== undefined) return this.#problem;
    return new SupervisorError(
      'LAUNCH',
      `the process that installs the filter ended before it had: ${signal ?? `exit code ${code}`}`,
    );
  }
}

/**
 * Start the launcher, which finds its request at descriptor `requestFd`. It is the small one where that can be executed,
 * else Node: a file system may be mounted noexec, and the package in an archive that only Node reads.
 */
function spawnLauncher(requestFd: number, options: SpawnOptions): ChildProcess {
  const launcher = nativeLauncher();
  if (launcher !== undefined) {
    const child = spawn(launcher, [String(requestFd)], { ...options, env: {} });
    if (child.pid !== undefined) return child;
    child.on('error', () => {});
  }
  const args = [...noInspectorSignal(), workerFile(), String(requestFd)];
  return spawn(process.execPath, args, { ...options, env: launcherEnvironment() });
}

/** The launcher is under no filter yet, and must not start an inspector for who sends it SIGUSR1. */
function noInspectorSignal(): string[] {
  const flag = '--disable-sigusr1';
  return process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}

class Sandbox implements SandboxedProcess {
  readonly pid: number;
  readonly stdio: readonly (Readable | Writable | null)[];
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly exited: Promise<SandboxExit>;
  readonly supervision: Supervision | undefined;
  readonly #child: ChildProcess;

  constructor(
    child: ChildProcess,
    stdio: readonly (Readable | Writable | null)[],
    exited: Promise<SandboxExit>,
    supervision: Supervision | undefined,
  ) {
    this.#child = child;
    this.pid = child.pid!;
    this.stdio = stdio;
    this.stdin = child.stdin;
    this.stdout = stdio[1] as Readable | null;
    this.stderr = stdio[2] as Readable | null;
    this.exited = exited;
    this.supervision = supervision;
  }

  kill(signal?: NodeJS.Signals | number): boolean {
    return this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
    await this.supervision?.close();
  }
}

/** This launcher is ours: settings of the user's Node programs (NODE_OPTIONS, coverage…) are not meant for it. */
function launcherEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')));
}
