import { release } from 'node:os';
import { ScmpError } from '../../src/errors.js';
import { errnoName, type Libc } from '../libc/libc.js';
import { INSTALL_FLAGS, type InstallFlag } from '../libc/seccomp-abi.js';
import { describeFault } from './check-program.js';
import { supportsFlag } from './probe.js';

/** `INSTALL_` and the kernel's errno, or one of the faults that are found before the kernel is asked. */
export type InstallErrorCode = `INSTALL_E${string}` | 'INSTALL_LENGTH' | 'INSTALL_FOREIGN_ARCHITECTURE';

/**
 * A filter was not installed; no thread runs under it.
 *
 * @example
 * ```js
 * import { InstallFilterError, installFilter } from 'libseccomp-wasm/loader';
 *
 * try {
 *   installFilter(new Uint8Array(7)); // an instruction has 8 bytes
 * } catch (error) {
 *   console.log(error instanceof InstallFilterError, error.code); // true INSTALL_LENGTH
 * }
 * ```
 */
export class InstallFilterError extends ScmpError {
  static override readonly brand = 'InstallFilterError';
  readonly code: InstallErrorCode;
  /** The name of the errno, if the kernel refused. */
  readonly errno: string | undefined;
  /** With INSTALL_ESRCH: the id of the thread that could not follow, if the kernel named it. */
  readonly threadId: number | undefined;

  constructor(code: InstallErrorCode, message: string, details: { errno?: string; threadId?: number } = {}) {
    super(message);
    this.code = code;
    this.errno = details.errno;
    this.threadId = details.threadId;
  }
}

const explanations: Readonly<Record<string, string>> = {
  EACCES:
    'the kernel demands no_new_privs or CAP_SYS_ADMIN in the user namespace, lest a set-user-ID program be fooled: pass noNewPrivs: true, or call setNoNewPrivs() first',
  EBUSY: 'a filter with a listener is installed in this process already, and a thread can have only one',
  EFAULT: 'the kernel could not read the program at the address it was given',
  EMFILE: 'this process has no file descriptor left for the listener (RLIMIT_NOFILE)',
  ENFILE: 'the system has no file descriptor left for the listener (fs.file-max)',
  ENOMEM:
    'the kernel is out of memory, or all filters of this thread exceed its limit of 32768 instructions (of eBPF: about two for each, and 4 more a filter)',
  ENOSYS: 'this kernel has no seccomp(2) (before Linux 3.17, built without CONFIG_SECCOMP, or emulated)',
  EPERM: 'a filter that is installed already, perhaps the container runtime’s, forbids seccomp(2)',
  ESRCH:
    'another thread of this process has a filter of its own, so it cannot get this one (the kernel does not name the thread where there is a listener)',
};

/** What seccomp(2)'s answer `-errno` means for this installation. Sources: seccomp(2) and kernel/seccomp.c. */
export function installError(
  c: Libc,
  errno: number,
  { program, flags }: { program: Uint8Array; flags: number },
): InstallFilterError {
  const name = errnoName(errno);
  const reason = name === 'EINVAL' ? explainInvalid(c, program, flags) : explanations[name];
  const code: InstallErrorCode = name.startsWith('E') ? `INSTALL_${name as `E${string}`}` : 'INSTALL_EUNKNOWN';
  return new InstallFilterError(code, `the filter was not installed: ${name}${reason ? `: ${reason}` : ''}`, {
    errno: name,
  });
}

function explainInvalid(c: Libc, program: Uint8Array, flags: number): string {
  const unsupported = (Object.keys(INSTALL_FLAGS) as InstallFlag[]).filter(
    (flag) => flags & INSTALL_FLAGS[flag] && !supportsFlag(c, flag),
  );
  if (unsupported.length > 0) return `this kernel (${release()}) does not know ${unsupported.join(', ')}`;
  const fault = describeFault(program, c.endianness);
  if (fault !== undefined) return fault;
  return `this kernel (${release()}) was built without CONFIG_SECCOMP_FILTER, or the thread is in seccomp's strict mode`;
}

/** TSYNC without TSYNC_ESRCH answers a failure with the id of the thread that could not follow; errno is 0 then. */
export function threadError(threadId: number): InstallFilterError {
  return new InstallFilterError(
    'INSTALL_ESRCH',
    `the filter was not installed on any thread: thread ${threadId} of this process cannot follow, because it has a filter of its own that the calling thread has not. ` +
      'Install the filter before such threads start, or with tsync: false for the calling thread alone',
    { threadId },
  );
}
