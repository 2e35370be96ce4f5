import type { Command } from 'commander';
import type { Architecture, ArchitectureName } from '../architecture.js';
import { seenArchitectures } from '../bpf/index.js';
import { type DecodedProgram, readProgram } from '../bpf/program/codec.js';
import { InvalidArgumentError } from '../errors.js';
import type { Libseccomp } from '../libseccomp/index.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { printable } from '../text.js';
import { byteOrdersOf, headingAmong, targetsOf } from './arch-option.js';
import { compileOptions } from './compile-options.js';
import { compileForTargets, compileWithUsualCapabilities } from './compile-targets.js';
import { isProgram, readFilterInput } from './filter-input.js';
import type { Input } from './input.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from './options.js';
import { printError } from './output.js';
import { profileOfInput } from './read-input-profile.js';

const OPTIONS = {
  arch: 'the machine that profiles are compiled for; its other architectures are compared as well (default: this machine)',
  json: true,
  ...INPUT_OPTIONS,
  ...COMPILE_OPTIONS,
} as const;

export type ComparisonFlags = FlagsOf<typeof OPTIONS>;

/** The arguments and options of the commands that take two filters. */
export function addComparisonOptions(command: Command): Command {
  command.argument('<a>', 'a profile, or a compiled program; "-" is standard input').argument('<b>', 'another one');
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
  if (paths[0] === '-' && paths[1] === '-') throw new InvalidArgumentError('only one of the two can be standard input');
  const a = await readOne(paths[0], flags);
  const b = await readOne(paths[1], flags);
  const asked = machinesOf([a, b], flags);
  const targets = a.profile || b.profile ? asked : byteOrdersOf(asked);
  const isDetected = flags.arch.length === 0;
  const options = { ...(await compileOptions(flags)), libseccomp };
  const programsOf = ({ input, profile }: Comparable): DecodedProgram[] =>
    profile
      ? compileForTargets(profile, targets, options).map((each) => readProgram(each))
      : targets.map(({ endianness }) => readProgram(input.bytes, isDetected ? undefined : endianness));
  const usualOf = ({ profile }: Comparable) =>
    (profile ? compileWithUsualCapabilities(profile, targets, options) : []).map((each) => each && readProgram(each));
  const [first, second] = [programsOf(a), programsOf(b)];
  const [usualFirst, usualSecond] = [usualOf(a), usualOf(b)];
  const pairs = targets.map((target, index): ComparedPair => {
    const programs: ComparedPair['programs'] = [first[index] as DecodedProgram, second[index] as DecodedProgram];
    const [usualA, usualB] = [usualFirst[index], usualSecond[index]];
    const usual: ComparedPair['usual'] = usualA || usualB ? [usualA ?? programs[0], usualB ?? programs[1]] : undefined;
    return { target: headingAmong(targets, target), machine: target.name, programs, usual };
  });
  return { names: [a.input.source, b.input.source], pairs };
}

/**
 * The machines that are asked for. Where none is, and a program was made for other machines than this one, it is one of
 * those. On this one a profile would be compared with what the program does to foreign calls.
 */
function machinesOf(both: readonly Comparable[], flags: ComparisonFlags): readonly [Architecture, ...Architecture[]] {
  const [here, ...others] = targetsOf(flags);
  if (flags.arch.length > 0) return [here, ...others];
  const programs = both.filter(({ profile }) => !profile);
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

interface Comparable {
  input: Input;
  /** Undefined: it is a program. */
  profile: ParsedProfile | undefined;
}

async function readOne(path: string, flags: ComparisonFlags): Promise<Comparable> {
  const input = await readFilterInput(path, flags);
  return { input, profile: isProgram(input.bytes) ? undefined : await profileOfInput(input, flags) };
}
