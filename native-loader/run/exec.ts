import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { decodeReturnValue } from '../../src/action.js';
import { decodeProgram } from '../../src/bpf/program/codec.js';
import { Opcode } from '../../src/bpf/program/instruction.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { ANYTHING, checkOptions, LIST, OBJECT, type OptionTable, TEXT } from '../../src/options.js';
import { installError } from '../install/install-error.js';
import {
  checkInstallation,
  type InstallableFilter,
  type Installation,
  type InstallOptions,
  setNoNewPrivs,
} from '../install/install-filter.js';
import { allocateProgram, allocateString, allocateStrings } from '../libc/c-memory.js';
import { type Libc, libc, type Memory, type Pointer } from '../libc/libc.js';
import { restoreProcessDefaults } from '../libc/process-defaults.js';
import { ACTIONS, SECCOMP_GET_ACTION_AVAIL, SECCOMP_SET_MODE_FILTER } from '../libc/seccomp-abi.js';
import { checkCStrings, environmentStrings } from './c-strings.js';
import { describeExecFailure, execExitCode } from './exec-failure.js';
import { Handover, type ListenerReceiver } from './handover.js';
import { findCommand } from './path-lookup.js';

export interface ExecRequest {
  filter: InstallableFilter;
  /** As for `installFilter`, without `tsync`: execve(2) leaves one thread, the filtered one. */
  installOptions?: Omit<InstallOptions, 'tsync'>;
  /** A file name, looked up in PATH unless it has a slash. */
  command: string;
  /** The arguments after the command's name. */
  args?: readonly string[];
  /** The whole environment of the command, whose PATH is searched. Default: this process's, byte for byte. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Descriptors from 3 on that the command gets too: Node marks those it inherits close-on-exec. Default: none. */
  descriptors?: readonly number[];
  /**
   * Gets the listener before the command is executed; needed where the filter has one. A thread that the filter does
   * not cover sends it, and execve(2) ends that thread.
   */
  listenerReceiver?: ListenerReceiver;
}

const EXEC_OPTIONS: OptionTable<ExecRequest> = {
  filter: [ANYTHING],
  installOptions: [OBJECT],
  command: [TEXT],
  args: [LIST],
  env: [OBJECT],
  descriptors: [LIST],
  listenerReceiver: [OBJECT],
};

/**
 * Install a filter on the calling thread and execute a command in place of this process. Process id, parent, working
 * directory, stdin, stdout and stderr stay; nothing of ours is left. Does not return. It filters without TSYNC: Node's
 * other threads stay unfiltered, so that a strict filter cannot break them until execve(2) ends them.
 *
 * What Node changed at its start is restored, as far as it is known. Descriptors 0 to 2 are inherited again and
 * blocking, SIGPIPE and SIGXFSZ have their default action, and no signal is blocked. The soft limit of open files
 * becomes the parent process's again, if the hard limits agree: Node had raised it to the hard limit. Of the
 * descriptors from 3 on that this process inherited, the command gets those that `descriptors` names: Node marked them
 * close-on-exec. Signals that were inherited as ignored (nohup(1)) or blocked have their default action: Node reset them
 * and leaves no trace of it. What Node's streams have not written yet is lost.
 *
 * The filter has to allow execve(2) and what the command does. This library needs nothing more: it makes no other
 * system call between seccomp(2) and execve(2).
 *
 * An error leaves the process as it was, but no_new_privs stays set if it was asked for. If execve(2) itself fails, the
 * filter is already in force. The process then writes why to stderr and exits with 127 (ENOENT) or 126, as far as the
 * filter allows write(2) and exit_group(2).
 *
 * @throws {CommandNotFoundError} when there is no such command; its `exitCode` is what a shell would exit with
 * @throws {CommandNotExecutableError} when it cannot be executed; its `exitCode` is what a shell would exit with
 * @throws {InstallFilterError} when the filter has a wrong length or is for other machines, or the kernel refuses it;
 * INSTALL_ENOSYS, when there is no seccomp(2)
 * @throws {UnsupportedHostError} when this is not Linux, there is no koffi, or no_new_privs cannot be set
 * @throws {InvalidArgumentError} when it is called outside Node's main thread, an option is invalid, a string has a NUL
 * byte, or a listener would be closed by execve(2)
 *
 * @example
 * ```js
 * import { compileProfile } from 'libseccomp-wasm';
 * import { hostArchitecture, installAndExec } from 'libseccomp-wasm/loader';
 *
 * const profile = {
 *   defaultAction: 'SCMP_ACT_ALLOW',
 *   syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
 * };
 * const filter = await compileProfile(profile, { arch: hostArchitecture() });
 * const args = ['-c', 'mkdir never 2> /dev/null || echo refused'];
 * installAndExec({ filter, command: 'sh', args, installOptions: { noNewPrivs: true } }); // refused
 * ```
 */
export function installAndExec(request: ExecRequest): never {
  checkOptions('installAndExec', request, EXEC_OPTIONS);
  const { filter, installOptions = {}, command, args = [], env, descriptors = [], listenerReceiver } = request;
  if (!isMainThread) throw new InvalidArgumentError('installAndExec works on the main thread only, not in a Worker');
  const c = libc();
  const installation = checkInstallation(filter, { ...installOptions, tsync: false }, c);
  if (installation.listener && !listenerReceiver) {
    throw new InvalidArgumentError(
      'execve(2) closes the listener that the filter’s NOTIFY actions need: a supervisor has to hold it, so name a listenerReceiver. With installOptions.listener: false the filter is installed without one, and NOTIFY answers ENOSYS',
    );
  }
  const argv = [command, ...args];
  const environment = env && environmentStrings(env);
  checkCStrings([...argv, ...(environment ?? [])]);
  const file = findCommand(command, env ? env.PATH : process.env.PATH);
  return installAndEnter(c, { installation, file, argv, environment, descriptors, listenerReceiver });
}

/** What {@link installAndExec} does when all is checked. */
export interface Execution {
  readonly installation: Installation;
  readonly file: string;
  readonly argv: readonly string[];
  /** `NAME=value`; undefined: this process's, byte for byte. */
  readonly environment: readonly string[] | undefined;
  /** Those from 3 on that the command gets. */
  readonly descriptors: readonly number[];
  readonly listenerReceiver: ListenerReceiver | undefined;
}

/**
 * @throws {InstallFilterError} when the kernel refuses the filter; the process is as it was
 * @throws {UnsupportedHostError} when no_new_privs cannot be set
 */
export function installAndEnter(c: Libc, execution: Execution): never {
  const { installation, file, argv, environment, descriptors, listenerReceiver } = execution;
  // Runs only if this throws: otherwise the process is another program by then, or ends.
  const cleanup: (() => void)[] = [];
  const arena: Memory = {
    ...c,
    allocate: (size, layOut) => {
      const block = c.allocate(size, layOut);
      cleanup.push(() => c.free(block));
      return block;
    },
  };
  try {
    const envp = environment ? allocateStrings(arena, environment) : c.environment();
    const images: Images = {
      file: allocateImage(arena, file, argv, envp),
      script: allocateImage(arena, '/bin/sh', ['/bin/sh', file, ...argv.slice(1)], envp),
    };
    const program = allocateProgram(arena, installation.program);
    if (installation.noNewPrivs) setNoNewPrivs();
    const handover =
      listenerReceiver || mayKillThread(installation.program, c.endianness)
        ? new Handover(c, { receiver: listenerReceiver, file })
        : undefined;
    if (handover) cleanup.push(() => handover.cancel());
    warmUp(c);
    restoreProcessDefaults(c, cleanup, descriptors);
    const { listener } = installation;
    const { installed, failed } = enter(c, SECCOMP_SET_MODE_FILTER, installation.flags, program, images, (result) =>
      handover?.installed(listener ? result : -1),
    );
    if (listener ? installed < 0 : installed !== 0) throw installError(c, -installed, installation);
    if (handover) return handover.failed(-failed);
    c.write(2, Buffer.from(`${describeExecFailure(file, -failed)}\n`));
    return c.exit(execExitCode(-failed));
  } finally {
    for (const step of cleanup.reverse()) step();
  }
}

/**
 * Whether a filter may end the calling thread alone (SECCOMP_RET_KILL_THREAD, also by a division by 0), after which Node's
 * other threads would live on for ever.
 */
function mayKillThread(program: Uint8Array, endianness: Libc['endianness']): boolean {
  return decodeProgram(program, endianness).some(
    ({ code, k }) =>
      (code === Opcode.RET_K && decodeReturnValue(k).kind === 'KILL_THREAD') ||
      code === Opcode.RET_A ||
      code === Opcode.DIV_X,
  );
}

/** The arguments of one execve(2) call, in memory that stays. */
interface Image {
  path: Pointer | null;
  argv: Pointer | null;
  envp: Pointer | null;
}

/** The command, and what execvp(3) executes when the kernel does not know the file's format (ENOEXEC). */
interface Images {
  file: Image;
  script: Image;
}

/**
 * seccomp(2), then execve(2), and nothing in between that could need a system call: all memory is there, and an
 * earlier run has compiled this function and bound what it calls.
 */
function enter(
  c: Libc,
  operation: number,
  flags: number,
  argument: Pointer | Uint8Array,
  { file, script }: Images,
  onInstalled: (result: number) => void,
) {
  const installed = c.seccomp(operation, flags, argument);
  if (installed < 0) return { installed, failed: 0 };
  onInstalled(installed);
  let failed = c.execve(file.path, file.argv, file.envp);
  if (failed === -constants.errno.ENOEXEC) failed = c.execve(script.path, script.argv, script.envp);
  return { installed, failed };
}

/** Run {@link enter} on arguments that change nothing: a question that is answered with 0, and a NULL path (EFAULT). */
function warmUp(c: Libc): void {
  const nothing: Image = { path: null, argv: null, envp: null };
  const allow = new Uint8Array(Uint32Array.of(ACTIONS.ALLOW).buffer);
  enter(c, SECCOMP_GET_ACTION_AVAIL, 0, allow, { file: nothing, script: nothing }, () => {});
}

function allocateImage(memory: Memory, path: string, argv: readonly string[], envp: Pointer): Image {
  return { path: allocateString(memory, path), argv: allocateStrings(memory, argv), envp };
}
