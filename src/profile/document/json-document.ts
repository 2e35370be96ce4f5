import { createScanner, type JSONScanner } from 'jsonc-parser';
import type { SourcePosition } from '../../errors.js';
import { quote } from '../../text.js';
import type { JsonPath } from './json-path.js';
import type { ProfileError, ProfileIssueCode } from './profile-error.js';
import { decodeText, positionFinder, syntaxFault } from './source-text.js';

/** A number that is no exact integer; it is kept so that an error can show it. */
export class InexactNumber {
  constructor(
    /** As written. */
    readonly source: string,
    /** `fraction`: a fraction or exponent was written. `imprecise`: a JS number past 2^53-1, already rounded. */
    readonly kind: 'fraction' | 'imprecise',
  ) {}
}

/** JSON without loss: integers of any size are bigint. Objects have no prototype, so `__proto__` is a key like any other. */
export type JsonValue = null | boolean | string | bigint | InexactNumber | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

/** What a value is, for a message: "a string", "an array". */
export function typeWord(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'bigint' || value instanceof InexactNumber) return 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export interface JsonDocument {
  readonly value: JsonValue;
  /** Where the value at `path` begins, or its deepest ancestor that exists. Undefined if there was no text. */
  positionOf(path: JsonPath): SourcePosition | undefined;
  /** Where the key that ends `path` is written; as {@link JsonDocument.positionOf} where there is none. */
  keyPositionOf(path: JsonPath): SourcePosition | undefined;
}

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
export function parseJson(input: string | Uint8Array, source?: string): JsonDocument {
  const text = decodeText(input, source);
  const { value, node } = new Parser(text, source).parse();
  return placedDocument(value, node, text);
}

/** Where a value is written: the shadow that positions are looked up in. */
export interface ValueNode {
  /** UTF-16 code units from the text's beginning. */
  offset: number;
  keyOffset?: number;
  children?: Map<string | number, ValueNode>;
}

/** A value that was read from a text, whatever the syntax, with the places of its parts. */
export function placedDocument(value: JsonValue, root: ValueNode, text: string): JsonDocument {
  const positionAt = positionFinder(text);
  return {
    value,
    positionOf: (path) => positionAt(findNode(root, path).offset),
    keyPositionOf(path) {
      const { keyOffset, offset } = findNode(root, path);
      return positionAt(keyOffset ?? offset);
    },
  };
}

function findNode(root: ValueNode, path: JsonPath): ValueNode {
  let node = root;
  for (let depth = 0; depth < path.length; depth++) {
    const child = node.children?.get(path[depth]!);
    if (!child) break;
    node = child;
  }
  return node;
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
 * numbers, words, and every fault. (The scanner alone takes four times as long: a profile is read once, by code that is
 * not compiled yet.)
 */
const PLAIN_TOKEN = /[{}[\]:,]|"[^"\\\p{Cc}]{0,500}"|-?(?:0|[1-9]\d{0,30})(?![\d.eE])/uy;

/** Recursive descent; the bound on depth keeps the recursion safe. */
class Parser {
  private readonly scanner: JSONScanner;
  private readonly path: (string | number)[] = [];
  private valueCount = 0;
  private offset = 0;
  /** The token as written; empty at the end of the text. */
  private token = '';
  /** Of a token that is a string. */
  private stringValue = '';

  constructor(
    private readonly text: string,
    private readonly source: string | undefined,
  ) {
    this.scanner = createScanner(text);
  }

  parse(): Parsed {
    this.advance();
    if (this.token === '') throw this.fail('empty-input', 'empty: there is no JSON in it');
    const parsed = this.parseValue();
    if (this.token !== '') throw this.unexpected('the end of the text');
    return parsed;
  }

  private advance(): void {
    WHITE_SPACE.lastIndex = this.offset + this.token.length;
    WHITE_SPACE.test(this.text);
    this.offset = WHITE_SPACE.lastIndex;
    PLAIN_TOKEN.lastIndex = this.offset;
    if (PLAIN_TOKEN.test(this.text)) {
      this.token = this.text.slice(this.offset, PLAIN_TOKEN.lastIndex);
      if (this.token.length > 1) this.stringValue = this.token.slice(1, -1);
      return;
    }
    this.scanner.setPosition(this.offset);
    this.scanner.scan();
    this.token = this.text.slice(this.offset, this.scanner.getPosition());
    this.stringValue = this.scanner.getTokenValue();
    if (this.token.startsWith('//') || this.token.startsWith('/*')) {
      throw this.fail('bad-syntax', TOKEN_FAULTS[1]!, 'use a "comment" key');
    }
    const tokenError = this.scanner.getTokenError();
    if (tokenError !== 0) throw this.fail('bad-syntax', TOKEN_FAULTS[tokenError] ?? 'a malformed token');
  }

  private parseValue(): Parsed {
    if (++this.valueCount > MAX_COUNT) {
      throw this.fail('input-too-large', `more than ${MAX_COUNT} values`);
    }
    const node: ValueNode = { offset: this.offset };
    const first = this.token[0];
    if (first === '{' || first === '[') {
      if (this.path.length >= MAX_NESTING) {
        throw this.fail('nesting-too-deep', `nested more than ${MAX_NESTING} deep`);
      }
      node.children = new Map();
      this.advance();
      return { value: first === '{' ? this.parseMembers(node.children) : this.parseItems(node.children), node };
    }
    const value = this.scalar();
    this.advance();
    return { value, node };
  }

  private scalar(): JsonValue {
    const { token } = this;
    if (token === 'null') return null;
    if (token === 'true') return true;
    if (token === 'false') return false;
    if (token.startsWith('"')) return this.stringValue;
    if (/^-?\d/.test(token)) return this.number();
    const hint = 'JSON begins with "{", YAML with "key:", a plain list with "default", a unit with "[Service]"';
    throw this.unexpected('a value', this.path.length === 0 ? hint : undefined);
  }

  private number(): bigint | InexactNumber {
    const { token } = this;
    if (token.length > MAX_INTEGER_DIGITS) {
      throw this.fail('number-too-long', `a number of more than ${MAX_INTEGER_DIGITS} characters`);
    }
    // "-0" has no integer either: every runtime's reader refuses it where it takes an unsigned number.
    return /^-?\d+$/.test(token) && token !== '-0' ? BigInt(token) : new InexactNumber(token, 'fraction');
  }

  private parseMembers(children: Map<string | number, ValueNode>): JsonObject {
    const members: JsonObject = Object.create(null);
    this.parseList('}', (isFirst) => {
      if (!this.token.startsWith('"')) throw this.unexpected(isFirst ? 'a key in double quotes or "}"' : 'a key');
      const key = this.stringValue;
      const keyOffset = this.offset;
      this.path.push(key);
      const earlier = children.get(key);
      if (earlier) {
        const { line, column } = positionFinder(this.text)(earlier.keyOffset!);
        throw this.fail('duplicate-key', `the key ${quote(key)} was given before, at ${line}:${column}`);
      }
      this.advance();
      if (!this.isAt(':')) throw this.unexpected('":"');
      this.advance();
      const { value, node } = this.parseValue();
      this.path.pop();
      node.keyOffset = keyOffset;
      children.set(key, node);
      members[key] = value;
    });
    return members;
  }

  private parseItems(children: Map<string | number, ValueNode>): JsonValue[] {
    const items: JsonValue[] = [];
    this.parseList(']', () => {
      this.path.push(items.length);
      const { value, node } = this.parseValue();
      this.path.pop();
      children.set(items.length, node);
      items.push(value);
    });
    return items;
  }

  private parseList(end: '}' | ']', parseElement: (isFirst: boolean) => void): void {
    for (let isFirst = true; !this.isAt(end); isFirst = false) {
      if (!isFirst) {
        if (!this.isAt(',')) throw this.unexpected(`"," or "${end}"`);
        const commaOffset = this.offset;
        this.advance();
        if (this.isAt(end)) throw this.fail('bad-syntax', `a comma before "${end}"`, 'remove the comma', commaOffset);
      }
      parseElement(isFirst);
    }
    this.advance();
  }

  private isAt(token: string): boolean {
    return this.token === token;
  }

  private unexpected(expected: string, hint?: string): ProfileError {
    const found = this.token === '' ? 'the end of the text' : quote(this.token.slice(0, 20));
    const quotes = this.token.startsWith("'") ? 'JSON has double quotes only' : undefined;
    return this.fail('bad-syntax', `expected ${expected}, found ${found}`, quotes ?? hint);
  }

  private fail(code: ProfileIssueCode, message: string, hint?: string, offset = this.offset): ProfileError {
    const { source, text, path } = this;
    return syntaxFault(code, message, { source, text, offset, path, hint });
  }
}
