import { quote } from '../../../text.js';
import type { SourceText } from '../../document/source-text.js';

/** The value of a setting: decoded, with the place of each code unit of a string. */
export interface Setting {
  readonly name: string;
  readonly offset: number;
  readonly value: string;
  /** Whether it was in quotes. */
  readonly isString: boolean;
  /** Of each code unit of the value, and of its end. */
  readonly offsets: readonly number[];
}

export interface Settings {
  readonly settings: readonly Setting[];
  /** Where the first string begins that goes on in the next line. */
  readonly brokenAt: number | undefined;
}

/**
 * Protobuf's text format (text_format): names, numbers and words, strings, signs. A string in double quotes may have line ends, as in
 * protobuf-c-text, with which nsjail read its files first.
 */
const TOKEN =
  /(?<blank>[ \t\r\n\f\v]+|#[^\n]*)|(?<string>"(?:[^"\\]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')|(?<word>[A-Za-z0-9_.+-]+)|(?<sign>[{}<>[\]:;,])/y;

interface Token {
  readonly kind: 'string' | 'word' | 'sign';
  readonly word: string;
  readonly offset: number;
}

const MAX_TOKENS = 200_000;

/**
 * The settings at the top of a configuration; messages in it are skipped. JSON has the same signs, so its settings are found alike: what
 * is no JSON its own parser says.
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, when it is no text of protobuf
 */
export function topSettings(text: SourceText): Settings {
  const tokens = tokensOf(text);
  const isJson = tokens[0]?.word === '{';
  const top = isJson ? 1 : 0;
  const settings: Setting[] = [];
  /** The signs that close the messages and lists that are open. */
  const open: string[] = [];
  const fail = (offset: number, message: string, hint?: string) =>
    text.fail(offset, { code: 'bad-syntax', message, hint });
  for (let at = 0; at < tokens.length; at++) {
    const { kind, word, offset } = tokens[at]!;
    const closing = { '{': '}', '<': '>', '[': ']' }[word];
    if (kind === 'sign' && closing) {
      open.push(closing);
      continue;
    }
    if (kind === 'sign' && (word === '}' || word === '>' || word === ']')) {
      if (open.pop() !== word) throw fail(offset, `${quote(word)} closes nothing that is open`);
      continue;
    }
    if (open.length > top || kind === 'sign') continue;
    if (kind === 'string' && !isJson) throw fail(offset, 'a string without the name of a setting');
    const name = isJson ? protoName(unquoted(tokens[at]!).value) : word;
    const next = tokens[at + 1];
    if (next?.word === '{' || next?.word === '<') continue;
    if (next?.word !== ':') {
      const hint = tokens[at - 1]?.kind === 'string' ? 'a quote in a string is written \\"' : undefined;
      throw fail(next?.offset ?? text.text.length, `expected ":" after ${quote(word)}`, hint);
    }
    const value = tokens[at + 2];
    if (!value) throw fail(text.text.length, `expected a value of ${quote(word)}`);
    if (value.kind === 'sign') {
      at++;
      // A list of values is as many settings; one of messages is skipped with them.
      const values = value.word === '[' ? valuesOfList(tokens, at + 2) : undefined;
      if (!values) continue;
      settings.push(...values.found.map((each) => ({ name, offset, ...each })));
      at = values.end;
      continue;
    }
    const { found, end } = valueAt(tokens, at + 2);
    // JSON's null leaves a setting as it is without it.
    if (!isJson || found.isString || found.value !== 'null') settings.push({ name, offset, ...found });
    at = end;
  }
  if (open.length > 0) throw fail(text.text.length, `expected ${quote(open.at(-1)!)} before the end`);
  const broken = tokens.find(({ kind, word }) => kind === 'string' && /[\r\n]/.test(word));
  return { settings, brokenAt: broken?.offset };
}

type Value = Omit<Setting, 'name' | 'offset'>;

/** JSON's `seccompString` as config.proto has it; that name is taken too. */
const protoName = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The value that begins at a token, a word or a string, and its last token. */
function valueAt(tokens: readonly Token[], first: number): { found: Value; end: number } {
  const value = tokens[first]!;
  const { word, offset } = value;
  if (value.kind !== 'string') {
    const offsets = [...word, ''].map((_, index) => offset + index);
    return { found: { value: word, isString: false, offsets }, end: first };
  }
  // Strings beside each other are one.
  const whole = { value: '', offsets: [] as number[] };
  let end = first;
  for (let at = first; tokens[at]?.kind === 'string'; at++) {
    const part = unquoted(tokens[at]!);
    whole.value += part.value;
    whole.offsets.push(...part.offsets);
    end = at;
  }
  const last = tokens[end]!;
  const offsets = [...whole.offsets, last.offset + last.word.length - 1];
  return { found: { value: whole.value, isString: true, offsets }, end };
}

/** `"a", "b"]`, and the bracket that ends it; undefined where it is no list of words and strings. */
function valuesOfList(tokens: readonly Token[], first: number): { found: Value[]; end: number } | undefined {
  const found: Value[] = [];
  for (let at = first; at < tokens.length; at++) {
    const { kind, word } = tokens[at]!;
    if (kind === 'sign') {
      if (word === ']') return { found, end: at };
      if (word !== ',' || found.length === 0) return undefined;
      continue;
    }
    const value = valueAt(tokens, at);
    found.push(value.found);
    at = value.end;
  }
  return undefined;
}

function tokensOf(text: SourceText): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(text.text)?.groups;
    if (!groups) {
      const found = text.text[at]!;
      const isQuote = found === '"' || found === "'";
      if (isQuote) throw text.fail(at, { code: 'bad-syntax', message: 'a string without its closing quote' });
      throw text.fail(at, { code: 'bad-syntax', message: `${quote(found)} has no meaning here` });
    }
    const { string, word, sign } = groups;
    const found = string ?? word ?? sign;
    if (found === undefined) continue;
    if (tokens.length >= MAX_TOKENS) {
      throw text.fail(at, { code: 'input-too-large', message: `more than ${MAX_TOKENS} words and signs` });
    }
    const kind = string !== undefined ? 'string' : word !== undefined ? 'word' : 'sign';
    tokens.push({ kind, word: found, offset: at });
  }
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unquoted({ word, offset }: Token): { value: string; offsets: number[] } {
  let value = '';
  const offsets: number[] = [];
  const part = /\\(?:([0-7]{1,3})|(?:[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4}))|(.))|[^\\]/gsy;
  part.lastIndex = 1;
  while (part.lastIndex < word.length - 1) {
    const start = part.lastIndex;
    const [whole, octal, hex, unit, escaped] = part.exec(word)!;
    const code = octal !== undefined ? Number.parseInt(octal, 8) : Number.parseInt(hex ?? unit ?? '', 16);
    const one = !Number.isNaN(code)
      ? String.fromCharCode(code)
      : escaped !== undefined
        ? (ESCAPES[escaped] ?? escaped)
        : whole;
    value += one;
    for (let each = 0; each < one.length; each++) offsets.push(offset + start);
  }
  return { value, offsets };
}
