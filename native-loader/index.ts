/**
 * Install filters, run commands under them, and answer their calls. Linux and Node.js, through koffi.
 *
 * @packageDocumentation
 */

// Run a command under a filter

export { type ExecRequest, installAndExec } from './run/exec.js';
export type { ListenerReceiver } from './run/handover.js';
export type { SandboxOptions } from './run/sandbox-options.js';
export { type SandboxExit, type SandboxedProcess, spawnSandboxed } from './run/spawn-sandboxed.js';

// Install a filter here

export { type InstallableFilter, type InstallOptions, installFilter, setNoNewPrivs } from './install/install-filter.js';
export type { InstallFlag, KernelAction } from './libc/seccomp-abi.js';

// Answer calls

export type { Answer, ConstantAnswer, ContinueAnswer, ErrnoAnswer, FdAnswer, ValueAnswer } from './supervise/answer.js';
export type { TalliedCall, TallyMask, TallyMasks } from './supervise/call-tally.js';
export type { SynchronousHandler } from './supervise/handler-module.js';
export type { ArgumentKey, Notification, SyscallNamer } from './supervise/notification.js';
export {
  type ConstantAnswers,
  type NotificationHandler,
  type Supervision,
  type SupervisorOptions,
  type SupervisorReport,
  superviseListener,
} from './supervise/supervisor.js';

// Virtual files

export {
  type VirtualFile,
  type VirtualFileAnswer,
  type VirtualFilesHandler,
  type VirtualFilesOptions,
  virtualFiles,
} from './virtual-files/virtual-files.js';

// Answer calls of containers

export type { ContainerProcessState, ContainerState } from './container/container-state.js';
export { connectListenerPath } from './container/listener-path.js';
export { createSeccompAgent, type SeccompAgent, type SeccompAgentOptions } from './container/seccomp-agent.js';

// The filters of a process

export { DumpError, type DumpErrorCode, dumpFilters } from './install/dump-filters.js';

// This machine

export { type SeccompFeatures, seccompFeatures } from './install/features.js';
export { type Host, hostArchitecture } from './libc/host.js';

// Errors

export { UnsupportedHostError } from '../src/errors.js';
export { type InstallErrorCode, InstallFilterError } from './install/install-error.js';
export { CommandNotExecutableError, CommandNotFoundError } from './run/path-lookup.js';
export { SupervisorError, type SupervisorErrorCode } from './supervise/supervisor-error.js';
