import { parseArchitecture } from '../../src/architecture.js';
import { INSTRUCTION_SIZE, MAX_INSTRUCTIONS } from '../../src/bpf/program/instruction.js';
import type { FilterProgram } from '../../src/bpf/program/program.js';
import { InvalidArgumentError, UnsupportedHostError } from '../../src/errors.js';
import { BOOLEAN, checkOptions, type OptionTable } from '../../src/options.js';
import type { FilterFlag } from '../../src/policy.js';
import { allocateProgram } from '../libc/c-memory.js';
import { type Host, hostArchitecture } from '../libc/host.js';
import { errnoName, libc } from '../libc/libc.js';
import { INSTALL_FLAGS, SECCOMP_SET_MODE_FILTER } from '../libc/seccomp-abi.js';
import { comparedArchitectures } from './check-program.js';
import { InstallFilterError, installError, threadError } from './install-error.js';

/**
 * A filter for this machine. It is bare bytes (8 a `struct sock_filter`, in this machine's byte order), or what
 * `compileProfile` returns. `usesListener`: the program has NOTIFY actions, which need a listener's answer.
 */
export type InstallableFilter =
  | Uint8Array
  | (FilterProgram & { flags?: readonly FilterFlag[]; usesListener?: boolean });

export interface InstallOptions {
  /** Install on every thread of this process, or on none (default); false: on the calling thread alone. */
  tsync?: boolean;
  /** Log all actions but ALLOW, as far as the sysctl kernel.seccomp.actions_logged lets. Default: as the filter says. */
  log?: boolean;
  /** Leave Speculative Store Bypass mitigation off. Default: as the filter says. */
  specAllow?: boolean;
  /**
   * Only a fatal signal interrupts a notification that the supervisor has received. Default: as the filter says.
   * Without a listener it is an error, as it is for the kernel: a profile that asks for it expects a supervisor.
   */
  waitKillable?: boolean;
  /** Create a listener for NOTIFY actions and return its file descriptor. Default: as the filter says. */
  listener?: boolean;
  /** Set no_new_privs first. It is never set unless asked for, and stays set if the installation fails. */
  noNewPrivs?: boolean;
}

/** The values of {@link InstallOptions}. */
const INSTALL_OPTIONS: OptionTable<InstallOptions> = {
  tsync: [BOOLEAN],
  log: [BOOLEAN],
  specAllow: [BOOLEAN],
  waitKillable: [BOOLEAN],
  listener: [BOOLEAN],
  noNewPrivs: [BOOLEAN],
};

/** A checked request: what seccomp(2) is called with. */
export interface Installation {
  program: Uint8Array;
  /** SECCOMP_FILTER_FLAG_… */
  flags: number;
  listener: boolean;
  noNewPrivs: boolean;
}

export const PR_SET_NO_NEW_PRIVS = 38;

/**
 * Install a filter on this process for good: filters cannot be removed, and are inherited by children and across
 * execve(2). Returns the listener's file descriptor (close-on-exec) if there is one, else undefined.
 *
 * @throws {InstallFilterError} when the filter has a wrong length or is for other machines, or the kernel refuses it;
 * INSTALL_ENOSYS, when there is no seccomp(2)
 * @throws {UnsupportedHostError} when this is not Linux, there is no koffi, or no_new_privs cannot be set
 * @throws {InvalidArgumentError} when the filter has no `program`, or an option or flag is unknown
 *
 * @example
 * ```js
 * import { mkdirSync } from 'node:fs';
 * import { compileProfile } from 'libseccomp-wasm';
 * import { hostArchitecture, installFilter } from 'libseccomp-wasm/loader';
 *
 * const profile = {
 *   defaultAction: 'SCMP_ACT_ALLOW',
 *   syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
 * };
 * const filter = await compileProfile(profile, { arch: hostArchitecture() });
 * installFilter(filter, { noNewPrivs: true });
 * try {
 *   mkdirSync('never');
 * } catch (error) {
 *   console.log(error.code); // EPERM
 * }
 * ```
 */
export function installFilter(filter: InstallableFilter, options: InstallOptions = {}): number | undefined {
  const c = libc();
  const installation = checkInstallation(filter, options, c);
  if (installation.noNewPrivs) setNoNewPrivs();
  const programPointer = allocateProgram(c, installation.program);
  try {
    const result = c.seccomp(SECCOMP_SET_MODE_FILTER, installation.flags, programPointer);
    if (result < 0) throw installError(c, -result, installation);
    if (installation.listener) return result;
    if (result > 0) throw threadError(result);
    return undefined;
  } finally {
    c.free(programPointer);
  }
}

/**
 * Set the calling thread's no_new_privs bit for good: execve(2) grants no privileges any more (set-user-ID programs,
 * file capabilities). With it, a filter can be installed without CAP_SYS_ADMIN, and TSYNC sets it on the other threads
 * too. prctl(2), PR_SET_NO_NEW_PRIVS.
 *
 * @throws {UnsupportedHostError} when this is not Linux, there is no koffi, or no_new_privs cannot be set
 *
 * @example
 * ```js
 * import { seccompFeatures, setNoNewPrivs } from 'libseccomp-wasm/loader';
 *
 * setNoNewPrivs();
 * console.log(seccompFeatures().process.noNewPrivs); // true
 * ```
 */
export function setNoNewPrivs(): void {
  const result = libc().prctl(PR_SET_NO_NEW_PRIVS, 1);
  if (result < 0) throw noNewPrivsError(-result);
}

export function noNewPrivsError(errno: number): UnsupportedHostError {
  return new UnsupportedHostError(
    `no_new_privs cannot be set: ${errnoName(errno)}; the kernel is older than Linux 3.5, or a filter forbids prctl(2)`,
  );
}

/** Resolve the defaults, and check what can be checked without the kernel. */
export function checkInstallation(
  filter: InstallableFilter,
  options: InstallOptions,
  { endianness }: Pick<Host, 'endianness'>,
): Installation {
  checkOptions('installing a filter', options, INSTALL_OPTIONS);
  const described = filter instanceof Uint8Array ? { program: filter } : filter;
  if (!(described?.program instanceof Uint8Array)) {
    throw new InvalidArgumentError('a filter is a Uint8Array or an object with one as its `program`');
  }
  // A copy: another thread might change the program between its check and its use.
  const program = described.program.slice();
  checkLength(program.length);
  checkArchitecture(program, 'arches' in described ? described.arches : undefined, endianness);

  const asked = new Set<FilterFlag>('flags' in described ? described.flags : []);
  for (const flag of asked) {
    if (!Object.hasOwn(INSTALL_FLAGS, flag)) throw new InvalidArgumentError(`unknown filter flag ${flag}`);
  }
  const {
    tsync = true,
    log = asked.has('SECCOMP_FILTER_FLAG_LOG'),
    specAllow = asked.has('SECCOMP_FILTER_FLAG_SPEC_ALLOW'),
    waitKillable = asked.has('SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'),
    listener = ('usesListener' in described && described.usesListener) || false,
    noNewPrivs = false,
  } = options;
  if (waitKillable && !listener) {
    throw new InstallFilterError(
      'INSTALL_EINVAL',
      'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is about a listener, and the filter has none: the kernel refuses it. Take the flag out of the profile, or pass listener: true or waitKillable: false',
    );
  }
  const flags =
    (tsync ? INSTALL_FLAGS.SECCOMP_FILTER_FLAG_TSYNC : 0) |
    (log ? INSTALL_FLAGS.SECCOMP_FILTER_FLAG_LOG : 0) |
    (specAllow ? INSTALL_FLAGS.SECCOMP_FILTER_FLAG_SPEC_ALLOW : 0) |
    (listener ? INSTALL_FLAGS.SECCOMP_FILTER_FLAG_NEW_LISTENER : 0) |
    (waitKillable ? INSTALL_FLAGS.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0) |
    // A positive result is either a listener or a thread's id: with both flags the kernel wants failures as ESRCH.
    (tsync && listener ? INSTALL_FLAGS.SECCOMP_FILTER_FLAG_TSYNC_ESRCH : 0);
  return { program, flags, listener, noNewPrivs };
}

function checkLength(length: number): void {
  if (length === 0 || length % INSTRUCTION_SIZE !== 0) {
    throw new InstallFilterError(
      'INSTALL_LENGTH',
      `a filter of ${length} bytes is no BPF program: it consists of at least one instruction of ${INSTRUCTION_SIZE} bytes`,
    );
  }
  if (length > MAX_INSTRUCTIONS * INSTRUCTION_SIZE) {
    throw new InstallFilterError(
      'INSTALL_E2BIG',
      `the filter has ${length / INSTRUCTION_SIZE} instructions, the kernel takes ${MAX_INSTRUCTIONS} (BPF_MAXINSNS); optimise it or name fewer architectures`,
    );
  }
}

/** A filter for other machines only would answer every system call here with its bad-architecture action. */
function checkArchitecture(
  program: Uint8Array,
  arches: FilterProgram['arches'] | undefined,
  endianness: Host['endianness'],
): void {
  const host = hostArchitecture();
  if (arches) {
    if (arches.includes(host)) return;
    throw foreign(`decides for ${arches.join(', ') || 'no architecture'}`, host);
  }
  const compared = comparedArchitectures(program, endianness);
  if (!compared || compared.has(parseArchitecture(host).auditArch)) return;
  const constants = [...compared].map((value) => `0x${value.toString(16).padStart(8, '0')}`);
  throw foreign(`compares seccomp_data.arch with ${constants.join(', ')} only`, host);
}

function foreign(what: string, host: string): InstallFilterError {
  return new InstallFilterError(
    'INSTALL_FOREIGN_ARCHITECTURE',
    `the filter ${what}, and this process is ${host}: compile the profile for ${host}`,
  );
}
