import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import type { DockerSyscall } from '../profile/model/schema.js';
import type { EditorFormat } from './editor-format.js';

/** A text in an editor, and the profile that it was read as. Offsets are UTF-16 code units of `text`. */
export interface ProfileView {
  readonly text: string;
  /** Its name in messages. */
  readonly source: string;
  readonly format: EditorFormat;
  /** Undefined where it cannot be read. It is not extended: its places are in this text. */
  readonly profile: ParsedProfile | undefined;
}

/** A part of the text. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A system call that an entry names. */
export interface NamePlace extends Span {
  readonly name: string;
  /** The entry's index in `syscalls`. */
  readonly entry: number;
}

/** A word of a profile: a name, a constant, a group, an architecture of systemd. */
const WORD = /@?[A-Za-z_$][\w$]*(?:[-.:][A-Za-z0-9_]+)*/y;

/** The word at an offset. `x86-64` is one, and so is `builtin:node`. */
export function wordAt(text: string, offset: number): (Span & { word: string }) | undefined {
  let from = offset;
  while (from > 0 && offset - from < 128 && /[\w@$.:-]/.test(text[from - 1] as string)) from--;
  for (; from <= offset; from++) {
    WORD.lastIndex = from;
    const word = WORD.exec(text)?.[0];
    if (word !== undefined && from <= offset && offset <= from + word.length)
      return { from, to: from + word.length, word };
    if (word !== undefined) from += word.length - 1;
  }
  return undefined;
}

/** Everything that is written of a value at an offset: a string with its quotes, or a word. */
export function valueSpan(text: string, from: number): Span {
  const found = /^(?:"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[@~!]?[\w$.@:/-]*[\w$/]|\S)/.exec(
    text.slice(from, from + 4096),
  )?.[0];
  return { from, to: from + (found?.length ?? 0) };
}

/** The entries of a profile, with where each begins in the text; those that come from elsewhere are left out. */
export function* entriesOf({ profile, source }: ProfileView): Generator<{
  entry: DockerSyscall;
  index: number;
  offset: number;
}> {
  for (const [index, entry] of (profile?.seccomp.syscalls ?? []).entries()) {
    const place = profile!.locate('syscalls', index);
    if (place.position === undefined || (place.source !== undefined && place.source !== source)) continue;
    yield { entry, index, offset: place.position.offset };
  }
}

/** Where the profile names system calls, one by one: a group names all of its members at one place, and is none of them. */
export function namePlaces(view: ProfileView): readonly NamePlace[] {
  const { text, profile, source } = view;
  if (!profile) return [];
  const places: NamePlace[] = [];
  for (const { entry, index } of entriesOf(view)) {
    const names = entry.name ? [[entry.name, ['name']] as const] : [];
    const listed = (entry.names ?? []).map((name, at) => [name, ['names', at]] as const);
    for (const [name, path] of [...names, ...listed]) {
      const { position, source: file } = profile.locate('syscalls', index, ...path);
      if (!position || (file !== undefined && file !== source)) continue;
      const from = position.offset + (/["'~!]/.test(text[position.offset] ?? '') ? 1 : 0);
      if (text.startsWith(name, from)) places.push({ name, entry: index, from, to: from + name.length });
    }
  }
  return places;
}

/** The end of what begins at an offset: of an object, a list or a string, of a block of YAML, or of the line. */
export function extentAt(text: string, from: number, syntax: string): number {
  const first = text[from];
  if (first === '{' || first === '[') return closingAt(text, from);
  if (syntax === 'yaml') return blockEnd(text, from);
  const lineEnd = text.indexOf('\n', from);
  const end = lineEnd < 0 ? text.length : lineEnd;
  const brace = text.slice(from, end).search(/\{[^}]*$/);
  return brace >= 0 && syntax !== 'systemd' ? closingAt(text, from + brace) : end;
}

/** Of a bracket; the end of the text where nothing closes it. */
function closingAt(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') {
      for (at++; at < text.length && text[at] !== '"' && text[at] !== '\n'; at++) if (text[at] === '\\') at++;
    } else if (sign === '{' || sign === '[') depth++;
    else if ((sign === '}' || sign === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}

/** The lines of YAML that are as far to the right as the first character. */
function blockEnd(text: string, from: number): number {
  const column = from - (text.lastIndexOf('\n', from - 1) + 1);
  let end = from;
  for (let at = text.indexOf('\n', from); ; at = text.indexOf('\n', at + 1)) {
    end = at < 0 ? text.length : at;
    if (at < 0) return end;
    const line = /[^\n]*/.exec(text.slice(at + 1, at + 1 + 512))?.[0] ?? '';
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    if (line.trim() !== '' && indent < column) return end;
  }
}
