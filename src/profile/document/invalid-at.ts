import type { JsonDocument } from './json-document.js';
import { formatPath, type JsonPath } from './json-path.js';
import { ProfileError, type ProfileIssue } from './profile-error.js';

/** An issue without its place. */
export type UnplacedIssue = Pick<ProfileIssue, 'code' | 'message' | 'hint'>;

/** The error for one value of a document that can be read, but is not a profile. */
export function invalidAt(
  document: JsonDocument,
  source: string | undefined,
  path: JsonPath,
  finding: UnplacedIssue,
): ProfileError {
  const issue = { ...finding, path: formatPath(path), position: document.positionOf(path) };
  return new ProfileError('PROFILE_INVALID', [issue], source);
}
