import type { Architecture, ArchitectureName } from '../../../architecture.js';
import { InvalidArgumentError } from '../../../errors.js';
import type { FilterFlag } from '../../../policy.js';
import { printable } from '../../../text.js';
import { decodeProgram } from '../../program/codec.js';
import type { Endianness, Instruction } from '../../program/instruction.js';

/** A program for one machine, as a source file has it. */
export interface SourceFilter {
  /** The machine that the program is chosen for. */
  machine: Architecture;
  program: Uint8Array;
  /** The architectures it decides for; the machine's own is the first. */
  arches: readonly ArchitectureName[];
  flags: readonly FilterFlag[];
  usesListener: boolean;
}

/** What a source file of filters is made of. */
export interface FilterSource {
  /**
   * The lines of its heading, in plain text: each language writes them as a comment. The first is "Code generated … DO NOT
   * EDIT.", by which Go's tools and others know such files (go help generate).
   */
  heading: readonly string[];
  /** One for each machine. */
  filters: readonly SourceFilter[];
}

/** A writer of source files, by the names that its language has for machines. */
export type SourceWriter = (source: FilterSource) => string;

/** Foreign text in a line comment or a C comment: it can neither end the one nor the other. */
export const commentText = (text: string): string => printable(text).replaceAll('*/', '*\\/').replaceAll('/*', '/\\*');

/** The heading in line comments, as JavaScript, Rust and Go have them. */
export const lineComments = (lines: readonly string[]): string[] =>
  lines.map((line) => (line === '' ? '//' : `// ${commentText(line)}`));

/** Instructions as numbers: whatever compiles the source writes them in the byte order of its machine. */
export function instructionRows(
  program: Uint8Array,
  endianness: Endianness,
  row: (fields: Record<keyof Instruction, string>) => string,
): string[] {
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, '0')}`;
  return decodeProgram(program, endianness).map(({ code, jt, jf, k }) =>
    row({ code: hex(code, 2), jt: `${jt}`, jf: `${jf}`, k: hex(k, 8) }),
  );
}

/** What a program is, in one line. */
export function describeFilter({ arches, program, flags, usesListener }: SourceFilter): string {
  const given = usesListener ? [...flags, 'SECCOMP_FILTER_FLAG_NEW_LISTENER'] : flags;
  const load = given.length > 0 ? `; load it with ${given.join(', ')}` : '';
  return `${arches.join(', ')}: ${program.length / 8} instructions${load}`;
}

/**
 * The name that a language has for a machine.
 *
 * @throws {InvalidArgumentError} where it has none, or where two machines have the same
 */
export function machineNames<T>(
  { filters }: FilterSource,
  language: string,
  names: Readonly<Partial<Record<ArchitectureName, T>>>,
): { filter: SourceFilter; name: T }[] {
  return filters.map((filter) => {
    const name = names[filter.machine.name];
    if (name === undefined) {
      const known = Object.keys(names).join(', ');
      throw new InvalidArgumentError(
        `${language} has no name for ${filter.machine.name}, so that a source file could choose its filter; it has ${known}`,
      );
    }
    return { filter, name };
  });
}
