import type { ArchitectureName } from '../../../architecture.js';
import {
  describeFilter,
  type FilterSource,
  lineComments,
  machineNames,
  type SourceFilter,
  type SourceWriter,
} from './filter-source.js';

/** An ES module with the filters of several machines, and a function that chooses by `process.arch`. */
export const formatJavaScript: SourceWriter = (source) => formatModule(source, { declarations: [], is: () => '' });

/** The same in TypeScript; all its types can be erased. */
export const formatTypeScript: SourceWriter = (source) => {
  const union = (names: readonly string[]) =>
    [...new Set(names)].map((name) => JSON.stringify(name)).join(' | ') || 'never';
  const { filters } = source;
  const declarations = [
    'export interface PrebuiltFilter {',
    '  /** struct sock_filter after struct sock_filter, in the byte order of the machine. */',
    '  program: Uint8Array;',
    '  /** The architectures that it decides for. */',
    `  arches: readonly (${union(filters.flatMap(({ arches }) => arches))})[];`,
    '  /** The flags of seccomp(2) to load it with. */',
    `  flags: readonly (${union(filters.flatMap(({ flags }) => flags))})[];`,
    '  /** Whether it has to be loaded with SECCOMP_FILTER_FLAG_NEW_LISTENER. */',
    '  usesListener: boolean;',
    '}',
    '',
    'declare const process: { readonly arch: string };',
    '',
  ];
  return formatModule(source, { declarations, is: (type) => `: ${type}` });
};

interface Typing {
  declarations: readonly string[];
  /** A type after a name, or nothing. */
  is: (type: string) => string;
}

function formatModule(source: FilterSource, { declarations, is }: Typing): string {
  const named = machineNames(source, 'Node.js', PROCESS_ARCH);
  const known = [...new Set(named.map(({ name }) => name))].join(', ');
  const row = 'Omit<PrebuiltFilter, "program"> & { machine: string; isLittle: boolean; base64: string }';
  return `${[
    ...lineComments(source.heading),
    '',
    ...declarations,
    `const FILTERS${is(`readonly (${row})[]`)} = [`,
    ...named.flatMap(({ filter, name }) => entry(filter, name)),
    '];',
    '',
    '/**',
    ' * The filter for a machine, which `process.arch` names. It throws where this file has none: nothing must run without',
    ' * one. The byte order that "ppc64" does not tell is that of this machine.',
    ' */',
    `export function seccompFilter(arch${is('string')} = process.arch)${is('PrebuiltFilter')} {`,
    '  const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;',
    '  const found = FILTERS.find((each) => each.machine === arch && (arch !== "ppc64" || each.isLittle === isLittle));',
    `  if (found === undefined) throw new Error(\`no seccomp filter for \${arch}: here are those of ${known}\`);`,
    '  const { arches, flags, usesListener, base64 } = found;',
    '  return { program: Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)), arches, flags, usesListener };',
    '}',
  ].join('\n')}\n`;
}

function entry(filter: SourceFilter, machine: string): string[] {
  const base64 = btoa(String.fromCharCode(...filter.program));
  const lines = base64.match(/.{1,100}/g) ?? [];
  return [
    `  // ${describeFilter(filter)}`,
    '  {',
    `    machine: "${machine}",`,
    `    isLittle: ${filter.machine.endianness === 'little'},`,
    `    arches: ${JSON.stringify(filter.arches)},`,
    `    flags: ${JSON.stringify(filter.flags)},`,
    `    usesListener: ${filter.usesListener},`,
    '    base64:',
    `${lines.map((line) => `      "${line}"`).join(' +\n')},`,
    '  },',
  ];
}

/** `process.arch`, as Node's configure has it for Linux. */
const PROCESS_ARCH: Readonly<Partial<Record<ArchitectureName, string>>> = {
  x86: 'ia32',
  x86_64: 'x64',
  arm: 'arm',
  aarch64: 'arm64',
  loongarch64: 'loong64',
  mips: 'mips',
  mipsel: 'mipsel',
  mipsel64: 'mips64el',
  ppc: 'ppc',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  s390: 's390',
  s390x: 's390x',
  riscv64: 'riscv64',
};
