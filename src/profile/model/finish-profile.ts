import type { Warning } from '../../policy.js';
import { ProfileError, type ProfileIssue } from '../document/profile-error.js';
import { checkSection } from './check-section.js';
import type { ParsedProfile } from './parsed-profile.js';

/** What a reader of a format has made of its text. */
export type ReadParts = Omit<ParsedProfile, 'warnings'> & {
  issues?: readonly ProfileIssue[];
  warnings?: readonly Warning[];
};

/** The last step of every reader: what holds for a profile of any format. Raises {@link ProfileError} with all issues. */
export function finishProfile({ issues = [], warnings = [], ...profile }: ReadParts): ParsedProfile {
  const checked = checkSection(profile.seccomp, profile.locate);
  const all = [...issues, ...checked.issues];
  const notifyIssues = all.filter(({ code }) => NOTIFY_GUARDS.has(code));
  // With other issues they are told together; alone they are for the caller to decide.
  if (notifyIssues.length < all.length) failOnIssues(all, profile.source);
  return {
    ...profile,
    ...(notifyIssues.length > 0 ? { notifyIssues } : {}),
    warnings: [...warnings, ...checked.warnings],
  };
}

/** What runc refuses and crun takes: the loader would have to answer its own calls. */
const NOTIFY_GUARDS: ReadonlySet<string> = new Set(['notify-default', 'notify-write']);

/** Raise {@link ProfileError} for SCMP_ACT_NOTIFY where whoever loads the filter might wait for itself. */
export function guardNotify(profile: ParsedProfile): ParsedProfile {
  failOnIssues(profile.notifyIssues ?? [], profile.source);
  return profile;
}

/** Raise {@link ProfileError} if there is any issue, in the order of the text. */
export function failOnIssues(issues: readonly ProfileIssue[], source: string | undefined): void {
  if (issues.length === 0) return;
  const inOrder = [...issues].sort((a, b) => (a.position?.offset ?? 0) - (b.position?.offset ?? 0));
  throw new ProfileError('PROFILE_INVALID', inOrder, source);
}
