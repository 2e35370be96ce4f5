import { isJsonObject } from '../document/json-value.js';
import { nameOf } from '../document/select-document.js';
import { textOf } from '../document/source-text.js';
import { parseYaml } from '../document/yaml.js';

/** What tells a document of a YAML file from others. */
export interface ListedDocument {
  /** Its `metadata.name`. */
  name: string | undefined;
  kind: string | undefined;
}

/**
 * The documents of a YAML text, in order.
 *
 * @throws {ProfileError} when it is no YAML that is read here
 */
export function listDocuments(input: Uint8Array, source: string): readonly ListedDocument[] {
  return parseYaml(textOf(input, source)!).map((document) => {
    const { value } = document;
    const kind = isJsonObject(value) && typeof value.kind === 'string' ? value.kind : undefined;
    return { name: nameOf(document), kind };
  });
}
