import { MAX_COUNT, MAX_NESTING } from './json-document.js';
import { formatPath, type JsonPath } from './json-path.js';
import { InexactNumber, type JsonObject, type JsonValue } from './json-value.js';
import { ProfileError, type ProfileIssueCode } from './profile-error.js';
import { SourceDocument } from './source-document.js';

/**
 * A profile given as a JavaScript object, as a document without positions. Integers are bigint or safe numbers; a
 * number past 2^53-1 was rounded before it got here and is kept as imprecise. Keys whose value is undefined are left
 * out, as JSON.stringify does.
 *
 * @throws {ProfileError} when JSON cannot express a value, or an object contains itself (it is nested too deep)
 */
export function documentOfObject(input: object, source?: string): SourceDocument {
  const value = new Converter(source).convert(input, []);
  return new SourceDocument(value, source);
}

class Converter {
  #valueCount = 0;

  readonly #source: string | undefined;

  constructor(source: string | undefined) {
    this.#source = source;
  }

  convert(value: unknown, path: JsonPath): JsonValue {
    if (++this.#valueCount > MAX_COUNT) throw this.#fail('input-too-large', `more than ${MAX_COUNT} values`, []);
    switch (typeof value) {
      case 'string':
      case 'boolean':
      case 'bigint':
        return value;
      case 'number':
        if (Number.isSafeInteger(value)) return BigInt(value);
        return new InexactNumber(String(value), Number.isInteger(value) ? 'imprecise' : 'fraction');
      case 'object':
        return value === null ? null : this.#convertObject(value, path);
      default:
        throw this.#fail(
          'wrong-type',
          `must be JSON data, not ${value === undefined ? value : `a ${typeof value}`}`,
          path,
        );
    }
  }

  #convertObject(value: object, path: JsonPath): JsonValue {
    if (path.length >= MAX_NESTING) {
      throw this.#fail('nesting-too-deep', `nested more than ${MAX_NESTING} deep, or contains itself`, path);
    }
    if (Array.isArray(value)) return Array.from(value, (item, index) => this.convert(item, [...path, index]));
    const members: JsonObject = Object.create(null);
    for (const [key, member] of Object.entries(value)) {
      if (member !== undefined) members[key] = this.convert(member, [...path, key]);
    }
    return members;
  }

  #fail(code: ProfileIssueCode, message: string, path: JsonPath): ProfileError {
    return new ProfileError('PROFILE_INVALID', [{ code, message, path: formatPath(path) }], this.#source);
  }
}
