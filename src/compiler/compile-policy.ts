import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import type { Weights } from '../bpf/minimize/weigh.js';
import type { FilterProgram } from '../bpf/program/program.js';
import { type Libseccomp, loadLibseccomp, loadLibseccompSync } from '../libseccomp/index.js';
import { numberFinder } from '../libseccomp/syscall-table.js';
import { ANYTHING, BOOLEAN, FUNCTION, LIBSECCOMP, LIST, type OptionTable, TEXT } from '../options.js';
import type { FilterFlag, SeccompPolicy, Warning } from '../policy.js';
import { quote } from '../text.js';
import { CompileError } from './compile-error.js';
import { effectWarnings, entryEffects } from './effect-warnings.js';
import type { EntryEffect } from './entry-effect.js';
import type { CompiledRules, Rules } from './expected-decisions.js';
import { type FilterPlan, omittedRuleEffect, planFilter, plannedPieces } from './filter-plan.js';
import {
  forHost,
  LIBSECCOMP_VERSIONS,
  type LibseccompVersion,
  type NewerName,
  numberWarnings,
} from './host-libseccomp.js';
import { makeProgram } from './make-program.js';
import type { Minimizer } from './minimizer.js';
import { newerCalls, parseNewerThan } from './newer-calls.js';
import { decisionsOf, type ProgramDecisions } from './program-decisions.js';
import { proveConditions, proveDecisions } from './prove-decisions.js';
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
   * A Linux, "X.Y". Calls that came after it on their architecture, and every number above the tables here, answer ENOSYS
   * unless the profile names them; older ones get the default. A C library then falls back to an older call. Default:
   * what the profile says (`enosysNewerThan`).
   */
  enosysNewerThan?: string | undefined;
  /**
   * libseccomp's optimisation level. 0 leaves libseccomp's default, which is 1: rules by priority and complexity. 2: a
   * binary tree by system call number. `'min'`: not libseccomp's program, but the smallest and fastest found for the
   * rules (docs/minimiser.md). Default: the runtime's, which is 0 for `libseccomp`.
   */
  optimize?: 0 | 1 | 2 | 'min' | undefined;
  /**
   * `'min'`: where libseccomp's program is wrong, longer than the kernel takes, or too much work for libseccomp, the
   * program is made as with `optimize: 'min'`, with a warning. Default: an error.
   */
  fallback?: 'min' | undefined;
  /**
   * For `min`: the calls for which the program is made fast. Either counted calls, or `'uncached'`: only those for
   * which Linux 5.11 and newer runs the filter, which are those not allowed for all arguments. Default: half the weight
   * is the same for every call, half follows how often programs make it.
   */
  weights?: Weights | undefined;
  /**
   * The libseccomp of the host that the filter would be made on, "2.5.4". Names that it does not know are left out, as
   * there. The program is still made by the libseccomp here. Default: every name that the one here knows.
   */
  libseccompVersion?: LibseccompVersion | undefined;
  /** What to do about names that libseccomp does not know. Default: `warn`, and leave them out. */
  unknownSyscall?: 'warn' | 'error' | 'ignore' | undefined;
  /**
   * Compare the program with the rules, and throw CompileError (`MISCOMPILED`) where it decides otherwise: libseccomp
   * mistakes some conditions on one call. `'all'`, which `true` is too: prove every possible call, or throw
   * ProgramTooComplexError. `'conditions'`: prove the calls that rules have conditions for. The default is `'all'`, or
   * `'conditions'` where the program is too complex for that. `false`: the bytes libseccomp makes, right or wrong.
   */
  verify?: 'all' | 'conditions' | boolean | undefined;
  /** Also give the filter as libseccomp's pseudo filter code. Default: false. */
  pfc?: boolean | undefined;
  /** What to call the profile in messages, usually its file name. */
  source?: string | undefined;
  /** The libseccomp to compile with. Default: one that is loaded once and kept. */
  libseccomp?: Libseccomp | undefined;
}

/** What the parts of this package, and its tests, give each other beyond that. */
export interface OwnCompileOptions extends Omit<CompileOptions, 'verify'> {
  /** Also a function that throws where a program is wrong. */
  verify?: CompileOptions['verify'] | Verifier;
  /** What makes the programs of `min`. The command and the playground load it where it is asked for. */
  minimizer?: Minimizer | undefined;
}

/** The values of {@link OwnCompileOptions}. */
export const COMPILE_OPTIONS: OptionTable<OwnCompileOptions> = {
  ...RUNTIME_OPTIONS,
  arch: [ANYTHING],
  capabilities: [LIST],
  kernel: [ANYTHING],
  enosysNewerThan: [ANYTHING],
  optimize: [0, 1, 2, 'min'],
  fallback: ['min'],
  weights: ['uncached', LIST],
  minimizer: [FUNCTION],
  libseccompVersion: LIBSECCOMP_VERSIONS,
  unknownSyscall: ['warn', 'error', 'ignore'],
  verify: ['all', 'conditions', BOOLEAN, FUNCTION],
  pfc: [BOOLEAN],
  source: [TEXT],
  libseccomp: [LIBSECCOMP],
};

/** Throws where a program does not decide as the rules that it was made from. */
export type Verifier = (compiledRules: CompiledRules) => void;

/** A compiled profile: a value, in the byte order of its architectures. */
export interface CompiledFilter extends FilterProgram {
  /** The architectures the program decides for, the target first, in libseccomp's names. */
  arches: readonly ArchitectureName[];
  /** The seccomp(2) flags that the profile asks for, or its runtime. The loader has to set them. */
  flags: readonly FilterFlag[];
  /** Whether a rule notifies, so that loading must ask for a listener (SECCOMP_FILTER_FLAG_NEW_LISTENER). */
  usesListener: boolean;
  /**
   * What the profile's author should know: first about entries as they are written, then about their effect in the
   * program.
   */
  warnings: readonly Warning[];
  /** With the option `pfc` only: libseccomp's pseudo filter code; it does not show an ENOSYS stub. */
  pfc?: string;
}

interface CompiledWithEffects {
  compiled: CompiledFilter;
  /** Undefined where the program is too complex for an answer. */
  effects: readonly EntryEffect[] | undefined;
  compiledRules: CompiledRules;
  decisions: ProgramDecisions;
}

/** A policy before its program is made: as its runtime and host read it, and libseccomp's calls for it. */
export interface PlannedPolicy {
  /** With the names that the host's libseccomp does not know. */
  whole: SeccompPolicy;
  policy: SeccompPolicy;
  newer: readonly NewerName[];
  level: 0 | 1 | 2;
  plan: FilterPlan;
}

/** Plan the filter of plain rules. */
export function planPolicy(given: SeccompPolicy, options: OwnCompileOptions): PlannedPolicy {
  const behaviour = behaviourOf(options);
  const whole = readMasks(given, behaviour);
  const { policy, newer } = forHost(whole, options.libseccompVersion);
  const { source, unknownSyscall = 'warn', libseccomp = loadDefaultSync() } = options;
  const { optimize } = options;
  const level = optimize === undefined || optimize === 'min' ? optimizationLevel(whole, behaviour) : optimize;
  const architecture = parseArchitecture(options.arch);
  const plan = planFilter(policy, {
    architecture,
    optimize: level,
    unknownSyscall,
    ...plannedPieces(behaviour),
    source,
    resolveSyscall: (name) => libseccomp.resolveSyscallName(name, architecture),
  });
  return { whole, policy, newer, level, plan };
}

/**
 * Compile plain rules, and find the entries with another effect than they say (see {@link entryEffects}).
 * @param planned what {@link planPolicy} makes of the same arguments
 */
export function compileWithEffects(
  given: SeccompPolicy,
  options: OwnCompileOptions,
  planned: PlannedPolicy = planPolicy(given, options),
): CompiledWithEffects {
  const { whole, policy, newer, level, plan } = planned;
  const behaviour = behaviourOf(options);
  const { source, unknownSyscall = 'warn', libseccomp = loadDefaultSync() } = options;
  const architecture = parseArchitecture(options.arch);

  const unknown = newer.map(({ rule, listed }) => {
    const { name, ...place } = listed;
    const message = `libseccomp ${options.libseccompVersion} does not know the system call ${quote(name)}`;
    if (unknownSyscall === 'error') {
      throw new CompileError('UNKNOWN_SYSCALL', message, { ...place, source: place.source ?? source });
    }
    return {
      code: 'newer-than-libseccomp',
      message: `${message}, which is skipped: ${omittedRuleEffect(rule, whole)}`,
      ...place,
    };
  });

  const architectures = [
    architecture,
    ...plan.operations.flatMap((o) => ('architecture' in o ? [o.architecture] : [])),
  ];
  const { operations, skipped } = plan;
  const newerThan =
    options.enosysNewerThan === undefined ? policy.enosysNewerThan : parseNewerThan(options.enosysNewerThan);
  const rules: Rules = {
    policy,
    operations,
    skipped,
    architectures,
    enosysStub: hasEnosysStub(policy, behaviour),
    newer: newerThan && new Map(architectures.map((each) => [each, newerCalls(newerThan, each, policy, libseccomp)])),
    resolve: (name, arch) => libseccomp.resolveSyscallName(name, arch),
    ownNumber: numberFinder(libseccomp),
    source,
  };
  const { compiledRules, ...made } = makeProgram(rules, {
    ...options,
    optimize: options.optimize ?? level,
    libseccomp,
    verify: verifier(options.verify),
  });
  const decisions = decisionsOf(compiledRules);
  const effects = entryEffects(compiledRules, decisions);
  const compiled = {
    program: made.program,
    arches: architectures.map(({ name }) => name),
    flags: policy.flags ?? behaviour.defaultFlags,
    usesListener:
      policy.defaultAction.kind === 'NOTIFY' ||
      plan.operations.some((o) => o.kind === 'addRule' && o.action.kind === 'NOTIFY'),
    warnings: [
      ...(unknownSyscall === 'ignore' ? [] : unknown),
      ...plan.warnings,
      ...made.warnings,
      ...effectWarnings(effects, policy),
      ...numberWarnings(policy, architectures, options.libseccompVersion),
    ],
    ...(made.pfc === undefined ? {} : { pfc: made.pfc }),
  };
  return { compiled, effects, compiledRules, decisions };
}

function verifier(verify: OwnCompileOptions['verify'] = 'conditions'): Verifier | undefined {
  if (typeof verify === 'function') return verify;
  if (verify === 'conditions') return proveConditions;
  return verify ? proveDecisions : undefined;
}

let defaultLibseccomp: Libseccomp | undefined;

/** The libseccomp that is loaded once and kept. */
export async function loadDefault(): Promise<Libseccomp> {
  if (!defaultLibseccomp?.usable) defaultLibseccomp = await loadLibseccomp();
  return defaultLibseccomp;
}

/** As {@link loadDefault}, in Node. */
export function loadDefaultSync(): Libseccomp {
  if (!defaultLibseccomp?.usable) defaultLibseccomp = loadLibseccompSync();
  return defaultLibseccomp;
}
