import { type ArchitectureName, findArchitecture } from '../../architecture.js';
import type { DockerSeccomp } from '../model/schema.js';

/** The architectures that an owner filters beside a machine's own, by machine. */
export type CompatArchitectures = Readonly<Partial<Record<ArchitectureName, readonly ArchitectureName[]>>>;

/** The architectures of the filter on a machine, its own first. */
export const filteredOn = (compat: CompatArchitectures, machine: ArchitectureName): readonly ArchitectureName[] => [
  machine,
  ...(compat[machine] ?? []),
];

/** The same for every machine, as a profile has it. */
export const archMapOf = (compat: CompatArchitectures): NonNullable<DockerSeccomp['archMap']> =>
  Object.entries(compat).map(([name, others]) => ({
    architecture: ociName(name as ArchitectureName),
    subArchitectures: others.map(ociName),
  }));

const ociName = (name: ArchitectureName) => findArchitecture(name)!.ociName;
