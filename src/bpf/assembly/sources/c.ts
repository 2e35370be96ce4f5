import type { Architecture, ArchitectureName } from '../../../architecture.js';
import type { Endianness } from '../../program/instruction.js';
import { commentText, describeFilter, type FilterSource, instructionRows, machineNames } from './filter-source.js';

/**
 * A program as an array of `struct sock_filter` for a C source: numbers, so in the byte order of whatever compiles it. The
 * comment in its first line says what it is for and who made it.
 */
export function formatC(
  program: Uint8Array,
  endianness: Endianness,
  { target, maker }: { target: string; maker: string },
): string {
  const what = `seccomp filter for ${target}: ${program.length / 8} instructions, made by ${maker}`;
  return `${[`/* ${commentText(what)} */`, INCLUDE, '', ...array(program, endianness)].join('\n')}\n`;
}

/** A C source with the filters of several machines, of which the preprocessor takes the one that it compiles for. */
export function formatCSource(source: FilterSource): string {
  const named = machineNames(source, 'C', MACROS);
  const heading = source.heading.map((line) => ` * ${commentText(line)}`.trimEnd());
  const choices = named.flatMap(({ filter, name }, index) => [
    `${index === 0 ? '#if' : '#elif'} ${name}`,
    `/* ${describeFilter(filter)} */`,
    ...array(filter.program, filter.machine.endianness),
  ]);
  const machines = source.filters.map(({ machine }) => machine.name).join(', ');
  const end = ['#else', `#error "no seccomp filter for this machine: here are those of ${machines}"`, '#endif'];
  return `${['/*', ...heading, ' */', INCLUDE, '', ...choices, ...end].join('\n')}\n`;
}

const INCLUDE = '#include <linux/filter.h>';

function array(program: Uint8Array, endianness: Endianness): string[] {
  const rows = instructionRows(program, endianness, ({ code, jt, jf, k }) => `\t{ ${code}, ${jt}, ${jf}, ${k} },`);
  return ['static const struct sock_filter seccomp_filter[] = {', ...rows, '};'];
}

const order = ({ endianness }: Pick<Architecture, 'endianness'>) =>
  `__BYTE_ORDER__ == __ORDER_${endianness.toUpperCase()}_ENDIAN__`;
const LITTLE = order({ endianness: 'little' });
const BIG = order({ endianness: 'big' });

/** The macros of gcc and clang; _MIPS_SIM is 1 for o32, 2 for n32 and 3 for n64 (_ABIO32, _ABIN32, _ABI64). */
const MACROS: Readonly<Record<ArchitectureName, string>> = {
  x86: 'defined(__i386__)',
  x86_64: 'defined(__x86_64__) && !defined(__ILP32__)',
  x32: 'defined(__x86_64__) && defined(__ILP32__)',
  arm: `defined(__arm__) && ${LITTLE}`,
  aarch64: `defined(__aarch64__) && !defined(__ILP32__) && ${LITTLE}`,
  loongarch64: 'defined(__loongarch64)',
  m68k: 'defined(__m68k__)',
  mips: `defined(__mips__) && _MIPS_SIM == 1 && ${BIG}`,
  mipsel: `defined(__mips__) && _MIPS_SIM == 1 && ${LITTLE}`,
  mips64: `defined(__mips__) && _MIPS_SIM == 3 && ${BIG}`,
  mipsel64: `defined(__mips__) && _MIPS_SIM == 3 && ${LITTLE}`,
  mips64n32: `defined(__mips__) && _MIPS_SIM == 2 && ${BIG}`,
  mipsel64n32: `defined(__mips__) && _MIPS_SIM == 2 && ${LITTLE}`,
  parisc: 'defined(__hppa__) && !defined(__LP64__)',
  parisc64: 'defined(__hppa__) && defined(__LP64__)',
  ppc: `defined(__powerpc__) && !defined(__powerpc64__) && ${BIG}`,
  ppc64: `defined(__powerpc64__) && ${BIG}`,
  ppc64le: `defined(__powerpc64__) && ${LITTLE}`,
  s390: 'defined(__s390__) && !defined(__s390x__)',
  s390x: 'defined(__s390x__)',
  riscv64: 'defined(__riscv) && __riscv_xlen == 64',
  sheb: `defined(__sh__) && ${BIG}`,
  sh: `defined(__sh__) && ${LITTLE}`,
};
