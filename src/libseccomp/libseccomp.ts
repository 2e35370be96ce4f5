import { type Architecture, type ArchitectureName, parseArchitecture } from '../architecture.js';
import { InvalidArgumentError } from '../errors.js';
import type { LibseccompCall, LibseccompExports } from './exports.js';
import { EXPORT_NAMES } from './exports.js';
import {
  LibseccompCrashError,
  LibseccompError,
  LibseccompWorkLimitError,
  WasmModuleError,
} from './libseccomp-error.js';
import { Marshal } from './marshal.js';

/** seccomp.h: the resolvers' answer for an unknown name. Other negative numbers are pseudo-numbers. */
const NR_SCMP_ERROR = -1;
/** Far longer than the name of any system call: a longer name is unknown, and need not be copied. */
const MAX_NAME_LENGTH = 1024;
/** How many names are cached for each architecture; past that, names in no table are looked up again. */
const MAX_CACHED = 4096;

/** The API level that lets every attribute and action through; the module has no kernel to probe (seccomp_api_set(3)). */
const FULL_API_LEVEL = 7;

/**
 * The steps that the calls of one filter may take, each a visit to a node of a rule's tree: one or two seconds. The
 * container default takes under a hundred thousand.
 */
const WORK_LIMIT = 200_000_000;
/** The exit status of the call that took one more (wasm/host.c). */
const STATUS_OUT_OF_WORK = 75;

const WASI_SUCCESS = 0;
const WASI_EBADF = 8;

/**
 * One instance of the module: libseccomp's functions that belong to no filter. Each instance has its own memory and its
 * own native architecture and API level; they do not see each other.
 *
 * @example
 * ```js
 * import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const libseccomp = await loadLibseccomp();
 * console.log(libseccomp.resolveSyscallNumber(0, 'x86_64'), libseccomp.resolveSyscallName('socket', 'x86')); // read -101
 * ```
 */
export class Libseccomp {
  /** For {@link FilterContext}; not part of the public API. @internal */
  readonly raw: LibseccompExports;
  /** @internal */
  readonly marshal: Marshal;
  /** The steps that a filter made from now on may take. Fewer than usual are for tests. @internal */
  workLimit = WORK_LIMIT;
  readonly #numbers = {
    seccomp_syscall_resolve_name_arch: new Map<ArchitectureName, Map<string, number>>(),
    seccomp_syscall_resolve_name_rewrite: new Map<ArchitectureName, Map<string, number>>(),
  };
  readonly #module: WebAssembly.Module;
  #native: number;
  #crash: LibseccompCrashError | LibseccompWorkLimitError | undefined;
  /** Where the module's writes go while a text export runs. */
  #output: Uint8Array[] | undefined;

  /**
   * Use {@link loadLibseccomp} or {@link loadLibseccompSync}; this takes a module that is compiled already.
   *
   * @throws {WasmModuleError} when it is another module than this package's, or does not start
   */
  constructor(module: WebAssembly.Module) {
    this.#module = module;
    let instance: WebAssembly.Instance;
    try {
      instance = new WebAssembly.Instance(module, this.#imports());
    } catch (cause) {
      throw new WasmModuleError(`the wasm module cannot be instantiated as libseccomp: ${(cause as Error).message}`, {
        cause,
      });
    }
    const missing = EXPORT_NAMES.filter((name) => !(name in instance.exports));
    if (missing.length > 0) {
      throw new WasmModuleError(`the wasm module is not this package's libseccomp: it lacks ${missing.join(', ')}`);
    }
    this.raw = instance.exports as unknown as LibseccompExports;
    try {
      this.raw._initialize();
      this.marshal = new Marshal(this.raw);
      this.#native = this.raw.seccomp_arch_native() >>> 0;
      this.setApiLevel(FULL_API_LEVEL);
    } catch (cause) {
      throw new WasmModuleError(`the wasm module does not start as libseccomp: ${(cause as Error).message}`, { cause });
    }
  }

  /**
   * Another instance of the same module, with the same settings: for work that may leave its instance unusable.
   * @internal
   */
  another(): Libseccomp {
    const made = new Libseccomp(this.#module);
    made.workLimit = this.workLimit;
    const level = this.getApiLevel();
    if (level !== FULL_API_LEVEL) made.setApiLevel(level);
    return made;
  }

  /** The release the module was built from, as `major.minor.micro`. */
  get version(): string {
    const pointer = this.raw.seccomp_version();
    return [0, 4, 8].map((offset) => this.marshal.readWord(pointer + offset)).join('.');
  }

  /** False once the module has crashed or was stopped: every call then throws that error. */
  get usable(): boolean {
    return this.#crash === undefined;
  }

  /** The size of the module's memory in bytes; it grows and never shrinks. */
  get memoryBytes(): number {
    return this.raw.memory.buffer.byteLength;
  }

  /**
   * seccomp_api_get(3): 7 unless {@link setApiLevel} said otherwise.
   *
   * @throws {LibseccompCrashError} when the instance crashed before
   */
  getApiLevel(): number {
    return this.guard(() => this.raw.seccomp_api_get());
  }

  /**
   * seccomp_api_set(3): 1..7. A lower level refuses newer actions and attributes, as an older kernel would make it do.
   *
   * @throws {InvalidArgumentError} when the level is no unsigned 32-bit integer
   * @throws {LibseccompError} when the level is not in 1..7
   * @throws {LibseccompCrashError} when the instance crashed before
   */
  setApiLevel(level: number): void {
    if (!Number.isInteger(level) || level < 0 || level > 0xffffffff) {
      throw new InvalidArgumentError(`${level} is not an API level (1..7)`);
    }
    this.call('seccomp_api_set', `level ${level}`, () => this.raw.seccomp_api_set(level));
  }

  /**
   * seccomp_arch_resolve_name(3): whether libseccomp knows this (its own) architecture name, and its token.
   *
   * @throws {LibseccompCrashError} when the instance crashed before
   */
  resolveArchitectureName(name: string): number | undefined {
    if (endsEarly(name)) return undefined;
    const resolve = () => this.marshal.withString(name, (pointer) => this.raw.seccomp_arch_resolve_name(pointer));
    const token = this.guard(resolve) >>> 0;
    return token === 0 ? undefined : token;
  }

  /**
   * seccomp_syscall_resolve_name_arch(3): the number of a system call on an architecture. Negative numbers below -1 are
   * libseccomp's pseudo-numbers for calls the architecture does not have. Undefined for a name in no table.
   *
   * @throws {InvalidArgumentError} when the architecture is unknown
   * @throws {LibseccompCrashError} when the instance crashed before
   */
  resolveSyscallName(name: string, architecture: ArchitectureName | Architecture): number | undefined {
    return this.#resolveName('seccomp_syscall_resolve_name_arch', name, architecture);
  }

  /**
   * seccomp_syscall_resolve_name_rewrite(3): as {@link resolveSyscallName}, with calls that are reached through another
   * one (`socket` by `socketcall` on 32-bit x86) answered by that one's number.
   *
   * @throws {InvalidArgumentError} when the architecture is unknown
   * @throws {LibseccompCrashError} when the instance crashed before
   */
  resolveSyscallNameRewrite(name: string, architecture: ArchitectureName | Architecture): number | undefined {
    const own = this.resolveSyscallName(name, architecture);
    // Only pseudo-numbers are rewritten (arch.c, arch_syscall_rewrite), and the other table is known for most names.
    if (own === undefined || own >= 0) return own;
    return this.#resolveName('seccomp_syscall_resolve_name_rewrite', name, architecture);
  }

  /**
   * seccomp_syscall_resolve_num_arch(3): the name of a system call number, undefined where the table has none.
   *
   * @throws {InvalidArgumentError} when the architecture is unknown, or the number is no 32-bit integer
   * @throws {LibseccompCrashError} when the instance crashed before
   */
  resolveSyscallNumber(syscall: number, architecture: ArchitectureName | Architecture): string | undefined {
    checkSyscallNumber(syscall);
    const { token } = toArchitecture(architecture);
    return this.guard(() => {
      const pointer = this.raw.seccomp_syscall_resolve_num_arch(token, syscall);
      if (pointer === 0) return undefined;
      const name = this.marshal.readString(pointer);
      this.raw.free(pointer);
      return name;
    });
  }

  #resolveName(
    call: 'seccomp_syscall_resolve_name_arch' | 'seccomp_syscall_resolve_name_rewrite',
    name: string,
    architecture: ArchitectureName | Architecture,
  ): number | undefined {
    if (this.#crash) throw this.#crash;
    const found = toArchitecture(architecture);
    const known = this.#numbers[call].get(found.name)?.get(name);
    if (known === undefined) return this.#lookUpName(call, name, found);
    return known === NR_SCMP_ERROR ? undefined : known;
  }

  #lookUpName(
    call: 'seccomp_syscall_resolve_name_arch' | 'seccomp_syscall_resolve_name_rewrite',
    name: string,
    { name: on, token }: Architecture,
  ): number | undefined {
    if (endsEarly(name) || name.length > MAX_NAME_LENGTH) return undefined;
    const numbers = this.#numbers[call].get(on) ?? new Map<string, number>();
    this.#numbers[call].set(on, numbers);
    const syscall = this.guard(() => this.marshal.withString(name, (pointer) => this.raw[call](token, pointer)));
    // All known names are kept, and of others as many as a profile may well have: the cache has a bound.
    if (syscall !== NR_SCMP_ERROR || numbers.size < MAX_CACHED) numbers.set(name, syscall);
    return syscall === NR_SCMP_ERROR ? undefined : syscall;
  }

  /** Make `token` what SCMP_ARCH_NATIVE stands for in the calls that follow. @internal */
  useNative(token: number): void {
    if (this.#native === token) return;
    this.call('scmp_set_native_arch', undefined, () => this.raw.scmp_set_native_arch(token));
    this.#native = token;
  }

  /** Give a new filter its steps; those left from the one before are not added. @internal */
  grantWork(): void {
    this.guard(() => this.raw.scmp_grant_work(this.workLimit));
  }

  /**
   * Run one C call: a negative return becomes a {@link LibseccompError}; a trap becomes a {@link LibseccompCrashError},
   * now and for every later call, since the instance's memory can no longer be trusted. @internal
   */
  call(call: LibseccompCall, subject: string | undefined, run: () => number): number {
    const value = this.guard(run);
    if (value < 0) throw LibseccompError.fromReturn(call, value, subject);
    return value;
  }

  /** @internal */
  guard<T>(run: () => T): T {
    if (this.#crash) throw this.#crash;
    try {
      return run();
    } catch (cause) {
      if (cause instanceof ModuleExit && cause.status === STATUS_OUT_OF_WORK) {
        this.#crash = new LibseccompWorkLimitError();
        throw this.#crash;
      }
      // libseccomp's own errors are return values. Anything that cuts a call short leaves its memory half changed: a
      // trap, exit(3), memory that cannot grow, or an engine out of stack (RangeError, in Firefox InternalError).
      const { message } = cause as Error;
      this.#crash = new LibseccompCrashError(`libseccomp crashed (${message}); load a new instance`, { cause });
      throw this.#crash;
    }
  }

  /** Collect what the module writes to a file descriptor while `run` runs. @internal */
  captureOutput(run: () => void): string {
    this.#output = [];
    try {
      run();
      const decoder = new TextDecoder();
      return this.#output.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
    } finally {
      this.#output = undefined;
    }
  }

  /** The module's imports from its host: `wasm/imports` lists the same functions for the test. */
  #imports(): WebAssembly.Imports {
    return {
      env: { emscripten_notify_memory_growth: () => {} },
      wasi_snapshot_preview1: {
        fd_close: () => WASI_SUCCESS,
        fd_read: () => WASI_EBADF,
        fd_seek: () => WASI_EBADF,
        fd_write: (_fd: number, vectors: number, count: number, written: number) => {
          // stderr of a failed assertion arrives here too, when nothing is collected: the trap that follows reports it.
          const chunks = this.marshal.readVectors(vectors, count);
          this.#output?.push(...chunks);
          this.marshal.writeWord(
            written,
            chunks.reduce((total, chunk) => total + chunk.length, 0),
          );
          return WASI_SUCCESS;
        },
        proc_exit: (status: number) => {
          throw new ModuleExit(status);
        },
      },
    };
  }
}

/** The module called exit(3) or abort(3). */
class ModuleExit extends Error {
  constructor(readonly status: number) {
    super(`exit status ${status}`);
  }
}

/** Whether a text has a NUL: C would read only the part before it. */
function endsEarly(text: string): boolean {
  // What is no text would go on into the module, and crash it for all that use it.
  if (typeof text !== 'string') throw new InvalidArgumentError(`a name is a text, not of type ${typeof text}`);
  return text.includes('\0');
}

/** @internal */
export function toArchitecture(architecture: ArchitectureName | Architecture): Architecture {
  return typeof architecture === 'string' ? parseArchitecture(architecture) : architecture;
}

/** @internal */
export function checkSyscallNumber(syscall: number): void {
  if (!Number.isInteger(syscall) || syscall < -0x80000000 || syscall > 0x7fffffff) {
    throw new InvalidArgumentError(`${syscall} is not a system call number (a 32-bit integer)`);
  }
}
