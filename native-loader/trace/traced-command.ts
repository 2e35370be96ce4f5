import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import type { InstallableFilter } from '../install/install-filter.js';
import { hostArchitecture, thisHost } from '../libc/host.js';
import { errnoName } from '../libc/libc.js';
import { inheritedOpenFilesLimit } from '../libc/process-defaults.js';
import { LAUNCH_STEPS, launchError } from '../run/launch-protocol.js';
import { encodeRequest, type LaunchRequest, launchRequest } from '../run/launch-request.js';
import { nativeTracer } from '../run/native-launcher.js';
import type { SandboxExit } from '../run/spawn-sandboxed.js';
import type { TalliedCall, TallyMasks } from '../supervise/call-tally.js';
import { protectTracer } from '../supervise/protect-supervisor.js';
import { SupervisorError } from '../supervise/supervisor-error.js';
import { Account } from './account.js';
import { decodeEvent, EVENT_SIZE, type StoppedCall, type TraceEvent } from './trace-events.js';

/** Why ptrace(2) is not to be had here: a symbolic errno, or words. Nothing was run. */
export class TracingUnavailable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** A descriptor of this process, the one of the same number, or none. */
export type InheritedStdio = number | 'inherit' | 'ignore';

export interface TraceOptions {
  /** Its calls to observe are those it answers with SECCOMP_RET_TRACE. */
  filter: InstallableFilter;
  /** `ifNeeded`: only where the filter cannot be installed without. */
  noNewPrivs: boolean | 'ifNeeded';
  /** SECCOMP_FILTER_FLAG_SPEC_ALLOW: the command is as fast as without a filter. Default: as the filter has it. */
  specAllow?: boolean | undefined;
  /** For child_process.spawn: descriptors of this process, by the numbers that they shall have. */
  stdio: readonly InheritedStdio[];
  /** Count calls, by these bits of their arguments. Without it each stop is given to `onStop`. */
  tally?: TallyMasks | undefined;
  /** With `tally`: as {@link letsKnownCallsThrough} says. The filter stops nothing then. */
  onlyKinds?: boolean;
  /** The thread waits until this returns. */
  onStop?: ((call: StoppedCall) => void) | undefined;
  /** With `onStop`: what the call returned. The thread waits until this returns. */
  onResult?: ((returned: { pid: number; result: bigint }) => void) | undefined;
  /** The thread makes itself or another a tracee, which fails: it waits until this returns. */
  onTracer?: ((call: StoppedCall) => void) | undefined;
  /** The thread waits until this returns. */
  onKilled?: ((thread: { pid: number; auditArch: number; wasSent: boolean }) => void) | undefined;
}

/**
 * Whether a command can be observed that asks which kinds of calls there are, and not how many. The tracer then puts filters
 * into processes that run, which let through what is known: most calls of a build are not stopped.
 *
 * It cannot where this process has a filter already: a call that one denies must not be taken for one that was made.
 */
export function letsKnownCallsThrough(): boolean {
  if (hostArchitecture() !== 'x86_64') return false;
  try {
    return /^Seccomp:\t0$/m.test(readFileSync('/proc/self/status', 'latin1'));
  } catch {
    return false;
  }
}

/** How soon the tracer has a signal that this process had, if its process group had it. */
const GROUP_SIGNAL_MILLISECONDS = 250;

/**
 * Start a command under a filter and the tracer. Fulfilled when it is executed.
 *
 * @throws {CommandNotFoundError} when there is no such command
 * @throws {CommandNotExecutableError} when it cannot be executed
 * @throws {InstallFilterError} when the kernel refuses the filter
 * @throws {SupervisorError} LAUNCH, when the tracer failed
 */
export async function spawnTraced(
  command: string,
  args: readonly string[],
  options: TraceOptions,
): Promise<TracedCommand | TracingUnavailable> {
  const tracer = process.platform === 'linux' ? nativeTracer() : undefined;
  if (tracer === undefined) return new TracingUnavailable('this package has no tracer for this machine');
  const request = launchRequest(command, args, {
    filter: options.filter,
    installOptions: {
      noNewPrivs: options.noNewPrivs === true,
      ...(options.specAllow === undefined ? {} : { specAllow: options.specAllow }),
      listener: false,
      waitKillable: false,
    },
    env: environment(),
  });
  // The tracer is between the command and this process, and has the same user as both.
  protectTracer();
  const started = new TracedCommand(tracer, request, options);
  return started.start();
}

/** For LISTEN_PID, sd_listen_fds(3): the tracer writes the command's id where this process's was. */
function environment(): Readonly<Record<string, string | undefined>> {
  if (process.env.LISTEN_PID !== String(process.pid)) return process.env;
  return { ...process.env, LISTEN_PID: '0000000000', LISTEN_PIDFDID: undefined };
}

export class TracedCommand {
  /** Fulfilled when the command has ended. Processes that it started may live on. */
  readonly ended: Promise<SandboxExit>;
  /** Fulfilled when all have ended. */
  readonly finished: Promise<void>;
  pid = 0;
  readonly #child: ChildProcess;
  readonly #socket: Duplex | undefined;
  readonly #account: Account;
  readonly #options: TraceOptions;
  readonly #request: LaunchRequest;
  readonly #groupSignals = new Map<number, { at: number; tell: (() => void) | undefined }>();
  #rest: Uint8Array = new Uint8Array(0);
  #onStart: (outcome: TracedCommand | TracingUnavailable) => void = () => {};
  #onFailure: (error: Error) => void = () => {};
  #onEnd: (exit: SandboxExit) => void = () => {};
  #hasEnded = false;

  constructor(tracer: string, request: LaunchRequest, options: TraceOptions) {
    this.#options = options;
    this.#request = request;
    this.#account = new Account({
      tally: options.tally,
      onlyKinds: options.onlyKinds ?? false,
      results: options.onResult !== undefined,
      maySetNoNewPrivs: options.noNewPrivs === 'ifNeeded',
      openFiles: inheritedOpenFilesLimit(),
    });
    this.ended = new Promise((resolve) => {
      this.#onEnd = resolve;
    });
    const { stdio } = options;
    this.#child = spawn(tracer, [String(stdio.length)], { stdio: [...stdio, 'pipe', this.#account.fd], env: {} });
    this.#socket = (this.#child.stdio as (Duplex | null | undefined)[])[stdio.length] ?? undefined;
    this.#socket?.on('data', (bytes: Uint8Array) => this.#receive(bytes)).on('error', () => {});
    this.finished = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#onStart(new TracingUnavailable(error.message));
        resolve();
      });
      this.#child.once('close', (code, signal) => {
        this.#onFailure(
          new SupervisorError(
            'LAUNCH',
            `the tracer ended before the command started: ${signal ?? `exit code ${code}`}`,
          ),
        );
        // PTRACE_O_EXITKILL: its end was theirs.
        if (!this.#hasEnded) this.#onEnd({ code: null, signal: 'SIGKILL' });
        resolve();
      });
    });
  }

  start(): Promise<TracedCommand | TracingUnavailable> {
    this.#socket?.write(encodeRequest(this.#request));
    return new Promise((resolve, reject) => {
      this.#onStart = resolve;
      this.#onFailure = reject;
    });
  }

  /** The id of the tracer, by which /proc/PID/status knows its tracees. */
  get tracer(): number {
    return this.#child.pid!;
  }

  /** Whether something that came to an end without the command ended it: the tracer was killed, and all with it. */
  get wasCutOff(): boolean {
    return !this.#hasEnded;
  }

  tallied(): { calls: TalliedCall[]; uncounted: number } {
    return this.#account.read();
  }

  /** Whether the process group had a signal that this process has just had, as from a terminal. */
  hadGroup(signal: NodeJS.Signals): Promise<boolean> {
    const number = constants.signals[signal];
    const known = this.#groupSignals.get(number);
    this.#groupSignals.delete(number);
    if (known && performance.now() - known.at < GROUP_SIGNAL_MILLISECONDS) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#groupSignals.delete(number);
        resolve(false);
      }, GROUP_SIGNAL_MILLISECONDS);
      const tell = () => {
        clearTimeout(timer);
        this.#groupSignals.delete(number);
        resolve(true);
      };
      this.#groupSignals.set(number, { at: Number.NEGATIVE_INFINITY, tell });
    });
  }

  /** Do not wait for processes that are left: the tracer stays with them, and they go on. */
  leave(): void {
    this.#socket?.destroy();
    this.#child.unref();
  }

  #receive(bytes: Uint8Array): void {
    let rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    for (; rest.length >= EVENT_SIZE; rest = rest.subarray(EVENT_SIZE)) {
      this.#handle(decodeEvent(rest, thisHost.endianness));
    }
    this.#rest = rest;
  }

  #handle(event: TraceEvent): void {
    const { onStop, onTracer, onKilled, onResult } = this.#options;
    switch (event.kind) {
      case 'started':
        this.pid = event.pid;
        this.#onStart(this);
        return;
      case 'failed': {
        const { step, errno } = event;
        if (step === LAUNCH_STEPS.attach) this.#onStart(new TracingUnavailable(errnoName(errno)));
        else this.#onFailure(launchError({ step, errno, text: '' }, this.#request));
        return;
      }
      case 'ended':
        this.#hasEnded = true;
        this.#onEnd(exitOf(event.status));
        // A filter may end the command at execve(2), before it is another program.
        this.#onStart(this);
        return;
      case 'signal': {
        const waiting = this.#groupSignals.get(event.signal)?.tell;
        if (waiting) waiting();
        else this.#groupSignals.set(event.signal, { at: performance.now(), tell: undefined });
        return;
      }
      default:
        try {
          if (event.kind === 'stopped') onStop?.(event.call);
          else if (event.kind === 'tracer') onTracer?.(event.call);
          else if (event.kind === 'returned') onResult?.(event);
          else onKilled?.(event);
        } finally {
          this.#socket?.write(Uint8Array.of(1));
        }
    }
  }
}

/** wait(2): WIFEXITED, WEXITSTATUS, WTERMSIG. */
function exitOf(status: number): SandboxExit {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff, signal: null };
  const [name] = Object.entries(constants.signals).find(([, value]) => value === number) ?? [];
  // Real-time signals have no name: as shells have it.
  return name === undefined ? { code: 128 + number, signal: null } : { code: null, signal: name as NodeJS.Signals };
}
