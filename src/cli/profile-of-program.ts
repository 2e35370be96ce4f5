import { hostArchitecture } from '../../native-loader/libc/host.js';
import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { seenArchitectures } from '../bpf/index.js';
import { decompile } from '../decompile/decompile.js';
import { loadLibseccompSync } from '../libseccomp/index.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { byteOrderOf } from './arch-option.js';
import type { Input } from './input.js';
import { printWarnings } from './output.js';

/**
 * The profile that decides as a program does, for the first architecture of `--arch`. Without it: for the one
 * that the program is about, or this machine where it says nothing of architectures. Where the two differ is a warning.
 *
 * @throws {DecompileError} when there is none
 */
export function profileOfProgram({ bytes, source }: Input, asked: readonly ArchitectureName[]): ParsedProfile {
  const endianness = byteOrderOf(bytes, { arch: [...asked] });
  const { looksAtArchitecture } = seenArchitectures(bytes, { endianness });
  const host = hostArchitecture();
  const isForHost = !looksAtArchitecture && parseArchitecture(host).endianness === endianness;
  const { profile, differences } = decompile(bytes, {
    libseccomp: loadLibseccompSync(),
    arch: asked[0] ?? (isForHost ? host : undefined),
    endianness,
    source,
  });
  printWarnings(
    differences.map((message) => ({
      code: 'program-differs',
      message: `the profile is not the program everywhere: ${message}`,
    })),
    source,
  );
  return profile;
}
