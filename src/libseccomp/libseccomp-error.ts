import { errnoName } from '../errno.js';
import { ScmpError } from '../errors.js';
import { quote } from '../text.js';
import type { LibseccompCall } from './exports.js';

/** The errno names libseccomp's functions return (see RETURN VALUE in their man pages). */
export type LibseccompErrno =
  | 'E2BIG'
  | 'EACCES'
  | 'ECANCELED'
  | 'EDOM'
  | 'EEXIST'
  | 'EFAULT'
  | 'EINVAL'
  | 'ENOENT'
  | 'ENOMEM'
  | 'EOPNOTSUPP'
  | 'ERANGE'
  | 'ESRCH';

type Meanings = Partial<Record<LibseccompErrno, string>>;

const RULE: Meanings = {
  EACCES: "the rule's action equals the filter's default action, so the rule would change nothing",
  EDOM: 'the system call cannot be expressed on one of the architectures of the filter',
  EEXIST: 'a rule with another action has the same conditions, or these and more',
  EFAULT:
    'the number is no system call of the native architecture, by whose table libseccomp finds the number on the others',
  EINVAL:
    'the filter has no architecture, the number is reserved (-1..-99), or the rule compares an argument twice, or one above 5. Or this API level does not know the operator or the action (ERRNO takes 0..4094)',
};

const DEFAULT_ACTION = 'the default action is not one libseccomp knows (ERRNO takes 0..4094) at this API level';

/** What an errno means for one function, read off libseccomp's code (api.c, db.c, gen_bpf.c). */
const MEANINGS: Partial<Record<LibseccompCall, Meanings>> = {
  scmp_set_native_arch: { EINVAL: 'libseccomp does not know this architecture' },
  seccomp_api_set: { EINVAL: 'API levels are 1 to 7' },
  seccomp_arch_add: {
    EDOM: 'its byte order differs from that of the architectures already in the filter; a filter has one byte order',
    EEXIST: 'the architecture is already in the filter',
    EINVAL: 'libseccomp does not know this architecture',
  },
  seccomp_arch_exist: { EEXIST: 'the architecture is not in the filter', EINVAL: 'libseccomp does not know it' },
  seccomp_arch_remove: {
    EEXIST: 'the architecture is not in the filter',
    EINVAL: 'libseccomp does not know this architecture',
  },
  seccomp_attr_get: { EINVAL: 'there is no such attribute, or the filter has no architecture' },
  seccomp_attr_set: {
    EACCES: 'the default action is set when the filter is made or reset, not afterwards',
    EINVAL: 'there is no such attribute, the value is not a valid action, or the filter has no architecture',
    EOPNOTSUPP: 'the value is not supported (OPTIMIZE takes 1 or 2), or the API level is too low for the attribute',
  },
  seccomp_export_bpf_mem: {
    E2BIG: 'the program has more than 65535 instructions',
    EINVAL: 'the filter has no architecture',
    ERANGE: 'the buffer is smaller than the program',
  },
  seccomp_export_pfc: { ECANCELED: 'writing the text failed', EINVAL: 'the filter has no architecture' },
  seccomp_init: { EINVAL: DEFAULT_ACTION },
  seccomp_merge: {
    EDOM: 'the filters have different byte orders',
    EEXIST: 'both filters have rules for the same architecture',
    EINVAL:
      'the default action, CTL_NNP and CTL_TSYNC must be the same in both filters, and each needs an architecture',
  },
  seccomp_precompute: {
    E2BIG: 'the program has more than 65535 instructions',
    EINVAL: 'the filter has no architecture',
  },
  seccomp_reset: { EINVAL: DEFAULT_ACTION },
  seccomp_rule_add_array: RULE,
  seccomp_rule_add_exact_array: {
    ...RULE,
    EINVAL: `${RULE.EINVAL}, or the exact rule cannot be expressed on this architecture`,
    EOPNOTSUPP: 'exact rules need a filter with one architecture',
  },
  seccomp_syscall_priority: {
    EDOM: 'the system call does not exist on one of the architectures of the filter',
    EINVAL: 'the system call number is reserved (-1..-99), or the filter has no architecture',
  },
  seccomp_transaction_start: { EINVAL: 'the filter has no architecture' },
  seccomp_transaction_commit: { EINVAL: 'the filter has no architecture' },
};

/** What an errno means wherever it appears. */
const GENERAL: Meanings = {
  EFAULT: 'internal failure of libseccomp',
  EINVAL: 'an argument is not valid',
  ENOMEM: 'out of memory',
};

/**
 * A libseccomp function returned an error. `code` is `LIBSECCOMP_` and the errno's name.
 *
 * @example
 * ```js
 * import { FilterContext, LibseccompError, loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const libseccomp = await loadLibseccomp();
 * const filter = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture: 'x86_64' });
 * try {
 *   filter.addArchitecture('x86_64');
 * } catch (error) {
 *   if (!(error instanceof LibseccompError)) throw error;
 *   console.log(error.code, error.call); // LIBSECCOMP_EEXIST seccomp_arch_add
 * }
 * ```
 */
export class LibseccompError extends ScmpError {
  static override readonly brand = 'LibseccompError';
  readonly code: `LIBSECCOMP_${LibseccompErrno}`;

  constructor(
    /** The C function that failed. */
    readonly call: LibseccompCall,
    readonly errno: LibseccompErrno,
    /** Its arguments, for instance `arch mips`. */
    readonly subject?: string,
  ) {
    const meaning = MEANINGS[call]?.[errno] ?? GENERAL[errno] ?? 'libseccomp gives no reason';
    super(`${call}${subject === undefined ? '' : ` (${subject})`}: -${errno}: ${meaning}`);
    this.code = `LIBSECCOMP_${errno}`;
  }

  /** The error for a function's negative return value: the module has Linux's errno numbers (wasm/include/bits). */
  static fromReturn(call: LibseccompCall, value: number, subject?: string): LibseccompError {
    return new LibseccompError(call, (errnoName(-value) ?? 'EFAULT') as LibseccompErrno, subject);
  }
}

/**
 * The module trapped (an assertion of libseccomp, or wasm memory was exhausted); its instance cannot be used again.
 *
 * @example
 * ```js
 * import { LibseccompCrashError, loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * let libseccomp = await loadLibseccomp();
 * try {
 *   console.log(libseccomp.resolveSyscallName('ptrace', 'x86_64')); // 101
 * } catch (error) {
 *   if (!(error instanceof LibseccompCrashError)) throw error;
 *   // This one cannot go on: take a new one.
 *   libseccomp = await loadLibseccomp();
 * }
 * console.log(libseccomp.usable); // true
 * ```
 */
export class LibseccompCrashError extends ScmpError {
  static override readonly brand = 'LibseccompCrashError';
  readonly code = 'LIBSECCOMP_CRASH';
}

/** Why libseccomp was stopped. @internal */
export const TOO_MUCH_WORK =
  'libseccomp was stopped: the rules of one system call have more LT, LE, GT, GE and NE of 64-bit values than it can combine; use fewer, or EQ and MASKED_EQ';

/**
 * A call would have kept libseccomp busy for minutes, or hours: rules of one system call with many LT, LE, GT, GE or NE of
 * 64-bit values multiply. The instance cannot be used again.
 *
 * @example
 * ```js
 * import { LibseccompWorkLimitError, loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * let libseccomp = await loadLibseccomp();
 * try {
 *   console.log(libseccomp.resolveSyscallName('ptrace', 'x86_64')); // 101
 * } catch (error) {
 *   if (!(error instanceof LibseccompWorkLimitError)) throw error;
 *   // This one cannot go on: take a new one, and fewer rules.
 *   libseccomp = await loadLibseccomp();
 * }
 * console.log(libseccomp.usable); // true
 * ```
 */
export class LibseccompWorkLimitError extends ScmpError {
  static override readonly brand = 'LibseccompWorkLimitError';
  readonly code = 'LIBSECCOMP_WORK_LIMIT';

  constructor() {
    super(`${TOO_MUCH_WORK}. Load a new instance to go on`);
  }
}

/**
 * The wasm given is not this package's libseccomp: not wasm, or a module with other functions.
 *
 * @example
 * ```js
 * import { loadLibseccomp, WasmModuleError } from 'libseccomp-wasm/libseccomp';
 *
 * try {
 *   await loadLibseccomp({ wasm: new Uint8Array([1, 2, 3]) });
 * } catch (error) {
 *   if (!(error instanceof WasmModuleError)) throw error;
 *   console.log(error.code); // WASM_MODULE
 * }
 * ```
 */
export class WasmModuleError extends ScmpError {
  static override readonly brand = 'WasmModuleError';
  readonly code = 'WASM_MODULE';
}

/**
 * libseccomp's tables have no system call of this name.
 *
 * @example
 * ```js
 * import { FilterContext, loadLibseccomp, UnknownSyscallError } from 'libseccomp-wasm/libseccomp';
 *
 * const libseccomp = await loadLibseccomp();
 * const filter = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture: 'x86_64' });
 * try {
 *   filter.addRule({ kind: 'LOG' }, 'ptrce');
 * } catch (error) {
 *   if (!(error instanceof UnknownSyscallError)) throw error;
 *   console.log(error.code, error.syscall); // UNKNOWN_SYSCALL ptrce
 * }
 * ```
 */
export class UnknownSyscallError extends ScmpError {
  static override readonly brand = 'UnknownSyscallError';
  readonly code = 'UNKNOWN_SYSCALL';

  constructor(readonly syscall: string) {
    super(`libseccomp knows no system call named ${quote(syscall)}`);
  }
}

/**
 * A filter context was used after release, or its transactions were not paired.
 *
 * @example
 * ```js
 * import { FilterContext, FilterContextStateError, loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const libseccomp = await loadLibseccomp();
 * const filter = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture: 'x86_64' });
 * try {
 *   filter.commitTransaction();
 * } catch (error) {
 *   if (!(error instanceof FilterContextStateError)) throw error;
 *   console.log(error.code, error.message); // FILTER_CONTEXT_STATE no transaction is open
 * }
 * ```
 */
export class FilterContextStateError extends ScmpError {
  static override readonly brand = 'FilterContextStateError';
  readonly code = 'FILTER_CONTEXT_STATE';
}
