export {
  type FilterAttribute,
  type FilterAttributes,
  FilterContext,
  type FilterContextOptions,
} from './filter-context.js';
export { Libseccomp } from './libseccomp.js';
export {
  FilterContextStateError,
  LibseccompCrashError,
  type LibseccompErrno,
  LibseccompError,
  LibseccompWorkLimitError,
  UnknownSyscallError,
  WasmModuleError,
} from './libseccomp-error.js';
export { type LoadOptions, loadLibseccomp, loadLibseccompSync } from './load.js';
export type { ArgumentComparison } from './marshal.js';
export { type SyscallNaming, syscallNaming } from './syscall-naming.js';
export { listSyscalls, lookUpSyscallName, lookUpSyscallNumber, type SyscallEntry } from './syscall-table.js';
export type { SyncWasmSource, WasmSource } from './wasm-source.js';
