import { type ArchitectureName, findArchitecture } from '../../../architecture.js';
import type { DockerSeccomp } from '../../model/schema.js';

/** The architecture that snap-seccomp filters beside a machine's own (addSecondaryArches). */
const COMPAT: Readonly<Partial<Record<ArchitectureName, ArchitectureName>>> = {
  x86_64: 'x86',
  aarch64: 'arm',
  ppc64: 'ppc',
};

const ociName = (name: ArchitectureName) => findArchitecture(name)!.ociName;

/** The architectures of the filter on a machine, its own first. */
export const filteredOn = (machine: ArchitectureName): readonly ArchitectureName[] => {
  const other = COMPAT[machine];
  return other ? [machine, other] : [machine];
};

export const ARCH_MAP: NonNullable<DockerSeccomp['archMap']> = Object.entries(COMPAT).map(([name, other]) => ({
  architecture: ociName(name as ArchitectureName),
  subArchitectures: [ociName(other)],
}));
