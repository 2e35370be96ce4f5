import { type CST, isMap, type Node, Parser, parseAllDocuments, parseDocument, visit } from 'yaml';
import type { ProfilePart } from './readings.js';

/** The width is that of the writers of profiles. A string in quotes stays on its line: it may have escapes. */
const STYLE = { lineWidth: 100, doubleQuotedMinMultiLineLength: 2 ** 30 };
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  intAsBigInt: true,
  uniqueKeys: false,
  merge: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** A part of a text: whole lines of it, but for what stands in front of its first line's value and behind its last brace. */
interface Block {
  start: number;
  end: number;
  /** How far it is moved in. */
  column: number;
  /** In braces, whose lines may be moved in as they like. */
  isFlow: boolean;
}

/**
 * YAML as its library writes it: two blanks a level, one empty line at most, comments where they were. A profile that is
 * a part of a document is formatted by itself, and the rest of the file stays as it is.
 */
export function formatYaml(text: string, parts: readonly ProfilePart[]): string {
  return parts.reduceRight((whole, { offset, isWhole }) => {
    const block = isWhole ? documentAt(whole, offset) : mapAt(whole, offset);
    const own = block && movedOut(whole, block);
    const written = own === undefined ? undefined : settled(own);
    if (!block || written === undefined) return whole;
    const moved = written.replace(/^(?=[^\n])/gm, ' '.repeat(block.column)).slice(block.column);
    const rest = whole.slice(block.end);
    return whole.slice(0, block.start) + (isWhole ? moved : moved.trimEnd()) + rest;
  }, text);
}

/** The document around an offset, without the line of `---`; undefined where the document begins in that line. */
function documentAt(text: string, offset: number): Block | undefined {
  const markers = [...text.matchAll(/^(?:---|\.\.\.|%)([^\n]*)(?:\n|$)/gm)].filter(
    ({ 0: line, 1: rest }) => line.startsWith('%') || /^(?:[ \t]|$)/.test(rest!),
  );
  const above = markers.filter(({ index }) => index <= offset).at(-1);
  const below = markers.find(({ index }) => index > offset);
  if (above && !/^\s*(?:#.*)?$/.test(above[1]!)) return undefined;
  return {
    start: above ? above.index + above[0].length : 0,
    end: below?.index ?? text.length,
    column: 0,
    isFlow: false,
  };
}

/** The map that begins at an offset, in lines of its own or in braces; undefined where it shares its lines with others. */
function mapAt(text: string, offset: number): Block | undefined {
  let found: { end: number; isFlow: boolean } | undefined;
  for (const document of parseAllDocuments(text, OPTIONS)) {
    if (!('contents' in document)) continue;
    visit(document, {
      Map(_, node) {
        if (node.range?.[0] !== offset) return undefined;
        const isFlow = node.flow === true;
        found = { end: isFlow ? node.range[1] : endOf(node), isFlow };
        return visit.BREAK;
      },
    });
  }
  if (!found) return undefined;
  const { end, isFlow } = found;
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  if (isFlow) {
    const isValue =
      /^ *(?:- +)*(?:[\w$.-]+: +)?$/.test(before) &&
      !/\S/.test(text.slice(end, lineEndAt(text, end)).replace(/ #.*/, ''));
    // Further in than what it is a value of.
    const column = /^ *(?:- +)*/.exec(before)![0].length + 2;
    return isValue ? { start: offset, end, column, isFlow } : undefined;
  }
  if (!/^ *(?:- +)*$/.test(before)) return undefined;
  return { start: offset, end: lineEndAt(text, Math.max(end - 1, offset)), column: before.length, isFlow };
}

function lineEndAt(text: string, offset: number): number {
  const lineEnd = text.indexOf('\n', offset);
  return lineEnd < 0 ? text.length : lineEnd;
}

/** Where the last value in a map ends: what comes after it is of what the map is in. */
function endOf(node: Node): number {
  const last = isMap(node) && !node.flow ? node.items.at(-1) : undefined;
  const value = (last?.value ?? last?.key) as Node | null | undefined;
  return value && isMap(value) ? endOf(value) : (value?.range?.[1] ?? node.range![1]);
}

/** A block as a text of its own; undefined where a line of it is not moved in as far as its first. */
function movedOut(text: string, { start, end, column, isFlow }: Block): string | undefined {
  if (isFlow) return text.slice(start, end).replace(/\n[ \t]+/g, '\n');
  const lines = (' '.repeat(column) + text.slice(start, end)).split('\n');
  if (lines.some((line) => line.trim() !== '' && line.slice(0, column).trim() !== '')) return undefined;
  return lines.map((line) => line.slice(column)).join('\n');
}

/** As it is written once more; undefined where that never comes to rest, or would lose a comment. */
function settled(text: string): string | undefined {
  let before = text;
  for (let times = 0; times < 4; times++) {
    const after = parseDocument(before, OPTIONS).toString(STYLE);
    if (after === before) return commentsOf(text) === commentsOf(after) ? after : undefined;
    before = after;
  }
  return undefined;
}

/** All comments of a text, in their order. */
function commentsOf(text: string): string {
  const found: { offset: number; source: string }[] = [];
  const left: unknown[] = [...new Parser().parse(text)];
  for (let token = left.pop(); token !== undefined; token = left.pop()) {
    if (typeof token !== 'object' || token === null) continue;
    const { type, offset, source } = token as CST.SourceToken;
    if (type === 'comment') found.push({ offset, source: source.trim() });
    left.push(...(Object.values(token) as unknown[]));
  }
  return found
    .sort((a, b) => a.offset - b.offset)
    .map(({ source }) => source)
    .join('\n');
}
