import { Option } from 'commander';
import { formatC } from '../bpf/assembly/sources/c.js';
import type { Endianness } from '../bpf/program/instruction.js';

/** The forms of a program that hold nothing else. */
export const PROGRAM_FORMATS = ['bpf', 'hex', 'base64', 'c'] as const;
export type ProgramFormat = (typeof PROGRAM_FORMATS)[number];

/** `--format` of a command that makes programs. */
export const programFormatOption = (formats: readonly string[]): Option =>
  new Option('--format <format>', 'bpf: raw struct sock_filter, in the byte order of the architecture')
    .choices(formats)
    .default('bpf');

export interface RenderableProgram {
  program: Uint8Array;
  arches: readonly string[];
  endianness: Endianness;
}

export function renderProgram(made: RenderableProgram, format: ProgramFormat, command: string): string | Uint8Array {
  switch (format) {
    case 'bpf':
      return made.program;
    case 'hex':
    case 'base64':
      return `${Buffer.from(made.program).toString(format)}\n`;
    case 'c':
      return formatC(made.program, made.endianness, {
        target: made.arches.length > 0 ? made.arches.join(', ') : `${made.endianness}-endian machines`,
        maker: `scmp ${command}`,
      });
  }
}
