import type { SourcePosition } from '../../errors.js';
import { formatPath, type JsonPath } from './json-path.js';
import { isJsonObject, type JsonObject, type JsonValue, typeWord } from './json-value.js';
import { ProfileError, type ProfileIssue, type UnplacedIssue } from './profile-error.js';
import type { SourceText } from './source-text.js';

/** Where a value is written: the shadow that positions are looked up in. */
export interface ValueNode {
  /** UTF-16 code units from the text's beginning. */
  offset: number;
  keyOffset?: number;
  /** Of an object's members by key, or of a list's items. */
  children?: ReadonlyMap<string, ValueNode> | readonly ValueNode[];
}

/** A value that is read as a profile, its caller's name for it, and, if it was text, where its parts are written. */
export class SourceDocument {
  readonly #written: { text: SourceText; root: ValueNode } | undefined;
  /** Where it is in the document that it is a part of. */
  #within: JsonPath = [];

  constructor(
    readonly value: JsonValue,
    readonly source: string | undefined,
    written?: { text: SourceText; root: ValueNode },
  ) {
    this.#written = written;
  }

  /** Where the value at `path` begins, or its deepest ancestor that exists. Undefined if there was no text. */
  positionOf(path: JsonPath): SourcePosition | undefined {
    if (this.#written === undefined) return undefined;
    const { text, root } = this.#written;
    return text.positionAt(findNode(root, path).offset);
  }

  /** Where the key that ends `path` is written; as {@link SourceDocument.positionOf} where there is none. */
  keyPositionOf(path: JsonPath): SourcePosition | undefined {
    if (this.#written === undefined) return undefined;
    const { text, root } = this.#written;
    const { keyOffset, offset } = findNode(root, path);
    return text.positionAt(keyOffset ?? offset);
  }

  /** The value at a path, as a document; paths in it are said from the whole one. */
  part(path: JsonPath): SourceDocument {
    let value: JsonValue = this.value;
    for (const key of path) value = (value as { [key: string | number]: JsonValue })[key] as JsonValue;
    const written = this.#written && { text: this.#written.text, root: findNode(this.#written.root, path) };
    const part = new SourceDocument(value, this.source, written);
    part.#within = [...this.#within, ...path];
    return part;
  }

  placeOf(path: JsonPath): Pick<ProfileIssue, 'path' | 'position'> {
    return {
      path: formatPath(this.#within.length === 0 ? path : [...this.#within, ...path]),
      position: this.positionOf(path),
    };
  }

  placeOfKey(path: JsonPath): Pick<ProfileIssue, 'path' | 'position'> {
    return {
      path: formatPath(this.#within.length === 0 ? path : [...this.#within, ...path]),
      position: this.keyPositionOf(path),
    };
  }

  /** The error (`PROFILE_INVALID`) at a value. */
  fail(path: JsonPath, issue: UnplacedIssue): ProfileError {
    return new ProfileError('PROFILE_INVALID', [{ ...issue, ...this.placeOf(path) }], this.source);
  }

  /**
   * The value, as the object that every profile is.
   *
   * @throws {ProfileError} when it is none
   */
  object(): JsonObject {
    const { value } = this;
    if (isJsonObject(value)) return value;
    throw this.fail([], { code: 'wrong-type', message: `a profile is an object, not ${typeWord(value)}` });
  }
}

function findNode(root: ValueNode, path: JsonPath): ValueNode {
  let node = root;
  for (let depth = 0; depth < path.length; depth++) {
    const child = childAt(node, path[depth]!);
    if (!child) break;
    node = child;
  }
  return node;
}

function childAt({ children }: ValueNode, key: string | number): ValueNode | undefined {
  if (typeof key === 'number') return Array.isArray(children) ? children[key] : undefined;
  return children instanceof Map ? children.get(key) : undefined;
}
