import type { ArchitectureName } from '../../../architecture.js';
import { archMapOf, type CompatArchitectures, filteredOn as filteredBeside } from '../compat-architectures.js';

/** The architecture that snap-seccomp filters beside a machine's own (addSecondaryArches). */
const COMPAT: CompatArchitectures = { x86_64: ['x86'], aarch64: ['arm'], ppc64: ['ppc'] };

/** The architectures of the filter on a machine, its own first. */
export const filteredOn = (machine: ArchitectureName) => filteredBeside(COMPAT, machine);

export const ARCH_MAP = archMapOf(COMPAT);
