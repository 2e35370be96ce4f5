import type { ArchitectureName } from '../architecture.js';

/**
 * Calls that libseccomp names otherwise than the rest of Linux. arch/arm/tools/syscall.tbl, strace(1) and systemd have
 * the names on the left; libseccomp has those of the EABI's header, asm/unistd.h.
 */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['arm fadvise64_64', 'arm_fadvise64_64'],
  ['arm sync_file_range2', 'arm_sync_file_range'],
]);

/** libseccomp's name of a call of an architecture. */
export function libseccompName(name: string, architecture: ArchitectureName): string {
  return NAMES.get(`${architecture} ${name}`) ?? name;
}
