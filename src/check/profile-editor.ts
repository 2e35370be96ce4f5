import type { WideComparison } from '../profile/formats/narrow-call.js';
import type { ParsedProfile, Place } from '../profile/model/parsed-profile.js';
import type { TextEdit } from './finding.js';

/** Makes edits for a profile's text. They leave everything else as its author laid it out. */
export interface ProfileEditor {
  /** Give a key another value. None where the place is no member of an object of this text. */
  setMember(object: Place, key: string, value: string | number): TextEdit[];
  /** Give a key, with its value, another name and value: `"name": "open"` becomes `"names": ["open"]`. */
  replaceMember(object: Place, key: string, newKey: string, newValue: readonly string[]): TextEdit[];
  /** Compare the bits of an argument that the kernel reads alone. */
  narrow(at: ConditionPlaces, comparison: WideComparison): TextEdit[];
}

/** What edits the text of a profile; undefined where nothing does. */
export type EditorOf = (profile: ParsedProfile, text: string) => ProfileEditor | undefined;

/** An editor that is made for its first edit, which takes a parse of the text: most checks make none. */
export function editorWhenAsked(make: () => ProfileEditor | undefined): ProfileEditor {
  let made: { editor: ProfileEditor | undefined } | undefined;
  const editor = () => {
    made ??= { editor: make() };
    return made.editor;
  };
  return {
    setMember: (...asked) => editor()?.setMember(...asked) ?? [],
    replaceMember: (...asked) => editor()?.replaceMember(...asked) ?? [],
    narrow: (...asked) => editor()?.narrow(...asked) ?? [],
  };
}

/** Where a condition is written. */
export interface ConditionPlaces {
  readonly entry: Place;
  readonly condition: Place;
  /** The name of the call that it is about; undefined where its entry has several. */
  readonly call: Place | undefined;
}

/** Edits of a language that has no keys of OCI. */
export const narrowingEditor = (narrow: ProfileEditor['narrow']): ProfileEditor => ({
  setMember: () => [],
  replaceMember: () => [],
  narrow,
});

/** What a syntax of keys does with a text. */
export interface KeysEditor extends Pick<ProfileEditor, 'setMember' | 'replaceMember'> {
  /** Write an entry once for each of some conditions, in the place of the one that it has there. */
  splitEntry(entry: Place, condition: Place, conditions: readonly Record<string, string | number>[]): TextEdit[];
}

/** Edits of OCI's entries, in JSON or YAML. */
export function keysEditor(keys: KeysEditor): ProfileEditor {
  return {
    setMember: keys.setMember,
    replaceMember: keys.replaceMember,
    narrow({ entry, condition }, { index, groups }) {
      const conditions = groups.map(({ mask, datum }) => ({
        index,
        value: Number(mask),
        valueTwo: Number(datum),
        op: 'SCMP_CMP_MASKED_EQ',
      }));
      const [first, ...others] = conditions;
      if (first === undefined) return [];
      if (others.length > 0) return keys.splitEntry(entry, condition, conditions);
      return (['op', 'value', 'valueTwo'] as const).flatMap((key) => keys.setMember(condition, key, first[key]));
    },
  };
}

/** A place's offset in this text; a place with a source is in another file, one that this profile extends. */
export const offsetHere = ({ position, source }: Place): number | undefined =>
  source === undefined ? position?.offset : undefined;
