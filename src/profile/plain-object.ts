import { DEEPEST_NESTING, InexactNumber, type JsonDocument, type JsonObject, type JsonValue } from './json-document.js';
import { formatPath, type JsonPath } from './json-path.js';
import { ProfileError, type ProfileIssueCode } from './profile-error.js';

/**
 * A profile given as a JavaScript object, as a document without positions. Integers are bigint or safe numbers; a
 * number past 2^53-1 was rounded before it got here and is kept as imprecise. Keys whose value is undefined are left
 * out, as JSON.stringify does. Raises {@link ProfileError} for what JSON cannot say, and for objects that contain
 * themselves (nested too deep).
 */
export function documentOfObject(input: object, source?: string): JsonDocument {
  const value = convert(input, [], source);
  return { value, positionOf: () => undefined, keyPositionOf: () => undefined };
}

function convert(value: unknown, path: JsonPath, source: string | undefined): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return value;
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value);
      return new InexactNumber(String(value), Number.isInteger(value) ? 'imprecise' : 'fraction');
    case 'object':
      return value === null ? null : convertObject(value, path, source);
    default:
      throw invalid(
        'wrong-type',
        `must be JSON data, not ${value === undefined ? value : `a ${typeof value}`}`,
        path,
        source,
      );
  }
}

function convertObject(value: object, path: JsonPath, source: string | undefined): JsonValue {
  if (path.length >= DEEPEST_NESTING) {
    throw invalid('nesting-too-deep', `nested more than ${DEEPEST_NESTING} deep, or contains itself`, path, source);
  }
  if (Array.isArray(value)) return Array.from(value, (item, index) => convert(item, [...path, index], source));
  const members: JsonObject = Object.create(null);
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members[key] = convert(member, [...path, key], source);
  }
  return members;
}

function invalid(code: ProfileIssueCode, message: string, path: JsonPath, source: string | undefined): ProfileError {
  return new ProfileError('PROFILE_INVALID', [{ code, message, path: formatPath(path) }], source);
}
