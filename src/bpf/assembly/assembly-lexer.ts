import type { SourcePosition } from '../../errors.js';
import { quote } from '../../text.js';
import type { AssemblyIssue } from './assembly-error.js';

export interface AssemblyToken {
  kind: 'name' | 'number' | 'symbol' | 'end';
  /** As written; the empty string for the end of the line. */
  text: string;
  position: SourcePosition;
}

// The longest first.
const SYMBOLS = ['<<=', '>>=', '==', '!=', '<=', '>=', '+=', '-=', '*=', '/=', '|=', '&=', '^='].concat([
  ...'=<>&|!()[]?:.,-~',
]);
const COMMENT = /#|;|\/\//y;
const BLANK = /[ \t\r\f]+/y;
const NAME = /[A-Za-z_]\w*/y;
const NUMBER = /\d\w*/y;

/** The heading of a listing, of ours and of seccomp-tools. */
const LISTING_HEAD = /^\s*(line\s+CODE\s+JT\s+JF\s+K|=+)\s*$/;

/**
 * Cut a source text into lines of tokens, each ended by an `end`. A text that is no token is an issue, and the rest of
 * its line is ignored.
 */
export function tokenize(text: string): { lines: AssemblyToken[][]; issues: AssemblyIssue[] } {
  const issues: AssemblyIssue[] = [];
  let offset = 0;
  const lines = text.split('\n').map((line, number) => {
    const tokens = LISTING_HEAD.test(line) ? [] : tokenizeLine(line, number + 1, offset, issues);
    offset += line.length + 1;
    return tokens;
  });
  return { lines, issues };
}

function tokenizeLine(line: string, number: number, offset: number, issues: AssemblyIssue[]): AssemblyToken[] {
  const tokens: AssemblyToken[] = [];
  const positionAt = (at: number): SourcePosition => ({ line: number, column: at + 1, offset: offset + at });
  const match = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at;
    return pattern.exec(line)?.[0];
  };
  let at = 0;
  while (at < line.length && match(COMMENT, at) === undefined) {
    const blank = match(BLANK, at);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const name = match(NAME, at);
    const text = name ?? match(NUMBER, at) ?? SYMBOLS.find((symbol) => line.startsWith(symbol, at));
    if (text === undefined) {
      const character = quote(String.fromCodePoint(line.codePointAt(at)!));
      issues.push({ code: 'bad-syntax', message: `unexpected character ${character}`, position: positionAt(at) });
      break;
    }
    const kind = name !== undefined ? 'name' : /^\d/.test(text) ? 'number' : 'symbol';
    tokens.push({ kind, text, position: positionAt(at) });
    at += text.length;
  }
  return [...tokens, { kind: 'end', text: '', position: positionAt(at) }];
}
