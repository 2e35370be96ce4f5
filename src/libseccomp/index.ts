/**
 * libseccomp itself, typed: the functions of its C API, one to one, and its tables of system calls. Browser and Node.js.
 *
 * @packageDocumentation
 */

// Load it

export { Libseccomp } from './libseccomp.js';
export { type LoadOptions, loadLibseccomp, loadLibseccompSync } from './load.js';
export type { SyncWasmSource, WasmSource } from './wasm-source.js';

// Make a filter

export type { CompareOperator } from '../policy.js';
export {
  type FilterAttribute,
  type FilterAttributes,
  FilterContext,
  type FilterContextOptions,
} from './filter-context.js';
export type { ArgumentComparison } from './marshal.js';

// Names and numbers of system calls

export { type SyscallNaming, syscallNaming } from './syscall-naming.js';
export { listSyscalls, lookUpSyscallName, lookUpSyscallNumber, type SyscallEntry } from './syscall-table.js';

// Errors

export type { LibseccompCall } from './exports.js';
export {
  FilterContextStateError,
  LibseccompCrashError,
  type LibseccompErrno,
  LibseccompError,
  LibseccompWorkLimitError,
  UnknownSyscallError,
  WasmModuleError,
} from './libseccomp-error.js';
