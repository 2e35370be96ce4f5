import { ARCHITECTURES, type ArchitectureName } from '../architecture.js';
import { BOOLEAN, checkOptions, LIST, NUMBER, type OptionTable } from '../options.js';
import type { ArgumentCondition, FilterFlag, SeccompPolicy } from '../policy.js';

/** A name alone is the newest version; docs/runtimes.md says which versions were run or read. */
export const RUNTIME_NAMES = ['libseccomp', 'runc', 'runc-1.1', 'crun', 'youki', 'youki-0.6'] as const;
export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/** What a runtime makes of a profile beyond what the profile says. docs/runtimes.md has the same as a table. */
export interface RuntimeBehaviour {
  /** The flags of seccomp(2) where the profile has no `flags`; an empty list there is "none". */
  readonly defaultFlags: readonly FilterFlag[];
  /** Whether an ENOSYS stub goes in front: see `enosysStub`. */
  readonly enosysStub: boolean;
  /** Whether the stub is empty where the profile lists no architecture. */
  readonly stubNeedsArchitectures: boolean;
  /** libseccomp's binary tree (SCMP_FLTATR_CTL_OPTIMIZE 2) for profiles with more names than this. */
  readonly optimizePast: number;
  /** An errno with an action that carries none: passed over, or an error as the OCI runtime spec has it. */
  readonly errnoRet: 'lenient' | 'strict';
  /**
   * Several conditions in one entry. `together`: all must hold, and libseccomp refuses two on one argument;
   * `split-repeated`: where an argument has two, each condition becomes a rule of its own, so any will do;
   * `split-all`: always so.
   */
  readonly conditions: 'together' | 'split-repeated' | 'split-all';
  /** An entry whose list of conditions is there and empty: without conditions, or of no effect at all. */
  readonly emptyArgs: 'unconditional' | 'no-rule';
  /** SCMP_CMP_MASKED_EQ: `(argument & value) == valueTwo`, or the other way round. */
  readonly maskedOperands: 'mask-first' | 'datum-first';
  /**
   * A value with bits past 32 on a 32-bit architecture: what it can mean there (never, always), or its low half, which is
   * what libseccomp compares.
   */
  readonly wideValues: 'exact' | 'low-half';
  /** Whether SCMP_ACT_NOTIFY is refused as the default action and on `write`. */
  readonly notifyGuards: boolean;
  /** The flags that a profile may ask for; with others the container does not start. */
  readonly takesFlags: readonly FilterFlag[];
  /** Where the kernel refuses the flags and nobody listens: no filter, or the filter with no flags at all. */
  readonly refusedFlags: 'fail' | 'load-without';
  /** The architectures that a profile may list; with others the container does not start. */
  readonly takesArchitectures: readonly (ArchitectureName | 'native')[];
}

const NEVER = Number.POSITIVE_INFINITY;

const ALL_FLAGS: readonly FilterFlag[] = [
  'SECCOMP_FILTER_FLAG_TSYNC',
  'SECCOMP_FILTER_FLAG_LOG',
  'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
];
const ALL_ARCHITECTURES: RuntimeBehaviour['takesArchitectures'] = ['native', ...ARCHITECTURES.map(({ name }) => name)];

const without = (...names: readonly (ArchitectureName | 'native')[]) =>
  ALL_ARCHITECTURES.filter((name) => !names.includes(name));

const LIBSECCOMP: RuntimeBehaviour = {
  defaultFlags: [],
  enosysStub: false,
  stubNeedsArchitectures: false,
  optimizePast: NEVER,
  errnoRet: 'lenient',
  conditions: 'split-repeated',
  emptyArgs: 'unconditional',
  maskedOperands: 'mask-first',
  wideValues: 'exact',
  notifyGuards: true,
  takesFlags: ALL_FLAGS,
  refusedFlags: 'fail',
  takesArchitectures: ALL_ARCHITECTURES,
};

/** Runtimes hand libseccomp the value as it is. */
const CONTAINER_RUNTIME: RuntimeBehaviour = { ...LIBSECCOMP, wideValues: 'low-half' };

const BEHAVIOURS: Readonly<Record<RuntimeName, RuntimeBehaviour>> = {
  libseccomp: LIBSECCOMP,
  // libcontainer/specconv/spec_linux.go, SetupSeccomp: SPEC_ALLOW where `flags` is nil. libcontainer/seccomp/
  // seccomp_linux.go, InitSeccomp: the tree past 32 rules, of which each name makes one, known or not; matchCall: repeated
  // arguments. libcontainer/seccomp/patchbpf: the stub. libcontainer/seccomp/config.go: `archs`.
  runc: {
    ...CONTAINER_RUNTIME,
    defaultFlags: ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'],
    enosysStub: true,
    optimizePast: 32,
    takesArchitectures: without('native', 'parisc', 'parisc64', 'm68k', 'sh', 'sheb'),
  },
  // The same files of 1.1.5. SetupSeccomp: "seccomp flags are not yet supported by runc". No tree. The stub is made for the
  // architectures that are listed (before 1.1.15).
  'runc-1.1': {
    ...CONTAINER_RUNTIME,
    enosysStub: true,
    stubNeedsArchitectures: true,
    takesFlags: [],
    takesArchitectures: without('native', 'riscv64', 'loongarch64', 'parisc', 'parisc64', 'm68k', 'sh', 'sheb'),
  },
  // src/libcrun/seccomp.c, libcrun_apply_seccomp: SPEC_ALLOW where there are no flags; libcrun_generate_seccomp: "errno
  // value specified for action" is an error; repeated arguments as in runc. It has no rule against NOTIFY on any call. It loads again
  // without flags where the kernel answers EINVAL.
  crun: {
    ...CONTAINER_RUNTIME,
    defaultFlags: ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'],
    errnoRet: 'strict',
    notifyGuards: false,
    refusedFlags: 'load-without',
    takesArchitectures: without('native'),
  },
  // crates/libcontainer/src/seccomp/mod.rs of 0.7.0, initialize_seccomp: conditions as runc has them; translate_op:
  // MaskedEqual(valueTwo), which is the mask, with `value` as the datum.
  youki: { ...CONTAINER_RUNTIME, maskedOperands: 'datum-first' },
  // The same of 0.6: add_rule_conditional once for each argument, so not at all for an empty list; translate_arch;
  // LinuxSeccompFilterFlag of its oci-spec.
  'youki-0.6': {
    ...CONTAINER_RUNTIME,
    conditions: 'split-all',
    emptyArgs: 'no-rule',
    maskedOperands: 'datum-first',
    takesFlags: ALL_FLAGS.filter((flag) => flag !== 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'),
    takesArchitectures: without('loongarch64', 'parisc', 'parisc64', 'm68k', 'sh', 'sheb'),
  },
};

/** The pieces of a runtime's behaviour that a caller may choose apart from the set. */
export interface RuntimeOptions {
  /**
   * Whose behaviour to follow where runtimes differ; the options named like its pieces (see `RuntimeBehaviour`) win over it.
   * Default: `libseccomp`, which adds nothing of its own.
   */
  runtime?: RuntimeName | undefined;
  defaultFlags?: RuntimeBehaviour['defaultFlags'] | undefined;
  /** Answer ENOSYS for system calls newer than all the profile names, as runc does. */
  enosysStub?: boolean | undefined;
  optimizePast?: number | undefined;
  errnoRet?: RuntimeBehaviour['errnoRet'] | undefined;
  conditions?: RuntimeBehaviour['conditions'] | undefined;
  emptyArgs?: RuntimeBehaviour['emptyArgs'] | undefined;
  maskedOperands?: RuntimeBehaviour['maskedOperands'] | undefined;
  wideValues?: RuntimeBehaviour['wideValues'] | undefined;
  notifyGuards?: boolean | undefined;
}

/** The values of {@link RuntimeOptions}. */
export const RUNTIME_OPTIONS: OptionTable<RuntimeOptions> = {
  runtime: RUNTIME_NAMES,
  defaultFlags: [LIST],
  enosysStub: [BOOLEAN],
  optimizePast: [NUMBER],
  errnoRet: ['lenient', 'strict'],
  conditions: ['together', 'split-repeated', 'split-all'],
  emptyArgs: ['unconditional', 'no-rule'],
  maskedOperands: ['mask-first', 'datum-first'],
  wideValues: ['exact', 'low-half'],
  notifyGuards: [BOOLEAN],
};

/** The behaviour that options come to. Raises {@link InvalidArgumentError} for a runtime or an option that is none. */
export function runtimeBehaviour(options: RuntimeOptions): RuntimeBehaviour {
  checkOptions('runtimeBehaviour', options, RUNTIME_OPTIONS);
  return behaviourOf(options);
}

/** As {@link runtimeBehaviour}, of options that were looked at, among others. */
export function behaviourOf(options: RuntimeOptions): RuntimeBehaviour {
  const set = BEHAVIOURS[options.runtime ?? 'libseccomp'];
  return {
    ...set,
    defaultFlags: options.defaultFlags ?? set.defaultFlags,
    enosysStub: options.enosysStub ?? set.enosysStub,
    stubNeedsArchitectures: options.enosysStub === undefined && set.stubNeedsArchitectures,
    optimizePast: options.optimizePast ?? set.optimizePast,
    errnoRet: options.errnoRet ?? set.errnoRet,
    conditions: options.conditions ?? set.conditions,
    emptyArgs: options.emptyArgs ?? set.emptyArgs,
    maskedOperands: options.maskedOperands ?? set.maskedOperands,
    wideValues: options.wideValues ?? set.wideValues,
    notifyGuards: options.notifyGuards ?? set.notifyGuards,
  };
}

/** Whether an ENOSYS stub goes in front of a policy's filter. */
export function hasEnosysStub(
  { architectures }: SeccompPolicy,
  { enosysStub, stubNeedsArchitectures }: RuntimeBehaviour,
): boolean {
  return enosysStub && !(stubNeedsArchitectures && architectures.length === 0);
}

/** libseccomp's optimisation level for a policy, where the caller asked for none. */
export function optimizationLevel(policy: SeccompPolicy, { optimizePast }: RuntimeBehaviour): 0 | 2 {
  const rules = policy.rules.reduce((count, { names }) => count + names.length, 0);
  return rules > optimizePast ? 2 : 0;
}

/** A policy with its masked comparisons as the runtime reads them, in the form libseccomp takes: the mask first. */
export function readMasks(policy: SeccompPolicy, { maskedOperands }: RuntimeBehaviour): SeccompPolicy {
  if (maskedOperands === 'mask-first') return policy;
  const swap = (condition: ArgumentCondition): ArgumentCondition =>
    condition.op === 'MASKED_EQ' ? { ...condition, value: condition.valueTwo, valueTwo: condition.value } : condition;
  return { ...policy, rules: policy.rules.map((rule) => ({ ...rule, conditions: rule.conditions.map(swap) })) };
}
