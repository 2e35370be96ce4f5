import { parseJsonText } from '../document/json-document.js';
import { isJsonObject } from '../document/json-value.js';
import { isList, nameOf, withListed } from '../document/select-document.js';
import type { SourceDocument } from '../document/source-document.js';
import { SourceText } from '../document/source-text.js';
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
  /** What `readProfile` takes to read this one: nothing where it is the only one. Undefined where nothing tells it from others. */
  readonly selection: ProfileSelection | undefined;
  /** Where it is in the text, from the beginning of its document to the next one. UTF-16 code units. */
  readonly from: number;
  readonly to: number;
  /** The document that it is read from, and its format; undefined in a format of lines. */
  readonly document:
    | { readonly parsed: SourceDocument; readonly isListed: boolean; readonly format: KeysFormatName }
    | undefined;
  /** @throws {ProfileError} when it is invalid */
  read(): ParsedProfile;
}

export interface ListedProfiles {
  readonly syntax: Syntax;
  /** One at least, in the order of the text. */
  readonly profiles: readonly ListedProfile[];
  /** How many documents or objects beside SeccompProfiles are none. */
  readonly others: number;
}

/**
 * The profiles of a text. Several are SeccompProfiles in documents of YAML or in a list, as `kubectl get` prints them, and the
 * threads of a seccompiler file. Of a file with a SeccompProfile what else is in it is none.
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
  const found = (syntax === 'json' ? ([parseJsonText(text)] as const) : parseYaml(text)).flatMap((document) =>
    withListed([document]).map((parsed) => ({ parsed, isListed: isList(document) })),
  );
  const begins = found.map(({ parsed }) => parsed.positionOf([])!.offset);
  const all = found.map((each, at) => ({ ...each, from: begins[at]!, to: begins[at + 1] ?? text.text.length }));
  const objects = all.filter(({ parsed: { value } }) => isJsonObject(value) && value.kind === 'SeccompProfile');
  const chosen = objects.length > 0 ? objects : all;
  const names = chosen.map(({ parsed }) => nameOf(parsed));
  const isTold = names.every((name, at) => name !== undefined && names.indexOf(name) === at);
  const profiles = chosen.flatMap(({ parsed, isListed, from, to }, at): ListedProfile[] => {
    const document = { parsed, isListed, format: detectFormat(parsed, options.format) };
    const one = (span: { from: number; to: number }, selection: ProfileSelection | undefined): ListedProfile => {
      const read = () =>
        guardNotify(HANDLERS[document.format].read(parsed, { ...options, document: undefined, ...selection }), options);
      return { ...span, selection, document, read };
    };
    const threads = document.format === 'seccompiler' && isJsonObject(parsed.value) ? Object.keys(parsed.value) : [];
    if (threads.length > 1) {
      const ends = [...threads.slice(1).map((thread) => parsed.keyPositionOf([thread])!.offset), to];
      return threads.map((thread, index) =>
        one({ from: parsed.keyPositionOf([thread])!.offset, to: ends[index]! }, { thread }),
      );
    }
    const isOnly = found.length === 1;
    if (isOnly) return [one({ from, to }, {})];
    return [one({ from, to }, objects.length > 0 && isTold ? { document: names[at]! } : undefined)];
  });
  return { syntax, profiles, others: all.length - chosen.length };
}

/**
 * What selects each profile of a text with several. Undefined where it has one, or nothing tells them apart: its reader says what
 * is wrong then.
 */
export function selectionsIn(
  input: Uint8Array,
  options: ReadOptions,
): { selections: readonly ProfileSelection[]; others: number } | undefined {
  try {
    const { profiles, others } = listProfiles(SourceText.decode(input, options.source), options);
    const selections = profiles.flatMap(({ selection }) => selection ?? []);
    const isTold = selections.length === profiles.length && (profiles.length > 1 || others > 0);
    return isTold ? { selections, others } : undefined;
  } catch {
    return undefined;
  }
}
