import { type ArchitectureName, findArchitecture } from '../../../architecture.js';
import { MULTIPLEXED_CALLS, MULTIPLEXING } from '../../../syscalls/multiplexed-calls.js';
import { archMapOf, type CompatArchitectures, filteredOn as filteredBeside } from '../compat-architectures.js';

// src/lxc/seccomp.c of LXC 6.0 (parse_config_v2), which is as 5.0.2 but for loongarch64.

/** The architectures that LXC filters beside the host's own. */
const COMPAT: CompatArchitectures = {
  x86_64: ['x86', 'x32'],
  ppc64: ['ppc'],
  aarch64: ['arm'],
  mips64: ['mips', 'mips64n32'],
  mipsel64: ['mipsel', 'mipsel64n32'],
};

/** What a section calls an architecture, and the hosts on which LXC reads the section. */
export const SECTIONS: ReadonlyMap<string, readonly ArchitectureName[]> = new Map<string, readonly ArchitectureName[]>([
  ['x86', ['x86', 'x86_64']],
  ['x86_64', ['x86_64']],
  ['x32', ['x86_64']],
  ['arm', ['arm', 'aarch64']],
  ['arm64', ['aarch64']],
  ['ppc64le', ['ppc64le']],
  ['ppc64', ['ppc64']],
  ['ppc', ['ppc', 'ppc64']],
  ['mips64', ['mips64']],
  ['mips64n32', ['mips64']],
  ['mips', ['mips', 'mips64']],
  ['mipsel64', ['mipsel64']],
  ['mipsel64n32', ['mipsel64']],
  ['mipsel', ['mipsel', 'mipsel64']],
  ['s390x', ['s390x']],
  ['s390', ['s390']],
  ['loongarch64', ['loongarch64']],
]);

/** The architectures of the filter on a host, its own first. */
export const filteredOn = (host: ArchitectureName) => filteredBeside(COMPAT, host);

/** The same for every host, as a profile has it. */
export const ARCH_MAP = archMapOf(COMPAT);

/** The ABIs for which LXC makes a rule of a call; undefined: all. */
export function abisOf(call: string): readonly string[] | undefined {
  return MULTIPLEXED_CALLS.has(call) ? DIRECT : undefined;
}

/** Whether LXC makes a rule of a call for an architecture. */
export const hasRule = (call: string, architecture: ArchitectureName): boolean =>
  !MULTIPLEXED_CALLS.has(call) || !MULTIPLEXING.includes(architecture);

const DIRECT: readonly string[] = [...new Set([...SECTIONS.values()].flat().flatMap(filteredOn))]
  .filter((name) => !MULTIPLEXING.includes(name))
  .map((name) => findArchitecture(name)!.ociName);
