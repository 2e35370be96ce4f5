import type { ArchitectureName } from '../../../architecture.js';
import { describeFilter, type FilterSource, instructionRows, lineComments, machineNames } from './filter-source.js';

/**
 * A Go file with the filters of several machines, and a function that chooses by `runtime.GOARCH`: a constant, so that
 * the linker leaves out the others.
 */
export function formatGo(source: FilterSource): string {
  const named = machineNames(source, 'Go', PORTS);
  const nameOf = (goArch: string) => `seccompFilter_${goArch}`;
  const arrays = named.flatMap(({ filter, name }) => [
    '',
    `// ${describeFilter(filter)}`,
    `var ${nameOf(name)} = [...]syscall.SockFilter{`,
    ...instructionRows(
      filter.program,
      filter.machine.endianness,
      ({ code, jt, jf, k }) => `\t{Code: ${code}, Jt: ${jt}, Jf: ${jf}, K: ${k}},`,
    ),
    '}',
  ]);
  const known = named.map(({ name }) => name).join(', ');
  return `${[
    ...lineComments(source.heading),
    '',
    '//go:build linux',
    '',
    'package seccompfilter',
    '',
    'import (',
    '\t"errors"',
    '\t"runtime"',
    '\t"syscall"',
    ')',
    '',
    '// SeccompFilter is the filter for this machine, for SECCOMP_SET_MODE_FILTER. It is an error where this file has none:',
    '// nothing must run without one.',
    'func SeccompFilter() ([]syscall.SockFilter, error) {',
    '\tswitch runtime.GOARCH {',
    ...named.flatMap(({ name }) => [`\tcase "${name}":`, `\t\treturn ${nameOf(name)}[:], nil`]),
    '\t}',
    `\treturn nil, errors.New("no seccomp filter for " + runtime.GOARCH + ": here are those of ${known}")`,
    '}',
    ...arrays,
  ].join('\n')}\n`;
}

/** GOARCH of the ports to Linux, as `go tool dist list` has them. */
const PORTS: Readonly<Partial<Record<ArchitectureName, string>>> = {
  x86: '386',
  x86_64: 'amd64',
  arm: 'arm',
  aarch64: 'arm64',
  loongarch64: 'loong64',
  mips: 'mips',
  mipsel: 'mipsle',
  mips64: 'mips64',
  mipsel64: 'mips64le',
  ppc64: 'ppc64',
  ppc64le: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};
