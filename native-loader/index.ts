export type { SyscallParameter } from '../src/syscalls/signature.js';
export type { Answer, ConstantAnswer, ContinueAnswer, ErrnoAnswer, FdAnswer, ValueAnswer } from './answer.js';
export type { TalliedCall, TallyMask, TallyMasks } from './call-tally.js';
export type { ContainerProcessState, ContainerState } from './container-state.js';
export { DumpError, type DumpErrorCode, dumpFilters } from './dump-filters.js';
export { type ExecRequest, installAndExec } from './exec.js';
export { type SeccompFeatures, seccompFeatures } from './features.js';
export type { ListenerReceiver } from './handover.js';
export { type Host, hostArchitecture } from './host.js';
export { type InstallErrorCode, InstallFilterError } from './install-error.js';
export { type InstallableFilter, type InstallOptions, installFilter, setNoNewPrivs } from './install-filter.js';
export { connectListenerPath } from './listener-path.js';
export type { ArgumentKey, Notification, SyscallNamer } from './notification.js';
export { CommandNotExecutableError, CommandNotFoundError } from './path-lookup.js';
export type { InstallFlag, KernelAction } from './seccomp-abi.js';
export { createSeccompAgent, type SeccompAgent, type SeccompAgentOptions } from './seccomp-agent.js';
export { type SandboxExit, type SandboxedProcess, type SandboxOptions, spawnSandboxed } from './spawn-sandboxed.js';
export {
  type ConstantAnswers,
  type NotificationHandler,
  type Supervision,
  type SupervisorOptions,
  type SupervisorReport,
  superviseListener,
} from './supervisor.js';
export { SupervisorError, type SupervisorErrorCode } from './supervisor-error.js';
