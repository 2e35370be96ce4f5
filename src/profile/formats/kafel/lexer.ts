import { quote } from '../../../text.js';
import type { SourceText } from '../../document/source-text.js';
import type { TextPlace } from '../call-entries.js';
import { type IncludeChain, includedText, type LoadInclude } from '../include.js';

export type KafelPlace = TextPlace;

export interface KafelToken extends KafelPlace {
  readonly kind: 'word' | 'number' | 'sign' | 'end';
  readonly word: string;
  /** Of a number: 64 bits. */
  readonly value?: bigint;
  /** The comment lines right above it. */
  readonly comment?: string | undefined;
}

/** kafel, src/lexer.l: the longest match counts, and the order where several are as long. */
const TOKEN =
  /(?<blank>[ \t\n]+|\/\/[^\n]*)|(?<note>\/\*)|(?<include>#include(?![A-Za-z0-9_]))|(?<number>0x[0-9a-fA-F]+|0b[01]+|0[0-9]+|0|-?[1-9][0-9]*)|(?<word>[A-Za-z][A-Za-z0-9_]*)|(?<sign>==|!=|<=|>=|\|\||&&|[<>|&[\](){},!#])/y;

/** kafel's MAX_INCLUDE_DEPTH, and the policy itself. */
const MAX_INCLUDE_DEPTH = 17;
const MAX_TOKENS = 200_000;

/**
 * The words of a policy and of what it includes, in their order.
 *
 * @throws {ProfileError} when a text is no token, or an include cannot be read
 */
export function kafelTokens(text: SourceText, load: LoadInclude | undefined): KafelToken[] {
  const tokens: KafelToken[] = [];
  scan({ text }, { main: text.source, load, tokens });
  return [...tokens, { kind: 'end', word: '', text, offset: text.text.length }];
}

interface Scan {
  readonly main: string | undefined;
  readonly load: LoadInclude | undefined;
  readonly tokens: KafelToken[];
}

function scan(chain: IncludeChain, given: Scan): void {
  const { main, load, tokens } = given;
  const own = chain.text;
  let comment: string[] = [];
  for (let at = 0; at < own.text.length; ) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(own.text)?.groups;
    if (!groups) {
      const found = String.fromCodePoint(own.text.codePointAt(at)!);
      const hint = found === '\r' ? 'save it with the line ends of Unix' : undefined;
      throw own.fail(at, { code: 'bad-syntax', message: `${quote(found)} has no meaning in a kafel policy`, hint });
    }
    const end = TOKEN.lastIndex;
    const place = { text: own, offset: at };
    const { blank, note, include, number, word, sign } = groups;
    if (tokens.length >= MAX_TOKENS) {
      throw own.fail(at, { code: 'input-too-large', message: `more than ${MAX_TOKENS} words and signs` });
    }
    at = end;
    if (blank?.startsWith('//')) {
      comment.push(blank.slice(2).trim());
    } else if (blank !== undefined) {
      if ((blank.match(/\n/g)?.length ?? 0) > 1) comment = [];
    } else if (note !== undefined) {
      at = endOfNote(own, end, place.offset);
    } else if (include !== undefined) {
      // kafel looks in its search paths: here in the folder of the policy, wherever the include stands.
      at = included(own, end, (path, offset) =>
        scan(includedText(chain, { path, offset, from: main, deepest: MAX_INCLUDE_DEPTH, load }), given),
      );
    } else {
      const above = comment.length > 0 ? { comment: comment.join('\n') } : {};
      comment = [];
      if (number !== undefined)
        tokens.push({ kind: 'number', word: number, value: numberOf(number, place), ...place, ...above });
      else tokens.push({ kind: word === undefined ? 'sign' : 'word', word: (word ?? sign)!, ...place, ...above });
    }
  }
}

/** After a comment's beginning: a `*` and what follows it are taken together, but for the end. */
function endOfNote(own: SourceText, from: number, start: number): number {
  const { text } = own;
  for (let at = from; at < text.length; ) {
    if (text[at] !== '*') at++;
    else if (text[at + 1] === '/') return at + 2;
    else at += 2;
  }
  throw own.fail(start, { code: 'bad-syntax', message: 'a comment that is not ended', hint: 'end it with "*/"' });
}

/** The files of an include, up to the end of its line or `;`. */
function included(own: SourceText, from: number, each: (path: string, offset: number) => void): number {
  const { text } = own;
  const word = /[ \t]+|"([^"]+)"|[\n;]/y;
  let isApart = false;
  for (let at = from; at < text.length; ) {
    word.lastIndex = at;
    const found = word.exec(text);
    if (!found) throw own.fail(at, { code: 'bad-syntax', message: 'expected the name of a file, in quotes' });
    const end = word.lastIndex;
    if (found[0] === '\n' || found[0] === ';') return end;
    if (found[1] === undefined) {
      isApart = true;
    } else {
      if (!isApart) throw own.fail(at, { code: 'bad-syntax', message: 'expected a blank before the name of a file' });
      isApart = false;
      each(found[1], at);
    }
    at = end;
  }
  const message = 'the include is not ended';
  throw own.fail(text.length, { code: 'bad-syntax', message, hint: 'end the line, or write ";"' });
}

function numberOf(number: string, { text, offset }: KafelPlace): bigint {
  const isOctal = /^0[0-9]+$/.test(number);
  if (isOctal && !/^[0-7]+$/.test(number)) {
    throw text.fail(offset, { code: 'ambiguous-octal', message: `${quote(number)} is no octal number` });
  }
  const digits = isOctal ? `0o${number}` : number;
  const value = number.length > 80 ? 2n ** 64n : digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits);
  if (value >= 2n ** 64n || value <= -(2n ** 64n)) {
    throw text.fail(offset, { code: 'out-of-range', message: `${quote(number)} is no number of 64 bits` });
  }
  return BigInt.asUintN(64, value);
}
