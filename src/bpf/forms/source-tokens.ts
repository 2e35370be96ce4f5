import { TextFault } from './program-text-error.js';

/** A word of a source text in C, Rust, Go or Python, as far as literals of programs need it. */
export type Token =
  | { kind: 'word' | 'symbol' | 'directive'; text: string; offset: number }
  | { kind: 'number'; value: number; text: string; offset: number }
  | { kind: 'string'; bytes: Uint8Array | undefined; text: string; offset: number };

/** What is never closed goes to the end: it is not looked for twice. */
const BLANK = /(?:\s|\\\r?\n|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?)+/y;
const DIRECTIVE = /#(?:\\\r?\n|[^\n])*/y;
const NUMBER =
  /(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*)(?:[uU]?(?:8|16|32|64|[lL]{0,2})(?![\w.])|[iI](?:8|16|32|64)(?![\w.]))?/y;
const WORD = /[A-Za-z_]\w*(?:(?:::|\.)[A-Za-z_]\w*)*/y;
const DOUBLE_QUOTED = /"(?:[^"\\\n]|\\[\s\S])*"?/y;
const SINGLE_QUOTED = /'(?:[^'\\\n]|\\[\s\S])*'?/y;
const SYMBOL = /<<|>>|\.\.\.|[\s\S]/y;

export function sourceTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let isLineStart = true;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    return pattern.exec(text)?.[0];
  };
  while (offset < text.length) {
    const character = text[offset]!;
    const blank = /[\s\\/]/.test(character) ? take(BLANK) : undefined;
    if (blank !== undefined) {
      isLineStart ||= blank.includes('\n');
      offset += blank.length;
      continue;
    }
    const token = tokenAt(character, { offset, isLineStart, last: tokens.at(-1), take });
    tokens.push(token);
    offset += token.text.length;
    isLineStart = false;
  }
  return tokens;
}

interface Place {
  offset: number;
  isLineStart: boolean;
  last: Token | undefined;
  take: (pattern: RegExp) => string | undefined;
}

function tokenAt(character: string, { offset, isLineStart, last, take }: Place): Token {
  if (character === '#' && isLineStart) return { kind: 'directive', text: take(DIRECTIVE)!, offset };
  if (character >= '0' && character <= '9') {
    const text = take(NUMBER)!;
    return { kind: 'number', value: numberOf(text, offset), text, offset };
  }
  // b'…' of Python: a quotation mark alone may be an apostrophe.
  const isBytes = character === "'" && last?.kind === 'word' && /^[bB]$/.test(last.text) && last.offset + 1 === offset;
  if (character === '"' || isBytes) {
    const text = take(isBytes ? SINGLE_QUOTED : DOUBLE_QUOTED)!;
    return { kind: 'string', bytes: bytesOfString(text), text, offset };
  }
  const word = /[A-Za-z_]/.test(character) ? take(WORD) : undefined;
  if (word !== undefined) return { kind: 'word', text: word, offset };
  return { kind: 'symbol', text: take(SYMBOL)!, offset };
}

/** C's octal numbers begin with 0, as Go's old ones do; Rust's and Python's do not, and have no such decimals. */
function numberOf(text: string, offset: number): number {
  const [, written = ''] = /^(0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*)/.exec(text)!;
  const digits = written.replace(/_/g, '');
  if (/^0\d/.test(digits)) {
    if (!/^0[0-7]+$/.test(digits)) throw new TextFault(`${digits} is no number`, offset);
    return Number(`0o${digits.slice(1)}`);
  }
  return Number(digits);
}

const ESCAPES: ReadonlyMap<string, number> = new Map(
  Object.entries({ a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27, '\\': 92, '"': 34, "'": 39, '?': 63, '#': 35 }),
);

/**
 * The bytes of a string literal; undefined where languages read it differently, or it has more than bytes. `\0` before
 * one or two more octal digits is one byte in C and several in Rust.
 */
function bytesOfString(literal: string): Uint8Array | undefined {
  const quotes = literal[0]!;
  if (literal.length < 2 || !literal.endsWith(quotes)) return undefined;
  const bytes: number[] = [];
  const body = literal.slice(1, -1);
  const pattern =
    /\\x([\da-f]{2})|\\u(?:00([\da-f]{2})|\{0*([\da-f]{1,2})\})|\\([0-7]{1,3})|\\(\r?\n\s*)|\\([\s\S])|([\s\S])/giy;
  for (const match of body.matchAll(pattern)) {
    const [, hex, unicode, braced, octal, joint, escaped, plain] = match;
    if (hex ?? unicode ?? braced) bytes.push(Number.parseInt((hex ?? unicode ?? braced)!, 16));
    else if (octal !== undefined) {
      if (octal.length === 2) return undefined;
      bytes.push(Number.parseInt(octal, 8));
    } else if (escaped !== undefined) {
      const byte = ESCAPES.get(escaped);
      if (byte === undefined) return undefined;
      bytes.push(byte);
    } else if (plain !== undefined) bytes.push(plain.charCodeAt(0));
    else if (joint === undefined) return undefined;
    if ((bytes.at(-1) ?? 0) > 0xff) return undefined;
  }
  return Uint8Array.from(bytes);
}
