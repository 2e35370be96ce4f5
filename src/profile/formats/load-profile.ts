import { InvalidArgumentError } from '../../errors.js';
import { checkOptions } from '../../options.js';
import { parseJsonText } from '../document/json-document.js';
import type { SourceDocument } from '../document/source-document.js';
import { textOf } from '../document/source-text.js';
import { guardNotify } from '../model/finish-profile.js';
import type { ParsedProfile } from '../model/parsed-profile.js';
import { detectFormat } from './detect-format.js';
import { jsonSyntax, namedSyntax } from './detect-syntax.js';
import type { Reader } from './handler.js';
import type { KeysFormatName } from './index.js';
import { readSection } from './oci/read.js';
import { READ_OPTIONS, type ReadOptions } from './read-options.js';

/** The readers that are loaded with the command. */
const LOADED: Readonly<Partial<Record<KeysFormatName, Reader<SourceDocument>>>> = {
  oci: { read: readSection },
  docker: { read: readSection },
};

/**
 * As `readProfile`, for text and bytes. The readers of formats other than OCI's and Docker's JSON are loaded when they
 * are needed. Reading JSON does not cost loading a YAML parser and systemd's tables.
 *
 * @throws {ProfileError} when the profile is invalid; it has every issue found
 * @throws {InvalidArgumentError} when there is no such option, or it does not take the value
 *
 * @example
 * ```js
 * import { loadProfile } from 'libseccomp-wasm/profile';
 *
 * const unit = '[Service]\nSystemCallFilter=@basic-io\nSystemCallErrorNumber=EPERM\n';
 * const { format } = await loadProfile(unit, { format: 'systemd' });
 * console.log(format); // systemd
 * ```
 */
export async function loadProfile(input: string | Uint8Array, options: ReadOptions = {}): Promise<ParsedProfile> {
  checkOptions('loadProfile', options, READ_OPTIONS);
  const text = textOf(input, options.source);
  if (!text) throw new InvalidArgumentError('loadProfile reads text or bytes; readProfile takes an object');
  const syntax = namedSyntax(options.format) ?? 'json';
  const found = syntax === 'json' ? jsonSyntax(text.text) : undefined;
  const isJson = found === 'json' || (found !== undefined && options.format !== undefined);
  const document = isJson ? parseJsonText(text) : undefined;
  const loaded = document && LOADED[detectFormat(document, options.format)];
  if (loaded) return guardNotify(loaded.read(document, options), options);
  const { readJson, readText } = await import('./read-profile.js');
  return guardNotify(document ? readJson(document, options) : readText(text, options), options);
}
