import { readFileSync } from 'node:fs';
import { INSTRUCTION_SIZE } from '../../src/bpf/program/instruction.js';
import { InvalidArgumentError, ScmpError } from '../../src/errors.js';
import { type Host, thisHost } from '../libc/host.js';
import { errnoName } from '../libc/libc.js';
import { type Koffi, loadKoffi, orErrno } from '../libc/load-koffi.js';

export type DumpErrorCode =
  /** There is no such process or thread. */
  | 'DUMP_NO_PROCESS'
  /** The kernel does not let this process look. */
  | 'DUMP_NOT_PERMITTED'
  /** The kernel cannot: it was built without CONFIG_CHECKPOINT_RESTORE. */
  | 'DUMP_UNSUPPORTED'
  /** The process did not stop: it waits in the kernel for something that no signal interrupts. */
  | 'DUMP_NOT_STOPPED';

/**
 * The filters of a process could not be had.
 *
 * @example
 * ```js
 * import { DumpError, dumpFilters } from 'libseccomp-wasm/loader';
 *
 * try {
 *   dumpFilters(2 ** 22 + 1); // no process has such an id
 * } catch (error) {
 *   console.log(error instanceof DumpError, error.code); // true DUMP_NO_PROCESS
 * }
 * ```
 */
export class DumpError extends ScmpError {
  static override readonly brand = 'DumpError';
  readonly code: DumpErrorCode;
  /** The name of the errno, if the kernel refused. */
  readonly errno: string | undefined;

  constructor(code: DumpErrorCode, message: string, errno?: string) {
    super(message);
    this.code = code;
    this.errno = errno;
  }
}

// ptrace(2); linux/ptrace.h. The same on every architecture that koffi has a binary for.
const PTRACE_DETACH = 17;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const PTRACE_SECCOMP_GET_FILTER = 0x420c;
const PTRACE_EVENT_STOP = 128;
// wait(2)
const WNOHANG = 1;
const WALL = 0x40000000;

const MAX_STOP_MILLISECONDS = 5000;

/**
 * The seccomp filters of a running thread, in the order in which they were installed. A process's id is that of its
 * first thread. Each filter is its program's bytes as the kernel was given them: 8 an instruction, in this machine's
 * byte order.
 *
 * Uses PTRACE_SECCOMP_GET_FILTER of ptrace(2). The thread stops for some microseconds and goes on as it was; it gets
 * the signals that came in between. The calling thread is blocked meanwhile, for five seconds at most.
 *
 * It needs CAP_SYS_ADMIN in the initial user namespace and the right to ptrace(2) the target. Nobody else may trace the
 * target, and this process must be under no seccomp filter.
 *
 * @throws {DumpError} when the filters cannot be read
 * @throws {UnsupportedHostError} when this is not Linux, or there is no koffi
 *
 * @example
 * ```js
 * import { compileProfile } from 'libseccomp-wasm';
 * import { dumpFilters, hostArchitecture, spawnSandboxed } from 'libseccomp-wasm/loader';
 *
 * const filter = await compileProfile({ defaultAction: 'SCMP_ACT_ALLOW' }, { arch: hostArchitecture() });
 * const child = await spawnSandboxed('sleep', ['60'], { filter });
 * const [program] = dumpFilters(child.pid); // as root
 * console.log(Buffer.from(filter.program).equals(program)); // true
 * child.kill();
 * ```
 */
export function dumpFilters(pid: number, host: Host = thisHost): Uint8Array[] {
  if (!Number.isInteger(pid) || pid < 1 || pid > MAX_PID) {
    throw new InvalidArgumentError(`a process is given by its number, from 1 to ${MAX_PID}, not as ${String(pid)}`);
  }
  const tracer = openTracer(host);
  using tracee = new Tracee(tracer, pid);
  const filters: Uint8Array[] = [];
  for (;;) {
    const bytes = tracee.filter(filters.length);
    if (bytes === undefined) break;
    filters.push(bytes);
  }
  return filters;
}

/** A pid_t is 32 bits, signed. */
const MAX_PID = 0x7fffffff;

interface Tracer {
  ptrace(request: number, pid: number, address: number, data: number | Uint8Array | null): number;
  /** The status of a change of state; undefined if there was none, or -errno. */
  wait(pid: number): number | undefined;
}

/** ptrace(2) is about threads: all of it is to be called on one. */
function openTracer(host: Host): Tracer {
  const k: Koffi = loadKoffi(host);
  const symbols = k.load(null);
  // Integers and pointers only, for which Linux's calling conventions pass variadic arguments as they pass fixed ones.
  const ptrace = symbols.func('long ptrace(long, long, unsigned long, void *)');
  const waitpid = symbols.func('int waitpid(int, void *, int)');
  const status = new Int32Array(1);
  return {
    ptrace: (request, pid, address, data) =>
      orErrno(k, ptrace(request, pid, address, typeof data === 'number' ? BigInt(data) : data)),
    wait: (pid) => {
      const result = orErrno(k, waitpid(pid, status, WNOHANG | WALL));
      if (result === 0) return undefined;
      return result < 0 ? result : status[0];
    },
  };
}

/** A thread that is stopped by us; it goes on when this is disposed of. */
class Tracee {
  readonly #tracer: Tracer;
  readonly #pid: number;
  /** The signal it was about to take when it stopped, or 0. */
  #signal = 0;

  constructor(tracer: Tracer, pid: number) {
    this.#tracer = tracer;
    this.#pid = pid;
    const seized = tracer.ptrace(PTRACE_SEIZE, pid, 0, null);
    if (seized < 0) throw attachError(pid, errnoName(-seized));
    tracer.ptrace(PTRACE_INTERRUPT, pid, 0, null);
    this.#awaitStop();
  }

  #awaitStop(): void {
    const sleep = new Int32Array(new SharedArrayBuffer(4));
    for (let begin = Date.now(); ; Atomics.wait(sleep, 0, 0, 1)) {
      const status = this.#tracer.wait(this.#pid);
      if (status === undefined) {
        if (Date.now() - begin < MAX_STOP_MILLISECONDS) continue;
        throw new DumpError(
          'DUMP_NOT_STOPPED',
          `process ${this.#pid} did not stop within ${MAX_STOP_MILLISECONDS / 1000} seconds: it waits in the kernel (state D). It is attached until this process ends`,
        );
      }
      if (status < 0 || (status & 0xff) !== 0x7f) throw noProcess(this.#pid);
      // A signal that came first is handed on at the end.
      if (status >> 16 !== PTRACE_EVENT_STOP) this.#signal = (status >> 8) & 0xff;
      return;
    }
  }

  /** By its place; the first that was installed is 0 (kernel/seccomp.c, get_nth_filter; ptrace(2) says otherwise). */
  filter(index: number): Uint8Array | undefined {
    const length = this.#get(index, null);
    if (length === undefined) return undefined;
    const bytes = new Uint8Array(length * INSTRUCTION_SIZE);
    this.#get(index, bytes);
    return bytes;
  }

  #get(index: number, into: Uint8Array | null): number | undefined {
    const length = this.#tracer.ptrace(PTRACE_SECCOMP_GET_FILTER, this.#pid, index, into);
    if (length >= 0) return length;
    const errno = errnoName(-length);
    if (errno === 'ENOENT') return undefined;
    // The answer about a thread that has no filters, and of a kernel that cannot.
    if (errno === 'EINVAL' && statusField(this.#pid, 'Seccomp') !== '2') return undefined;
    if (errno === 'ESRCH') throw noProcess(this.#pid);
    throw filterError(errno);
  }

  [Symbol.dispose](): void {
    // It may have been killed meanwhile: nothing is left to detach from then.
    this.#tracer.ptrace(PTRACE_DETACH, this.#pid, 0, this.#signal);
  }
}

function noProcess(pid: number): DumpError {
  return new DumpError('DUMP_NO_PROCESS', `there is no process ${pid}`, 'ESRCH');
}

function attachError(pid: number, errno: string): DumpError {
  if (errno === 'ESRCH') return noProcess(pid);
  const tracer = statusField(pid, 'TracerPid');
  const reason =
    tracer !== undefined && tracer !== '0'
      ? `process ${tracer} is tracing it already, a debugger or strace`
      : 'it takes the right to ptrace(2) it: the same user or CAP_SYS_PTRACE, no stricter Yama (kernel.yama.ptrace_scope) or LSM policy, and not a kernel thread or this very process';
  return new DumpError('DUMP_NOT_PERMITTED', `process ${pid} cannot be attached to: ${errno}: ${reason}`, errno);
}

/** kernel/seccomp.c, seccomp_get_filter. */
function filterError(errno: string): DumpError {
  if (errno !== 'EACCES') {
    const message = `this kernel does not hand out filters: ${errno}; it was built without CONFIG_CHECKPOINT_RESTORE`;
    return new DumpError('DUMP_UNSUPPORTED', message, errno);
  }
  const mode = statusField('self', 'Seccomp');
  const reason =
    mode !== undefined && mode !== '0'
      ? 'this process runs under a seccomp filter itself (of a container, perhaps), and the kernel gives filters to none such: run it outside'
      : 'the kernel gives filters to processes with CAP_SYS_ADMIN in the initial user namespace only: run it as root, outside of containers with user namespaces';
  return new DumpError('DUMP_NOT_PERMITTED', `the filters cannot be read: ${errno}: ${reason}`, errno);
}

/** A field of proc_pid_status(5); undefined where it cannot be read. */
function statusField(pid: number | 'self', name: string): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(status)?.[1];
  } catch {
    return undefined;
  }
}
