import { ProfileError } from '../profile/document/profile-error.js';
import { FORMATS, type InputFormat } from '../profile/formats/index.js';
import { loadProfile } from '../profile/formats/load-profile.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { quote } from '../text.js';
import type { Input } from './input.js';

/** The format of the Security Profiles Operator. */
const OPERATOR_FORMAT = FORMATS.find(({ traits }) => 'extendsAs' in traits)!.id as InputFormat;

/** What somebody else wrote names no files of this machine. */
const fromArtifacts = new WeakSet<ParsedProfile>();

/**
 * The profile of an artifact's layer. It is runtime-spec JSON, or a SeccompProfile of the operator; in no other language
 * is it looked at, for some can include files.
 */
export async function loadArtifactProfile(
  { bytes, source, artifact }: Input,
  notifyGuards?: boolean,
): Promise<ParsedProfile> {
  const format = artifact === 'operator' ? OPERATOR_FORMAT : 'json';
  const profile = await loadProfile(bytes, { source, format, notifyGuards });
  fromArtifacts.add(profile);
  return profile;
}

/** @throws {ProfileError} when an artifact extends a profile that is no artifact and no built-in */
export function refuseFilesOfArtifact(name: string, from: ParsedProfile): void {
  if (!fromArtifacts.has(from)) return;
  const message = `an artifact extends artifacts and built-ins alone, and ${quote(name)} would be a file of this machine`;
  const hint = 'write oci://REGISTRY/NAME:TAG';
  const issue = { code: 'unsupported-base' as const, message, hint, ...from.locate('extends') };
  throw new ProfileError('PROFILE_INVALID', [issue], from.source);
}
