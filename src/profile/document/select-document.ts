import { nearestName } from '../../nearest-name.js';
import { quote } from '../../text.js';
import { isJsonObject } from './json-value.js';
import type { ProfileIssueCode } from './profile-error.js';
import type { SourceDocument } from './source-document.js';

/** Kinds of Kubernetes objects that hold others: `kubectl get -o yaml` prints them. */
const LISTS = ['List', 'SeccompProfileList'];

/** Whether a document is a list of Kubernetes objects. */
export function isList({ value }: SourceDocument): boolean {
  return isJsonObject(value) && LISTS.includes(value.kind as string) && Array.isArray(value.items);
}

/** Documents, and in the place of a list the objects in it: the SeccompProfiles, where there are some. */
export function withListed(
  documents: readonly [SourceDocument, ...SourceDocument[]],
): [SourceDocument, ...SourceDocument[]] {
  const all = documents.flatMap((document) => {
    if (!isList(document)) return [document];
    const { items } = document.value as { items: unknown[] };
    const parts = items.map((_, index) => document.part(['items', index]));
    const profiles = parts.filter(({ value }) => isJsonObject(value) && value.kind === 'SeccompProfile');
    return profiles.length > 0 ? profiles : parts;
  });
  const [first, ...others] = all;
  if (first) return [first, ...others];
  throw documents[0].fail(['items'], { code: 'empty-input', message: 'a list with nothing in it' });
}

/**
 * Select a document of a file with one or several: the one with the given `metadata.name`.
 *
 * @throws {ProfileError} when there is no such document, or there are several and no name is given
 */
export function selectDocument(
  documents: readonly [SourceDocument, ...SourceDocument[]],
  name: string | undefined,
): SourceDocument {
  const [first, second] = documents;
  // What else is in the file may have the same name: a Deployment beside its profile.
  const objects = documents.filter(({ value }) => isJsonObject(value) && value.kind === 'SeccompProfile');
  const named = objects.length > 0 ? objects : documents;
  const names = named.map(nameOf);
  const listed = names.filter((each) => each !== undefined).map(quote);
  const fail = (code: ProfileIssueCode, document: SourceDocument, message: string, hint: string) =>
    document.fail([], { code, message, hint });
  if (name !== undefined) {
    const [found, another] = named.filter((_, index) => names[index] === name);
    if (another) throw fail('several-documents', another, `a second document ${quote(name)}`, 'names tell them apart');
    if (found) return found;
    const nearest = nearestName(
      name,
      names.filter((each) => each !== undefined),
    );
    if (nearest !== undefined) {
      const meant = `did you mean ${quote(nearest)}?`;
      throw fail('unknown-document', first, `there is no document ${quote(name)}`, meant);
    }
    const hint = listed.length > 0 ? `there are ${listed.join(', ')}` : 'none of them has a metadata.name';
    throw fail('unknown-document', first, `there is no document ${quote(name)}`, hint);
  }
  if (!second) return first;
  const hint =
    listed.length > 0
      ? `choose one with --document (option "document"): ${listed.join(', ')}`
      : 'put each into a file of its own';
  throw fail('several-documents', second, `a second YAML document, of ${documents.length}`, hint);
}

/** The `metadata.name` of a document. */
export function nameOf({ value }: SourceDocument): string | undefined {
  const metadata = isJsonObject(value) ? value.metadata : undefined;
  return isJsonObject(metadata) && typeof metadata.name === 'string' ? metadata.name : undefined;
}
