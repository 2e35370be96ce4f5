import { exactKey } from '../../profile/document/exact-json.js';
import type { JsonPath } from '../../profile/document/json-path.js';
import type { SourceDocument } from '../../profile/document/source-document.js';
import type { SourceText } from '../../profile/document/source-text.js';
import type { Syntax } from '../../profile/formats/detect-syntax.js';
import { policyPlaces } from '../../profile/formats/go-seccomp-bpf/format.js';
import type { KeysFormatName } from '../../profile/formats/index.js';
import { listProfiles } from '../../profile/formats/list-profiles.js';
import { findSeccompSection } from '../../profile/formats/oci/section.js';
import type { ReadOptions } from '../../profile/formats/read-options.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';

/** A part of JSON or YAML that is a profile. */
export interface ProfilePart {
  /** Where it begins, in UTF-16 code units. */
  readonly offset: number;
  /** Whether it is a whole document, with nothing around it. */
  readonly isWhole: boolean;
}

/** What a text says of seccomp: the same before and after it is formatted. */
export interface Reading {
  readonly syntax: Syntax;
  /** Of JSON and YAML. */
  readonly parts: readonly ProfilePart[];
  readonly meaning: string;
}

/**
 * Read every profile of a text: a file may have several SeccompProfiles, or filters of several threads.
 *
 * @throws {ProfileError} when one is invalid
 */
export function readAll(text: SourceText, options: ReadOptions): Reading {
  const { syntax, profiles } = listProfiles(text, { ...options, notifyGuards: false });
  const parts = new Map<SourceDocument, ProfilePart>();
  for (const { document } of profiles) {
    if (!document || parts.has(document.parsed)) continue;
    const { parsed, isListed, format } = document;
    // Its reader says why it is of no format.
    const path = format && sectionPath(parsed, format);
    if (!path) continue;
    const { offset } = parsed.positionOf(path)!;
    parts.set(parsed, { offset, isWhole: !isListed && isAlone(parsed, path) });
  }
  return { syntax, parts: [...parts.values()], meaning: meaningOf(profiles.map((each) => each.read())) };
}

/** Where in a document the profile is: it may be a part of a configuration. Undefined where it is in several places. */
function sectionPath(document: SourceDocument, format: KeysFormatName): JsonPath | undefined {
  if (format === 'oci' || format === 'docker') return findSeccompSection(document).root;
  return format === 'go-seccomp-bpf' ? policyPlaces(document.object())?.root : [];
}

/** Whether there is nothing else in a document than what is at the path. */
function isAlone(document: SourceDocument, path: JsonPath): boolean {
  return path.every((_, depth) => Object.keys(document.part(path.slice(0, depth)).object()).length === 1);
}

function meaningOf(profiles: readonly ParsedProfile[]): string {
  return exactKey(profiles.map(({ format, name, seccomp }) => ({ format, name, seccomp })));
}
