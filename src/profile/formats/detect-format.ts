import { quote } from '../../text.js';
import type { SourceDocument } from '../document/source-document.js';
import type { KeySign } from './format.js';
import { type InputFormat, KEYS_FORMATS, type KeysFormatName } from './index.js';
import { oci } from './oci/format.js';
import { sectionKey } from './oci/section.js';

/**
 * Detect a document's format by its keys, unless the caller named it. A document without signs is taken for OCI's or
 * Docker's. Their reader tells these two apart, and says what is wrong with it.
 *
 * @throws {ProfileError} when it is no object, or two formats claim it (`ambiguous-format`)
 */
export function detectFormat(document: SourceDocument, wanted?: InputFormat): KeysFormatName {
  const keys = document.object();
  const named = KEYS_FORMATS.find(({ id }) => id === wanted);
  if (named) return named.id;
  const signs = KEYS_FORMATS.flatMap((format): (KeySign & { id: KeysFormatName })[] => {
    const sign = 'sign' in format ? format.sign(keys) : undefined;
    return sign ? [{ ...sign, id: format.id }] : [];
  });
  const key = sectionKey(keys);
  const isOwned = signs.some(({ owns }) => key !== undefined && owns?.includes(key));
  if (key !== undefined && !isOwned) signs.push({ id: oci.id, key, claim: `a profile (${quote(key)})` });
  const [first, second] = signs.filter(({ claim }) => claim !== undefined);
  if (first && second) {
    const message = `both ${first.claim} and ${second.claim}`;
    throw document.fail([second.key], { code: 'ambiguous-format', message, hint: 'take one of them out' });
  }
  return (first ?? signs[0])?.id ?? oci.id;
}
