import { parseJsonText } from '../document/json-document.js';
import { isJsonObject } from '../document/json-value.js';
import { ProfileError } from '../document/profile-error.js';
import { profileDocuments } from '../document/select-document.js';
import type { SourceDocument } from '../document/source-document.js';
import type { SourceText } from '../document/source-text.js';
import { parseYaml } from '../document/yaml.js';
import { guardNotify } from '../model/finish-profile.js';
import type { ParsedProfile } from '../model/parsed-profile.js';
import { detectFormat } from './detect-format.js';
import { detectSyntax, type Syntax } from './detect-syntax.js';
import { HANDLERS } from './handlers.js';
import type { KeysFormatName } from './index.js';
import type { ReadOptions } from './read-options.js';
import { readText } from './read-profile.js';

/** What selects one of several profiles of a text. */
export type ProfileSelection = Pick<ReadOptions, 'document' | 'thread'>;

/** One of the profiles of a text. */
export interface ListedProfile {
  /** What `readProfile` takes to read this one: nothing where it is the only one. */
  readonly selection: ProfileSelection;
  /** Where it is in the text, from the beginning of its document to the next one. UTF-16 code units. */
  readonly from: number;
  readonly to: number;
  /** The document that it is read from, and its format where that is known; undefined in a format of lines. */
  readonly document:
    | { readonly parsed: SourceDocument; readonly isListed: boolean; readonly format: KeysFormatName | undefined }
    | undefined;
  /** @throws {ProfileError} when it is invalid */
  read(): ParsedProfile;
}

export interface ListedProfiles {
  readonly syntax: Syntax;
  /** One at least, in the order of the text. */
  readonly profiles: readonly ListedProfile[];
  /** How many documents and objects beside them are Kubernetes objects of other kinds. */
  readonly others: number;
}

/**
 * The profiles of a text, which is parsed once. Several are documents of YAML, objects in a list, as `kubectl get` prints them,
 * and the threads of a seccompiler file.
 *
 * @throws {ProfileError} when the text cannot be parsed
 */
export function listProfiles(text: SourceText, options: ReadOptions): ListedProfiles {
  const syntax = detectSyntax(text, options.format);
  if (syntax !== 'json' && syntax !== 'yaml') {
    const read = () => guardNotify(readText(text, options), options);
    return {
      syntax,
      profiles: [{ selection: {}, from: 0, to: text.text.length, document: undefined, read }],
      others: 0,
    };
  }
  const parsed = syntax === 'json' ? ([parseJsonText(text)] as const) : parseYaml(text);
  const { profiles: found, others } = profileDocuments(parsed);
  const ends = [...found.slice(1).map(({ document }) => document.positionOf([])!.offset), text.text.length];
  const profiles = found.flatMap(({ document: parsed, isListed, choice }, at): ListedProfile[] => {
    const format = formatOf(parsed, options);
    const document = { parsed, isListed, format };
    const [from, to] = [parsed.positionOf([])!.offset, ends[at]!];
    const one = (span: { from: number; to: number }, selection: ProfileSelection): ListedProfile => {
      const read = () => {
        const { read } = HANDLERS[format ?? detectFormat(parsed, options.format)];
        return guardNotify(read(parsed, { ...options, document: undefined, ...selection }), options);
      };
      return { ...span, selection, document, read };
    };
    const chosen = found.length === 1 ? {} : { document: choice };
    const threads = format === 'seccompiler' && isJsonObject(parsed.value) ? Object.keys(parsed.value) : [];
    if (threads.length < 2) return [one({ from, to }, chosen)];
    const begins = threads.map((thread) => parsed.keyPositionOf([thread])!.offset);
    return threads.map((thread, index) =>
      one({ from: begins[index]!, to: begins[index + 1] ?? to }, { ...chosen, thread }),
    );
  });
  return { syntax, profiles, others };
}

/** Undefined where the document is of no format: its reader says why. */
function formatOf(document: SourceDocument, { format }: ReadOptions): KeysFormatName | undefined {
  try {
    return detectFormat(document, format);
  } catch (error) {
    if (error instanceof ProfileError) return undefined;
    throw error;
  }
}
