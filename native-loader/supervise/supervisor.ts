import type { ArchitectureName } from '../../src/architecture.js';
import { parseArchitecture } from '../../src/architecture.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { ANYTHING, BOOLEAN, checkOptions, FUNCTION, LIST, type OptionTable } from '../../src/options.js';
import { hostArchitecture } from '../libc/host.js';
import { supervisorCalls } from '../libc/supervisor-calls.js';
import { type Answer, type ConstantAnswer, encodeAnswer } from './answer.js';
import type { TalliedCall, TallyMasks } from './call-tally.js';
import { Cancellation } from './cancellation.js';
import { CountedWarnings } from './counted-warnings.js';
import { Listener } from './listener.js';
import { MainSession } from './main-session.js';
import { Notification, type SyscallNamer } from './notification.js';
import type { NotificationWords, RawResponse } from './notify-abi.js';
import { type PendingHandler, PendingHandlers } from './pending-handlers.js';
import { protectSupervisor } from './protect-supervisor.js';
import { createReception } from './reception.js';
import { isPromise, sendAnswer, sendFailure } from './send-answer.js';
import { SupervisorError } from './supervisor-error.js';
import { supervisorThread, turnBudget, type Watching } from './supervisor-thread.js';
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
  /**
   * Answers a call, on the main thread. Or the file: or data: URL of a module whose default export does, a
   * {@link SynchronousHandler}: it runs in a supervisor thread of its own, several times faster.
   */
  onNotification?: NotificationHandler | URL | undefined;
  /** Answered before `onNotification` is asked. */
  answers?: readonly ConstantAnswers[] | undefined;
  /** For calls that neither `answers` nor `onNotification` answers. Default: ENOSYS, as without a supervisor. */
  unhandled?: ConstantAnswer | undefined;
  /** The errno, by name or number, when a handler throws, takes too long or gives an invalid answer. Default: EPERM. */
  failure?: string | number | undefined;
  /**
   * How long a handler may take, in milliseconds; Infinity: for ever. Default: 30 seconds. A module's handler cannot be
   * stopped alone: its thread ends, and with it the supervisions that have the same module.
   */
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
  /**
   * Leave this process as traceable as it is (PR_SET_DUMPABLE of prctl(2)): debuggers and profilers of its user can look
   * into it, and so can its sandboxed commands. Default: false, and a process that was made untraceable stays so.
   */
  dumpable?: boolean | undefined;
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
/** How often is looked after a module's handler, at the least. */
const MAX_WATCH_MILLISECONDS = 500;

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
  dumpable: [BOOLEAN],
};

/** Options that were checked: nothing in them can fail any more. */
export interface CheckedOptions {
  readonly handler: NotificationHandler | undefined;
  /** The address of the handler's module. */
  readonly handlerModule: string | undefined;
  readonly answers: AnswerTable;
  readonly unhandled: RawResponse;
  readonly failure: RawResponse;
  readonly timeout: number;
  readonly report: ((report: SupervisorReport) => void) | undefined;
  readonly syscallName: SyscallNamer | undefined;
  readonly tally: TallyMasks | undefined;
  readonly dumpable: boolean;
}

/**
 * Resolve the defaults, before anything waits for an answer.
 *
 * @throws {InvalidArgumentError} when an option is invalid
 */
export function checkSupervisorOptions(options: SupervisorOptions): CheckedOptions {
  const { onNotification, answers = [], unhandled = { kind: 'errno', errno: 'ENOSYS' }, failure = 'EPERM' } = options;
  const { handlerTimeout: timeout = DEFAULT_TIMEOUT, onReport, syscallName, tally, dumpable = false } = options;
  const handlerModule = onNotification instanceof URL ? onNotification : undefined;
  if (handlerModule && !/^(file|data):$/.test(handlerModule.protocol)) {
    throw new InvalidArgumentError(`onNotification is a file: or data: URL, not ${handlerModule.protocol}`);
  }
  if (onNotification !== undefined && !handlerModule && typeof onNotification !== 'function') {
    throw new InvalidArgumentError(
      "onNotification is a function, or the URL of a module: new URL('./handler.js', import.meta.url)",
    );
  }
  if (handlerModule && syscallName) {
    throw new InvalidArgumentError('syscallName is a function, which does not reach a handler in a module');
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
    handler: typeof onNotification === 'function' ? onNotification : undefined,
    handlerModule: handlerModule?.href,
    answers: { bySyscall, otherwise: onNotification ? undefined : otherwise },
    unhandled: otherwise,
    failure: encodeAnswer({ kind: 'errno', errno: failure }),
    timeout,
    report: onReport,
    syscallName,
    tally,
    dumpable,
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

/** A call that the main thread's handler got. */
interface HandledCall {
  readonly words: NotificationWords;
  readonly notification: Notification;
  readonly cancellation: Cancellation;
}

class ListenerSupervision implements Supervision {
  readonly closed: Promise<void>;
  tallied: readonly TalliedCall[] = [];
  failures = 0;
  readonly #listener: Listener;
  readonly #options: CheckedOptions;
  readonly #pending: PendingHandlers;
  readonly #warnings = new CountedWarnings('SeccompSupervisorWarning');
  #watchdog: NodeJS.Timeout | undefined;
  readonly #thread: ReturnType<typeof supervisorThread>;
  readonly #watching: Watching;
  readonly #session: MainSession | undefined;

  constructor(fd: number, options: CheckedOptions) {
    this.#options = options;
    this.#pending = new PendingHandlers(options.timeout);
    this.#listener = new Listener(supervisorCalls(), fd);
    let onEnd: (error?: SupervisorError, tallied?: TalliedCall[]) => void = () => {};
    this.closed = new Promise((resolve, reject) => {
      onEnd = (error, tallied = []) => {
        clearInterval(this.#watchdog);
        this.#session?.end();
        this.tallied = tallied;
        this.#listener.close();
        this.#pending.giveUpAll();
        this.#warnings.sum();
        if (error) reject(error);
        else resolve();
      };
    });
    // Handled here: a program that ignores `closed` must not end by an unhandled rejection. The listener is closed, and
    // calls fail.
    this.closed.catch(() => {});
    try {
      protectSupervisor(options);
      this.#listener.useSyncWakeUp();
      const { handler, answers, unhandled, failure, tally, handlerModule } = options;
      this.#thread = supervisorThread(handlerModule);
      // Calls are counted in the supervisor thread.
      const reception = handler && !tally ? createReception() : undefined;
      this.#session =
        reception &&
        new MainSession({
          calls: this.#listener.calls,
          fd,
          listener: this.#listener,
          answers,
          reception,
          budget: turnBudget,
          wakeThread: () => this.#thread.wake(),
          deliver: (words) => this.#receive(words),
        });
      this.#watching = this.#thread.watch(
        { kind: 'listener', fd, answers, unhandled, failure, tally, reception },
        {
          onNotification: (words) => this.#receive(words),
          onFailed: (words, error) =>
            this.#report({ kind: 'handler-failed', notification: this.#notification(words), error }),
          onEnd,
        },
      );
    } catch (error) {
      this.#listener.close();
      throw error;
    }
    if (options.handlerModule !== undefined && options.timeout !== Infinity) this.#watchHandler(options.timeout);
  }

  close(): Promise<void> {
    this.#session?.end();
    this.#watching.stop();
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A module's handler that does not return. */
  #watchHandler(milliseconds: number): void {
    this.#watchdog = setInterval(
      () => {
        const words = this.#watching.overdue(milliseconds);
        if (!words) return;
        this.#listener.send(words, this.#options.failure);
        this.#report({ kind: 'handler-timeout', notification: this.#notification(words), milliseconds });
        const what = `the handler of ${this.#options.handlerModule} did not return in ${milliseconds} ms`;
        this.#thread.abandon(new SupervisorError('SUPERVISOR_THREAD', what));
      },
      Math.min(milliseconds / 2, MAX_WATCH_MILLISECONDS),
    );
    this.#watchdog.unref();
  }

  #notification(words: NotificationWords, cancellation = new Cancellation()): Notification {
    return new Notification(words, this.#listener, cancellation, this.#options.syscallName);
  }

  #receive(words: NotificationWords): void {
    const cancellation = new Cancellation();
    const notification = this.#notification(words, cancellation);
    try {
      const outcome = this.#options.handler!(notification);
      if (isPromise(outcome)) this.#await({ words, notification, cancellation }, outcome);
      else this.#send(words, outcome);
    } catch (error) {
      this.#fail({ words, notification }, error);
    }
  }

  #await({ words, notification, cancellation }: HandledCall, outcome: Promise<Answer | undefined>): void {
    const handler: PendingHandler = {
      begin: performance.now(),
      expire: () => {
        const { timeout: milliseconds, failure } = this.#options;
        this.#listener.send(words, failure);
        cancellation.cancel();
        this.#report({ kind: 'handler-timeout', notification, milliseconds });
      },
      giveUp: () => cancellation.cancel(),
    };
    this.#pending.add(handler);
    // A failure after the time-out has been reported as that.
    const fail = (error: unknown) => {
      if (this.#pending.delete(handler) || !cancellation.cancelled) this.#fail({ words, notification }, error);
    };
    outcome.then((answer) => {
      try {
        if (this.#pending.delete(handler)) this.#send(words, answer);
        else discard(answer);
      } catch (error) {
        fail(error);
      }
    }, fail);
  }

  #send(words: NotificationWords, answer: Answer | undefined): void {
    sendAnswer(this.#listener, words, answer, this.#options.unhandled);
    this.#session?.answered();
  }

  #fail({ words, notification }: Pick<HandledCall, 'words' | 'notification'>, error: unknown): void {
    if (!sendFailure(this.#listener, words, error, this.#options.failure)) return;
    this.#report({ kind: 'handler-failed', notification, error });
  }

  #report(report: SupervisorReport): void {
    this.failures++;
    if (this.#options.report) this.#options.report(report);
    else this.#warnings.add(FAILURES[report.kind], describe(report));
  }
}

/** An answer that comes too late still owns the descriptor that it was to give away. */
function discard(answer: Answer | undefined): void {
  if (answer?.kind === 'fd' && answer.closeSource) supervisorCalls().close(answer.fd);
}
