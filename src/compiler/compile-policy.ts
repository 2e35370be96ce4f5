import { type Architecture, type ArchitectureName, parseArchitecture } from '../architecture.js';
import { encodeProgram } from '../bpf/codec.js';
import { MAX_INSTRUCTIONS } from '../bpf/instruction.js';
import type { FilterProgram } from '../bpf/program.js';
import {
  FilterContext,
  type Libseccomp,
  LibseccompError,
  LibseccompWorkLimitError,
  loadLibseccomp,
  loadLibseccompSync,
} from '../libseccomp/index.js';
import { numberFinder } from '../libseccomp/syscall-table.js';
import { ANYTHING, BOOLEAN, checkOptions, FUNCTION, LIST, OBJECT, type OptionTable, TEXT } from '../options.js';
import type { FilterFlag, SeccompPolicy, Warning } from '../policy.js';
import { quote } from '../text.js';
import { CompileError } from './compile-error.js';
import { enosysStub } from './enosys-stub.js';
import { type EntryEffect, effectWarnings, entryEffects } from './entry-effect.js';
import type { Translation } from './expected-decisions.js';
import { applyOperation, type FilterOperation } from './filter-operation.js';
import { forHost, LIBSECCOMP_VERSIONS, type LibseccompVersion, numberWarnings } from './host-libseccomp.js';
import { leftOut, planFilter } from './plan.js';
import { ProgramDecisions } from './program-decisions.js';
import { proveConditions, proveDecisions } from './prove-decisions.js';
import { fastestOrder } from './rule-order.js';
import {
  behaviourOf,
  hasEnosysStub,
  optimizationLevel,
  RUNTIME_OPTIONS,
  type RuntimeOptions,
  readMasks,
} from './runtime.js';

export interface CompileOptions extends RuntimeOptions {
  /** The machine the filter is for, by any name: `x86_64`, `SCMP_ARCH_X86_64`, `amd64`. */
  arch: ArchitectureName | (string & {});
  /**
   * What the container may do, for conditional entries: `CAP_` optional, any case, `all`, or an engine's default set:
   * `docker`, `podman`, `kubernetes`. Default: none.
   */
  capabilities?: readonly string[] | undefined;
  /** The kernel the filter will meet, "X.Y", for conditional entries. Default: newer than any the profile names. */
  kernel?: string | undefined;
  /**
   * libseccomp's optimisation level. 0 leaves it as it is, which is 1: rules by priority and complexity; 2: a binary tree
   * by system call number. Default: the runtime's, which is 0 for `libseccomp`.
   */
  optimize?: 0 | 1 | 2 | undefined;
  /**
   * The libseccomp of the host that the filter is made on, "2.5.4": names that it does not know are left out as there. The
   * program is made by the one here all the same. Default: every name that the one here knows.
   */
  libseccompVersion?: LibseccompVersion | undefined;
  /** What to do about names that libseccomp does not know. Default: `warn`, and leave them out. */
  unknownSyscall?: 'warn' | 'error' | 'ignore' | undefined;
  /**
   * Compare the program with the rules, and raise CompileError (`MISCOMPILED`) where libseccomp made something else of
   * them, as it does of some conditions on one call. `'all'`, which `true` is too: prove every call there could be
   * (`proveDecisions`), or raise ProgramTooComplexError. `'conditions'`: prove the calls that rules have conditions for
   * (`proveConditions`), the default of `compilePolicy`. The default of `compileProfile` is the first, and the second where
   * the program is too complex for it (`proveProgram`). `false`: the bytes libseccomp makes, right or wrong.
   */
  verify?: 'all' | 'conditions' | boolean | Verifier | undefined;
  /** Also give the filter as libseccomp's pseudo filter code. Default: false. */
  pfc?: boolean | undefined;
  /** What to call the profile in messages, usually its file name. */
  source?: string | undefined;
  /** The libseccomp to compile with. Default: one that is loaded once and kept. */
  libseccomp?: Libseccomp | undefined;
}

/** The values of {@link CompileOptions}. */
export const COMPILE_OPTIONS: OptionTable<CompileOptions> = {
  ...RUNTIME_OPTIONS,
  arch: [ANYTHING],
  capabilities: [LIST],
  kernel: [ANYTHING],
  optimize: [0, 1, 2],
  libseccompVersion: LIBSECCOMP_VERSIONS,
  unknownSyscall: ['warn', 'error', 'ignore'],
  verify: ['all', 'conditions', BOOLEAN, FUNCTION],
  pfc: [BOOLEAN],
  source: [TEXT],
  libseccomp: [OBJECT],
};

/** Raises an error where a program is not what it was made from. */
export type Verifier = (translation: Translation) => void;

/** A compiled profile: a value, in the byte order of its architectures. */
export interface CompiledFilter extends FilterProgram {
  /** The architectures the program decides for, the target first, in libseccomp's names. */
  arches: readonly ArchitectureName[];
  /** The seccomp(2) flags the profile asks for, or the runtime for it; it is for the loader to set them. */
  flags: readonly FilterFlag[];
  /** Whether a rule notifies, so that loading must ask for a listener (SECCOMP_FILTER_FLAG_NEW_LISTENER). */
  usesListener: boolean;
  /** What the profile's author should know: of entries as they are written, then of what the program makes of them. */
  warnings: readonly Warning[];
  /** With the option `pfc` only: libseccomp's pseudo filter code; it does not show an ENOSYS stub. */
  pfc?: string;
}

/** Compile plain rules: the half of `compileProfile` behind the readers, without them. */
export function compilePolicy(given: SeccompPolicy, options: CompileOptions): CompiledFilter {
  checkOptions('compilePolicy', options, COMPILE_OPTIONS);
  return compileWithEffects(given, options).compiled;
}

interface CompiledWithEffects {
  compiled: CompiledFilter;
  /** Undefined where the program is too complex to tell. */
  effects: readonly EntryEffect[] | undefined;
  translation: Translation;
  decisions: ProgramDecisions;
}

/** As {@link compilePolicy}, with what the program makes of entries otherwise than they say (see {@link entryEffects}). */
export function compileWithEffects(given: SeccompPolicy, options: CompileOptions): CompiledWithEffects {
  const behaviour = behaviourOf(options);
  const whole = readMasks(given, behaviour);
  const { policy, newer } = forHost(whole, options.libseccompVersion);
  const { source, unknownSyscall = 'warn', libseccomp = loadDefaultSync() } = options;
  const { optimize = optimizationLevel(whole, behaviour) } = options;
  const architecture = parseArchitecture(options.arch);
  const plan = planFilter(policy, {
    architecture,
    optimize,
    unknownSyscall,
    conditions: behaviour.conditions,
    emptyArgs: behaviour.emptyArgs,
    wideValues: behaviour.wideValues,
    source,
    resolveSyscall: (name) => libseccomp.resolveSyscallName(name, architecture),
  });

  const unknown = newer.map(({ rule, listed }) => {
    const { name, ...place } = listed;
    const message = `libseccomp ${options.libseccompVersion} does not know the system call ${quote(name)}`;
    if (unknownSyscall === 'error') {
      throw new CompileError('UNKNOWN_SYSCALL', message, { ...place, source: place.source ?? source });
    }
    return {
      code: 'newer-than-libseccomp',
      message: `${message}, which is skipped: ${leftOut(rule, whole)}`,
      ...place,
    };
  });

  using filter = buildFilter(libseccomp, plan.operations, policy, { architecture, source });

  const architectures = [
    architecture,
    ...plan.operations.flatMap((o) => ('architecture' in o ? [o.architecture] : [])),
  ];
  const exported = exportBpf(filter, source);
  let program = exported;
  const { defaultAction } = policy;
  const resolve = (name: string, arch: Architecture) => libseccomp.resolveSyscallName(name, arch);
  const hasStub = hasEnosysStub(policy, behaviour);
  if (hasStub) {
    const names = new Set(policy.rules.flatMap((rule) => rule.names.map(({ name }) => name)));
    const stub = enosysStub(defaultAction, architectures, names, resolve);
    program = concatenate(encodeProgram(stub, architecture.endianness), exported);
  }
  const instructions = program.length / 8;
  if (instructions > MAX_INSTRUCTIONS) {
    throw new CompileError(
      'PROGRAM_TOO_LARGE',
      `the program has ${instructions} instructions, the kernel loads ${MAX_INSTRUCTIONS} at most; use fewer architectures or conditions`,
      { source },
    );
  }
  const { operations, skipped } = plan;
  const ownNumber = numberFinder(libseccomp);
  const translation: Translation = {
    program,
    policy,
    operations,
    skipped,
    architectures,
    enosysStub: hasStub,
    resolve,
    ownNumber,
    source,
  };
  verifier(options.verify)?.(translation);
  const decisions = new ProgramDecisions(translation);
  const effects = entryEffects(translation, decisions);
  const compiled = {
    program,
    arches: architectures.map(({ name }) => name),
    flags: policy.flags ?? behaviour.defaultFlags,
    usesListener:
      defaultAction.kind === 'NOTIFY' ||
      plan.operations.some((o) => o.kind === 'addRule' && o.action.kind === 'NOTIFY'),
    warnings: [
      ...(unknownSyscall === 'ignore' ? [] : unknown),
      ...plan.warnings,
      ...effectWarnings(effects, policy),
      ...numberWarnings(policy, architectures, options.libseccompVersion),
    ],
    ...(options.pfc ? { pfc: filter.exportPfc() } : {}),
  };
  return { compiled, effects, translation, decisions };
}

function verifier(verify: CompileOptions['verify'] = 'conditions'): Verifier | undefined {
  if (typeof verify === 'function') return verify;
  if (verify === 'conditions') return proveConditions;
  return verify ? proveDecisions : undefined;
}

/** A filter context after all operations; what libseccomp refuses is reported at its place in the profile. */
function buildFilter(
  libseccomp: Libseccomp,
  operations: readonly FilterOperation[],
  policy: SeccompPolicy,
  { architecture, source }: { architecture: Architecture; source: string | undefined },
): FilterContext {
  const build = (all: readonly FilterOperation[]) => {
    // Where rules differ by word size, each size is a filter of its own first.
    const other = architecture.wordSize === 64 ? 32 : 64;
    const isSplit = all.some((operation) => operation.kind === 'addRule' && operation.wordSize !== undefined);
    const filter = fill(isSplit ? all.filter((operation) => isForWordSize(operation, architecture.wordSize)) : all);
    if (!isSplit) return filter;
    try {
      const rest = fill(
        all.filter((operation) => isForWordSize(operation, other)),
        (context) => context.removeArchitecture(architecture),
      );
      filter.merge(rest);
      return filter;
    } catch (error) {
      filter.release();
      throw error;
    }
  };
  const fill = (ordered: readonly FilterOperation[], prepare?: (filter: FilterContext) => void) => {
    const filter = new FilterContext(libseccomp, { defaultAction: policy.defaultAction, architecture });
    let isPrepared = prepare === undefined;
    for (const operation of ordered) {
      try {
        // The target goes once another architecture is in: rules need one to be added to.
        if (!isPrepared && operation.kind === 'addRule') {
          prepare?.(filter);
          isPrepared = true;
        }
        applyOperation(filter, operation);
      } catch (cause) {
        filter.release();
        throw refusal(operation, cause, policy, source);
      }
    }
    if (!isPrepared) prepare?.(filter);
    return filter;
  };
  try {
    return build(fastestOrder(operations));
  } catch (error) {
    if (!libseccomp.usable) throw error;
    // The profile's own order decides which of several faults is told.
    return build(operations);
  }
}

function isForWordSize(operation: FilterOperation, size: 32 | 64): boolean {
  if (operation.kind === 'addRule') return (operation.wordSize ?? size) === size;
  return operation.kind !== 'addArchitecture' || operation.architecture.wordSize === size;
}

function exportBpf(filter: FilterContext, source: string | undefined): Uint8Array {
  try {
    return filter.exportBpf();
  } catch (cause) {
    if (!(cause instanceof LibseccompWorkLimitError)) throw cause;
    throw new CompileError('TOO_COMPLEX', cause.message, { source }, { cause });
  }
}

function refusal(
  operation: FilterOperation,
  cause: unknown,
  policy: SeccompPolicy,
  source: string | undefined,
): unknown {
  const isLimit = cause instanceof LibseccompWorkLimitError;
  if (!isLimit && !(cause instanceof LibseccompError)) return cause;
  switch (operation.kind) {
    case 'addRule': {
      const { name, rule } = operation;
      const position = rule.names.find((entry) => entry.name === name)?.position ?? rule.position;
      const place = { source: rule.source ?? source, path: rule.path, position };
      return new CompileError(isLimit ? 'TOO_COMPLEX' : 'RULE_REFUSED', `${name}: ${cause.message}`, place, { cause });
    }
    case 'addArchitecture': {
      const { architecture } = operation;
      const place = policy.architectures.find((entry) => entry.architecture === architecture);
      return new CompileError(
        'ARCHITECTURE_REFUSED',
        `${architecture.name}: ${cause.message}`,
        { source: place?.source ?? source, path: place?.path, position: place?.position },
        { cause },
      );
    }
    default:
      return cause;
  }
}

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

let defaultLibseccomp: Libseccomp | undefined;

/** The libseccomp that is loaded once and kept. */
export async function loadDefault(): Promise<Libseccomp> {
  if (!defaultLibseccomp?.usable) defaultLibseccomp = await loadLibseccomp();
  return defaultLibseccomp;
}

function loadDefaultSync(): Libseccomp {
  if (!defaultLibseccomp?.usable) defaultLibseccomp = loadLibseccompSync();
  return defaultLibseccomp;
}
