import { decodeProgram } from '../bpf/codec.js';
import type { Endianness } from '../bpf/instruction.js';

/** The forms of a program that hold nothing but it. */
export const PROGRAM_FORMATS = ['bpf', 'hex', 'base64', 'c'] as const;
export type ProgramFormat = (typeof PROGRAM_FORMATS)[number];

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
      return renderC(made, command);
  }
}

/** An array of `struct sock_filter` for a C source; numbers, so in the byte order of whatever compiles it. */
function renderC({ program, arches, endianness }: RenderableProgram, command: string): string {
  const instructions = decodeProgram(program, endianness);
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, '0')}`;
  const rows = instructions.map(({ code, jt, jf, k }) => `\t{ ${hex(code, 2)}, ${jt}, ${jf}, ${hex(k, 8)} },`);
  const target = arches.length > 0 ? arches.join(', ') : `${endianness}-endian machines`;
  return [
    `/* seccomp filter for ${target}: ${instructions.length} instructions, made by scmp ${command} */`,
    '#include <linux/filter.h>',
    '',
    'static const struct sock_filter seccomp_filter[] = {',
    ...rows,
    '};',
    '',
  ].join('\n');
}
