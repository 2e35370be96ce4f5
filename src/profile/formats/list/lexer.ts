import { quote } from '../../../text.js';
import type { SourceText } from '../../document/source-text.js';

export interface ListToken {
  kind: 'word' | 'number' | 'string' | 'sign' | 'end';
  /** As written; of a string, what is between its quotes. */
  text: string;
  /** UTF-16 code units from the beginning of the text. */
  offset: number;
  /** Where it ends. */
  end: number;
}

/** One statement's tokens, with the comment lines right above it. */
export interface ListLine {
  tokens: ListToken[];
  comment: string | undefined;
}

const BLANK = /[ \t]*/y;
const TOKEN =
  /(?<string>"(?:[^"\\\r\n]|\\["\\n])*")|(?<number>-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)*)(?![\w.]))|(?<word>[A-Za-z_./@](?:[\w./@+]|-(?!>))*)|(?<sign>->|&&|==|!=|<=|>=|[<>&|(),:])/y;

/** How many a list may have; container-size profiles have about 2000. */
const MAX_TOKENS = 200_000;

/** What a statement cannot end with: it continues on the next line. */
const OPEN_ENDS: ReadonlySet<string> = new Set([',', '&&', '|', '&', '(', '->', '==', '!=', '<', '<=', '>', '>=']);

/**
 * The statements of a plain list, one a line; a line that ends with a comma or an operator goes on in the next. `#`
 * begins a comment.
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, when a text is no token
 */
export function* listLines(source: SourceText): Generator<ListLine> {
  const { text } = source;
  let tokens: ListToken[] = [];
  let comment: string[] = [];
  let count = 0;
  const lines = /[^\r\n]*(\r\n?|\n|$)/gy;
  while (lines.lastIndex < text.length) {
    const start = lines.lastIndex;
    const content = lines.exec(text)![0].replace(/[\r\n]+$/, '');
    const isOpen = tokens.length > 0;
    const blank = /^[ \t]*(?:#[ \t]?(.*))?$/.exec(content);
    if (blank) {
      if (isOpen) continue;
      if (blank[1] === undefined) comment = [];
      else comment.push(blank[1].trimEnd());
      continue;
    }
    for (const token of tokenize(source, start, start + content.length)) {
      if (++count > MAX_TOKENS) {
        throw source.fail(token.offset, {
          code: 'input-too-large',
          message: `more than ${MAX_TOKENS} words and signs`,
        });
      }
      tokens.push(token);
    }
    const last = tokens.at(-1)!;
    if (last.kind === 'sign' && OPEN_ENDS.has(last.text)) continue;
    yield finish(tokens, comment);
    tokens = [];
    comment = [];
  }
  if (tokens.length > 0) yield finish(tokens, comment);
}

function finish(tokens: ListToken[], comment: readonly string[]): ListLine {
  const { end: offset } = tokens.at(-1)!;
  const end: ListToken = { kind: 'end', text: '', offset, end: offset };
  return { tokens: [...tokens, end], comment: comment.length > 0 ? comment.join('\n') : undefined };
}

function* tokenize(source: SourceText, start: number, end: number): Generator<ListToken> {
  const { text } = source;
  for (let offset = start; ; ) {
    BLANK.lastIndex = offset;
    BLANK.exec(text);
    offset = BLANK.lastIndex;
    if (offset >= end || text[offset] === '#') return;
    TOKEN.lastIndex = offset;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) {
      const word = /\S+/y;
      word.lastIndex = offset;
      const found = quote((word.exec(text)?.[0] ?? '').slice(0, 20));
      const hint = text[offset] === '"' ? 'a string ends with a quote, in the same line' : undefined;
      throw source.fail(offset, { code: 'bad-syntax', message: `${found} has no meaning in a list`, hint });
    }
    const { string, number, word, sign } = groups;
    if (string !== undefined) {
      const unescaped = string.slice(1, -1).replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
      yield { kind: 'string', text: unescaped, offset, end: TOKEN.lastIndex };
    } else {
      const kind = number !== undefined ? 'number' : word !== undefined ? 'word' : 'sign';
      yield { kind, text: (number ?? word ?? sign) as string, offset, end: TOKEN.lastIndex };
    }
    offset = TOKEN.lastIndex;
  }
}
