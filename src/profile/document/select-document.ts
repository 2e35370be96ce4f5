import { nearestName } from '../../nearest-name.js';
import { quote } from '../../text.js';
import { isJsonObject } from './json-value.js';
import type { ProfileIssueCode } from './profile-error.js';
import type { SourceDocument } from './source-document.js';

/** Kinds of Kubernetes objects that hold others: `kubectl get -o yaml` prints them. */
const LISTS = ['List', 'SeccompProfileList'];

/** Of so many documents those to choose from are listed. */
const MAX_LISTED = 20;

/** Whether a document is a list of Kubernetes objects. */
export function isList({ value }: SourceDocument): boolean {
  return isJsonObject(value) && LISTS.includes(value.kind as string) && Array.isArray(value.items);
}

/** One of the profiles of a text: a document, or an object in a list. */
export interface ProfileDocument {
  readonly document: SourceDocument;
  readonly isListed: boolean;
  /** What chooses it: its `metadata.name`, or its number where it has none of its own. */
  readonly choice: string;
}

/** The profiles of a text in their order, and how many documents and objects beside them are none. */
export interface ProfileDocuments {
  readonly profiles: readonly [ProfileDocument, ...ProfileDocument[]];
  readonly others: number;
}

/**
 * The documents of a text that are profiles, or are meant to be. In the place of a list it is the objects in it. Kubernetes
 * objects of other kinds are none, unless there is nothing else: their reader says what they are then.
 *
 * @throws {ProfileError} when all are empty lists
 */
export function profileDocuments(documents: readonly [SourceDocument, ...SourceDocument[]]): ProfileDocuments {
  const all = documents.flatMap((document) => {
    if (!isList(document)) return [{ document, isListed: false }];
    const { items } = document.value as { items: unknown[] };
    return items.map((_, index) => ({ document: document.part(['items', index]), isListed: true }));
  });
  const own = all.filter(({ document: { value } }) => !isJsonObject(value) || isProfileKind(value.kind));
  const found = own.length > 0 ? own : all;
  const names = found.map(({ document }) => nameOf(document));
  const [first, ...more] = found.map((each, at) => ({ ...each, choice: choiceOf(at, names) }));
  if (first) return { profiles: [first, ...more], others: all.length - found.length };
  throw documents[0].fail(['items'], { code: 'empty-input', message: 'a list with nothing in it' });
}

/** No other format has such a key. */
const isProfileKind = (kind: unknown): boolean => typeof kind !== 'string' || kind === 'SeccompProfile';

function choiceOf(at: number, names: readonly (string | undefined)[]): string {
  const name = names[at];
  const isOwn = (text: string) => names.indexOf(text) === names.lastIndexOf(text);
  if (name !== undefined && isOwn(name)) return name;
  const number = String(at + 1);
  // No name has such a mark in it.
  return names.includes(number) ? `#${number}` : number;
}

/**
 * Select one of several profiles: by its `metadata.name`, or by its number, from 1, as `2` or `#2`.
 *
 * @throws {ProfileError} when there is no such profile, or there are several and none is chosen
 */
export function selectDocument({ profiles }: ProfileDocuments, wanted: string | undefined): SourceDocument {
  const [first, second] = profiles;
  const fail = (code: ProfileIssueCode, { document }: ProfileDocument, message: string, hint: string) =>
    document.fail([], { code, message, hint });
  if (wanted === undefined) {
    if (!second) return first.document;
    const hint = `choose one with --document (option "document"): ${listOf(profiles)}`;
    throw fail('several-documents', second, `a second document, of ${profiles.length}`, hint);
  }
  const names = profiles.map(({ document }) => nameOf(document));
  const [found, another] = profiles.filter((_, at) => names[at] === wanted);
  if (another) {
    throw fail(
      'several-documents',
      another,
      `a second document ${quote(wanted)}`,
      `choose by number: ${listOf(profiles)}`,
    );
  }
  const number = /^#?([1-9]\d{0,8})$/.exec(wanted)?.[1];
  const chosen = found ?? (number === undefined ? undefined : profiles[Number(number) - 1]);
  if (chosen) return chosen.document;
  const nearest = nearestName(
    wanted,
    names.filter((each) => each !== undefined),
  );
  const hint = nearest === undefined ? `there are ${listOf(profiles)}` : `did you mean ${quote(nearest)}?`;
  throw fail('unknown-document', first, `there is no document ${quote(wanted)}`, hint);
}

/** `"one", 2 (line 7)` */
function listOf(profiles: readonly ProfileDocument[]): string {
  const listed = profiles.slice(0, MAX_LISTED).map(({ choice, document }) => {
    if (choice === nameOf(document)) return quote(choice);
    const line = document.positionOf([])?.line;
    return line === undefined ? choice : `${choice} (line ${line})`;
  });
  const left = profiles.length - listed.length;
  return left === 0 ? listed.join(', ') : `${listed.join(', ')} and ${left} more`;
}

/** The `metadata.name` of a document. */
export function nameOf({ value }: SourceDocument): string | undefined {
  const metadata = isJsonObject(value) ? value.metadata : undefined;
  return isJsonObject(metadata) && typeof metadata.name === 'string' ? metadata.name : undefined;
}
