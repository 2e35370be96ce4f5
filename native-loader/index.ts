export { type ExecRequest, installAndExec } from './exec.js';
export { type SeccompFeatures, seccompFeatures } from './features.js';
export { type Host, hostArchitecture } from './host.js';
export { type InstallErrorCode, InstallFilterError } from './install-error.js';
export { type InstallableFilter, type InstallOptions, installFilter, setNoNewPrivs } from './install-filter.js';
export { CommandNotExecutableError, CommandNotFoundError } from './path-lookup.js';
export type { InstallFlag, KernelAction } from './seccomp-abi.js';
