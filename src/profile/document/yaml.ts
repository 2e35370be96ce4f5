import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Parser,
  Scalar,
  type YAMLError,
} from 'yaml';
import { quote } from '../../text.js';
import { MAX_COUNT, MAX_INTEGER_DIGITS, MAX_NESTING } from './json-document.js';
import { InexactNumber, type JsonObject, type JsonValue } from './json-value.js';
import type { ProfileError, ProfileIssueCode } from './profile-error.js';
import { SourceDocument, type ValueNode } from './source-document.js';
import type { SourceText } from './source-text.js';

/** The largest YAML text that is read, in UTF-16 code units: its parser is far slower than JSON's. */
const MAX_YAML_SIZE = 1024 * 1024;

/**
 * Read YAML 1.2 documents (core schema), one at least, as the values JSON has, with the position of each. Integers are
 * exact at any size, and may be hexadecimal. What the readers of Kubernetes and of containers understand otherwise than
 * YAML 1.2 is refused, not guessed. That is numbers with a leading zero (octal to them), merge keys and tags. Duplicate
 * keys are refused too. An alias is its anchor's value again; all of them together count against the bound on values.
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, at the first fault
 */
export function parseYaml(source: SourceText): [SourceDocument, ...SourceDocument[]] {
  const { text } = source;
  if (text.length > MAX_YAML_SIZE) {
    const message = `YAML larger than ${MAX_YAML_SIZE / 1024 / 1024} MiB`;
    throw source.fail(undefined, { code: 'input-too-large', message });
  }
  const converter = new Converter(source);
  const [first, ...others] = composeDocuments(source).map(({ contents }) => {
    const { value, node } = converter.convertDocument(contents as Node);
    return new SourceDocument(value, source.source, { text: source, root: node });
  });
  if (!first) throw source.fail(text.length, { code: 'empty-input', message: 'empty: there is no YAML in it' });
  return [first, ...others];
}

/** The documents with something in them. */
function composeDocuments(source: SourceText): Document[] {
  const { text } = source;
  const tokens = [...new Parser().parse(text)];
  // The composer is recursive; hostile input would exhaust its stack, and regular expressions abort the process there.
  const deep = tokens.find((token) => depthOf(token) > MAX_NESTING + 1);
  if (deep) {
    throw source.fail(deep.offset, { code: 'nesting-too-deep', message: `nested more than ${MAX_NESTING} deep` });
  }
  // The converter checks duplicate keys and aliases: it has this package's messages and bounds for them.
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    intAsBigInt: true,
    uniqueKeys: false,
    merge: false,
    stringKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents: Document[] = [...composer.compose(tokens, true, text.length)];
  for (const document of documents) {
    const [problem] = [...document.errors, ...document.warnings] as YAMLError[];
    if (problem) throw fromYaml(problem, source);
  }
  for (const { directives } of documents) {
    const { explicit, version } = directives?.yaml ?? {};
    if (!explicit || version === '1.2') continue;
    const message = `a YAML ${version} document, whose numbers and words mean other things`;
    throw source.fail(0, { code: 'yaml-feature', message, hint: 'take the %YAML line out' });
  }
  return documents.filter(({ contents }) => contents !== null && !isEmptyScalar(contents));
}

/** How many collections the token's innermost value is in. */
function depthOf(token: CST.Token): number {
  let deepest = 0;
  const left: { token: CST.Token; depth: number }[] = [{ token, depth: 0 }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { token, depth } = next;
    if (depth > deepest) deepest = depth;
    if (depth > MAX_NESTING + 1) return depth;
    if (token.type === 'document' && token.value) left.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const item of token.items as CST.CollectionItem[]) {
      if (item.key) left.push({ token: item.key, depth: depth + 1 });
      if (item.value) left.push({ token: item.value, depth: depth + 1 });
    }
  }
  return deepest;
}

/** What `---` leaves where nothing follows. */
function isEmptyScalar(contents: unknown): boolean {
  return isScalar(contents) && contents.value === null && !contents.source;
}

function fromYaml(problem: YAMLError, source: SourceText): ProfileError {
  const isTag = problem.code === 'TAG_RESOLVE_FAILED';
  const code = isTag ? 'yaml-feature' : 'bad-syntax';
  // The library ends some of its messages with a colon and the place, which we print in front.
  const message = `not YAML: ${problem.message.split('\n')[0]?.replace(/[:.\s]+$/, '')}`;
  const hint = problem.code === 'TAB_AS_INDENT' ? 'indent with blanks' : undefined;
  return source.fail(problem.pos[0], { code, message, hint });
}

interface Converted {
  value: JsonValue;
  node: ValueNode;
}

/** What an anchor stands for, how many values that are, and how deep they are nested in it. */
interface Anchored {
  converted: Converted;
  size: number;
  depth: number;
}

/** From YAML's nodes to JSON's values, with a shadow of places. */
class Converter {
  #valueCount = 0;
  /** The deepest value so far. */
  #deepest = 0;
  readonly #anchors = new Map<string, Anchored | 'open'>();

  readonly #source: SourceText;

  constructor(source: SourceText) {
    this.#source = source;
  }

  /** An anchor is known in its own document; the values of all count together. */
  convertDocument(contents: Node): Converted {
    this.#anchors.clear();
    return this.#convert(contents, []);
  }

  #convert(node: Node | null, path: (string | number)[]): Converted {
    const offset = node?.range?.[0] ?? 0;
    this.#enter(path.length, 1, node, path);
    if (isAlias(node)) return this.#alias(node.source, node, path);
    if (node !== null && 'tag' in node && node.tag && !isPlainTag(node)) {
      throw this.#fail('yaml-feature', `a tag, ${quote(String(node.tag))}`, node, path, 'write the value without it');
    }
    if (node === null || !('anchor' in node) || !node.anchor) return this.#content(node, path, offset);
    this.#anchors.set(node.anchor, 'open');
    const [countBefore, depthBefore] = [this.#valueCount, this.#deepest];
    this.#deepest = path.length;
    const converted = this.#content(node, path, offset);
    const [size, depth] = [this.#valueCount - countBefore, this.#deepest - path.length];
    this.#anchors.set(node.anchor, { converted, size, depth });
    this.#deepest = Math.max(depthBefore, this.#deepest);
    return converted;
  }

  #content(node: Node | null, path: (string | number)[], offset: number): Converted {
    if (isMap(node)) return this.#map(node, path, offset);
    if (isSeq(node)) {
      const children: ValueNode[] = [];
      const value = node.items.map((item, index) => {
        const converted = this.#convert(item as Node | null, [...path, index]);
        children.push(converted.node);
        return converted.value;
      });
      return { value, node: { offset, children } };
    }
    return { value: isScalar(node) ? this.#scalar(node, path) : null, node: { offset } };
  }

  #map(node: { items: readonly unknown[] }, path: (string | number)[], offset: number): Converted {
    const members: JsonObject = Object.create(null);
    const children = new Map<string, ValueNode>();
    for (const pair of node.items as { key: unknown; value: unknown }[]) {
      const key = this.#key(pair.key, path);
      const keyOffset = (pair.key as Node).range?.[0] ?? offset;
      if (children.has(key)) {
        const { line, column } = this.#source.positionAt(children.get(key)!.keyOffset!);
        const message = `the key ${quote(key)} was given before, at ${line}:${column}`;
        throw this.#fail('duplicate-key', message, pair.key as Node, [...path, key]);
      }
      const converted = this.#convert((pair.value ?? null) as Node | null, [...path, key]);
      const place = pair.value === null || (pair.value as Node).range === undefined ? keyOffset : converted.node.offset;
      children.set(key, { ...converted.node, offset: place, keyOffset });
      members[key] = converted.value;
    }
    return { value: members, node: { offset, children } };
  }

  #key(key: unknown, path: (string | number)[]): string {
    if (!isScalar(key)) throw this.#fail('bad-syntax', 'a key that is no word', key as Node | null, path);
    if (key.tag && !isPlainTag(key)) throw this.#fail('yaml-feature', `a tag, ${quote(key.tag)}`, key, path);
    if (key.value === '<<' && key.type === 'PLAIN') {
      const hint = 'write the keys out: YAML 1.2 has no merge keys';
      throw this.#fail('yaml-feature', 'a merge key ("<<")', key, path, hint);
    }
    return key.type === 'PLAIN' ? (key.source ?? '') : String(key.value);
  }

  /** Count values, nested so deep. */
  #enter(depth: number, count: number, node: Node | null, path: (string | number)[]): void {
    this.#valueCount += count;
    this.#deepest = Math.max(this.#deepest, depth);
    if (this.#valueCount > MAX_COUNT) throw this.#fail('input-too-large', `more than ${MAX_COUNT} values`, node, path);
    if (depth > MAX_NESTING) {
      throw this.#fail('nesting-too-deep', `nested more than ${MAX_NESTING} deep`, node, path);
    }
  }

  #alias(name: string, node: Node, path: (string | number)[]): Converted {
    const anchored = this.#anchors.get(name);
    if (anchored === 'open') throw this.#fail('nesting-too-deep', `*${name} is an alias of what it is in`, node, path);
    if (!anchored) throw this.#fail('bad-syntax', `no anchor ${quote(name)} before this alias`, node, path);
    // It counts as if it were written out: thousands of aliases of thousands of values are a small text.
    this.#enter(path.length + anchored.depth, anchored.size, node, path);
    const { value, node: place } = anchored.converted;
    // The places inside are the anchor's: that is where the text is.
    return { value, node: { ...place, offset: node.range?.[0] ?? place.offset } };
  }

  #scalar(node: Scalar, path: (string | number)[]): JsonValue {
    const { value, source = '' } = node;
    if (node.type === Scalar.PLAIN && /^[-+]?0[\d_]+$/.test(source)) {
      const hint = 'write it in decimal, or as 0x…; in quotes if it is no number';
      throw this.#fail(
        'ambiguous-octal',
        `${quote(source)} is octal to YAML 1.1 and decimal to YAML 1.2`,
        node,
        path,
        hint,
      );
    }
    if (source.length > MAX_INTEGER_DIGITS && (typeof value === 'bigint' || typeof value === 'number')) {
      throw this.#fail('number-too-long', `a number of more than ${MAX_INTEGER_DIGITS} characters`, node, path);
    }
    if (typeof value === 'number') return new InexactNumber(source, 'fraction');
    if (typeof value === 'bigint' && /^-0+$/.test(source)) return new InexactNumber(source, 'fraction');
    if (value === null || typeof value === 'bigint' || typeof value === 'string' || typeof value === 'boolean')
      return value;
    throw this.#fail('wrong-type', 'a value JSON does not have', node, path);
  }

  #fail(
    code: ProfileIssueCode,
    message: string,
    node: Node | null,
    path: (string | number)[],
    hint?: string,
  ): ProfileError {
    return this.#source.fail(node?.range?.[0] ?? 0, { code, message, hint }, path);
  }
}

/** A quoted scalar's tag `!` says no more than its quotes do. */
function isPlainTag(node: { tag?: string | undefined }): boolean {
  return node.tag === undefined || node.tag === '!';
}
