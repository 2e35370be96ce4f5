import { failOnIssues } from '../../document/profile-error.js';
import type { SourceDocument } from '../../document/source-document.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { Locate, ParsedProfile } from '../../model/parsed-profile.js';
import { dockerSeccompSchema } from '../../model/schema.js';
import { profileIssue } from '../../model/schema-issues.js';
import { checkKeys } from '../../model/unknown-keys.js';
import { docker } from '../docker/format.js';
import type { ReadOptions } from '../read-options.js';
import { oci } from './format.js';
import { findSeccompSection } from './section.js';

/** A placeholder for the default action of the extended profile, until that is read. */
const STRICTEST_ACTION = 'SCMP_ACT_KILL_PROCESS';

/** Read a seccomp section of the OCI runtime spec's, Docker's or Podman's shape, wherever it is in the document. */
export function readSection(document: SourceDocument, options: ReadOptions = {}): ParsedProfile {
  const found = findSeccompSection(document);
  if (options.format === oci.id && found.format === docker) {
    throw document.fail(found.root, {
      code: 'wrong-format',
      message: "this is Docker's format, not OCI's: it has a key the OCI runtime spec lacks",
      hint: 'OCI runtimes would ignore the key; name the format docker, or take the key out',
    });
  }
  const { root, section } = found;
  const format = options.format === docker.id ? docker : found.format;
  const locate: Locate = (...path) => document.placeOf(root.length === 0 ? path : [...root, ...path]);
  const keys = checkKeys(document, root, section, root.length > 0);
  // No compiled validators: a profile is read once, and a page's content security policy may forbid making them.
  const inheritsDefault =
    typeof section.extends === 'string' && section.extends !== '' && !('defaultAction' in section);
  const complete = inheritsDefault ? { ...section, defaultAction: STRICTEST_ACTION } : section;
  const parsed = dockerSeccompSchema.safeParse(complete, { jitless: true });
  if (!parsed.success) {
    const shapeIssues = parsed.error.issues.map((issue) => profileIssue(issue, document, root));
    failOnIssues([...keys.issues, ...shapeIssues], document.source);
  }
  const inherits = inheritsDefault ? { inheritsDefault } : {};
  return finishProfile(format, document, { seccomp: parsed.data!, locate, ...inherits, ...keys });
}
