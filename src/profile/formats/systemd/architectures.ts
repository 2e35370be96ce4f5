import { ARCHITECTURES, type ArchitectureName } from '../../../architecture.js';

/** systemd's names of architectures (seccomp_arch_from_string) that are not among ours. */
const ARCHITECTURE_NAMES: Readonly<Record<string, ArchitectureName>> = {
  'x86-64': 'x86_64',
  arm64: 'aarch64',
  'mips-le': 'mipsel',
  'mips64-le': 'mipsel64',
  'mips64-n32': 'mips64n32',
  'mips64-le-n32': 'mipsel64n32',
  'ppc64-le': 'ppc64le',
};

/** The OCI runtime spec's name of an architecture that systemd calls so. */
export function findSystemdArchitecture(name: string): string | undefined {
  const known = ARCHITECTURES.find((architecture) => systemdArchitecture(architecture.name) === name);
  return known?.ociName;
}

/** What systemd calls an architecture. */
export function systemdArchitecture(name: ArchitectureName): string {
  return Object.entries(ARCHITECTURE_NAMES).find(([, ours]) => ours === name)?.[0] ?? name;
}
