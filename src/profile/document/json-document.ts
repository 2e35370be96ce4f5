import { createScanner, type JSONScanner } from 'jsonc-parser';
import { quote } from '../../text.js';
import { InexactNumber, type JsonObject, type JsonValue } from './json-value.js';
import type { ProfileError, ProfileIssueCode } from './profile-error.js';
import { SourceDocument, type ValueNode } from './source-document.js';
import { SourceText } from './source-text.js';

/** How many values a profile may have. Docker's default has about 700, where each name is one. */
export const MAX_COUNT = 65_536;
/** A `config.json` nests about 8 deep. The bound keeps hostile input from exhausting the stack. */
export const MAX_NESTING = 64;
/** Parsing a number of n digits takes more than n steps: sixteen million of them would take seconds. */
export const MAX_INTEGER_DIGITS = 4096;

/**
 * Read strict JSON (RFC 8259: no comments, no trailing comma, no duplicate key) with the position of every value. Bytes
 * are UTF-8; a byte order mark is skipped, and offsets count from after it.
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, at the first fault, whatever the input
 */
export function parseJson(input: string | Uint8Array, source?: string): SourceDocument {
  return parseJsonText(SourceText.decode(input, source));
}

export function parseJsonText(text: SourceText): SourceDocument {
  const { value, node } = new Parser(text).parse();
  return new SourceDocument(value, text.source, { text, root: node });
}

interface Parsed {
  value: JsonValue;
  node: ValueNode;
}

/** `ScanError` of jsonc-parser (a const enum, which isolated modules cannot read), as sentences. */
const TOKEN_FAULTS: Record<number, string> = {
  1: 'a comment, which JSON does not have',
  2: 'a string without its closing quote',
  3: 'a number that breaks off',
  4: 'a \\u escape without four hexadecimal digits',
  5: 'an escape that JSON does not have',
  6: 'a control character in a string',
};

const WHITE_SPACE = /[ \t\r\n]*/y;
/**
 * A token of the kinds that make up nearly all of a profile. jsonc-parser's scanner reads the others: escapes, other
 * numbers, and every fault. (The scanner alone takes four times as long: a profile is read once, by code that is
 * not compiled yet.)
 */
const PLAIN_TOKEN =
  /[{}[\]:,]|"[ !#-[\]-~\u00a0-\uffff]{0,500}"|-?(?:0|[1-9]\d{0,30})(?![\d.eE])|(?:null|true|false)(?=[ \t\r\n,\]}]|$)/y;

/** Recursive descent; the bound on depth keeps the recursion safe. */
class Parser {
  #scanner: JSONScanner | undefined;
  readonly #path: (string | number)[] = [];
  #valueCount = 0;
  #offset = 0;
  /** The token as written; empty at the end of the text. */
  #token = '';
  /** Of a token that is a string. */
  #stringValue = '';

  readonly #text: string;

  readonly #source: SourceText;

  constructor(source: SourceText) {
    this.#source = source;
    this.#text = source.text;
  }

  parse(): Parsed {
    this.#advance();
    if (this.#token === '') throw this.#fail('empty-input', 'empty: there is no JSON in it');
    const parsed = this.#parseValue();
    if (this.#token !== '') throw this.#unexpected('the end of the text');
    return parsed;
  }

  #advance(): void {
    WHITE_SPACE.lastIndex = this.#offset + this.#token.length;
    WHITE_SPACE.test(this.#text);
    this.#offset = WHITE_SPACE.lastIndex;
    if (this.#offset === this.#text.length) {
      this.#token = '';
      return;
    }
    PLAIN_TOKEN.lastIndex = this.#offset;
    if (PLAIN_TOKEN.test(this.#text)) {
      this.#token = this.#text.slice(this.#offset, PLAIN_TOKEN.lastIndex);
      if (this.#token.length > 1) this.#stringValue = this.#token.slice(1, -1);
      return;
    }
    this.#scanner ??= createScanner(this.#text);
    const scanner = this.#scanner;
    scanner.setPosition(this.#offset);
    scanner.scan();
    this.#token = this.#text.slice(this.#offset, scanner.getPosition());
    this.#stringValue = scanner.getTokenValue();
    if (this.#token.startsWith('//') || this.#token.startsWith('/*')) {
      throw this.#fail('bad-syntax', TOKEN_FAULTS[1]!, 'use a "comment" key');
    }
    const tokenError = scanner.getTokenError();
    if (tokenError !== 0) throw this.#fail('bad-syntax', TOKEN_FAULTS[tokenError] ?? 'a malformed token');
  }

  #parseValue(): Parsed {
    if (++this.#valueCount > MAX_COUNT) {
      throw this.#fail('input-too-large', `more than ${MAX_COUNT} values`);
    }
    const node: ValueNode = { offset: this.#offset };
    const first = this.#token[0];
    if (first === '{' || first === '[') {
      if (this.#path.length >= MAX_NESTING) {
        throw this.#fail('nesting-too-deep', `nested more than ${MAX_NESTING} deep`);
      }
      this.#advance();
      return { value: first === '{' ? this.#parseMembers(node) : this.#parseItems(node), node };
    }
    const value = this.#scalar();
    this.#advance();
    return { value, node };
  }

  #scalar(): JsonValue {
    const token = this.#token;
    if (token === 'null') return null;
    if (token === 'true') return true;
    if (token === 'false') return false;
    if (token.startsWith('"')) return this.#stringValue;
    if (/^-?\d/.test(token)) return this.#number();
    throw this.#unexpected('a value');
  }

  #number(): bigint | InexactNumber {
    const token = this.#token;
    if (token.length > MAX_INTEGER_DIGITS) {
      throw this.#fail('number-too-long', `a number of more than ${MAX_INTEGER_DIGITS} characters`);
    }
    // "-0" has no integer either: every runtime's reader refuses it where it takes an unsigned number.
    return /^-?\d+$/.test(token) && token !== '-0' ? BigInt(token) : new InexactNumber(token, 'fraction');
  }

  #parseMembers(within: ValueNode): JsonObject {
    const members: JsonObject = Object.create(null);
    const children = new Map<string, ValueNode>();
    within.children = children;
    this.#parseList('}', (isFirst) => {
      if (!this.#token.startsWith('"')) throw this.#unexpected(isFirst ? 'a key in double quotes or "}"' : 'a key');
      const key = this.#stringValue;
      const keyOffset = this.#offset;
      this.#path.push(key);
      const earlier = children.get(key);
      if (earlier) {
        const { line, column } = this.#source.positionAt(earlier.keyOffset!);
        throw this.#fail('duplicate-key', `the key ${quote(key)} was given before, at ${line}:${column}`);
      }
      this.#advance();
      if (!this.#isAt(':')) throw this.#unexpected('":"');
      this.#advance();
      const { value, node } = this.#parseValue();
      this.#path.pop();
      node.keyOffset = keyOffset;
      children.set(key, node);
      members[key] = value;
    });
    return members;
  }

  #parseItems(within: ValueNode): JsonValue[] {
    const items: JsonValue[] = [];
    const children: ValueNode[] = [];
    within.children = children;
    this.#parseList(']', () => {
      this.#path.push(items.length);
      const { value, node } = this.#parseValue();
      this.#path.pop();
      children.push(node);
      items.push(value);
    });
    return items;
  }

  #parseList(end: '}' | ']', parseElement: (isFirst: boolean) => void): void {
    for (let isFirst = true; !this.#isAt(end); isFirst = false) {
      if (!isFirst) {
        if (!this.#isAt(',')) throw this.#unexpected(`"," or "${end}"`);
        const commaOffset = this.#offset;
        this.#advance();
        if (this.#isAt(end)) throw this.#fail('bad-syntax', `a comma before "${end}"`, 'remove the comma', commaOffset);
      }
      parseElement(isFirst);
    }
    this.#advance();
  }

  #isAt(token: string): boolean {
    return this.#token === token;
  }

  #unexpected(expected: string): ProfileError {
    const found = this.#token === '' ? 'the end of the text' : quote(this.#token.slice(0, 20));
    const hint = this.#token.startsWith("'") ? 'JSON has double quotes only' : undefined;
    return this.#fail('bad-syntax', `expected ${expected}, found ${found}`, hint);
  }

  #fail(code: ProfileIssueCode, message: string, hint?: string, offset = this.#offset): ProfileError {
    return this.#source.fail(offset, { code, message, hint }, this.#path);
  }
}
