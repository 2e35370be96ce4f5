import { readFileSync } from 'node:fs';
import { type InspectOptions, inspect } from 'node:util';
import { type ArchitectureName, callArchitecture } from '../../src/architecture.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { type SyscallParameter, syscallSignature } from '../../src/syscalls/signature.js';
import { syscallName as tableName } from '../../src/syscalls/syscall-name.js';
import { O_CLOEXEC } from '../libc/fcntl.js';
import { errnoName } from '../libc/libc.js';
import type { ContinueAnswer } from './answer.js';
import type { Cancellation } from './cancellation.js';
import type { Listener } from './listener.js';
import { LOW_WORD, MEMBER, type NotificationWords, SECCOMP_ADDFD_FLAG_SETFD, uint64At } from './notify-abi.js';
import { SupervisorError } from './supervisor-error.js';
import { MAX_STRING, readBytes, readUntilNul } from './target-memory.js';

/** The name of a system call; undefined for an unknown number. */
export type SyscallNamer = (number: number, architecture: ArchitectureName) => string | undefined;

/** An argument by its index, 0 to 5, or by the name of a parameter: the manual page's. */
export type ArgumentKey = number | string;

const REGISTERS: readonly number[] = [0, 1, 2, 3, 4, 5];
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A system call that waits for an answer. Its number and arguments are what the kernel took from registers: the target
 * cannot change them any more. Another thread of it can change the memory that they point to, at any time.
 */
export class Notification {
  readonly #words: NotificationWords;
  #args: readonly bigint[] | undefined;
  readonly #listener: Listener;
  readonly #cancellation: Cancellation;
  readonly #syscallName: SyscallNamer;
  #memoryWasRead = false;

  /** @internal */
  constructor(
    words: NotificationWords,
    listener: Listener,
    cancellation: Cancellation,
    syscallName: SyscallNamer = tableName,
  ) {
    this.#words = words;
    this.#listener = listener;
    this.#cancellation = cancellation;
    this.#syscallName = syscallName;
  }

  /** Unique to this call, and never used again by this listener. An interrupted call that restarts has a new one. */
  get id(): bigint {
    return uint64At(this.#words, MEMBER.id);
  }

  /** The calling thread, as numbered in this process's PID namespace; 0 where it is not visible there. */
  get pid(): number {
    return this.#words[MEMBER.pid]!;
  }

  /** Of the call, not of the machine: a 32-bit program has its own. Undefined for one libseccomp does not know. */
  get architecture(): ArchitectureName | undefined {
    return callArchitecture(this.auditArch, this.number)?.name;
  }

  /** AUDIT_ARCH_… of `linux/audit.h` */
  get auditArch(): number {
    return this.#words[MEMBER.auditArch]! >>> 0;
  }

  get number(): number {
    return this.#words[MEMBER.number]!;
  }

  /** Six registers, unsigned, whether the call takes them or not; a 32-bit program's are zero-extended. */
  get args(): readonly bigint[] {
    this.#args ??= REGISTERS.map((index) => this.uint64(index));
    return this.#args;
  }

  get instructionPointer(): bigint {
    return uint64At(this.#words, MEMBER.instructionPointer);
  }

  /** libseccomp's name of the call, or what the option `syscallName` says; undefined for one without. */
  get name(): string | undefined {
    const { architecture } = this;
    return architecture && this.#syscallName(this.number, architecture);
  }

  /** The same as {@link name}. */
  get syscall(): string | undefined {
    return this.name;
  }

  /** Aborted when an answer is no longer of use: the handler took too long, or supervision has ended. */
  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  /** What the call takes, in the order of `args`; undefined for a call without a name, or with one that Linux lacks. */
  get parameters(): readonly SyscallParameter[] | undefined {
    return this.name === undefined ? undefined : syscallSignature(this.name, this.architecture);
  }

  /**
   * An argument as the kernel takes an `int`: its low half, signed.
   *
   * @throws {InvalidArgumentError} when the call does not have the argument
   */
  int32(argument: ArgumentKey): number {
    return this.#words[this.#firstWord(argument) + LOW_WORD]!;
  }

  /**
   * An argument as the kernel takes an `unsigned int`: its low half.
   *
   * @throws {InvalidArgumentError} when the call does not have the argument
   */
  uint32(argument: ArgumentKey): number {
    return this.int32(argument) >>> 0;
  }

  /**
   * An argument as the kernel takes a `long` of a 64-bit program.
   *
   * @throws {InvalidArgumentError} when the call does not have the argument
   */
  int64(argument: ArgumentKey): bigint {
    return BigInt.asIntN(64, this.uint64(argument));
  }

  /**
   * The whole register.
   *
   * @throws {InvalidArgumentError} when the call does not have the argument
   */
  uint64(argument: ArgumentKey): bigint {
    return uint64At(this.#words, this.#firstWord(argument));
  }

  #firstWord(argument: ArgumentKey): number {
    const index = typeof argument === 'string' ? this.#indexOf(argument) : argument;
    if (!REGISTERS.includes(index)) throw new InvalidArgumentError(`arguments are 0 to 5, not ${argument}`);
    return MEMBER.args + 2 * index;
  }

  #indexOf(parameter: string): number {
    const { parameters } = this;
    if (!parameters) {
      const { name = `call ${this.number} of ${this.architecture ?? `AUDIT_ARCH 0x${this.auditArch.toString(16)}`}` } =
        this;
      throw new InvalidArgumentError(`"${parameter}": nothing is known of the parameters of ${name}; give an index`);
    }
    const index = parameters.findIndex(({ name }) => name === parameter);
    if (index < 0) {
      const names = parameters.map(({ name }) => name).join(', ') || 'nothing';
      throw new InvalidArgumentError(`${this.name} has no parameter "${parameter}": it takes ${names}`);
    }
    return index;
  }

  /** Whether the call still waits (SECCOMP_IOCTL_NOTIF_ID_VALID). False is final; true may change at once. */
  isPending(): boolean {
    return this.#listener.isPending(this.#words);
  }

  /**
   * Copy `length` bytes of the target's memory. The call waited while the copy was made: its id is checked before and
   * after. But another thread of the target may change the memory at any time. So decide by the copy, act on the copy,
   * and do not let the call continue. Afterwards {@link continue} throws.
   *
   * @throws {SupervisorError} NOTIFICATION_GONE, TARGET_MEMORY or TARGET_ACCESS, when the memory cannot be read
   */
  readMemory(address: bigint, length: number): Uint8Array {
    return this.#inspect((pid) => readBytes(this.#listener.calls, pid, address, length));
  }

  /**
   * As {@link readMemory}: the bytes up to a NUL, without it. The NUL has to come within `maxLength` bytes.
   *
   * @throws {SupervisorError} TARGET_STRING, when it does not; NOTIFICATION_GONE, TARGET_MEMORY or TARGET_ACCESS, when
   * the memory cannot be read
   */
  readCString(address: bigint, maxLength: number = MAX_STRING): Uint8Array {
    return this.#inspect((pid) => readUntilNul(this.#listener.calls, pid, address, maxLength));
  }

  /**
   * {@link readCString} as text. Paths may be any bytes, and readCString takes them all.
   *
   * @throws {SupervisorError} TARGET_STRING, when it is not UTF-8: two different paths must not look alike. Else as
   * {@link readCString}.
   */
  readString(address: bigint, maxLength?: number): string {
    const bytes = this.readCString(address, maxLength);
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw new SupervisorError('TARGET_STRING', `the string at 0x${address.toString(16)} is not UTF-8`, { cause });
    }
  }

  /**
   * A pidfd of the thread's process (pidfd_open(2)), close-on-exec; the caller closes it.
   *
   * @throws {SupervisorError} NOTIFICATION_GONE, when the call no longer waits; TARGET_ACCESS, when the kernel refuses
   */
  openPidfd(): number {
    return this.#whilePending((pid) => {
      const pidfd = this.#listener.calls.pidfdOpen(processOf(pid));
      if (pidfd < 0) throw refused('pidfd_open', pidfd);
      return pidfd;
    });
  }

  /**
   * Take a duplicate of a descriptor of the target (pidfd_getfd(2)), close-on-exec; the caller closes it. It is the same
   * open file, whatever the target does with its number afterwards.
   *
   * @throws {SupervisorError} NOTIFICATION_GONE, when the call no longer waits; TARGET_ACCESS, when the kernel refuses
   */
  takeFd(fd: number): number {
    return this.#whilePending((pid) => {
      const { calls } = this.#listener;
      const pidfd = calls.pidfdOpen(processOf(pid));
      if (pidfd < 0) throw refused('pidfd_open', pidfd);
      try {
        const taken = calls.pidfdGetfd(pidfd, fd);
        if (taken < 0) throw refused('pidfd_getfd', taken);
        return taken;
      } finally {
        calls.close(pidfd);
      }
    });
  }

  /**
   * Put a duplicate of our descriptor `fd` into the target, which goes on waiting (SECCOMP_IOCTL_NOTIF_ADDFD), at the
   * number `at` if given. Returns its number there. To return it as the call's result, answer with `{kind: 'fd', fd}`.
   *
   * @throws {SupervisorError} NOTIFICATION_GONE, when the call no longer waits; LISTENER, when the kernel refuses
   */
  addFd(fd: number, { at, closeOnExec = false }: { at?: number; closeOnExec?: boolean } = {}): number {
    const added = this.#listener.addFd(this.#words, {
      flags: at === undefined ? 0 : SECCOMP_ADDFD_FLAG_SETFD,
      source: fd,
      target: at ?? 0,
      targetFlags: closeOnExec ? O_CLOEXEC : 0,
    });
    if (added === undefined) throw gone(this.id);
    return added;
  }

  /**
   * The answer that lets the kernel make the call. Only the number and the arguments themselves may have led to it: the
   * kernel uses those that we saw. It is still no security boundary (seccomp_unotify(2), seccomp.h): a filter that is
   * installed later can overrule it.
   *
   * @throws {SupervisorError} UNSAFE_CONTINUE, when memory of the target was read
   */
  continue(): ContinueAnswer {
    if (this.#memoryWasRead) {
      throw new SupervisorError(
        'UNSAFE_CONTINUE',
        'the target’s memory was read, and can change before the kernel reads it again: whatever was decided by it does not hold for a call that continues. Do the work here and answer with its result, or call continueUnsafe({reason}) if nothing was decided by it',
      );
    }
    return { kind: 'continue' } as ContinueAnswer;
  }

  /**
   * As {@link continue} after memory was read, where nothing is decided: tracing, recording, or where the kernel
   * forbids by other means what must not happen. `reason` says which, for reviewers of the code.
   *
   * @throws {InvalidArgumentError} when no reason is given
   */
  continueUnsafe({ reason }: { reason: string }): ContinueAnswer {
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw new InvalidArgumentError(
        'continueUnsafe wants the reason why nothing is decided by the memory that was read',
      );
    }
    return { kind: 'continue' } as ContinueAnswer;
  }

  /**
   * Its members are getters, which console.log would leave out.
   *
   * @internal
   */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { id, pid, architecture, number, name, args, instructionPointer } = this;
    const shown = { id, pid, architecture, number, name, args, instructionPointer };
    return `Notification ${inspect(shown, options)}`;
  }

  #inspect<T>(read: (pid: number) => T): T {
    this.#memoryWasRead = true;
    return this.#whilePending(read);
  }

  /**
   * Ids are never used again. So a call that still waits after the operation waited all the time, and the thread id was
   * its thread's. The check before it keeps us from looking into another process.
   */
  #whilePending<T>(operation: (pid: number) => T): T {
    if (!this.isPending()) throw gone(this.id);
    if (this.pid === 0) {
      throw new SupervisorError('TARGET_ACCESS', 'the target is in a PID namespace that this process does not see');
    }
    let result: T;
    try {
      result = operation(this.pid);
    } catch (error) {
      throw this.isPending() ? error : gone(this.id);
    }
    if (this.isPending()) return result;
    if (typeof result === 'number') this.#listener.calls.close(result);
    throw gone(this.id);
  }
}

function gone(id: bigint): SupervisorError {
  return new SupervisorError(
    'NOTIFICATION_GONE',
    `call ${id} is no longer waiting: its thread was killed, or a signal interrupted it`,
  );
}

function refused(what: string, result: number): SupervisorError {
  const errno = errnoName(-result);
  return new SupervisorError('TARGET_ACCESS', `${what}: ${errno}`, { errno });
}

/** The process of a thread; pidfd_open(2) takes no other threads before Linux 6.9. proc_pid_status(5), "Tgid". */
function processOf(thread: number): number {
  try {
    const [, process] = /^Tgid:\s*(\d+)$/m.exec(readFileSync(`/proc/${thread}/status`, 'utf8')) ?? [];
    return process ? Number(process) : thread;
  } catch {
    return thread;
  }
}
