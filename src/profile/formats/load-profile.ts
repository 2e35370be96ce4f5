import { checkOptions } from '../../options.js';
import { parseJson } from '../document/json-document.js';
import { decodeText } from '../document/source-text.js';
import { guardNotify } from '../model/finish-profile.js';
import { type ParsedProfile, READ_OPTIONS, type ReadOptions } from '../model/parsed-profile.js';
import { detectDocument } from './detect-format.js';
import { looksLikeJson } from './detect-syntax.js';
import { readSeccompSection } from './oci/read.js';

/**
 * As `readProfile`, for text and bytes. The readers of formats other than OCI's and Docker's JSON are loaded when they
 * are needed. Reading JSON does not cost loading a YAML parser and systemd's tables.
 */
export async function loadProfile(input: string | Uint8Array, options: ReadOptions = {}): Promise<ParsedProfile> {
  checkOptions('loadProfile', options, READ_OPTIONS);
  const { source, format } = options;
  const text = decodeText(input, source);
  if (format !== 'yaml' && format !== 'systemd' && format !== 'list' && looksLikeJson(text)) {
    const document = parseJson(text, source);
    const detected = detectDocument(document, source, format);
    if ('root' in detected) {
      const profile = readSeccompSection(document, detected, source);
      return options.notifyGuards === false ? profile : guardNotify(profile);
    }
  }
  const { readProfile } = await import('./read-profile.js');
  return readProfile(text, options);
}
