import type { Place } from '../profile/model/parsed-profile.js';
import { type KeysEditor, offsetHere } from './profile-editor.js';

/** A key of a mapping with its value: offsets of UTF-16 code units. */
interface Member {
  readonly key: string;
  readonly from: number;
  readonly valueFrom: number;
  /** The end of a value on the key's own line; undefined where the value goes on below. */
  readonly valueTo: number | undefined;
}

/** A mapping, in braces or as lines. */
interface Mapping {
  readonly isFlow: boolean;
  readonly column: number;
  /** After its closing brace, or at the end of its last line. */
  readonly to: number;
  readonly members: readonly Member[];
}

const KEY = /^(["']?)([A-Za-z]\w*)\1\s*:(?:[^\S\n]+|(?=\n|$))/;
const SCALAR = /^(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s#,[\]{}"'&*|>!%@`][^\n#,[\]{}]*)/;

/**
 * Edits of a profile's YAML text, by its lines and braces. What somebody has laid out in another way gets none, or edits after
 * which the text does not parse: every fixed text is read again before it is used (fix.ts).
 */
export function yamlEditor(text: string): KeysEditor {
  const mappingAt = (place: Place): Mapping | undefined => {
    const offset = offsetHere(place);
    if (offset === undefined) return undefined;
    return text[offset] === '{' ? flowMapping(text, offset) : blockMapping(text, offset);
  };
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const memberOf = (mapping: Mapping | undefined, key: string) => mapping?.members.find((each) => each.key === key);
  const written = (members: Record<string, string | number>, { isFlow, column }: Mapping) => {
    const parts = Object.entries(members).map(([key, value]) => `${key}: ${value}`);
    return isFlow ? `{ ${parts.join(', ')} }` : parts.join(`${newline}${' '.repeat(column)}`);
  };

  return {
    setMember(place, key, value) {
      const mapping = mappingAt(place);
      if (!mapping) return [];
      const known = memberOf(mapping, key);
      if (known) {
        const { valueFrom, valueTo } = known;
        return valueTo === undefined ? [] : [{ offset: valueFrom, length: valueTo - valueFrom, text: `${value}` }];
      }
      if (mapping.isFlow) return [{ offset: trimmedEnd(text, mapping.to - 1), length: 0, text: `, ${key}: ${value}` }];
      const last = [...mapping.members].reverse().find(({ valueTo }) => valueTo !== undefined);
      if (last?.valueTo === undefined) return [];
      const end = endOfLine(text, last.valueTo);
      const offset = text[end - 1] === '\r' ? end - 1 : end;
      return [{ offset, length: 0, text: `${newline}${' '.repeat(mapping.column)}${key}: ${value}` }];
    },
    splitEntry(entryPlace, conditionPlace, conditions) {
      const [entry, condition] = [mappingAt(entryPlace), mappingAt(conditionPlace)];
      const [from, at] = [entryPlace.position?.offset, conditionPlace.position?.offset];
      if (!entry || !condition || from === undefined || at === undefined) return [];
      const lead = text.slice(text.lastIndexOf('\n', from - 1) + 1, from);
      const [first, ...others] = conditions.map((each) => written(each, condition));
      if (!/^\s*-\s+$/.test(lead) || first === undefined) return [];
      const [before, after] = [text.slice(from, at), text.slice(condition.to, entry.to)];
      const more = others.map((each) => `${newline}${lead}${before}${each}${after}`).join('');
      return [
        { offset: at, length: condition.to - at, text: first },
        { offset: entry.to, length: 0, text: more },
      ];
    },
    replaceMember(place, key, newKey, newValue) {
      const member = memberOf(mappingAt(place), key);
      if (member?.valueTo === undefined) return [];
      const { from, valueTo } = member;
      return [{ offset: from, length: valueTo - from, text: `${newKey}: [${newValue.join(', ')}]` }];
    },
  };
}

/** Of a mapping of lines: its keys begin in one column; what is deeper, or a list's dash in it, belongs to a key. */
function blockMapping(text: string, from: number): Mapping | undefined {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  const column = from - start;
  if (!/^[\s-]*$/.test(text.slice(start, from)) || text.slice(start, from).includes('\t')) return undefined;
  const members: Member[] = [];
  let to = from;
  for (let at = from; at < text.length; at = endOfLine(text, at) + 1) {
    const line = text.slice(at, endOfLine(text, at));
    const indent = at === from ? column : line.search(/\S/);
    const isOwn = indent > column || (indent === column && (at === from || !/^\s*(?:---|\.\.\.)/.test(line)));
    if (indent >= 0 && !isOwn) break;
    if (indent >= 0 && !/^\s*#/.test(line)) to = at + line.trimEnd().length;
    if (indent !== column) continue;
    const keyAt = at === from ? from : at + column;
    const member = memberAt(text, keyAt, endOfLine(text, keyAt));
    if (member) members.push(member);
  }
  return members.length > 0 ? { isFlow: false, column, to, members } : undefined;
}

/** Of a mapping in braces, up to the one that closes it. */
function flowMapping(text: string, from: number): Mapping | undefined {
  const members: Member[] = [];
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const sign = text[at] as string;
    if (sign === '"' || sign === "'") at += (SCALAR.exec(text.slice(at, at + 4096))?.[0].length ?? 1) - 1;
    else if (/[{[]/.test(sign)) depth++;
    else if (/[}\]]/.test(sign) && --depth === 0) return { isFlow: true, column: 0, to: at + 1, members };
    if (depth === 1 && /[{,]/.test(sign)) {
      const keyAt = at + 1 + (/^\s*/.exec(text.slice(at + 1))?.[0].length ?? 0);
      const member = memberAt(text, keyAt, text.length);
      if (member) members.push(member);
    }
  }
  return undefined;
}

function memberAt(text: string, from: number, end: number): Member | undefined {
  const rest = text.slice(from, Math.min(end, from + 4096));
  const [whole, , key] = KEY.exec(rest) ?? [];
  if (whole === undefined || key === undefined) return undefined;
  const scalar = SCALAR.exec(rest.slice(whole.length))?.[0].trimEnd();
  const valueFrom = from + whole.length;
  return { key, from, valueFrom, valueTo: scalar ? valueFrom + scalar.length : undefined };
}

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
};

const trimmedEnd = (text: string, end: number): number => text.slice(0, end).trimEnd().length;
