import { decodeProgram } from '../program/codec.js';
import type { Endianness } from '../program/instruction.js';

/**
 * A program as an array of `struct sock_filter` for a C source: numbers, so in the byte order of whatever compiles it. The
 * comment in its first line says what it is for and who made it; both must be free of comment ends.
 */
export function formatC(
  program: Uint8Array,
  endianness: Endianness,
  { target, maker }: { target: string; maker: string },
): string {
  const instructions = decodeProgram(program, endianness);
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, '0')}`;
  const rows = instructions.map(({ code, jt, jf, k }) => `\t{ ${hex(code, 2)}, ${jt}, ${jf}, ${hex(k, 8)} },`);
  return [
    `/* seccomp filter for ${target}: ${instructions.length} instructions, made by ${maker} */`,
    '#include <linux/filter.h>',
    '',
    'static const struct sock_filter seccomp_filter[] = {',
    ...rows,
    '};',
    '',
  ].join('\n');
}
