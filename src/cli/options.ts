import { type Command, InvalidArgumentError as InvalidOption, Option } from 'commander';
import type { Weights } from '../bpf/minimize/index.js';
import { LIBSECCOMP_VERSIONS, type LibseccompVersion } from '../compiler/host-libseccomp.js';
import type { CompileOptions } from '../compiler/index.js';
import { RUNTIME_NAMES, type RuntimeName, type RuntimeOptions } from '../compiler/runtime.js';
import { InvalidArgumentError } from '../errors.js';
import { type ArchFlags, targetsOf } from './arch-option.js';

/** What the options of {@link addTargetOptions} come to. */
export interface TargetFlags {
  cap: string[];
  kernel?: string;
}

/** What the options of {@link addRuntimeOptions} come to. */
export interface RuntimeFlags {
  runtime?: RuntimeName;
  enosysStub?: boolean;
  defaultFlags?: 'spec-allow' | 'none';
  optimizePast?: number;
  errnoRet?: 'lenient' | 'strict';
  conditions?: 'together' | 'split-repeated' | 'split-all';
  libseccomp?: LibseccompVersion;
  emptyArgs?: 'unconditional' | 'no-rule';
  maskedOperands?: 'mask-first' | 'datum-first';
  wideValues?: 'exact' | 'low-half';
  notifyGuards?: boolean;
}

/** What the options of {@link addCompileOptions} come to. */
export interface CompileFlags extends TargetFlags, RuntimeFlags {
  optimize?: '0' | '1' | '2' | 'min';
  fallback?: 'min';
  weights?: string;
  unknownSyscall: 'warn' | 'error' | 'ignore';
}

/** commander's parser for what may be repeated: each counts. */
export const collect = (value: string, previous: string[]) => [...previous, value];

export const CAP_DESCRIPTION =
  'a capability the container has, for conditional entries; repeatable; "all", "none", or an engine\'s default set: docker, podman, kubernetes (default: none, said where it matters)';

/** The capabilities that were given; undefined where nobody said, which answers then say. */
export function givenCapabilities({ cap }: Pick<TargetFlags, 'cap'>): readonly string[] | undefined {
  return cap.length > 0 ? cap : undefined;
}

/** The options of every command that decides conditional entries. */
export function addTargetOptions(command: Command, kernelDefault: string): Command {
  return command
    .option('--cap <capability>', CAP_DESCRIPTION, collect, [])
    .option('--kernel <X.Y>', `the kernel, for conditional entries (default: ${kernelDefault})`);
}

/** `--libseccomp`, alike on every command. */
function libseccompOption(): Option {
  return new Option(
    '--libseccomp <version>',
    "the host's libseccomp: names that it does not know are left out (default: as new as the one here)",
  ).choices(LIBSECCOMP_VERSIONS);
}

/** The options that say whose behaviour is followed where runtimes differ: one table of them (docs/runtimes.md). */
export function addRuntimeOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--runtime <runtime>', 'whose behaviour to follow, where runtimes differ')
        .choices(RUNTIME_NAMES)
        .default('libseccomp'),
    )
    .addOption(libseccompOption())
    .option('--enosys-stub', 'answer ENOSYS for system calls newer than all the profile names, as runc does')
    .option('--no-enosys-stub', 'do not, whatever the runtime does')
    .addOption(
      new Option('--default-flags <flags>', 'flags where the profile says nothing of them').choices([
        'spec-allow',
        'none',
      ]),
    )
    .option('--optimize-past <rules>', 'a binary tree for profiles with more rules than this', parseCount)
    .addOption(
      new Option('--errno-ret <how>', 'strict: refuse an errno with an action that carries none').choices([
        'lenient',
        'strict',
      ]),
    )
    .addOption(
      new Option('--conditions <how>', 'several conditions in an entry: all must hold, or a rule of each').choices([
        'together',
        'split-repeated',
        'split-all',
      ]),
    )
    .addOption(
      new Option('--empty-args <how>', 'an empty list of conditions: none, or an entry without effect').choices([
        'unconditional',
        'no-rule',
      ]),
    )
    .addOption(
      new Option(
        '--wide-values <how>',
        'a value past 32 bits on a 32-bit architecture: what it means, or its low half',
      ).choices(['exact', 'low-half']),
    )
    .addOption(
      new Option('--masked-operands <order>', 'which of value and valueTwo is the mask of MASKED_EQ').choices([
        'mask-first',
        'datum-first',
      ]),
    )
    .option('--notify-guards', 'refuse SCMP_ACT_NOTIFY as the default action and on write')
    .option('--no-notify-guards', 'take it, as crun does');
}

/** The options of every command that compiles a profile. */
export function addCompileOptions(command: Command, kernelDefault: string): Command {
  return addRuntimeOptions(
    addTargetOptions(command, kernelDefault).addOption(
      new Option(
        '--optimize <level>',
        "libseccomp's program, 0: its default, 1: by priority, 2: a binary tree; min: not libseccomp's, but the smallest and fastest found (default: the runtime's)",
      ).choices(['0', '1', '2', 'min']),
    ),
  )
    .addOption(
      new Option(
        '--fallback <level>',
        "where libseccomp's program is wrong or too long: the one of --optimize min instead of an error",
      ).choices(['min']),
    )
    .option(
      '--weights <file>',
      'for min: how often calls happen, counted by strace -c, recorded, or listed ("name count"); "uncached": only those that the kernel runs filters for',
    )
    .addOption(
      new Option('--unknown-syscall <what>', 'about names libseccomp does not know')
        .choices(['warn', 'error', 'ignore'])
        .default('warn'),
    );
}

export function runtimeOptions(flags: RuntimeFlags): RuntimeOptions & Pick<CompileOptions, 'libseccompVersion'> {
  return {
    runtime: flags.runtime,
    enosysStub: flags.enosysStub,
    defaultFlags: flags.defaultFlags && (flags.defaultFlags === 'none' ? [] : ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']),
    optimizePast: flags.optimizePast,
    errnoRet: flags.errnoRet,
    conditions: flags.conditions,
    libseccompVersion: flags.libseccomp,
    emptyArgs: flags.emptyArgs,
    maskedOperands: flags.maskedOperands,
    wideValues: flags.wideValues,
    notifyGuards: flags.notifyGuards,
  };
}

/** What the flags come to. The minimiser is loaded where they ask for it. */
export async function compileOptions(flags: CompileFlags & Partial<ArchFlags>): Promise<Omit<CompileOptions, 'arch'>> {
  const { optimize, fallback } = flags;
  const usesMinimizer = optimize === 'min' || fallback !== undefined;
  if (flags.weights !== undefined && !usesMinimizer) {
    throw new InvalidArgumentError('--weights goes with --optimize min or --fallback min: libseccomp has none');
  }
  return {
    capabilities: givenCapabilities(flags),
    kernel: flags.kernel,
    optimize: optimize === undefined || optimize === 'min' ? optimize : (Number(optimize) as 0 | 1 | 2),
    fallback,
    weights: await weightsOption(flags),
    minimizer: usesMinimizer ? (await import('../compiler/minimize-rules.js')).minimizeRules : undefined,
    ...runtimeOptions(flags),
    unknownSyscall: flags.unknownSyscall,
  };
}

/** What `--weights` comes to. */
export async function weightsOption({
  weights,
  arch = [],
}: Pick<CompileFlags, 'weights'> & Partial<ArchFlags>): Promise<Weights | undefined> {
  if (weights === undefined || weights === 'uncached') return weights;
  return (await import('./weights-file.js')).readWeightsFile(weights, targetsOf({ arch }));
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidOption('give a number of rules');
  return Number(text);
}
