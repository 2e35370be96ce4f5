import { isJsonObject } from '../document/json-value.js';
import { nameOf, withListed } from '../document/select-document.js';
import { textOf } from '../document/source-text.js';
import { parseYaml } from '../document/yaml.js';

/** The profiles of a text with several objects, which are told apart by their names. */
export interface SeveralProfiles {
  /** The `metadata.name` of each SeccompProfile. */
  readonly names: readonly string[];
  /** How many documents are something else; in a list they do not count. */
  readonly others: number;
}

/**
 * The SeccompProfiles of a text with several documents, or with a Kubernetes list; undefined where one profile is meant, or
 * names do not tell them apart.
 *
 * @throws {ProfileError} when it is no YAML that is read here
 */
export function severalProfiles(input: Uint8Array, source: string): SeveralProfiles | undefined {
  const kinds = withListed(parseYaml(textOf(input, source)!)).map((document) => {
    const { value } = document;
    const kind = isJsonObject(value) && typeof value.kind === 'string' ? value.kind : undefined;
    return { name: nameOf(document), kind };
  });
  const profiles = kinds.filter(({ kind }) => kind === 'SeccompProfile');
  const names = profiles.flatMap(({ name }) => name ?? []);
  const isTold = kinds.length > 1 && profiles.length > 0 && new Set(names).size === profiles.length;
  return isTold ? { names, others: kinds.length - profiles.length } : undefined;
}
