import { ARCHITECTURES, type ArchitectureName } from '../architecture.js';
import { type Allowed, BOOLEAN, checkOptions, LIST, NUMBER, type OptionTable } from '../options.js';
import type { ArgumentCondition, FilterFlag, SeccompPolicy } from '../policy.js';

/** A name alone is the newest version; docs/runtimes.md says which versions were run or read. */
export const RUNTIME_NAMES = ['libseccomp', 'runc', 'runc-1.1', 'crun', 'youki', 'youki-0.6'] as const;
export type RuntimeName = (typeof RUNTIME_NAMES)[number];

type Architectures = readonly (ArchitectureName | 'native')[];

const SPEC_ALLOW: readonly FilterFlag[] = ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'];
const ALL_FLAGS: readonly FilterFlag[] = [
  'SECCOMP_FILTER_FLAG_TSYNC',
  'SECCOMP_FILTER_FLAG_LOG',
  ...SPEC_ALLOW,
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
];
const ALL_ARCHITECTURES: Architectures = ['native', ...ARCHITECTURES.map(({ name }) => name)];

const allBut = (...names: Architectures): Architectures => ALL_ARCHITECTURES.filter((name) => !names.includes(name));

/** What each runtime does: one that is not named does as `others`, and without that as libseccomp. */
type ByRuntime<Value> = { readonly libseccomp: Value; readonly others?: Value } & {
  readonly [Name in RuntimeName]?: Value;
};

/** A piece of what a runtime does. */
interface Piece<Value> {
  readonly does: ByRuntime<Value>;
}

/** A piece that a caller may choose apart from the runtime: by an option of its name, or by a flag of the command. */
interface Choice<Value> extends Piece<Value> {
  /** The values, or their kind. */
  readonly takes: readonly Allowed[];
  /** The flag: commander's syntax, of which the option's name follows. */
  readonly flag: string;
  /** Of the flag, for the command's help. */
  readonly help: string;
  /** The same of the flag's opposite, `--no-…`, of a piece that is on or off. */
  readonly helpNo?: string;
  /** The flag's words, where they are not the values. */
  readonly words?: Readonly<Record<string, Value>>;
}

const piece = <Value>(does: ByRuntime<Value>): Piece<Value> => ({ does });
const choice = <const Value>(row: Choice<Value>): Choice<Value> => row;
/** A choice among words. */
const oneOf = <const Value extends string>(
  takes: readonly Value[],
  row: Omit<Choice<NoInfer<Value>>, 'takes' | 'words'>,
): Choice<Value> => ({ takes, ...row });

// What was read: of runc libcontainer/specconv/spec_linux.go (SetupSeccomp), libcontainer/seccomp/seccomp_linux.go
// (InitSeccomp, matchCall), libcontainer/seccomp/patchbpf and libcontainer/seccomp/config.go, the same of 1.1.5 for
// runc-1.1; of crun src/libcrun/seccomp.c; of youki 0.6 crates/libcontainer/src/seccomp/mod.rs. For youki 0.7.0 it was that
// file at commit 0133c00, and pull request 3489: both came before that release.

/**
 * Where runtimes differ, one row per choice. The options of the library and of the command, their help, and the table
 * of docs/runtimes.md come from this table.
 */
export const RUNTIME_CHOICES = {
  /** Whether an ENOSYS stub goes in front: see `enosysStub`. */
  enosysStub: choice<boolean>({
    flag: '--enosys-stub',
    help: 'answer ENOSYS for system calls newer than all the profile names, as runc does',
    helpNo: 'do not, whatever the runtime does',
    takes: [BOOLEAN],
    // runc, patchbpf.
    does: { libseccomp: false, runc: true, 'runc-1.1': true },
  }),
  /** The flags of seccomp(2) where the profile has no `flags`; an empty list there is "none". */
  defaultFlags: choice<readonly FilterFlag[]>({
    flag: '--default-flags <flags>',
    help: 'flags where the profile says nothing of them',
    takes: [LIST],
    words: { 'spec-allow': SPEC_ALLOW, none: [] },
    // runc, SetupSeccomp: where `flags` is nil; 1.1.5: "seccomp flags are not yet supported by runc". crun,
    // libcrun_apply_seccomp: where there are none.
    does: { libseccomp: [], runc: SPEC_ALLOW, crun: SPEC_ALLOW },
  }),
  /** libseccomp's binary tree (SCMP_FLTATR_CTL_OPTIMIZE 2) for profiles with more names than this. */
  optimizePast: choice<number>({
    flag: '--optimize-past <rules>',
    help: 'a binary tree for profiles with more rules than this',
    takes: [NUMBER],
    // runc, InitSeccomp: each name makes a rule, known or not.
    does: { libseccomp: Number.POSITIVE_INFINITY, runc: 32 },
  }),
  /** An errno with an action that carries none: ignored, or an error as in the OCI runtime spec. */
  errnoRet: oneOf(['lenient', 'strict'], {
    flag: '--errno-ret <how>',
    help: 'strict: refuse an errno with an action that carries none',
    // crun, libcrun_generate_seccomp: "errno value specified for action".
    does: { libseccomp: 'lenient', crun: 'strict' },
  }),
  /**
   * Several conditions in one entry. `together`: all must hold, and libseccomp refuses two on one argument.
   * `split-repeated`: where an argument has two, each condition becomes a rule of its own, so any of them is enough.
   * `split-all`: always so.
   */
  conditions: oneOf(['together', 'split-repeated', 'split-all'], {
    flag: '--conditions <how>',
    help: 'several conditions in an entry: all must hold, or a rule of each',
    // runc, matchCall; crun, libcrun_generate_seccomp; youki 0.7, initialize_seccomp. youki 0.6 calls
    // add_rule_conditional once for each argument.
    does: { libseccomp: 'split-repeated', 'youki-0.6': 'split-all' },
  }),
  /** An entry with an empty list of conditions: unconditional, or without effect. */
  emptyArgs: oneOf(['unconditional', 'no-rule'], {
    flag: '--empty-args <how>',
    help: 'an empty list of conditions: none, or an entry without effect',
    does: { libseccomp: 'unconditional', 'youki-0.6': 'no-rule' },
  }),
  /**
   * A value with bits past 32 on a 32-bit architecture: the exact meaning (never, always), or its low half, which
   * libseccomp compares.
   */
  wideValues: oneOf(['exact', 'low-half'], {
    flag: '--wide-values <how>',
    help: 'a value past 32 bits on a 32-bit architecture: what it means, or its low half',
    // Runtimes give libseccomp the value unchanged.
    does: { libseccomp: 'exact', others: 'low-half' },
  }),
  /** SCMP_CMP_MASKED_EQ: `(argument & value) == valueTwo`, or the other way round. */
  maskedOperands: oneOf(['mask-first', 'datum-first'], {
    flag: '--masked-operands <order>',
    help: 'which of value and valueTwo is the mask of MASKED_EQ',
    // youki, translate_op: MaskedEqual(valueTwo), which is the mask, with `value` as the datum.
    does: { libseccomp: 'mask-first', youki: 'datum-first', 'youki-0.6': 'datum-first' },
  }),
  /** Whether SCMP_ACT_NOTIFY is refused as the default action and on `write`. */
  notifyGuards: choice<boolean>({
    flag: '--notify-guards',
    help: 'refuse SCMP_ACT_NOTIFY as the default action and on write',
    helpNo: 'take it, as crun does',
    takes: [BOOLEAN],
    // crun has no rule against NOTIFY on any call.
    does: { libseccomp: true, crun: false },
  }),
} as const;

/** What comes with the runtime alone. */
const RUNTIME_LIMITS = {
  /** Whether the stub is empty where the profile lists no architecture. */
  // runc before 1.1.15 makes the stub for the architectures that are listed.
  stubNeedsArchitectures: piece<boolean>({ libseccomp: false, 'runc-1.1': true }),
  /** The flags that a profile may ask for; with others the container does not start. */
  // youki 0.6: LinuxSeccompFilterFlag of its oci-spec.
  takesFlags: piece<readonly FilterFlag[]>({
    libseccomp: ALL_FLAGS,
    'runc-1.1': [],
    'youki-0.6': ALL_FLAGS.filter((flag) => flag !== 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'),
  }),
  /** Whether SCMP_ACT_NOTIFY without `listenerPath` keeps the container from starting. */
  // runc: "listenerPath is not set". youki, sync_seccomp: "notify will require seccomp listener path to be set". crun loads
  // the filter without a listener, so that the calls fail with ENOSYS.
  needsListenerPath: piece<boolean>({ libseccomp: false, others: true, crun: false }),
  /** Where the kernel refuses the flags and there is no listener: no filter, or the filter without any flags. */
  // crun, libcrun_apply_seccomp: it loads again without flags where the kernel answers EINVAL.
  refusedFlags: piece<'fail' | 'load-without'>({ libseccomp: 'fail', crun: 'load-without' }),
  /** The architectures that a profile may list; with others the container does not start. */
  // runc: `archs` of config.go. youki 0.6: translate_arch.
  takesArchitectures: piece<readonly (ArchitectureName | 'native')[]>({
    libseccomp: ALL_ARCHITECTURES,
    runc: allBut('native', 'parisc', 'parisc64', 'm68k', 'sh', 'sheb'),
    'runc-1.1': allBut('native', 'riscv64', 'loongarch64', 'parisc', 'parisc64', 'm68k', 'sh', 'sheb'),
    crun: allBut('native'),
    'youki-0.6': allBut('loongarch64', 'parisc', 'parisc64', 'm68k', 'sh', 'sheb'),
  }),
} as const;

/** A row of {@link RUNTIME_CHOICES}. */
export type RuntimeChoice = (typeof RUNTIME_CHOICES)[keyof typeof RUNTIME_CHOICES];

const PIECES = { ...RUNTIME_CHOICES, ...RUNTIME_LIMITS };

type ValueOf<Row> = Row extends Piece<infer Value> ? Value : never;
type Values<Rows> = { readonly [Key in keyof Rows]: ValueOf<Rows[Key]> };
type Options<Rows> = { -readonly [Key in keyof Rows]?: ValueOf<Rows[Key]> | undefined };

/** How a runtime treats a profile, beyond what the profile says. docs/runtimes.md has the same as a table. */
export interface RuntimeBehaviour extends Values<typeof PIECES> {}

/** The parts of a runtime's behaviour that a caller may choose one by one. */
export interface RuntimeOptions extends Options<typeof RUNTIME_CHOICES> {
  /**
   * Whose behaviour to follow where runtimes differ; the options named like its pieces (see `RuntimeBehaviour`) win over it.
   * Default: `libseccomp`, which adds nothing of its own.
   */
  runtime?: RuntimeName | undefined;
}

/** The values of {@link RuntimeOptions}. */
export const RUNTIME_OPTIONS: OptionTable<RuntimeOptions> = {
  runtime: RUNTIME_NAMES,
  ...mapRows(RUNTIME_CHOICES, (_, { takes }) => takes),
};

/**
 * The behaviour that options come to.
 *
 * @throws {InvalidArgumentError} when a runtime or an option does not exist
 *
 * @example
 * ```js
 * import { runtimeBehaviour } from 'libseccomp-wasm/check';
 *
 * const [runc, crun] = ['runc', 'crun'].map((runtime) => runtimeBehaviour({ runtime }));
 * console.log(runc.enosysStub, crun.enosysStub); // true false
 * ```
 */
export function runtimeBehaviour(options: RuntimeOptions): RuntimeBehaviour {
  checkOptions('runtimeBehaviour', options, RUNTIME_OPTIONS);
  return behaviourOf(options);
}

/** As {@link runtimeBehaviour}, for options that were checked, among which may be others. */
export function behaviourOf(options: RuntimeOptions): RuntimeBehaviour {
  const { runtime = 'libseccomp' } = options;
  const chosen: Readonly<Record<string, unknown>> = { ...options };
  const behaviour = mapRows(PIECES, (name, { does }: Piece<unknown>) => {
    const own = does[runtime] ?? does.others ?? does.libseccomp;
    return Object.hasOwn(RUNTIME_CHOICES, name) ? (chosen[name] ?? own) : own;
  }) as RuntimeBehaviour;
  // Who asks for the stub has it.
  return options.enosysStub === undefined ? behaviour : { ...behaviour, stubNeedsArchitectures: false };
}

/** The same rows, each as something else. */
export function mapRows<Rows extends object, Value>(
  rows: Rows,
  map: (name: string, row: Rows[keyof Rows]) => Value,
): { [Key in keyof Rows]: Value } {
  const mapped = Object.entries(rows).map(([name, row]) => [name, map(name, row)] as const);
  return Object.fromEntries(mapped) as { [Key in keyof Rows]: Value };
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
