import type { Warning } from '../../policy.js';
import { ProfileError, type ProfileIssue } from '../document/profile-error.js';
import { checkSection } from './check-section.js';
import type { ParsedProfile } from './parsed-profile.js';

/** The result of a format's reader. */
export type ReadParts = Omit<ParsedProfile, 'warnings'> & {
  issues?: readonly ProfileIssue[];
  warnings?: readonly Warning[];
};

/**
 * The last step of every reader: checks for a profile of any format.
 *
 * @throws {ProfileError} when there are issues; it has all of them
 */
export function finishProfile({ issues = [], warnings = [], ...profile }: ReadParts): ParsedProfile {
  const checked = checkSection(profile.seccomp, profile.locate);
  const all = [...issues, ...checked.issues];
  const notifyIssues = all.filter(({ code }) => NOTIFY_GUARDS.has(code));
  // With other issues they are reported together; alone they are left to the caller.
  if (notifyIssues.length < all.length) failOnIssues(all, profile.source);
  return {
    ...profile,
    ...(notifyIssues.length > 0 ? { notifyIssues } : {}),
    warnings: [...warnings, ...checked.warnings],
  };
}

/** runc refuses it and crun takes it: the loader would have to answer its own calls. */
const NOTIFY_GUARDS: ReadonlySet<string> = new Set(['notify-default', 'notify-write']);

/**
 * Refuse SCMP_ACT_NOTIFY where the process that loads the filter might wait for itself.
 *
 * @throws {ProfileError} when there is one
 */
export function guardNotify(profile: ParsedProfile): ParsedProfile {
  failOnIssues(profile.notifyIssues ?? [], profile.source);
  return profile;
}

/**
 * Report issues in the order of the text.
 *
 * @throws {ProfileError} when there is any
 */
export function failOnIssues(issues: readonly ProfileIssue[], source: string | undefined): void {
  if (issues.length === 0) return;
  const inOrder = [...issues].sort((a, b) => (a.position?.offset ?? 0) - (b.position?.offset ?? 0));
  throw new ProfileError('PROFILE_INVALID', inOrder, source);
}
