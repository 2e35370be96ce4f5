import { getLocation, type Location } from 'jsonc-parser';
import { isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { JsonPath } from '../profile/document/json-path.js';

/** What a place of JSON or YAML is: a key or a value, and the text that would be replaced there. */
export interface KeyLocation {
  /** Of the value, or of the key. */
  readonly path: JsonPath;
  /** `maybe`: a word that becomes a key when a colon follows (YAML). */
  readonly isKey: boolean | 'maybe';
  /** The word or string at the place. */
  readonly from: number;
  readonly to: number;
  readonly quote: '"' | "'" | '';
  /** Whether a colon follows. */
  readonly hasColon: boolean;
}

export function locateJson(text: string, offset: number): KeyLocation | undefined {
  const { path, isAtPropertyKey, previousNode }: Location = getLocation(text, offset);
  const isInside = previousNode && previousNode.offset <= offset && offset <= previousNode.offset + previousNode.length;
  const word = /\w*$/.exec(text.slice(Math.max(0, offset - 64), offset))?.[0] ?? '';
  // Inside the quotes of a string that is there, or at a bare word that is to become one.
  const quoted = isInside && previousNode.type !== 'number' && text[previousNode.offset] === '"';
  const from = quoted ? previousNode.offset : offset - word.length;
  const end = quoted ? previousNode.offset + previousNode.length : offset;
  const to = quoted && /[\n\r]/.test(text.slice(from, end)) ? offset : end;
  return { path, isKey: isAtPropertyKey, from, to, quote: '"', hasColon: /^\s*:/.test(text.slice(to)) };
}

interface Level {
  readonly indent: number;
  key: string | number;
}

const KEY = /^(?:"([^"\\]*)"|'([^']*)'|([A-Za-z_$][\w$.-]*))\s*:(?=\s|$)/;

/**
 * The place in YAML, by indentation: it need not parse, since it is being written. A comment and a block of text have none.
 */
export function locateYaml(text: string, offset: number): KeyLocation | undefined {
  const before = text.slice(0, offset);
  const lines = before.split('\n');
  const last = lines.pop() as string;
  const levels: Level[] = [];
  let flow: (string | number)[] = [];
  for (const line of lines) {
    if (flow.length > 0) flow = flowPath(line, flow).open;
    else flow = takeLine(line.replace(/\r$/, ''), levels).flow;
  }
  let rest = last;
  let isKey: KeyLocation['isKey'] = 'maybe';
  let path: JsonPath;
  if (flow.length > 0) {
    const found = flowPath(last, flow);
    path = [...levels.map(({ key }) => key), ...found.path];
    isKey = found.isKey;
    rest = found.rest;
  } else {
    const taken = takeLine(last, levels);
    if (taken.isComment) return undefined;
    path = levels.map(({ key }) => key);
    rest = taken.rest;
    if (taken.flow.length > 0) {
      const found = flowPath(taken.rest, []);
      path = [...path, ...found.path];
      isKey = found.isKey;
      rest = found.rest;
    } else if (taken.hasValue) isKey = false;
  }
  const word = /(?:["'])?[\w$.@:/-]*$/.exec(rest)?.[0] ?? '';
  const quote = word.startsWith('"') ? '"' : word.startsWith("'") ? "'" : '';
  const after = /^[\w$.@:/-]*/.exec(text.slice(offset))?.[0].replace(/:$/, '') ?? '';
  const closing = quote !== '' && text[offset + after.length] === quote ? 1 : 0;
  const to = offset + after.length + closing;
  return { path, isKey, from: offset - word.length, to, quote, hasColon: /^\s*:/.test(text.slice(to)) };
}

/** Takes a line into the levels: what is left of it is a value, or a word that may become a key. */
function takeLine(line: string, levels: Level[]) {
  const isMarker = /^(?:---|\.\.\.)(?:\s|$)/.test(line);
  if (isMarker) levels.length = 0;
  const comment = /(?:^|\s)#.*$/.exec(line);
  const content = comment ? line.slice(0, comment.index) : line;
  let at = /^\s*/.exec(content)?.[0].length ?? 0;
  const nothing = { rest: '', flow: [] as (string | number)[], hasValue: false, isComment: comment !== null };
  if (isMarker || (content.trim() === '' && comment)) return nothing;
  if (content.trim() !== '') while ((levels.at(-1)?.indent ?? -1) > at) levels.pop();
  else {
    // An empty line belongs to what its blanks say.
    while ((levels.at(-1)?.indent ?? -1) >= at && typeof levels.at(-1)?.key === 'string') levels.pop();
    return nothing;
  }
  for (let dash = /^-(?:\s+|$)/.exec(content.slice(at)); dash; dash = /^-(?:\s+|$)/.exec(content.slice(at))) {
    while ((levels.at(-1)?.indent ?? -1) > at) levels.pop();
    const top = levels.at(-1);
    if (top && typeof top.key === 'number' && top.indent === at) top.key++;
    else levels.push({ indent: at, key: 0 });
    at += dash[0].length;
  }
  const key = KEY.exec(content.slice(at));
  // What is at the indentation of a list's dashes, and has none, ends the list.
  const isItem = /^\s*-/.test(content);
  while (levels.length > 0) {
    const top = levels.at(-1) as Level;
    const isOver = typeof top.key === 'string' ? top.indent >= at : !isItem && top.indent >= at;
    if (!isOver) break;
    levels.pop();
  }
  if (!key) {
    const rest = content.slice(at);
    return { ...nothing, rest, flow: opened(rest), hasValue: false };
  }
  levels.push({ indent: at, key: key[1] ?? key[2] ?? key[3] ?? '' });
  const rest = content.slice(at + key[0].length);
  return { ...nothing, rest, flow: opened(rest), hasValue: true };
}

const opened = (rest: string): (string | number)[] => (/^\s*[[{]/.test(rest) ? flowPath(rest, []).open : []);

/** Within `[…]` and `{…}`: where their end is, from the brackets that were open at its beginning. */
function flowPath(text: string, given: readonly (string | number)[]) {
  const open = [...given];
  let start = 0;
  let isKey = typeof open.at(-1) === 'string';
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] as string;
    if (sign === '"' || sign === "'") {
      const end = text.indexOf(sign, at + 1);
      if (end < 0) break;
      at = end;
    } else if (sign === '[' || sign === '{') {
      open.push(sign === '[' ? 0 : '');
      [start, isKey] = [at + 1, sign === '{'];
    } else if (sign === ']' || sign === '}') {
      open.pop();
      [start, isKey] = [at + 1, false];
    } else if (sign === ',') {
      const top = open.at(-1);
      if (typeof top === 'number') open[open.length - 1] = top + 1;
      else open[open.length - 1] = '';
      [start, isKey] = [at + 1, typeof top === 'string'];
    } else if (sign === ':' && /\s/.test(text[at + 1] ?? ' ') && typeof open.at(-1) === 'string') {
      open[open.length - 1] = text
        .slice(start, at)
        .trim()
        .replace(/^["']|["']$/g, '');
      [start, isKey] = [at + 1, false];
    }
  }
  const rest = text.slice(start).trimStart();
  return { open, path: isKey ? [...open.slice(0, -1), ''] : [...open], isKey, rest };
}

/** The object that a place is in, as far as it can be read: what stands beside it. */
export function objectAround(text: string, syntax: 'json' | 'yaml', path: JsonPath, json: unknown): unknown {
  let value: unknown = syntax === 'json' ? json : yamlValue(text);
  for (const key of path) value = (value as Record<string | number, unknown> | undefined | null)?.[key];
  return value;
}

function yamlValue(text: string): unknown {
  try {
    const [document] = parseAllDocuments(text, { logLevel: 'silent', schema: 'core', strict: false });
    const contents = document && 'contents' in document ? document.contents : undefined;
    return isMap(contents) || isSeq(contents) || isScalar(contents) ? contents.toJSON() : undefined;
  } catch {
    return undefined;
  }
}
