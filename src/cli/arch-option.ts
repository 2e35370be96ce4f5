import { InvalidArgumentError as InvalidOption } from 'commander';
import { hostArchitecture } from '../../native-loader/libc/host.js';
import { type Architecture, type ArchitectureName, parseArchitecture } from '../architecture.js';
import { detectEndianness } from '../bpf/program/codec.js';
import type { Endianness } from '../bpf/program/instruction.js';
import { InvalidArgumentError } from '../errors.js';

/** What `--arch` comes to: every architecture asked for, once. */
export interface ArchFlags {
  arch: ArchitectureName[];
}

/** commander's parser for `--arch`: repeatable, separated by commas, and all of them are meant. */
export function collectArches(text: string, previous: ArchitectureName[]): ArchitectureName[] {
  return [...new Set([...previous, ...text.split(',').map(parseName)])];
}

function parseName(name: string): ArchitectureName {
  try {
    return parseArchitecture(name.trim()).name;
  } catch (error) {
    throw new InvalidOption((error as Error).message);
  }
}

/** The machines a command answers for: this one where none is named. */
export function targetsOf({ arch }: ArchFlags): readonly [Architecture, ...Architecture[]] {
  const [first = hostArchitecture(), ...others] = arch;
  return [parseArchitecture(first), ...others.map(parseArchitecture)];
}

/** The heading of an answer: the machine's name where there are answers for others. */
export function headingAmong(targets: readonly Architecture[], { name }: Architecture): ArchitectureName | undefined {
  return targets.length > 1 ? name : undefined;
}

/** One of those machines for each byte order: nothing else matters for a program that is already compiled. */
export function byteOrdersOf(targets: readonly Architecture[]): Architecture[] {
  return targets.filter(({ endianness }, at) => targets.findIndex((each) => each.endianness === endianness) === at);
}

/** The byte order of a program that is already compiled: that of `--arch`, or as the bytes show. */
export function byteOrderOf(program: Uint8Array, flags: ArchFlags): Endianness {
  const [first, ...others] = byteOrdersOf(flags.arch.length > 0 ? targetsOf(flags) : []);
  if (others.length > 0) {
    throw new InvalidArgumentError(`--arch ${flags.arch.join(',')}: a program is of one byte order`);
  }
  return first?.endianness ?? detectEndianness(program);
}

/** The one architecture of a command that takes no more; undefined where none is named. */
export function onlyArch({ arch }: ArchFlags, advice: string): ArchitectureName | undefined {
  if (arch.length > 1) throw new InvalidArgumentError(`--arch names ${arch.join(', ')}: ${advice}`);
  return arch[0];
}
