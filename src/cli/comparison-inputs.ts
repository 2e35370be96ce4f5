import type { Command } from 'commander';
import type { Architecture, ArchitectureName } from '../architecture.js';
import { seenArchitectures } from '../bpf/index.js';
import { type DecodedProgram, readProgram } from '../bpf/program/codec.js';
import { InvalidArgumentError, ScmpError } from '../errors.js';
import type { AskedFilter } from '../explain/call-answer.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { printable } from '../text.js';
import { type ArchFlags, byteOrdersOf, headingAmong, targetsOf } from './arch-option.js';
import { isProgram, readFilterInput } from './filter-input.js';
import {
  FILTER_ARGUMENT,
  type FilterSource,
  type FilterStack,
  hasProfile,
  jointFilter,
  layersFor,
  readFilterStack,
  stackedPaths,
} from './filter-stack.js';
import type { Input } from './input.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from './options.js';
import { printError } from './output.js';
import { profileOfInput } from './read-input-profile.js';
import { type ObjectInput, objectInputs } from './several-objects.js';

const OPTIONS = {
  arch: 'the machine that profiles are compiled for; its other architectures are compared as well (default: this machine)',
  json: true,
  ...INPUT_OPTIONS,
  ...COMPILE_OPTIONS,
} as const;

export type ComparisonFlags = FlagsOf<typeof OPTIONS>;

/** The arguments and options of the commands that take two filters. */
export function addComparisonOptions(command: Command): Command {
  command.argument('<a>', FILTER_ARGUMENT).argument('<b>', 'another one');
  return addOptions(command, OPTIONS);
}

/** The two filters on one machine. */
export interface ComparedPair {
  /** Undefined where only one was asked for, or the machine makes no difference. */
  target: ArchitectureName | undefined;
  /** What the answer begins with, where the filters distinguish it. */
  machine: ArchitectureName;
  programs: [DecodedProgram, DecodedProgram];
  /** With Docker's default capabilities. Set where the caller named none and that makes a difference. */
  usual: [DecodedProgram, DecodedProgram] | undefined;
}

export interface Compared {
  /** The names of the two in messages. */
  names: [string, string];
  /** All filters of both. */
  filters: readonly FilterSource[];
  pairs: ComparedPair[];
}

/** A comparison with one object of several. */
export interface ComparedObject {
  /** Its `metadata.name`. */
  name: string;
  /** Which of the two it is. */
  side: 0 | 1;
  compared: Compared | ScmpError;
}

/** Read both; profiles are compiled for the same machine, once for each that is asked for. */
export async function readBoth(
  paths: readonly [string, string],
  flags: ComparisonFlags,
  libseccomp: Libseccomp,
): Promise<Compared> {
  refuseTwoOfStdin(paths);
  const a = await readFilterStack(paths[0], flags);
  const b = await readFilterStack(paths[1], flags);
  return compiledPairs(a, b, flags, libseccomp);
}

/** As {@link readBoth}, where one of the two may be several SeccompProfiles: each is compared with the other one. */
export async function readEach(
  paths: readonly [string, string],
  flags: ComparisonFlags,
  libseccomp: Libseccomp,
): Promise<Compared | ComparedObject[]> {
  refuseTwoOfStdin(paths);
  const [a, b] = [await readSide(paths[0], flags), await readSide(paths[1], flags)];
  if ('filters' in a && 'filters' in b) return compiledPairs(a, b, flags, libseccomp);
  if (!('filters' in a) && !('filters' in b)) {
    throw new InvalidArgumentError('both are several SeccompProfiles: choose one of each, as FILE#NAME');
  }
  const side = 'filters' in a ? 1 : 0;
  const objects: ComparedObject[] = [];
  for (const { name, input } of (side === 0 ? a : b) as readonly ObjectInput[]) {
    objects.push({ name, side, compared: await attempt(() => compareObject(name, input)) });
  }
  return objects;

  async function compareObject(name: string, input: Input): Promise<Compared> {
    const filters = [{ input, profile: await profileOfInput(input, flags) }];
    const object: FilterStack = { source: name, filters };
    const other = (side === 0 ? b : a) as FilterStack;
    return side === 0
      ? compiledPairs(object, other, flags, libseccomp)
      : compiledPairs(other, object, flags, libseccomp);
  }
}

/** One object that cannot be read does not cost the others. */
async function attempt(read: () => Promise<Compared>): Promise<Compared | ScmpError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ScmpError) return error;
    throw error;
  }
}

/** What an argument names: filters, or several objects. */
async function readSide(argument: string, flags: ComparisonFlags): Promise<FilterStack | readonly ObjectInput[]> {
  const paths = stackedPaths(argument);
  if (paths.length > 1 || flags.document !== undefined) return readFilterStack(argument, flags);
  const input = await readFilterInput(paths[0] as string, flags);
  if (isProgram(input.bytes)) return { source: argument, filters: [{ input, profile: undefined }] };
  const objects = await objectInputs(input);
  return objects ?? { source: argument, filters: [{ input, profile: await profileOfInput(input, flags) }] };
}

function refuseTwoOfStdin(paths: readonly [string, string]): void {
  const isStdin = (argument: string) => stackedPaths(argument).includes('-');
  if (paths.every(isStdin)) throw new InvalidArgumentError('only one of the two can be standard input');
}

async function compiledPairs(
  a: FilterStack,
  b: FilterStack,
  flags: ComparisonFlags,
  libseccomp: Libseccomp,
): Promise<Compared> {
  const all = [...a.filters, ...b.filters];
  const asked = machinesOf(all, flags);
  const targets = hasProfile(all) ? asked : byteOrdersOf(asked);
  const layers = [
    await layersFor(a.filters, targets, flags, libseccomp),
    await layersFor(b.filters, targets, flags, libseccomp),
  ];
  const pairs: ComparedPair[] = [];
  for (const [index, target] of targets.entries()) {
    const [first, second] = [
      await jointFilter(layers[0]![index]!, target),
      await jointFilter(layers[1]![index]!, target),
    ];
    const programs: ComparedPair['programs'] = [decoded(first), decoded(second)];
    const usual: ComparedPair['usual'] =
      first.withUsual || second.withUsual
        ? [decoded(first, first.withUsual), decoded(second, second.withUsual)]
        : undefined;
    pairs.push({ target: headingAmong(targets, target), machine: target.name, programs, usual });
  }
  return { names: [a.source, b.source], filters: all, pairs };
}

/** What is said of two programs of which neither looks at the architecture; undefined where one does. */
export function unseenByBoth(programs: ComparedPair['programs'], machine: ArchitectureName): string | undefined {
  if (programs.some((program) => seenArchitectures(program).looksAtArchitecture)) return undefined;
  return `Neither filter looks at the architecture: each decides a number alike, whatever call that is there. The names are those of ${machine}.`;
}

const decoded = ({ program, endianness }: AskedFilter, chosen = program): DecodedProgram =>
  readProgram(chosen, endianness);

/**
 * The machines that are asked for. Where none is, and a program was made for other machines than this one, it is one of
 * those. On this one a profile would be compared with what the program does to foreign calls.
 */
export function machinesOf(all: readonly FilterSource[], flags: ArchFlags): readonly [Architecture, ...Architecture[]] {
  const [here, ...others] = targetsOf(flags);
  if (flags.arch.length > 0) return [here, ...others];
  const programs = all.filter(({ profile }) => !profile);
  const seen = programs.map(({ input }) => seenArchitectures(input.bytes));
  const isHere = seen.map(
    ({ looksAtArchitecture, architectures }) =>
      !looksAtArchitecture || architectures.some(({ auditArch }) => auditArch === here.auditArch),
  );
  const [made, ...more] = seen[0]?.architectures ?? [];
  if (isHere.some(Boolean) || !made) return [here];
  const machine = [made, ...more].find(({ wordSize }) => wordSize === 64) ?? made;
  const [program] = programs;
  if (program && programs.length === 1) {
    const what = `${printable(program.input.source)} is a program for ${machine.name}`;
    printError(`scmp: ${what}: the profile is compiled for that machine (--arch chooses another)`);
  }
  return [machine];
}
