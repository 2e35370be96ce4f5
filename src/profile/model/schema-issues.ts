import type * as z from 'zod/mini';
import { findArchitecture, nearestArchitecture } from '../../architecture.js';
import { editsFor, nearestName } from '../../nearest-name.js';
import { quote } from '../../text.js';
import type { JsonPath } from '../document/json-path.js';
import { InexactNumber, isJsonObject, type JsonValue, typeWord } from '../document/json-value.js';
import type { ProfileIssue, UnplacedIssue } from '../document/profile-error.js';
import type { SourceDocument } from '../document/source-document.js';

type SchemaIssue = z.core.$ZodIssue;

/** A schema's issue with this package's code and message, and its place in the text. */
export function profileIssue(issue: SchemaIssue, document: SourceDocument, root: JsonPath): ProfileIssue {
  const path = [...root, ...(issue.path as JsonPath)];
  const finding = describe(issue, path, valueAt(document.value, path));
  return { ...finding, ...document.placeOf(path) };
}

function valueAt(root: JsonValue, path: JsonPath): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const segment of path) {
    if (Array.isArray(value)) value = value[segment as number];
    else if (isJsonObject(value)) value = value[segment];
    else return undefined;
  }
  return value;
}

function describe(issue: SchemaIssue, path: JsonPath, value: JsonValue | undefined): UnplacedIssue {
  if (value === undefined) {
    return { code: 'missing-key', message: `the key ${quote(String(path.at(-1)))} is missing` };
  }
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, value);
    case 'invalid_value':
      if (typeof value !== 'string') return wrongType('string', value);
      return unknownName(value, issue.values.map(String), path);
    case 'too_small':
      return outOfRange(`at least ${issue.minimum}`, value, path);
    case 'too_big':
      return outOfRange(`at most ${issue.maximum}`, value, path);
    default:
      return { code: 'wrong-type', message: issue.message };
  }
}

const TYPE_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    string: 'a string',
    array: 'an array',
    object: 'an object',
    bigint: 'an integer',
  }),
);

function wrongType(expected: string, value: JsonValue): UnplacedIssue {
  if (expected === 'bigint' && value instanceof InexactNumber) return inexact(value);
  const message = `must be ${TYPE_WORDS.get(expected) ?? expected}, not ${typeWord(value)}`;
  if (expected === 'bigint' && typeof value === 'string') {
    const integer = /^\s*(0x[0-9a-f]{1,64}|\d{1,64})\s*$/i.exec(value)?.[1];
    return { code: 'wrong-type', message, hint: integer && `write ${BigInt(integer)}, without quotes` };
  }
  return { code: 'wrong-type', message };
}

function inexact({ kind, source }: InexactNumber): UnplacedIssue {
  if (kind === 'imprecise') {
    const message = `${source} is past 2^53-1, where JavaScript numbers are not exact`;
    return { code: 'precision-lost', message, hint: 'give a bigint, or the profile as JSON text' };
  }
  return { code: 'not-an-integer', message: `must be an integer written with digits alone, not ${shorten(source)}` };
}

function outOfRange(bound: string, value: JsonValue, path: JsonPath): UnplacedIssue {
  const message = `must be ${bound}, not ${shorten(String(value))}`;
  const isComparand = path.at(-1) === 'value' || path.at(-1) === 'valueTwo';
  if (isComparand && typeof value === 'bigint' && value < 0n && value >= -(2n ** 63n)) {
    const hint = `arguments are compared unsigned: ${value} in 64 bits is ${BigInt.asUintN(64, value)}`;
    return { code: 'out-of-range', message, hint };
  }
  return { code: 'out-of-range', message };
}

function shorten(digits: string): string {
  return digits.length > 40 ? `${digits.slice(0, 40)}… (${digits.length} characters)` : digits;
}

/** The keys whose strings are names from a list, and the message for a name that is not on it. */
const NAME_KINDS: ReadonlyMap<string, { code: ProfileIssue['code']; kind: string; prefix: string }> = new Map(
  Object.entries({
    action: { code: 'unknown-action', kind: 'action', prefix: 'SCMP_ACT_' },
    defaultAction: { code: 'unknown-action', kind: 'action', prefix: 'SCMP_ACT_' },
    op: { code: 'unknown-operator', kind: 'operator', prefix: 'SCMP_CMP_' },
    flags: { code: 'unknown-flag', kind: 'flag', prefix: 'SECCOMP_FILTER_FLAG_' },
  }),
);
const ARCHITECTURE_KIND = { code: 'unknown-architecture', kind: 'architecture', prefix: 'SCMP_ARCH_' } as const;

function unknownName(value: string, known: readonly string[], path: JsonPath): UnplacedIssue {
  const key = path.filter((segment) => typeof segment === 'string').at(-1) ?? '';
  const { code, kind, prefix } = NAME_KINDS.get(key) ?? ARCHITECTURE_KIND;
  const alias = kind === 'architecture' ? (findArchitecture(value) ?? nearestArchitecture(value))?.ociName : undefined;
  const stem = value.toUpperCase().replace(/^(SCMP_|SECCOMP_)?(ACT_|CMP_|ARCH_|RET_|FILTER_FLAG_)?/, '');
  const nearest = alias ?? nearestName(prefix + stem, known, editsFor(stem.length));
  const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`;
  return { code, message: `unknown ${kind} ${quote(value)}`, hint };
}
