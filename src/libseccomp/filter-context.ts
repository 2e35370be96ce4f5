import { encodeAction, kernelAction } from '../action.js';
import type { Architecture, ArchitectureName } from '../architecture.js';
import { InvalidArgumentError } from '../errors.js';
import type { Action } from '../policy.js';
import { checkSyscallNumber, type Libseccomp, toArchitecture } from './libseccomp.js';
import { FilterContextStateError, LibseccompError, UnknownSyscallError } from './libseccomp-error.js';
import { type ArgumentComparison, MAX_COMPARISONS } from './marshal.js';

/** `enum scmp_filter_attr` of seccomp.h without its prefix, with the type of each value. See seccomp_attr_set(3). */
export interface FilterAttributes {
  /** The action for system calls no rule matches; read only, set by the constructor and {@link FilterContext.reset}. */
  ACT_DEFAULT: Action;
  /** The action for architectures the filter does not have; KILL_THREAD at first. */
  ACT_BADARCH: Action;
  /** Whether a loader should set no_new_privs; true at first. This package's loader ignores it. */
  CTL_NNP: boolean;
  /** SECCOMP_FILTER_FLAG_TSYNC */
  CTL_TSYNC: boolean;
  /** Allow rules for system call -1, which tracers use to skip a call. */
  API_TSKIP: boolean;
  /** SECCOMP_FILTER_FLAG_LOG */
  CTL_LOG: boolean;
  /** SECCOMP_FILTER_FLAG_SPEC_ALLOW */
  CTL_SSB: boolean;
  /** 1: rules by priority and complexity (libseccomp's default); 2: a binary tree by system call number. */
  CTL_OPTIMIZE: number;
  /** Whether system errors are passed on as they are instead of as ECANCELED. */
  API_SYSRAWRC: boolean;
  /** SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV */
  CTL_WAITKILL: boolean;
}

export type FilterAttribute = keyof FilterAttributes;

interface AttributeCodec<T> {
  /** The attribute's number in seccomp.h. */
  readonly id: number;
  encode(value: T): number;
  decode(raw: number): T;
}

function flag(id: number): AttributeCodec<boolean> {
  const encode = (value: boolean) => {
    // A text `false` would switch the flag on.
    if (typeof value !== 'boolean') throw new InvalidArgumentError(`${value} is not true or false`);
    return value ? 1 : 0;
  };
  return { id, encode, decode: (raw) => raw !== 0 };
}

function word(id: number): AttributeCodec<number> {
  const encode = (value: number) => {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new InvalidArgumentError(`${value} is not an unsigned 32-bit integer`);
    }
    return value;
  };
  return { id, encode, decode: (raw) => raw };
}

function action(id: number): AttributeCodec<Action> {
  return { id, encode: encodeAction, decode: kernelAction };
}

const ATTRIBUTES: { readonly [A in FilterAttribute]: AttributeCodec<FilterAttributes[A]> } = {
  ACT_DEFAULT: action(1),
  ACT_BADARCH: action(2),
  CTL_NNP: flag(3),
  CTL_TSYNC: flag(4),
  API_TSKIP: flag(5),
  CTL_LOG: flag(6),
  CTL_SSB: flag(7),
  CTL_OPTIMIZE: word(8),
  API_SYSRAWRC: flag(9),
  CTL_WAITKILL: flag(10),
};

/** libseccomp's largest priority; larger values would be cut to 8 bits by C. */
const MAX_PRIORITY = 255;

/** The file descriptor that text exports write to; any will do, see Libseccomp's imports. */
const OUTPUT_FD = 3;

/** Frees the C side of contexts that were dropped without {@link FilterContext.release}. */
const abandoned = new FinalizationRegistry<{ libseccomp: Libseccomp; pointer: number }>(({ libseccomp, pointer }) => {
  try {
    libseccomp.guard(() => libseccomp.raw.seccomp_release(pointer));
  } catch {
    // The instance crashed earlier: its memory is freed as a whole.
  }
});

export interface FilterContextOptions {
  /** The action for system calls that no rule matches. */
  defaultAction: Action;
  /**
   * The architecture that is treated as the machine's own. It is in the filter from the start, and system calls are
   * named and numbered by its table.
   */
  architecture: ArchitectureName | Architecture;
}

/**
 * A libseccomp filter context (`scmp_filter_ctx`): rules in, a BPF program out. Every method is the C function of the
 * same name, and throws {@link LibseccompError} when that returns an error. After a crash of the instance all of them
 * throw `LibseccompCrashError`. Call {@link release}, or declare it with `using`, when done.
 *
 * @example
 * ```js
 * import { FilterContext, loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const libseccomp = await loadLibseccomp();
 * const filter = new FilterContext(libseccomp, { defaultAction: { kind: 'ALLOW' }, architecture: 'x86_64' });
 * filter.addRule({ kind: 'ERRNO', data: 1 }, 'socket', [{ index: 0, op: 'EQ', value: 16n }]);
 * console.log(filter.exportBpf().length / 8, 'instructions'); // 13 instructions
 * filter.release();
 * ```
 */
export class FilterContext implements Disposable {
  readonly #libseccomp: Libseccomp;
  #architecture: Architecture;
  #pointer: number;
  #inTransaction = false;
  #isReleasedOnRefusal = false;

  /**
   * seccomp_init(3)
   *
   * @throws {InvalidArgumentError} when the action or the architecture is unknown, or the action's data has more than
   * 16 bits
   * @throws {LibseccompError} when libseccomp refuses the default action (ERRNO takes 0..4094)
   * @throws {LibseccompCrashError} when the instance crashed before
   */
  constructor(libseccomp: Libseccomp, { defaultAction, architecture }: FilterContextOptions) {
    this.#libseccomp = libseccomp;
    this.#architecture = toArchitecture(architecture);
    libseccomp.useNative(this.#architecture.token);
    libseccomp.grantWork();
    const encoded = encodeAction(defaultAction);
    this.#pointer = libseccomp.guard(() => libseccomp.raw.seccomp_init(encoded));
    // The function returns NULL for every failure; besides lack of memory a bad action is the only one (api.c,
    // seccomp_init).
    if (this.#pointer === 0) throw new LibseccompError('seccomp_init', 'EINVAL', defaultAction.kind);
    abandoned.register(this, { libseccomp, pointer: this.#pointer }, this);
  }

  /** The architecture this context treats as the machine's own. */
  get architecture(): Architecture {
    return this.#architecture;
  }

  /** The live context's pointer, with its native architecture set. */
  #context(): number {
    if (this.#pointer === 0) throw new FilterContextStateError('this filter context was released');
    this.#libseccomp.useNative(this.#architecture.token);
    return this.#pointer;
  }

  /**
   * seccomp_reset(3): back to an empty filter with this default action and the native architecture alone; attributes
   * return to their defaults and an open transaction is dropped.
   *
   * @throws {InvalidArgumentError} when the action is unknown, or its data has more than 16 bits
   * @throws {LibseccompError} when libseccomp refuses the default action (ERRNO takes 0..4094)
   * @throws {FilterContextStateError} when the filter was released
   */
  reset(defaultAction: Action): void {
    const context = this.#context();
    const encoded = encodeAction(defaultAction);
    this.#libseccomp.grantWork();
    this.#libseccomp.call('seccomp_reset', defaultAction.kind, () =>
      this.#libseccomp.raw.seccomp_reset(context, encoded),
    );
    this.#inTransaction = false;
  }

  /**
   * seccomp_release(3). Releasing twice is harmless; any other use afterwards is an error.
   *
   * @throws nothing: a released filter, and one of a crashed instance, are released already
   */
  release(): void {
    if (this.#pointer === 0) return;
    const pointer = this.#pointer;
    this.#forget();
    // A crashed instance's memory is freed as a whole; throwing the crash again would hide the error that `using`
    // unwinds for.
    if (!this.#libseccomp.usable) return;
    this.#libseccomp.guard(() => this.#libseccomp.raw.seccomp_release(pointer));
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #forget(): void {
    this.#pointer = 0;
    abandoned.unregister(this);
  }

  /**
   * seccomp_arch_add(3). Adding one that is there already is LIBSECCOMP_EEXIST.
   *
   * @throws {InvalidArgumentError} when the architecture is unknown
   * @throws {LibseccompError} when the architecture is there already, or has another byte order
   * @throws {FilterContextStateError} when the filter was released
   */
  addArchitecture(architecture: ArchitectureName | Architecture): void {
    const context = this.#context();
    const { name, token } = toArchitecture(architecture);
    this.#libseccomp.call('seccomp_arch_add', name, () => this.#libseccomp.raw.seccomp_arch_add(context, token));
  }

  /**
   * seccomp_arch_remove(3)
   *
   * @throws {InvalidArgumentError} when the architecture is unknown
   * @throws {LibseccompError} when the filter does not have the architecture
   * @throws {FilterContextStateError} when the filter was released
   */
  removeArchitecture(architecture: ArchitectureName | Architecture): void {
    const context = this.#context();
    const { name, token } = toArchitecture(architecture);
    this.#libseccomp.call('seccomp_arch_remove', name, () => this.#libseccomp.raw.seccomp_arch_remove(context, token));
  }

  /**
   * seccomp_arch_exist(3)
   *
   * @throws {InvalidArgumentError} when the architecture is unknown
   * @throws {FilterContextStateError} when the filter was released
   */
  hasArchitecture(architecture: ArchitectureName | Architecture): boolean {
    const context = this.#context();
    const { name, token } = toArchitecture(architecture);
    try {
      this.#libseccomp.call('seccomp_arch_exist', name, () => this.#libseccomp.raw.seccomp_arch_exist(context, token));
      return true;
    } catch (error) {
      if (error instanceof LibseccompError && error.errno === 'EEXIST') return false;
      throw error;
    }
  }

  /**
   * seccomp_attr_get(3)
   *
   * @throws {InvalidArgumentError} when the attribute is unknown
   * @throws {LibseccompError} when the filter has no architecture
   * @throws {FilterContextStateError} when the filter was released
   */
  getAttribute<A extends FilterAttribute>(attribute: A): FilterAttributes[A] {
    const context = this.#context();
    const codec = attributeCodec(attribute);
    const { word } = this.#libseccomp.marshal.withWord(0, (pointer) =>
      this.#libseccomp.call('seccomp_attr_get', attribute, () =>
        this.#libseccomp.raw.seccomp_attr_get(context, codec.id, pointer),
      ),
    );
    return codec.decode(word);
  }

  /**
   * seccomp_attr_set(3)
   *
   * @throws {InvalidArgumentError} when the attribute is unknown, or does not take the value
   * @throws {LibseccompError} when libseccomp refuses the attribute or its value; `errno` has the reason
   * @throws {FilterContextStateError} when the filter was released
   */
  setAttribute<A extends FilterAttribute>(attribute: A, value: FilterAttributes[A]): void {
    const context = this.#context();
    const codec = attributeCodec(attribute);
    const encoded = codec.encode(value);
    this.#libseccomp.call('seccomp_attr_set', attribute, () =>
      this.#libseccomp.raw.seccomp_attr_set(context, codec.id, encoded),
    );
  }

  /**
   * seccomp_rule_add_array(3): `action` for calls of `syscall` whose arguments meet all comparisons. A number is one of
   * the native architecture. On architectures where the rule cannot be expressed exactly libseccomp adapts it.
   *
   * @throws {UnknownSyscallError} when the name is unknown
   * @throws {InvalidArgumentError} when a comparison, the action or the number is invalid
   * @throws {LibseccompError} when libseccomp refuses the rule; `errno` has the reason
   * @throws {FilterContextStateError} when the filter was released
   */
  addRule(action: Action, syscall: string | number, comparisons: readonly ArgumentComparison[] = []): void {
    this.#addRule('seccomp_rule_add_array', action, syscall, comparisons);
  }

  /**
   * seccomp_rule_add_exact_array(3): as {@link addRule}, but an error where the rule cannot be expressed exactly.
   *
   * @throws {UnknownSyscallError} when the name is unknown
   * @throws {InvalidArgumentError} when a comparison, the action or the number is invalid
   * @throws {LibseccompError} when libseccomp refuses the rule, or cannot express it exactly
   * @throws {FilterContextStateError} when the filter was released
   */
  addRuleExact(action: Action, syscall: string | number, comparisons: readonly ArgumentComparison[] = []): void {
    this.#addRule('seccomp_rule_add_exact_array', action, syscall, comparisons);
  }

  #addRule(
    call: 'seccomp_rule_add_array' | 'seccomp_rule_add_exact_array',
    action: Action,
    syscall: string | number,
    comparisons: readonly ArgumentComparison[],
  ): void {
    const context = this.#context();
    const number = this.#syscallNumber(syscall);
    if (comparisons.length > MAX_COMPARISONS) throw new LibseccompError(call, 'EINVAL', `system call ${syscall}`);
    const encoded = encodeAction(action);
    const pointer = this.#libseccomp.marshal.writeComparisons(comparisons);
    try {
      this.#libseccomp.call(call, `${action.kind} ${syscall}`, () =>
        this.#libseccomp.raw[call](context, encoded, number, comparisons.length, pointer),
      );
    } catch (error) {
      if (this.#isReleasedOnRefusal) this.release();
      throw error;
    }
  }

  /**
   * From here on a rule that libseccomp refuses releases the filter. It then adds no rule a second time, to a copy of the
   * filter to go back to. The program is the same. @internal
   */
  releaseOnRefusal(): void {
    const context = this.#context();
    this.#libseccomp.guard(() => this.#libseccomp.raw.scmp_skip_checkpoints(context));
    this.#isReleasedOnRefusal = true;
  }

  #syscallNumber(syscall: string | number): number {
    if (typeof syscall === 'string') {
      const number = this.#libseccomp.resolveSyscallName(syscall, this.#architecture);
      if (number === undefined) throw new UnknownSyscallError(syscall);
      return number;
    }
    checkSyscallNumber(syscall);
    return syscall;
  }

  /**
   * seccomp_syscall_priority(3): 0..255; calls of higher priority are decided earlier in the program.
   *
   * @throws {UnknownSyscallError} when the name is unknown
   * @throws {InvalidArgumentError} when the priority is not in 0..255, or the number is no 32-bit integer
   * @throws {LibseccompError} when libseccomp refuses it; `errno` has the reason
   * @throws {FilterContextStateError} when the filter was released
   */
  setSyscallPriority(syscall: string | number, priority: number): void {
    const context = this.#context();
    const number = this.#syscallNumber(syscall);
    if (!Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY) {
      throw new InvalidArgumentError(`${priority} is not a priority (0..${MAX_PRIORITY})`);
    }
    this.#libseccomp.call('seccomp_syscall_priority', `${syscall}`, () =>
      this.#libseccomp.raw.seccomp_syscall_priority(context, number, priority),
    );
  }

  /**
   * seccomp_merge(3): take over all architectures and rules of `source`, which is released by it. On an error both stay
   * as they were.
   *
   * @throws {InvalidArgumentError} when `source` is no filter, this filter itself, or one of another libseccomp
   * instance
   * @throws {LibseccompError} when the two have an architecture in common, other byte orders or other defaults
   * @throws {FilterContextStateError} when one of the two was released
   */
  merge(source: FilterContext): void {
    const destination = this.#context();
    if (!(source instanceof FilterContext)) throw new InvalidArgumentError('only a filter context can be merged');
    if (source.#libseccomp !== this.#libseccomp) {
      throw new InvalidArgumentError('filters of two libseccomp instances cannot be merged');
    }
    if (source === this) throw new InvalidArgumentError('a filter cannot be merged with itself');
    const pointer = source.#context();
    this.#libseccomp.call('seccomp_merge', undefined, () => this.#libseccomp.raw.seccomp_merge(destination, pointer));
    source.#forget();
  }

  /**
   * seccomp_precompute(3): generate the program now, so that {@link exportBpf} only copies it.
   *
   * @throws {LibseccompError} when the program has more than 65535 instructions, or the filter has no architecture
   * @throws {LibseccompWorkLimitError} when libseccomp cannot combine the rules in bearable time
   * @throws {FilterContextStateError} when the filter was released
   */
  precompute(): void {
    const context = this.#context();
    this.#libseccomp.call('seccomp_precompute', undefined, () => this.#libseccomp.raw.seccomp_precompute(context));
  }

  /**
   * seccomp_transaction_start(3): rules from here on are committed or rejected together. Transactions do not nest.
   *
   * @throws {FilterContextStateError} when a transaction is open already, or the filter was released
   * @throws {LibseccompError} when the filter has no architecture
   */
  startTransaction(): void {
    const context = this.#context();
    if (this.#inTransaction) throw new FilterContextStateError('a transaction is open already; they do not nest');
    this.#libseccomp.call('seccomp_transaction_start', undefined, () =>
      this.#libseccomp.raw.seccomp_transaction_start(context),
    );
    this.#inTransaction = true;
  }

  /**
   * seccomp_transaction_commit(3)
   *
   * @throws {FilterContextStateError} when no transaction is open, or the filter was released
   * @throws {LibseccompError} when the filter has no architecture
   */
  commitTransaction(): void {
    const context = this.#openTransaction();
    this.#libseccomp.call('seccomp_transaction_commit', undefined, () =>
      this.#libseccomp.raw.seccomp_transaction_commit(context),
    );
    this.#inTransaction = false;
  }

  /**
   * seccomp_transaction_reject(3): the filter is again what it was when the transaction started.
   *
   * @throws {FilterContextStateError} when no transaction is open, or the filter was released
   */
  rejectTransaction(): void {
    const context = this.#openTransaction();
    this.#libseccomp.guard(() => this.#libseccomp.raw.seccomp_transaction_reject(context));
    this.#inTransaction = false;
  }

  /** The context, which must have an open transaction. */
  #openTransaction(): number {
    const context = this.#context();
    if (!this.#inTransaction) throw new FilterContextStateError('no transaction is open');
    return context;
  }

  /**
   * seccomp_export_bpf_mem(3): the program as `struct sock_filter`s of 8 bytes, in the byte order of the filter's
   * architectures.
   *
   * @throws {LibseccompError} when the program has more than 65535 instructions, or the filter has no architecture
   * @throws {LibseccompWorkLimitError} when libseccomp cannot combine the rules in bearable time
   * @throws {FilterContextStateError} when the filter was released
   */
  exportBpf(): Uint8Array {
    const { raw, marshal } = this.#libseccomp;
    const context = this.#context();
    const exportTo = (buffer: number, length: number) =>
      marshal.withWord(length, (pointer) =>
        this.#libseccomp.call('seccomp_export_bpf_mem', undefined, () =>
          raw.seccomp_export_bpf_mem(context, buffer, pointer),
        ),
      ).word;
    const size = exportTo(0, 0);
    const buffer = this.#libseccomp.guard(() => marshal.allocate(size));
    try {
      return marshal.readBytes(buffer, exportTo(buffer, size));
    } finally {
      if (this.#libseccomp.usable) this.#libseccomp.guard(() => raw.free(buffer));
    }
  }

  /**
   * seccomp_export_pfc(3): the filter as libseccomp's pseudo filter code, for people.
   *
   * @throws {LibseccompError} when the filter has no architecture
   * @throws {LibseccompWorkLimitError} when libseccomp cannot combine the rules in bearable time
   * @throws {FilterContextStateError} when the filter was released
   */
  exportPfc(): string {
    const context = this.#context();
    return this.#libseccomp.captureOutput(() => {
      this.#libseccomp.call('seccomp_export_pfc', undefined, () =>
        this.#libseccomp.raw.seccomp_export_pfc(context, OUTPUT_FD),
      );
    });
  }
}

function attributeCodec<A extends FilterAttribute>(attribute: A): AttributeCodec<FilterAttributes[A]> {
  if (!Object.hasOwn(ATTRIBUTES, attribute)) {
    throw new InvalidArgumentError(
      `unknown attribute ${String(attribute)}; there are ${Object.keys(ATTRIBUTES).join(', ')}`,
    );
  }
  return ATTRIBUTES[attribute];
}
