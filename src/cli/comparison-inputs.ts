import type { Command } from 'commander';
import type { Architecture, ArchitectureName } from '../architecture.js';
import { seenArchitectures } from '../bpf/index.js';
import { type DecodedProgram, readProgram } from '../bpf/program/codec.js';
import { InvalidArgumentError } from '../errors.js';
import type { AskedFilter } from '../explain/call-answer.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { printable } from '../text.js';
import { byteOrdersOf, headingAmong, targetsOf } from './arch-option.js';
import {
  FILTER_ARGUMENT,
  type FilterSource,
  hasProfile,
  jointFilter,
  layersFor,
  readFilterStack,
  stackedPaths,
} from './filter-stack.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from './options.js';
import { printError } from './output.js';

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
  pairs: ComparedPair[];
}

/** Read both; profiles are compiled for the same machine, once for each that is asked for. */
export async function readBoth(
  paths: readonly [string, string],
  flags: ComparisonFlags,
  libseccomp: Libseccomp,
): Promise<Compared> {
  const isStdin = (argument: string) => stackedPaths(argument).includes('-');
  if (paths.every(isStdin)) throw new InvalidArgumentError('only one of the two can be standard input');
  const a = await readFilterStack(paths[0], flags);
  const b = await readFilterStack(paths[1], flags);
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
  return { names: [a.source, b.source], pairs };
}

const decoded = ({ program, endianness }: AskedFilter, chosen = program): DecodedProgram =>
  readProgram(chosen, endianness);

/**
 * The machines that are asked for. Where none is, and a program was made for other machines than this one, it is one of
 * those. On this one a profile would be compared with what the program does to foreign calls.
 */
function machinesOf(all: readonly FilterSource[], flags: ComparisonFlags): readonly [Architecture, ...Architecture[]] {
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
