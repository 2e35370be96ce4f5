import { InvalidArgumentError } from '../../errors.js';
import { checkOptions } from '../../options.js';
import { parseJsonText } from '../document/json-document.js';
import { pathGivenError } from '../document/path-given.js';
import { documentOfObject } from '../document/plain-object.js';
import { ProfileError } from '../document/profile-error.js';
import { isList, profileDocuments, selectDocument } from '../document/select-document.js';
import type { SourceDocument } from '../document/source-document.js';
import { type SourceText, textOf } from '../document/source-text.js';
import { parseYaml } from '../document/yaml.js';
import { guardNotify } from '../model/finish-profile.js';
import type { ParsedProfile } from '../model/parsed-profile.js';
import { detectFormat } from './detect-format.js';
import { detectSyntax, namedSyntax } from './detect-syntax.js';
import { HANDLERS } from './handlers.js';
import { READ_OPTIONS, type ReadOptions } from './read-options.js';

/**
 * Read a profile of any format: an OCI `config.json`, its `linux.seccomp` alone, Docker's and Podman's format, a
 * Kubernetes SeccompProfile, or a seccompiler filter. Each is JSON or YAML, as text, bytes (UTF-8) or an object. The
 * text of a systemd unit or a plain list is read too. The format is detected by the content, unless `format` names it.
 * Everything that does not depend on a target is checked here. Integers of text are exact at any size; in an object
 * they are bigint or safe numbers.
 *
 * @throws {ProfileError} when the profile is invalid; it has every issue found
 * @throws {InvalidArgumentError} when there is no such option, or it does not take the value
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 *
 * const text = '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{ "names": ["ptrace"], "action": "SCMP_ACT_ERRNO" }] }';
 * const profile = readProfile(text, { source: 'profile.json' });
 * console.log(profile.format, profile.seccomp.syscalls.length); // oci 1
 * ```
 */
export function readProfile(input: string | Uint8Array | object, options: ReadOptions = {}): ParsedProfile {
  checkOptions('readProfile', options, READ_OPTIONS);
  const text = textOf(input, options.source);
  return guardNotify(text ? readText(text, options) : readObject(input as object, options), options);
}

function readObject(input: object, options: ReadOptions): ParsedProfile {
  const { source, format } = options;
  const syntax = namedSyntax(format);
  if (syntax !== undefined && syntax !== 'json' && syntax !== 'yaml') {
    throw new InvalidArgumentError(`a profile of the format "${format}" is text, not an object`);
  }
  return readJson(documentOfObject(input, source), options);
}

/** As {@link readProfile}, for a text that was decoded; the caller guards SCMP_ACT_NOTIFY. */
export function readText(text: SourceText, options: ReadOptions): ParsedProfile {
  try {
    return readSyntax(text, options);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    // Its format was recognised, and its statement names a file.
    if (error.issues.some(({ code }) => code.startsWith('include-'))) throw error;
    throw pathGivenError(text.text, options.source) ?? error;
  }
}

function readSyntax(text: SourceText, options: ReadOptions): ParsedProfile {
  const syntax = detectSyntax(text, options.format);
  switch (syntax) {
    case 'json':
      return readJson(parseJsonText(text), options);
    case 'yaml':
      return readDocument(selectDocument(profileDocuments(parseYaml(text)), options.document), options);
    default:
      return HANDLERS[syntax].read(text, options);
  }
}

/** As {@link readText}, for JSON that was parsed. */
export function readJson(document: SourceDocument, options: ReadOptions): ParsedProfile {
  const isChosen = options.document !== undefined || isList(document);
  return readDocument(isChosen ? selectDocument(profileDocuments([document]), options.document) : document, options);
}

function readDocument(document: SourceDocument, options: ReadOptions): ParsedProfile {
  return HANDLERS[detectFormat(document, options.format)].read(document, options);
}
