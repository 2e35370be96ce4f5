import { ScmpError } from '../errors.js';
import { SourceText } from '../profile/document/source-text.js';
import { listProfiles, type ProfileSelection } from '../profile/formats/list-profiles.js';
import type { ReadOptions } from '../profile/formats/read-options.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import type { EditorFormat } from './editor-format.js';
import type { ProfileView, Span } from './profile-view.js';

/** One of the profiles of a text, and where it is in it: the whole text, where there is one. */
export interface ProfilePart extends ProfileView, Span {
  /** Its `metadata.name`, or its thread; undefined where it is the only one. */
  readonly name: string | undefined;
  readonly selection: ProfileSelection;
}

/** The profiles of a text that can be read, or one without a profile: what is being written need not be whole. */
export function profileParts(
  text: string,
  format: EditorFormat,
  { source = '', ...options }: ReadOptions,
): readonly [ProfilePart, ...ProfilePart[]] {
  const whole = { text, source, format, name: undefined, selection: {}, from: 0, to: text.length };
  try {
    const { profiles } = listProfiles(SourceText.decode(text, source), { ...options, source, notifyGuards: false });
    const [first, ...others] = profiles.map(({ selection, from, to, read }): ProfilePart => {
      const name = selection.document ?? selection.thread;
      return { ...whole, ...(name === undefined ? {} : { from, to }), name, selection, profile: readable(read) };
    });
    if (first) return [first, ...others];
  } catch (error) {
    if (!(error instanceof ScmpError)) throw error;
  }
  return [{ ...whole, profile: undefined }];
}

function readable(read: () => ParsedProfile): ParsedProfile | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ScmpError) return undefined;
    throw error;
  }
}

/** The profile that an offset is in; between two it is the one above, and above the first that one. */
export function partAt(parts: readonly [ProfilePart, ...ProfilePart[]], offset: number): ProfilePart {
  return parts.filter(({ from }) => from <= offset).at(-1) ?? parts[0];
}
