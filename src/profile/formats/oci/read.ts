import type { JsonDocument } from '../../document/json-document.js';
import { formatPath } from '../../document/json-path.js';
import { failOnIssues, finishProfile } from '../../model/finish-profile.js';
import type { Locate, ParsedProfile } from '../../model/parsed-profile.js';
import { dockerSeccompSchema } from '../../model/schema.js';
import { profileIssue } from '../../model/schema-issues.js';
import { checkKeys } from '../../model/unknown-keys.js';
import type { SeccompSection } from '../detect-format.js';

/** A placeholder for the default action of the extended profile, until that is read. */
const STRICTEST_ACTION = 'SCMP_ACT_KILL_PROCESS';

/** Read a seccomp section of the OCI runtime spec's, Docker's or Podman's shape. */
export function readSeccompSection(
  document: JsonDocument,
  { format, root, section }: SeccompSection,
  source: string | undefined,
): ParsedProfile {
  const locate: Locate = (...segments) => {
    const path = root.length === 0 ? segments : [...root, ...segments];
    return { path: formatPath(path), position: document.positionOf(path) };
  };
  const keys = checkKeys(document, root, section, root.length > 0);
  // No compiled validators: a profile is read once, and a page's content security policy may forbid making them.
  const inheritsDefault =
    typeof section.extends === 'string' && section.extends !== '' && !('defaultAction' in section);
  const complete = inheritsDefault ? { ...section, defaultAction: STRICTEST_ACTION } : section;
  const parsed = dockerSeccompSchema.safeParse(complete, { jitless: true });
  if (!parsed.success) {
    const shapeIssues = parsed.error.issues.map((issue) => profileIssue(issue, document, root));
    failOnIssues([...keys.issues, ...shapeIssues], source);
  }
  const inherits = inheritsDefault ? { inheritsDefault } : {};
  return finishProfile({ format, seccomp: parsed.data!, source, locate, ...inherits, ...keys });
}
