import { readProfile } from '../profile/formats/read-profile.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import type { DockerSeccomp } from '../profile/model/schema.js';

/**
 * A section that was made here, as a profile that was read: with the keys that no file has in this shape, which the
 * schema of files drops.
 *
 * @throws {ProfileError} when the schema refuses it
 */
export function readSection({ defaultTrapData, ...section }: DockerSeccomp, source: string): ParsedProfile {
  const entries = section.syscalls ?? [];
  const plain = entries.map(({ abis, trapData, ...entry }) => entry);
  const profile = readProfile({ ...section, syscalls: plain }, { format: 'docker', source, notifyGuards: false });
  const syscalls = (profile.seccomp.syscalls ?? []).map((entry, index) => {
    const { abis, trapData } = entries[index] ?? {};
    return { ...entry, ...(abis && { abis }), ...(trapData !== undefined && { trapData }) };
  });
  const seccomp = { ...profile.seccomp, syscalls, ...(defaultTrapData !== undefined && { defaultTrapData }) };
  return { ...profile, seccomp };
}

/** Whether it takes the minimiser: libseccomp has no data for SCMP_ACT_TRAP. */
export const hasTrapData = ({ seccomp: { defaultTrapData, syscalls } }: ParsedProfile): boolean =>
  defaultTrapData !== undefined || (syscalls ?? []).some(({ trapData }) => trapData !== undefined);
