import type { Warning } from '../policy.js';
import { checkProfile } from './check-profile.js';
import type { ParsedProfile } from './parsed-profile.js';
import { ProfileError, type ProfileIssue } from './profile-error.js';

/** What a reader of a format has made of its text. */
export type ReadParts = Omit<ParsedProfile, 'warnings'> & {
  issues?: readonly ProfileIssue[];
  warnings?: readonly Warning[];
};

/** The last step of every reader: what holds for a profile of any format. Raises {@link ProfileError} with all issues. */
export function finishProfile({ issues = [], warnings = [], ...profile }: ReadParts): ParsedProfile {
  const checked = checkProfile(profile.seccomp, profile.locate);
  failOnIssues([...issues, ...checked.issues], profile.source);
  return { ...profile, warnings: [...warnings, ...checked.warnings] };
}

/** Raise {@link ProfileError} if there is any issue, in the order of the text. */
export function failOnIssues(issues: readonly ProfileIssue[], source: string | undefined): void {
  if (issues.length === 0) return;
  const inOrder = [...issues].sort((a, b) => (a.position?.offset ?? 0) - (b.position?.offset ?? 0));
  throw new ProfileError('PROFILE_INVALID', inOrder, source);
}
