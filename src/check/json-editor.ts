import { findNodeAtOffset, type Node, type ParseError, parseTree } from 'jsonc-parser';
import { traitsOf } from '../profile/formats/index.js';
import type { Place } from '../profile/model/parsed-profile.js';
import { type EditorOf, type KeysEditor, keysEditor, offsetHere } from './profile-editor.js';

/** Whether a text is JSON at its beginning. A comment before it stays out of it. */
export const isJsonText = (text: string): boolean => /^\s*(?:\/\/[^\n]*\n\s*)*\{/.test(text);

/** What edits a text of JSON for fixes, where it has OCI's entries. */
export const jsonTextEditor: EditorOf = (profile, text) => {
  const keys = traitsOf(profile).entrySyntax === undefined ? jsonEditor(text) : undefined;
  return keys && keysEditor(keys);
};

/** The object of a text that begins at a place; undefined for a text that is not JSON. */
export function objectFinder(text: string): ((place: Place) => Node | undefined) | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  if (root?.type !== 'object' || errors.length > 0) return undefined;
  return (place) => {
    const offset = offsetHere(place);
    const node = offset === undefined ? undefined : findNodeAtOffset(root, offset);
    return node?.type === 'object' && node.offset === offset ? node : undefined;
  };
}

/** An object's key and value together. */
export const memberOf = (object: Node | undefined, key: string): Node | undefined =>
  object?.children?.find((property) => property.children?.[0]?.value === key);

/** Undefined for a text that is not JSON. */
function jsonEditor(text: string): KeysEditor | undefined {
  const objectAt = objectFinder(text);
  if (objectAt === undefined) return undefined;

  /** An object laid out as another one. */
  const written = (members: Record<string, string | number>, like: Node | undefined): string => {
    const [first, last] = [like?.children?.at(0), like?.children?.at(-1)];
    if (!like || !first || !last) return JSON.stringify(members);
    const open = text.slice(like.offset + 1, first.offset);
    const close = text.slice(last.offset + last.length, like.offset + like.length - 1);
    const parts = Object.entries(members).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    return `{${open}${parts.join(`,${open.includes('\n') ? open : ' '}`)}${close}}`;
  };

  return {
    setMember(place, key, value) {
      const object = objectAt(place);
      if (object === undefined) return [];
      const written = memberOf(object, key)?.children?.[1];
      const newText = JSON.stringify(value);
      if (written) return [{ offset: written.offset, length: written.length, text: newText }];
      const last = object.children?.at(-1);
      if (last === undefined) return [];
      // The white space after the comma and around the colon is that of the last member.
      const gap = text.slice(gapStart(text, last.offset), last.offset);
      const [lastKey, lastValue] = last.children as [Node, Node];
      const colon = text.slice(lastKey.offset + lastKey.length, lastValue.offset);
      const offset = last.offset + last.length;
      return [{ offset, length: 0, text: `,${gap}${JSON.stringify(key)}${colon}${newText}` }];
    },
    splitEntry(place, conditionPlace, conditions) {
      const [entry, condition] = [objectAt(place), objectAt(conditionPlace)];
      const [first, ...others] = conditions.map((each) => written(each, condition));
      if (!entry || !condition || first === undefined || entry.parent?.type !== 'array') return [];
      const end = entry.offset + entry.length;
      const [before, after] = [
        text.slice(entry.offset, condition.offset),
        text.slice(condition.offset + condition.length, end),
      ];
      const gap = text.slice(gapStart(text, entry.offset), entry.offset);
      const more = others.map((each) => `,${gap}${before}${each}${after}`).join('');
      return [
        { offset: condition.offset, length: condition.length, text: first },
        { offset: end, length: 0, text: more },
      ];
    },
    replaceMember(place, key, newKey, newValue) {
      const member = memberOf(objectAt(place), key);
      if (member?.children?.length !== 2) return [];
      const [written, value] = member.children as [Node, Node];
      return [
        { offset: written.offset, length: written.length, text: JSON.stringify(newKey) },
        {
          offset: value.offset,
          length: value.length,
          text: `[${newValue.map((item) => JSON.stringify(item)).join(', ')}]`,
        },
      ];
    },
  };
}

/** Where the white space in front of an offset begins. */
function gapStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && /\s/.test(text[start - 1] as string)) start--;
  return start;
}
