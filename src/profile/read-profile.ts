import { InvalidArgumentError } from '../errors.js';
import { checkProfile } from './check-profile.js';
import { findSeccompSection } from './detect.js';
import { type JsonDocument, parseJson } from './json-document.js';
import { formatPath } from './json-path.js';
import type { Locate, ParsedProfile } from './parsed-profile.js';
import { documentOfObject } from './plain-object.js';
import { ProfileError } from './profile-error.js';
import { dockerSeccompSchema } from './schema.js';
import { profileIssue } from './schema-issues.js';
import { checkKeys } from './unknown-keys.js';

export interface ReadOptions {
  /** What to call the profile in messages, usually its file name. */
  source?: string | undefined;
}

/**
 * Read a profile: an OCI `config.json`, its `linux.seccomp` by itself, or Docker's and Podman's format; as JSON text, as
 * its bytes (UTF-8), or as an object. Everything that does not depend on a target is checked here. Integers of text are
 * exact at any size; in an object they are bigint or safe numbers. Raises {@link ProfileError} with every issue found.
 */
export function readProfile(input: string | Uint8Array | object, options: ReadOptions = {}): ParsedProfile {
  const { source } = options;
  const document = documentOf(input, source);
  const { format, root, section } = findSeccompSection(document, source);
  const locate: Locate = (...segments) => {
    const path = [...root, ...segments];
    return { path: formatPath(path), position: document.positionOf(path) };
  };

  const keys = checkKeys(document, root, section, root.length > 0);
  // No compiled validators: a profile is read once, and a page's content security policy may forbid making them.
  const parsed = dockerSeccompSchema.safeParse(section, { jitless: true });
  const shapeIssues = parsed.success ? [] : parsed.error.issues.map((issue) => profileIssue(issue, document, root));
  const checked = parsed.success ? checkProfile(parsed.data, locate) : { issues: [], warnings: [] };

  const issues = [...keys.issues, ...shapeIssues, ...checked.issues];
  if (!parsed.success || issues.length > 0) {
    issues.sort((a, b) => (a.position?.offset ?? 0) - (b.position?.offset ?? 0));
    throw new ProfileError('PROFILE_INVALID', issues, source);
  }
  const warnings = [...keys.warnings, ...checked.warnings];
  return { format, seccomp: parsed.data, source, warnings, locate };
}

function documentOf(input: unknown, source: string | undefined): JsonDocument {
  if (typeof input === 'string') return parseJson(input, source);
  if (ArrayBuffer.isView(input)) {
    return parseJson(new Uint8Array(input.buffer, input.byteOffset, input.byteLength), source);
  }
  if (typeof input === 'object' && input !== null) return documentOfObject(input, source);
  throw new InvalidArgumentError(
    `a profile is JSON text, bytes or an object, not ${input === null ? input : typeof input}`,
  );
}
