import { getNodeValue, parseTree } from 'jsonc-parser';
import type { ArchitectureName } from '../architecture.js';
import { errnoNumber } from '../errno.js';
import type { JsonPath } from '../profile/document/json-path.js';
import type { FormatName } from '../profile/formats/index.js';
import { type JsonSchema, profileJsonSchema } from '../profile/model/json-schema.js';
import { syscallSignature } from '../syscalls/signature.js';
import { isOperators } from './editor-format.js';
import { type KeyLocation, locateJson, locateYaml, objectAround } from './locate-key.js';
import {
  ACTIONS,
  actionWords,
  BUILTIN_WORDS,
  CAPABILITY_WORDS,
  type Completions,
  callVocabulary,
  constantWords,
  errnoWords,
  GO_ARCHITECTURES,
  keywords,
  OCI_ARCHITECTURES,
  type Word,
} from './vocabulary.js';

export interface KeysOptions {
  syntax: 'json' | 'yaml';
  format: FormatName | undefined;
  architecture: ArchitectureName;
}

/** Keys and values at a place of a JSON or YAML profile. */
export function completeKeys(text: string, offset: number, options: KeysOptions): Completions | undefined {
  const { syntax } = options;
  const location = syntax === 'json' ? locateJson(text, offset) : locateYaml(text, offset);
  if (!location) return undefined;
  const path = pathInProfile(location.path, options);
  if (!path) return rootKeys(location, options);
  const { from, to } = location;
  const isKey = location.isKey === true || (location.isKey === 'maybe' && !isList(path, options));
  const words = isKey ? keysAt(keyParent(path, location), options) : valuesAt(path, text, location, options);
  const written = words.map((word) => ({ ...word, apply: writtenAs(word, isKey, location, options) }));
  return written.length > 0 ? { from, to, options: written } : undefined;
}

/** In YAML a word in a list may be an item: the list says what is in it. */
const isList = (path: JsonPath, options: KeysOptions): boolean =>
  typeof path.at(-1) === 'number' && keysAt(path, options).length === 0;

const keyParent = (path: JsonPath, { isKey }: KeyLocation): JsonPath => (isKey === true ? path.slice(0, -1) : path);

function writtenAs(word: Word, isKey: boolean, { quote, hasColon }: KeyLocation, { syntax }: KeysOptions): string {
  const { label, apply = label } = word;
  const colon = isKey && !hasColon ? ': ' : '';
  const isNumber = !isKey && /^(?:\d+|true|false)$/.test(apply) && apply !== label;
  if (isNumber || (syntax === 'yaml' && quote === '')) return `${apply}${colon}`;
  const sign = quote === '' ? '"' : quote;
  return `${sign}${apply}${sign}${colon}`;
}

/** Where the profile begins in an object of the operator. */
const OPERATORS_ROOT: JsonPath = ['spec'];

/** The path from the profile on; undefined above it. */
function pathInProfile(path: JsonPath, { format }: KeysOptions): JsonPath | undefined {
  if (path[0] === 'linux') return path[1] === 'seccomp' ? path.slice(2) : undefined;
  if (format === 'go-seccomp-bpf') {
    const root = path[0] === 'seccomp' || path[0] === 'policy' ? 1 : 0;
    return path.slice(root);
  }
  const root = isOperators({ format }) ? OPERATORS_ROOT : [];
  return root.every((key, index) => path[index] === key) ? path.slice(root.length) : undefined;
}

/** The keys above the profile. */
function rootKeys(
  { path, isKey, from, to, quote, hasColon }: KeyLocation,
  options: KeysOptions,
): Completions | undefined {
  if (isKey === false) return undefined;
  const depth = path.length - (isKey === true ? 1 : 0);
  const names = isOperators(options)
    ? depth === 0
      ? ['apiVersion', 'kind', 'metadata', 'spec']
      : []
    : depth === 1
      ? ['seccomp']
      : [];
  const words = keywords(names).map((word) => ({ ...word, kind: 'key' as const }));
  const location = { path, isKey, from, to, quote, hasColon };
  return words.length > 0
    ? { from, to, options: words.map((word) => ({ ...word, apply: writtenAs(word, true, location, options) })) }
    : undefined;
}

let schema: JsonSchema | undefined;

/** The schemas that may apply at a place: all of several alternatives. */
function schemasAt(path: JsonPath): JsonSchema[] {
  schema ??= profileJsonSchema();
  let current = alternatives(schema);
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

function alternatives(each: JsonSchema): JsonSchema[] {
  const nested = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (each[key] ?? []) as JsonSchema[]);
  return [each, ...nested.flatMap(alternatives)];
}

/** What a key of a profile is for, where it is one. */
export function keyPurpose(path: JsonPath, options: KeysOptions): string | undefined {
  const inProfile = pathInProfile(path, options);
  if (!inProfile || inProfile.length === 0) return undefined;
  return keysAt(inProfile.slice(0, -1), options).find(({ label }) => label === inProfile.at(-1))?.info;
}

/** Keys of the formats that are not OCI's, by the depth of lists that they are in. */
const OTHER_KEYS: Readonly<Partial<Record<FormatName, (path: JsonPath) => Readonly<Record<string, string>>>>> = {
  seccompiler: (path) =>
    path.includes('args')
      ? {
          index: 'Which argument, 0 to 5.',
          type: 'How many bits are compared: dword (32) or qword (64).',
          op: 'eq, ne, lt, le, gt, ge, or {"masked_eq": MASK}.',
          val: 'What it is compared with.',
          comment: 'For people.',
        }
      : path.includes('filter')
        ? { syscall: 'One system call.', args: 'Conditions on arguments; all must hold.', comment: 'For people.' }
        : path.length === 1
          ? {
              mismatch_action: 'What happens to a call that no rule matches.',
              match_action: 'What happens to a call that a rule matches.',
              filter: 'The rules.',
            }
          : {},
  'go-seccomp-bpf': (path) =>
    path.includes('arguments')
      ? { argument: 'Which argument, 0 to 5.', operation: 'How it is compared, in 64 bits.', value: 'What with.' }
      : path.includes('names_with_args')
        ? { name: 'One system call.', arguments: 'Conditions on arguments; all must hold.' }
        : path.includes('syscalls')
          ? {
              action: 'What happens to the calls of the group.',
              names: 'System calls, by name.',
              names_with_args: 'Calls with conditions on their arguments.',
            }
          : { default_action: 'What happens to a call that no group names.', syscalls: 'The groups.' },
};

function keysAt(path: JsonPath, { format }: KeysOptions): Word[] {
  const own = format && OTHER_KEYS[format]?.(path);
  if (own) return Object.entries(own).map(([label, info]) => ({ label, info, kind: 'key' }));
  const keys = new Map<string, Word>();
  if (isOperators({ format }) && path.length === 0) {
    keys.set('baseProfileName', {
      label: 'baseProfileName',
      kind: 'key',
      info: 'The name of another SeccompProfile, which this one is united with.',
    });
  }
  for (const { properties } of schemasAt(path)) {
    for (const [key, { description }] of Object.entries((properties ?? {}) as Record<string, JsonSchema>)) {
      if (typeof description !== 'string' && keys.has(key)) continue;
      keys.set(key, { label: key, kind: 'key', ...(typeof description === 'string' ? { info: description } : {}) });
    }
  }
  return [...keys.values()];
}

const SECCOMPILER_ACTIONS = actionWords({
  allow: 'ALLOW',
  trap: 'TRAP',
  kill_thread: 'KILL_THREAD',
  kill_process: 'KILL_PROCESS',
  log: 'LOG',
});
const GO_ACTIONS = actionWords({
  allow: 'ALLOW',
  errno: 'ERRNO',
  log: 'LOG',
  trace: 'TRACE',
  trap: 'TRAP',
  kill_thread: 'KILL_THREAD',
  kill_process: 'KILL_PROCESS',
});
const GO_OPERATIONS = keywords(
  'Equal NotEqual GreaterThan LessThan GreaterOrEqual LessOrEqual BitsSet BitsNotSet'.split(' '),
);

function valuesAt(path: JsonPath, text: string, location: KeyLocation, options: KeysOptions): readonly Word[] {
  const { architecture, format } = options;
  const [last, before] = [path.at(-1), path.at(-2)];
  if (last === 'name' || last === 'syscall' || before === 'names' || before === 'remove')
    return callVocabulary(architecture);
  if (before === 'names_with_args' && typeof last === 'number') return [];
  const isAction = typeof last === 'string' && /(?:^|_)action$|^defaultAction$/.test(last);
  if (format === 'seccompiler') {
    if (isAction) return SECCOMPILER_ACTIONS;
    if (last === 'op') return keywords(['eq', 'ne', 'lt', 'le', 'gt', 'ge']);
    if (last === 'type') return keywords(['dword', 'qword']);
  }
  if (format === 'go-seccomp-bpf') {
    if (isAction) return GO_ACTIONS;
    if (last === 'operation') return GO_OPERATIONS;
  }
  if (isAction) return ACTIONS;
  if (last === 'value' || last === 'valueTwo' || last === 'val')
    return argumentConstants(path, text, location, options);
  if (last === 'errnoRet' || last === 'defaultErrnoRet') {
    return errnoWords(architecture).map((word) => ({
      ...word,
      apply: `${errnoNumber(word.label, architecture) ?? 1}`,
    }));
  }
  if (last === 'errno' || last === 'defaultErrno') return errnoWords(architecture);
  if (before === 'caps') return CAPABILITY_WORDS;
  if (before === 'arches') return GO_ARCHITECTURES;
  if (before === 'architectures' || before === 'subArchitectures' || last === 'architecture') return OCI_ARCHITECTURES;
  if (last === 'extends') return BUILTIN_WORDS;
  const listed = schemasAt(path).flatMap(({ enum: values }) => (values ?? []) as (string | null)[]);
  return keywords([...new Set(listed.filter((value): value is string => typeof value === 'string'))]);
}

interface EntryText {
  names?: unknown;
  name?: unknown;
  syscall?: unknown;
}

/** The constants of the argument that a condition is about, which are written as numbers. */
function argumentConstants(path: JsonPath, text: string, location: KeyLocation, options: KeysOptions): readonly Word[] {
  const { syntax, architecture } = options;
  const entryDepth = path.findIndex((key) => key === 'args' || key === 'arguments');
  if (entryDepth < 0) return [];
  const prefix = location.path.slice(0, location.path.length - path.length);
  const json = syntax === 'json' ? jsonValue(text) : undefined;
  const entry = objectAround(text, syntax, [...prefix, ...path.slice(0, entryDepth)], json) as EntryText | undefined;
  const condition = objectAround(text, syntax, [...prefix, ...path.slice(0, entryDepth + 2)], json) as
    | { index?: unknown; argument?: unknown }
    | undefined;
  const name = [entry?.name, entry?.syscall, ...(Array.isArray(entry?.names) ? entry.names : [])].find(
    (each) => typeof each === 'string' && each !== '',
  );
  const index = Number(condition?.index ?? condition?.argument);
  if (typeof name !== 'string' || !Number.isInteger(index)) return [];
  const parameter = syscallSignature(name, architecture)?.[index];
  return constantWords(parameter, architecture).map((word) => ({ ...word, apply: `${BigInt(word.detail ?? 0)}` }));
}

function jsonValue(text: string): unknown {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  return tree && getNodeValue(tree);
}
