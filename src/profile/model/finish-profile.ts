import type { Warning } from '../../policy.js';
import { failOnIssues, type ProfileIssue } from '../document/profile-error.js';
import type { ProfileFormat } from '../formats/index.js';
import { checkSection } from './check-section.js';
import type { ParsedProfile } from './parsed-profile.js';

/** The result of a format's reader. */
type ReadParts = Omit<ParsedProfile, 'format' | 'source' | 'warnings'> & {
  issues?: readonly ProfileIssue[];
  warnings?: readonly Warning[];
};

/**
 * The last step of every reader: checks for a profile of any format.
 *
 * @throws {ProfileError} when there are issues; it has all of them
 */
export function finishProfile(
  { id }: { id: ProfileFormat },
  { source }: { source: string | undefined },
  { issues = [], warnings = [], ...parts }: ReadParts,
): ParsedProfile {
  const checked = checkSection(parts.seccomp, parts.locate);
  const all = [...issues, ...checked.issues];
  const notifyIssues = all.filter(({ code }) => NOTIFY_GUARDS.has(code));
  // With other issues they are reported together; alone they are left to the caller.
  if (notifyIssues.length < all.length) failOnIssues(all, source);
  return {
    format: id,
    source,
    ...parts,
    ...(notifyIssues.length > 0 ? { notifyIssues } : {}),
    warnings: [...warnings, ...checked.warnings],
  };
}

/** runc refuses it and crun takes it: the loader would have to answer its own calls. */
const NOTIFY_GUARDS: ReadonlySet<string> = new Set(['notify-default', 'notify-write']);

/**
 * Refuse SCMP_ACT_NOTIFY where the process that loads the filter might wait for itself, unless the caller allows it.
 *
 * @throws {ProfileError} when there is one
 */
export function guardNotify(profile: ParsedProfile, options: { notifyGuards?: boolean | undefined }): ParsedProfile {
  if (options.notifyGuards !== false) failOnIssues(profile.notifyIssues ?? [], profile.source);
  return profile;
}
