import { getLocation } from 'jsonc-parser';
import { BUILTIN_NAMES } from '../profile/builtin/names.js';
import { CAPABILITIES } from '../profile/model/capability.js';
import { type JsonSchema, profileJsonSchema } from '../profile/model/json-schema.js';
import { knownSyscalls, syscallSignature } from '../syscalls/signature.js';

export interface Completion {
  label: string;
  /** What is inserted, where it is not the label. */
  apply?: string;
  detail?: string;
  info?: string;
}

/** What may stand in the place of the text between two offsets. */
export interface Completions {
  from: number;
  to: number;
  options: readonly Completion[];
}

let schema: JsonSchema | undefined;
let syscalls: readonly Completion[] | undefined;

/** Completions at a place of a profile: keys and values of a JSON profile by its schema, names in the other formats. */
export function complete(text: string, offset: number): Completions | undefined {
  return /^\s*\{/.test(text) ? completeJson(text, offset) : completeWord(text, offset);
}

/** In the plain list, in YAML and in units a word may be a system call; the reader reports it otherwise. */
function completeWord(text: string, offset: number): Completions | undefined {
  const word = /[a-z_][\w]*$/i.exec(text.slice(Math.max(0, offset - 64), offset))?.[0];
  if (!word) return undefined;
  return { from: offset - word.length, to: offset, options: syscallCompletions() };
}

function completeJson(text: string, offset: number): Completions | undefined {
  const { path, isAtPropertyKey, previousNode } = getLocation(text, offset);
  const isInside = previousNode && previousNode.offset <= offset && offset <= previousNode.offset + previousNode.length;
  const word = /\w*$/.exec(text.slice(Math.max(0, offset - 64), offset))?.[0] ?? '';
  // Inside the quotes of a string that is there, or at a bare word that is to become one.
  const quoted = isInside && previousNode.type !== 'number' && text[previousNode.offset] === '"';
  const from = quoted ? previousNode.offset : offset - word.length;
  const end = quoted ? previousNode.offset + previousNode.length : offset;
  const to = quoted && /[\n\r]/.test(text.slice(from, end)) ? offset : end;
  schema ??= profileJsonSchema();
  const options = isAtPropertyKey
    ? keysAt(schemasAt(schema, path.slice(0, -1)), text.slice(to))
    : valuesAt(path, schemasAt(schema, path));
  return options.length > 0 ? { from, to, options } : undefined;
}

/** The schemas that may apply at a place: all of several alternatives. */
function schemasAt(root: JsonSchema, path: readonly (string | number)[]): JsonSchema[] {
  let current = alternatives(root);
  for (const segment of path) {
    current = current
      .flatMap(({ properties, items }) => {
        const next = typeof segment === 'number' ? items : (properties as JsonSchema | undefined)?.[segment];
        return next && typeof next === 'object' ? [next as JsonSchema] : [];
      })
      .flatMap(alternatives);
  }
  return current;
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const nested = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (schema[key] ?? []) as JsonSchema[]);
  return [schema, ...nested.flatMap(alternatives)];
}

function keysAt(schemas: readonly JsonSchema[], rest: string): Completion[] {
  const separator = /^\s*:/.test(rest) ? '' : ': ';
  const keys = new Map<string, Completion>();
  for (const { properties } of schemas) {
    for (const [key, { description }] of Object.entries((properties ?? {}) as Record<string, JsonSchema>)) {
      if (typeof description !== 'string' && keys.has(key)) continue;
      const info = typeof description === 'string' ? { info: description } : {};
      keys.set(key, { label: key, apply: `"${key}"${separator}`, ...info });
    }
  }
  return [...keys.values()];
}

function valuesAt(path: readonly (string | number)[], schemas: readonly JsonSchema[]): Completion[] {
  const [last, beforeLast] = [path.at(-1), path.at(-2)];
  if (last === 'name' || beforeLast === 'names' || beforeLast === 'remove') {
    return syscallCompletions().map((each) => ({ ...each, apply: `"${each.label}"` }));
  }
  const listed = schemas.flatMap(({ enum: values }) => (values ?? []) as string[]);
  const names = beforeLast === 'caps' ? CAPABILITIES : last === 'extends' ? BUILTIN_NAMES : listed;
  return names.map((label) => ({ label, apply: `"${label}"` }));
}

function syscallCompletions(): readonly Completion[] {
  syscalls ??= knownSyscalls()
    .sort()
    .map((label) => ({
      label,
      detail: `(${(syscallSignature(label) ?? []).map(({ name }) => name).join(', ')})`,
    }));
  return syscalls;
}
