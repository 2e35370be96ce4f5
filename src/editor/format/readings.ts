import { exactKey } from '../../profile/document/exact-json.js';
import { parseJsonText } from '../../profile/document/json-document.js';
import type { JsonPath } from '../../profile/document/json-path.js';
import { isJsonObject } from '../../profile/document/json-value.js';
import { isList, withListed } from '../../profile/document/select-document.js';
import type { SourceDocument } from '../../profile/document/source-document.js';
import type { SourceText } from '../../profile/document/source-text.js';
import { parseYaml } from '../../profile/document/yaml.js';
import { detectFormat } from '../../profile/formats/detect-format.js';
import { detectSyntax, type Syntax } from '../../profile/formats/detect-syntax.js';
import { policyPath } from '../../profile/formats/go-seccomp-bpf/format.js';
import { HANDLERS } from '../../profile/formats/handlers.js';
import type { KeysFormatName } from '../../profile/formats/index.js';
import { findSeccompSection } from '../../profile/formats/oci/section.js';
import type { ReadOptions } from '../../profile/formats/read-options.js';
import { readText } from '../../profile/formats/read-profile.js';
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
  const syntax = detectSyntax(text, options.format);
  if (syntax !== 'json' && syntax !== 'yaml') {
    return { syntax, parts: [], meaning: meaningOf([readText(text, options)]) };
  }
  const documents = syntax === 'json' ? ([parseJsonText(text)] as const) : parseYaml(text);
  const found = documents.flatMap((document) =>
    withListed([document]).map((each) => ({ document: each, isListed: isList(document) })),
  );
  const objects = found.filter(({ document: { value } }) => isJsonObject(value) && value.kind === 'SeccompProfile');
  // Of a file with a SeccompProfile what else is in it is none; of any other all has to be one.
  const chosen = objects.length > 0 ? objects : found;
  const read = chosen.map(({ document, isListed }) => {
    const format = detectFormat(document, options.format);
    const path = sectionPath(document, format);
    const { offset } = document.positionOf(path)!;
    const part = { offset, isWhole: !isListed && isAlone(document, path) };
    return { part, profiles: profilesIn(document, format, options) };
  });
  return {
    syntax,
    parts: read.map(({ part }) => part),
    meaning: meaningOf(read.flatMap(({ profiles }) => profiles)),
  };
}

function profilesIn(document: SourceDocument, format: KeysFormatName, options: ReadOptions): ParsedProfile[] {
  const { read } = HANDLERS[format];
  if (format !== 'seccompiler') return [read(document, { ...options, document: undefined })];
  return Object.keys(document.object()).map((thread) => read(document, { ...options, thread }));
}

/** Where in a document the profile is: it may be a part of a configuration. */
function sectionPath(document: SourceDocument, format: KeysFormatName): JsonPath {
  if (format === 'oci' || format === 'docker') return findSeccompSection(document).root;
  return format === 'go-seccomp-bpf' ? (policyPath(document.object()) ?? []) : [];
}

/** Whether there is nothing else in a document than what is at the path. */
function isAlone(document: SourceDocument, path: JsonPath): boolean {
  return path.every((_, depth) => Object.keys(document.part(path.slice(0, depth)).object()).length === 1);
}

function meaningOf(profiles: readonly ParsedProfile[]): string {
  return exactKey(profiles.map(({ format, name, seccomp }) => ({ format, name, seccomp })));
}
