import { parseArchitecture } from '../../architecture.js';
import { ProfileError, type ProfileIssue } from '../../profile/document/profile-error.js';
import { resolvedSection, unresolvedSection, withoutComments } from '../../profile/formats/plain-section.js';
import { type WriteTarget, writeProfile } from '../../profile/formats/write-profile.js';
import type { Locate, ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { OciSeccomp } from '../../profile/model/schema.js';
import { MAX_LAYER } from './media-types.js';
import { artifactRefusals } from './refusals.js';

/**
 * A profile as the layer of an artifact: runtime-spec JSON that no runtime refuses.
 *
 * @param target the machine to decide conditional entries for; without it they stay open, and the format has none
 * @throws {ProfileError} when the OCI runtime spec cannot say it (`not-in-format`), or runtimes refuse it in an
 * artifact (`artifact-refused`): each reason at its place in the profile
 * @throws {InvalidArgumentError} when there is no such architecture, capability, kernel version or option
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { profileLayer } from 'libseccomp-wasm/compose';
 *
 * const notify = { names: ['mount'], action: 'SCMP_ACT_NOTIFY' };
 * try {
 *   profileLayer(readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [notify] }));
 * } catch (error) {
 *   console.log(error.issues[0].code, error.issues[0].path); // artifact-refused syscalls[0].action
 * }
 * ```
 */
export function profileLayer(profile: ParsedProfile, target: WriteTarget = {}): string {
  const layer = writeProfile(profile, 'oci', target);
  const { section, locate } = sectionOf(profile, target);
  const issues: ProfileIssue[] = [...artifactRefusals(section, locate)];
  const size = new TextEncoder().encode(layer).length;
  if (size > MAX_LAYER) {
    const message = `${size} bytes of JSON, and runtimes take ${MAX_LAYER} by default`;
    issues.push({ code: 'artifact-refused', message, hint: 'make it smaller', path: '' });
  }
  if (issues.length > 0) throw new ProfileError('PROFILE_INVALID', issues, profile.source);
  return layer;
}

/** What is written, and where each part of it is in the profile. */
function sectionOf(
  profile: ParsedProfile,
  { arch, capabilities, kernel }: WriteTarget,
): { section: OciSeccomp; locate: Locate } {
  if (arch === undefined) return { section: unresolvedSection(profile, () => {}), locate: profile.locate };
  const options = { arch: parseArchitecture(arch), capabilities, kernel };
  const { section, indexes } = resolvedSection(profile, options);
  const locate: Locate = (key, index, ...path) =>
    key === 'syscalls' && typeof index === 'number'
      ? profile.locate(key, indexes[index]!, ...path)
      : profile.locate(...[key, index, ...path].filter((part) => part !== undefined));
  return { section: withoutComments(section), locate };
}
