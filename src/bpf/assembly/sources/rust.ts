import type { ArchitectureName } from '../../../architecture.js';
import {
  describeFilter,
  type FilterSource,
  instructionRows,
  lineComments,
  machineNames,
  type SourceFilter,
} from './filter-source.js';

/** A Rust module with the filters of several machines, of which `cfg` takes the one that it is compiled for. */
export function formatRust(source: FilterSource): string {
  const named = machineNames(source, 'Rust', TARGETS).map(({ filter, name }) => ({ filter, cfg: cfgOf(filter, name) }));
  const choices = named.flatMap(({ filter, cfg }) => [
    `/// ${describeFilter(filter)}`,
    `#[cfg(${cfg})]`,
    '#[rustfmt::skip]',
    `pub static SECCOMP_FILTER: [SockFilter; ${filter.program.length / 8}] = [`,
    ...instructionRows(
      filter.program,
      filter.machine.endianness,
      ({ code, jt, jf, k }) => `    SockFilter { code: ${code}, jt: ${jt}, jf: ${jf}, k: ${k} },`,
    ),
    '];',
    '',
  ]);
  const machines = source.filters.map(({ machine }) => machine.name).join(', ');
  return `${[
    ...lineComments(source.heading),
    '',
    '/// `struct sock_filter` of linux/filter.h, which `libc::sock_filter` is too: one instruction.',
    '#[repr(C)]',
    '#[derive(Clone, Copy, Debug, PartialEq, Eq)]',
    'pub struct SockFilter {',
    '    pub code: u16,',
    '    pub jt: u8,',
    '    pub jf: u8,',
    '    pub k: u32,',
    '}',
    '',
    ...choices,
    '#[cfg(not(any(',
    ...named.map(({ cfg }) => `    ${cfg},`),
    ')))]',
    `compile_error!("no seccomp filter for this machine: here are those of ${machines}");`,
  ].join('\n')}\n`;
}

const cfgOf = ({ machine: { endianness, wordSize } }: SourceFilter, target: string) =>
  `all(target_arch = "${target}", target_endian = "${endianness}", target_pointer_width = "${wordSize}")`;

/** `target_arch`, as `rustc --print target-list` has it; the byte order and the width tell the rest apart. */
const TARGETS: Readonly<Partial<Record<ArchitectureName, string>>> = {
  x86: 'x86',
  x86_64: 'x86_64',
  x32: 'x86_64',
  arm: 'arm',
  aarch64: 'aarch64',
  loongarch64: 'loongarch64',
  m68k: 'm68k',
  mips: 'mips',
  mipsel: 'mips',
  mips64: 'mips64',
  mipsel64: 'mips64',
  ppc: 'powerpc',
  ppc64: 'powerpc64',
  ppc64le: 'powerpc64',
  s390x: 's390x',
  riscv64: 'riscv64',
};
