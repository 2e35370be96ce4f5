import { type Architecture, parseArchitecture } from '../architecture.js';
import { readProgram } from '../bpf/program/codec.js';
import type { Endianness } from '../bpf/program/instruction.js';
import { behaviourOf } from '../compiler/runtime.js';
import { InvalidArgumentError } from '../errors.js';
import type { AskedFilter } from '../explain/call-answer.js';
import { kernelArchitectures } from '../learn/kernel-architectures.js';
import type { Libseccomp } from '../libseccomp/index.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { printable } from '../text.js';
import { compileOptions } from './compile-options.js';
import { compileEntriesForTargets, compileWithUsualCapabilities } from './compile-targets.js';
import { isProgram, readFilterInput } from './filter-input.js';
import { type Input, isReadable } from './input.js';
import type { COMPILE_OPTIONS, FlagsOf, INPUT_OPTIONS } from './options.js';
import { profileOfInput } from './read-input-profile.js';

/** What an argument begins with that names several filters, the one that is installed first in front. */
const STACK_PREFIX = 'stack:';

/** The words of the help about such an argument. */
export const FILTER_ARGUMENT =
  'a profile, or a compiled program of any tool; "-" is standard input; stack:A,B: B is installed after A, and the strictest answer counts';

/** The options of the commands that ask filters. */
export type FilterFlags = FlagsOf<{ arch: true } & typeof INPUT_OPTIONS & typeof COMPILE_OPTIONS>;

/** One filter of a stack, as it was read. */
export interface FilterSource {
  input: Input;
  /** Undefined: it is a program. */
  profile: ParsedProfile | undefined;
}

/** The filters that an argument names, in the order of installation: one, or several after {@link STACK_PREFIX}. */
export interface FilterStack {
  /** Its name in messages. */
  source: string;
  filters: readonly FilterSource[];
}

/** One filter of a stack, on one machine. */
export interface LayerFilter extends AskedFilter {
  source: string;
}

/** The files that an argument names. */
export function stackedPaths(argument: string): readonly string[] {
  if (!argument.startsWith(STACK_PREFIX) || isReadable(argument)) return [argument];
  const paths = argument.slice(STACK_PREFIX.length).split(',');
  if (paths.includes('')) {
    throw new InvalidArgumentError(
      `${printable(argument)}: give the filters in the order of their installation, as in ${STACK_PREFIX}first.bpf,second.json`,
    );
  }
  return paths;
}

/** Read the filters that an argument names. */
export async function readFilterStack(argument: string, flags: FilterFlags): Promise<FilterStack> {
  return { source: argument, filters: await readFilters(stackedPaths(argument), flags) };
}

/** Read filters that are installed one after the other. */
export async function readFilters(paths: readonly string[], flags: FilterFlags): Promise<FilterSource[]> {
  if (paths.filter((path) => path === '-').length > 1) {
    throw new InvalidArgumentError('only one of the filters can be standard input');
  }
  const filters: FilterSource[] = [];
  for (const path of paths) {
    const input = await readFilterInput(path, flags);
    filters.push({ input, profile: isProgram(input.bytes) ? undefined : await profileOfInput(input, flags) });
  }
  return filters;
}

/** Whether the machine matters to them: a program that is compiled is the same on all machines of its byte order. */
export const hasProfile = (filters: readonly FilterSource[]): boolean => filters.some(({ profile }) => profile);

/**
 * The filters on each machine, profiles compiled for it. Warnings that several machines have in common are printed once.
 * `isAsked`: whether a call of that name or number is asked of them; all are, where it is left out.
 */
export async function layersFor(
  filters: readonly FilterSource[],
  targets: readonly Architecture[],
  flags: FilterFlags,
  libseccomp: Libseccomp,
  isAsked?: (name: string, number: number | undefined, arch: Architecture) => boolean,
): Promise<LayerFilter[][]> {
  const isDetected = flags.arch.length === 0;
  const options = hasProfile(filters) ? { ...(await compileOptions(flags)), libseccomp } : undefined;
  const each = filters.map(({ input: { bytes, source }, profile }): LayerFilter[] => {
    if (!profile || !options) {
      return targets.map(({ endianness }) => ({
        source,
        program: bytes,
        endianness: isDetected ? undefined : endianness,
      }));
    }
    const compiled = compileEntriesForTargets(profile, targets, options);
    // runc's stub looks at the names of all entries.
    const asksOfAll = !isAsked || behaviourOf(options).enosysStub;
    const usual = compileWithUsualCapabilities(
      profile,
      targets,
      options,
      ({ names }, arch) =>
        asksOfAll || names.some((name) => isAsked(name, libseccomp.resolveSyscallName(name, arch), arch)),
    );
    return compiled.map((entries, index) => ({
      source,
      program: entries.compiled.program,
      endianness: targets[index]?.endianness,
      withUsual: usual[index]?.program,
      profile: { source: profile.source, entries },
    }));
  });
  return targets.map((_, index) => each.map((layer) => layer[index] as LayerFilter));
}

/**
 * What filters decide together on a machine: the strictest answer, as one program. One filter is itself. What makes the
 * program is loaded for a stack alone.
 */
export async function jointFilter(layers: readonly LayerFilter[], machine: Architecture): Promise<AskedFilter> {
  const [only, ...others] = layers as [LayerFilter, ...LayerFilter[]];
  if (others.length === 0) return only;
  const endianness = commonByteOrder(layers);
  const { stackProgram } = await import('../bpf/minimize/stack-program.js');
  const own = kernelArchitectures(machine.name).map((name) => parseArchitecture(name).auditArch);
  const join = (programs: readonly Uint8Array[]) => stackProgram(programs, [...new Set(own)], { endianness });
  return {
    program: join(layers.map(({ program }) => program)),
    endianness,
    ...(layers.some(({ withUsual }) => withUsual) && {
      withUsual: join(layers.map(({ program, withUsual }) => withUsual ?? program)),
    }),
  };
}

function commonByteOrder(layers: readonly LayerFilter[]): Endianness {
  const orders = layers.map(({ program, endianness }) => readProgram(program, endianness).endianness);
  const other = orders.findIndex((order) => order !== orders[0]);
  if (other > 0) {
    const [one, another] = [layers[0], layers[other]].map((layer) => printable(layer?.source ?? ''));
    throw new InvalidArgumentError(
      `${one} is a program of ${orders[0]}-endian machines and ${another} of ${orders[other]}-endian ones: no machine has both installed`,
    );
  }
  return orders[0] as Endianness;
}
