import { quote } from '../../text.js';
import { ProfileError, type ProfileIssueCode } from '../document/profile-error.js';
import { SourceText } from '../document/source-text.js';

/** A text that a policy includes, and what to call it in messages: one name for each file. */
export interface IncludedText {
  readonly text: string | Uint8Array;
  readonly source: string;
}

/**
 * Finds the text that a policy includes; undefined where there is none. `from` is the text that names it, or undefined
 * where the policy's owner looks from the working directory.
 */
export type LoadInclude = (path: string, from: string | undefined) => IncludedText | undefined;

/** A policy's text, and those that led to it by including each other. */
export interface IncludeChain {
  readonly text: SourceText;
  readonly above?: IncludeChain | undefined;
}

export interface IncludeRequest {
  readonly path: string;
  /** Where it is named: the first code unit of the path. */
  readonly offset: number;
  /** Where the owner looks from. */
  readonly from: string | undefined;
  /** How many texts may include each other. */
  readonly deepest: number;
  readonly load: LoadInclude | undefined;
}

/**
 * The text that a policy includes.
 *
 * @throws {ProfileError} when it is not found, nobody can load it, it includes itself, or the chain is too long
 */
export function includedText(chain: IncludeChain, { path, offset, from, deepest, load }: IncludeRequest): IncludeChain {
  const { text } = chain;
  const fail = (code: ProfileIssueCode, message: string, hint?: string) => {
    const issue = { code, message, hint, path: '', position: text.positionAt(offset) };
    return new ProfileError('PROFILE_INVALID', [issue], text.source);
  };
  if (!load) {
    throw fail('include-open', `the policy includes ${quote(path)}, which was not read`, 'give the option "include"');
  }
  const found = load(path, from);
  if (!found) throw fail('include-not-found', `there is no file ${quote(path)} to include`);
  const sources = [...sourcesOf(chain)];
  if (sources.includes(found.source)) {
    throw fail('include-cycle', `the policy includes itself: ${[...sources.reverse(), found.source].join(' → ')}`);
  }
  if (sources.length >= deepest) throw fail('include-too-deep', `more than ${deepest} files include each other`);
  return { text: SourceText.decode(found.text, found.source), above: chain };
}

function* sourcesOf(chain: IncludeChain): Generator<string | undefined> {
  for (let each: IncludeChain | undefined = chain; each; each = each.above) yield each.text.source;
}
