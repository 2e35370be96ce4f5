import type { Weights } from '../bpf/minimize/index.js';
import type { CompileOptions, OwnCompileOptions } from '../compiler/index.js';
import { RUNTIME_CHOICES, type RuntimeOptions } from '../compiler/runtime.js';
import { InvalidArgumentError } from '../errors.js';
import { pick } from '../options.js';
import { type ArchFlags, targetsOf } from './arch-option.js';
import type { COMPILE_OPTIONS, FlagsOf, RUNTIME_OPTIONS, TARGET_OPTIONS } from './options.js';

export type TargetFlags = FlagsOf<typeof TARGET_OPTIONS>;
export type RuntimeFlags = FlagsOf<typeof RUNTIME_OPTIONS>;
export type CompileFlags = FlagsOf<typeof COMPILE_OPTIONS>;

/** The capabilities that were given; undefined where none were named, which answers then say. */
export function givenCapabilities({ cap }: Pick<TargetFlags, 'cap'>): readonly string[] | undefined {
  return cap.length > 0 ? cap : undefined;
}

export function runtimeOptions(flags: RuntimeFlags): RuntimeOptions & Pick<CompileOptions, 'libseccompVersion'> {
  const choices = Object.keys(RUNTIME_CHOICES) as (keyof typeof RUNTIME_CHOICES)[];
  return { runtime: flags.runtime, ...pick(flags, choices), libseccompVersion: flags.libseccomp };
}

/** The options that the flags mean. The minimiser is loaded where they ask for it. */
export async function compileOptions(
  flags: CompileFlags & Partial<ArchFlags>,
): Promise<Omit<OwnCompileOptions, 'arch'>> {
  const { optimize, fallback } = flags;
  const usesMinimizer = optimize === 'min' || fallback !== undefined;
  if (flags.weights !== undefined && !usesMinimizer) {
    throw new InvalidArgumentError('--weights goes with --optimize min or --fallback min: libseccomp has none');
  }
  return {
    capabilities: givenCapabilities(flags),
    kernel: flags.kernel,
    enosysNewerThan: flags.enosysNewerThan,
    optimize: optimize === undefined || optimize === 'min' ? optimize : (Number(optimize) as 0 | 1 | 2),
    fallback,
    weights: await weightsOption(flags),
    minimizer: usesMinimizer ? (await import('../compiler/minimize-rules.js')).minimizeRules : undefined,
    ...runtimeOptions(flags),
    unknownSyscall: flags.unknownSyscall,
  };
}

/** The value of `--weights`. */
export async function weightsOption({
  weights,
  arch = [],
}: Pick<CompileFlags, 'weights'> & Partial<ArchFlags>): Promise<Weights | undefined> {
  if (weights === undefined || weights === 'uncached') return weights;
  return (await import('./weights-file.js')).readWeightsFile(weights, targetsOf({ arch }));
}
