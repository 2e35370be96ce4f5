import type { ArchitectureName } from '../../src/architecture.js';
import { parseArchitecture } from '../../src/architecture.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { ANYTHING, checkOptions, FUNCTION, LIST, type OptionTable } from '../../src/options.js';
import { hostArchitecture } from '../libc/host.js';
import { supervisorCalls } from '../libc/supervisor-calls.js';
import { type Answer, type ConstantAnswer, encodeAnswer } from './answer.js';
import type { TalliedCall, TallyMasks } from './call-tally.js';
import { Cancellation } from './cancellation.js';
import { CountedWarnings } from './counted-warnings.js';
import { Listener } from './listener.js';
import { Notification, type SyscallNamer } from './notification.js';
import { decodeNotification, type RawResponse } from './notify-abi.js';
import { SupervisorError } from './supervisor-error.js';
import { supervisorThread } from './supervisor-thread.js';
import type { AnswerTable } from './watch-protocol.js';

/** Calls whose answer does not depend on their arguments; the supervisor thread gives it without running any handler. */
export interface ConstantAnswers {
  /** Default: this machine's. */
  architecture?: ArchitectureName;
  /** Their numbers on that architecture. */
  syscalls: readonly number[];
  answer: ConstantAnswer;
}

/** Answers a call; undefined: the answer is `unhandled`. */
export type NotificationHandler = (notification: Notification) => Answer | undefined | Promise<Answer | undefined>;

/** Something a supervisor's operator should know. The call was answered with `failure` if it still waited. */
export type SupervisorReport =
  | { kind: 'handler-failed'; notification: Notification; error: unknown }
  | { kind: 'handler-timeout'; notification: Notification; milliseconds: number };

export interface SupervisorOptions {
  onNotification?: NotificationHandler | undefined;
  /** Answered before `onNotification` is asked. */
  answers?: readonly ConstantAnswers[] | undefined;
  /** For calls that neither `answers` nor `onNotification` answers. Default: ENOSYS, as without a supervisor. */
  unhandled?: ConstantAnswer | undefined;
  /** The errno, by name or number, when a handler throws, takes too long or gives an invalid answer. Default: EPERM. */
  failure?: string | number | undefined;
  /** How long a handler may take, in milliseconds; Infinity: for ever. Default: 30 seconds. */
  handlerTimeout?: number | undefined;
  /**
   * Gets each failure. Default: a warning of the process (process.emitWarning) for the first of each kind, and one at the
   * end that counts them.
   */
  onReport?: ((report: SupervisorReport) => void) | undefined;
  /** Gives notifications their `name`, and with it their arguments' names. Default: libseccomp's, from a table. */
  syscallName?: SyscallNamer | undefined;
  /** Count the calls, by these bits of their arguments; see `Supervision.tallied`. Default: do not. */
  tally?: TallyMasks | undefined;
}

/** A listener that is being answered. */
export interface Supervision extends AsyncDisposable {
  /**
   * Fulfilled when it has ended: nobody is left under the filter, or {@link close} was called. Rejected if it failed; the
   * listener is closed then, so that calls fail with ENOSYS.
   */
  readonly closed: Promise<void>;
  /** What `tally` counted; empty before {@link closed}, and if the supervisor thread itself ended. */
  readonly tallied: readonly TalliedCall[];
  /** How many calls the handler failed to answer so far, or not in time. They were answered with `failure`. */
  readonly failures: number;
  /** Stop answering and close the listener: calls that wait, and all that come, fail with ENOSYS. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT = 30_000;
/** What setTimeout(3) of Node takes. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Answer the calls of a listener. Its descriptor now belongs to the supervision. That it is a listener is not checked
 * here: `closed` is rejected if it is another file.
 *
 * @throws {InvalidArgumentError} when an option is invalid, or the descriptor is no number of one
 * @throws {SupervisorError} SUPERVISOR_THREAD, when the thread that answers cannot start
 * @throws {UnsupportedHostError} when this is not Linux, there is no koffi, or `loader-worker.js` is missing
 *
 * @example
 * ```js
 * import { mkdir } from 'node:fs/promises';
 * import { compileProfile } from 'libseccomp-wasm';
 * import { hostArchitecture, installFilter, superviseListener } from 'libseccomp-wasm/loader';
 *
 * const profile = {
 *   defaultAction: 'SCMP_ACT_ALLOW',
 *   syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
 * };
 * const filter = await compileProfile(profile, { arch: hostArchitecture() });
 * const listener = installFilter(filter, { noNewPrivs: true });
 * const supervision = superviseListener(listener, { onNotification: () => ({ kind: 'errno', errno: 'EROFS' }) });
 * // In a thread of Node's: this one has to answer it.
 * await mkdir('never').catch((error) => {
 *   console.log(error.code); // EROFS
 * });
 * await supervision.close();
 * ```
 */
export function superviseListener(fd: number, options: SupervisorOptions): Supervision {
  checkOptions('superviseListener', options, SUPERVISOR_OPTIONS);
  if (!Number.isInteger(fd) || fd < 0) throw new InvalidArgumentError(`${fd} is no file descriptor`);
  return supervise(fd, checkSupervisorOptions(options));
}

/** As {@link superviseListener}, with options that were checked. */
export function supervise(fd: number, options: CheckedOptions): Supervision {
  return new ListenerSupervision(fd, options);
}

/** The values of {@link SupervisorOptions}; what is {@link ANYTHING} is looked at below. */
export const SUPERVISOR_OPTIONS: OptionTable<SupervisorOptions> = {
  onNotification: [ANYTHING],
  answers: [LIST],
  unhandled: [ANYTHING],
  failure: [ANYTHING],
  handlerTimeout: [ANYTHING],
  onReport: [FUNCTION],
  syscallName: [FUNCTION],
  tally: [ANYTHING],
};

/** Options that were checked: nothing in them can fail any more. */
export interface CheckedOptions {
  readonly handler: NotificationHandler | undefined;
  readonly answers: AnswerTable;
  readonly unhandled: RawResponse;
  readonly failure: RawResponse;
  readonly timeout: number;
  readonly report: ((report: SupervisorReport) => void) | undefined;
  readonly syscallName: SyscallNamer | undefined;
  readonly tally: TallyMasks | undefined;
}

/**
 * Resolve the defaults, before anything waits for an answer.
 *
 * @throws {InvalidArgumentError} when an option is invalid
 */
export function checkSupervisorOptions(options: SupervisorOptions): CheckedOptions {
  const { onNotification, answers = [], unhandled = { kind: 'errno', errno: 'ENOSYS' }, failure = 'EPERM' } = options;
  const { handlerTimeout: timeout = DEFAULT_TIMEOUT, onReport, syscallName, tally } = options;
  if (onNotification !== undefined && typeof onNotification !== 'function') {
    throw new InvalidArgumentError('onNotification is a function');
  }
  if (typeof timeout !== 'number' || !(timeout > 0) || (timeout > MAX_TIMEOUT && timeout !== Infinity)) {
    throw new InvalidArgumentError(
      `handlerTimeout is more than 0 and at most ${MAX_TIMEOUT} milliseconds, or Infinity`,
    );
  }
  const otherwise = encodeAnswer(unhandled);
  const bySyscall = new Map<number, Map<number, RawResponse>>();
  for (const { architecture = hostArchitecture(), syscalls, answer } of answers) {
    const { auditArch } = parseArchitecture(architecture);
    const numbers = bySyscall.get(auditArch) ?? new Map<number, RawResponse>();
    bySyscall.set(auditArch, numbers);
    const response = encodeAnswer(answer);
    for (const number of syscalls) {
      if (!Number.isInteger(number)) throw new InvalidArgumentError(`${number} is no number of a system call`);
      numbers.set(number, response);
    }
  }
  return {
    handler: onNotification,
    answers: { bySyscall, otherwise: onNotification ? undefined : otherwise },
    unhandled: otherwise,
    failure: encodeAnswer({ kind: 'errno', errno: failure }),
    timeout,
    report: onReport,
    syscallName,
    tally,
  };
}

const FAILURES: Readonly<Record<SupervisorReport['kind'], string>> = {
  'handler-failed': 'the handler failed',
  'handler-timeout': 'the handler took too long',
};

function describe(report: SupervisorReport): string {
  const { notification: call } = report;
  const name = call.name ?? `system call ${call.number}`;
  const what =
    report.kind === 'handler-timeout'
      ? `took longer than ${report.milliseconds} ms`
      : `failed: ${report.error instanceof Error ? report.error.message : String(report.error)}`;
  return `the handler for ${name} of thread ${call.pid} ${what}`;
}

class ListenerSupervision implements Supervision {
  readonly closed: Promise<void>;
  tallied: readonly TalliedCall[] = [];
  failures = 0;
  readonly #listener: Listener;
  readonly #options: CheckedOptions;
  /** How to give up on each handler that is at work. */
  readonly #pending = new Set<() => void>();
  readonly #warnings = new CountedWarnings('SeccompSupervisorWarning');
  readonly #unwatch: () => void;

  constructor(fd: number, options: CheckedOptions) {
    this.#options = options;
    this.#listener = new Listener(supervisorCalls(), fd);
    let onEnd: (error?: SupervisorError, tallied?: TalliedCall[]) => void = () => {};
    this.closed = new Promise((resolve, reject) => {
      onEnd = (error, tallied = []) => {
        this.tallied = tallied;
        this.#listener.close();
        for (const giveUp of this.#pending) giveUp();
        this.#warnings.sum();
        if (error) reject(error);
        else resolve();
      };
    });
    // Handled here: a program that ignores `closed` must not end by an unhandled rejection. The listener is closed, and
    // calls fail.
    this.closed.catch(() => {});
    try {
      this.#listener.useSyncWakeUp();
      this.#unwatch = supervisorThread().watch(
        { kind: 'listener', fd, answers: options.answers, tally: options.tally },
        { onNotification: (bytes) => this.#receive(bytes), onEnd },
      );
    } catch (error) {
      this.#listener.close();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#unwatch();
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #receive(bytes: Uint8Array): void {
    const { handler, syscallName } = this.#options;
    const raw = decodeNotification(bytes, this.#listener.calls.endianness);
    const cancellation = new Cancellation();
    const notification = new Notification(raw, this.#listener, cancellation, syscallName);
    try {
      const outcome = handler!(notification);
      if (isPromise(outcome)) this.#await(notification, outcome, cancellation);
      else this.#send(notification, outcome);
    } catch (error) {
      this.#fail(notification, error);
    }
  }

  #await(notification: Notification, outcome: Promise<Answer | undefined>, cancellation: Cancellation): void {
    const { timeout: milliseconds, failure } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const settle = () => {
      clearTimeout(timer);
      return this.#pending.delete(giveUp);
    };
    const giveUp = () => {
      settle();
      cancellation.cancel();
    };
    this.#pending.add(giveUp);
    if (milliseconds !== Infinity) {
      timer = setTimeout(() => {
        this.#listener.send(notification.id, failure);
        giveUp();
        this.#report({ kind: 'handler-timeout', notification, milliseconds });
      }, milliseconds);
    }
    outcome
      .then((answer) => (settle() ? this.#send(notification, answer) : discard(answer)))
      // A failure after the time-out has been reported as that.
      .catch((error) => (settle() || !cancellation.cancelled) && this.#fail(notification, error));
  }

  #send({ id }: Notification, answer: Answer | undefined): void {
    if (answer === undefined) this.#listener.send(id, this.#options.unhandled);
    else if (answer.kind === 'fd') this.#listener.sendFd(id, answer);
    else this.#listener.send(id, encodeAnswer(answer));
    supervisorThread().answered();
  }

  #fail(notification: Notification, error: unknown): void {
    const answered = this.#listener.send(notification.id, this.#options.failure);
    // The target was killed or interrupted while the handler looked at it: nobody's fault.
    if (!answered && error instanceof SupervisorError && error.code === 'NOTIFICATION_GONE') return;
    this.#report({ kind: 'handler-failed', notification, error });
  }

  #report(report: SupervisorReport): void {
    this.failures++;
    if (this.#options.report) this.#options.report(report);
    else this.#warnings.add(FAILURES[report.kind], describe(report));
  }
}

function isPromise<T>(outcome: T | Promise<T>): outcome is Promise<T> {
  return typeof (outcome as Promise<T> | undefined)?.then === 'function';
}

/** An answer that comes too late still owns the descriptor that it was to give away. */
function discard(answer: Answer | undefined): void {
  if (answer?.kind === 'fd' && answer.closeSource) supervisorCalls().close(answer.fd);
}
