import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { ScmpError } from '../errors.js';
import { nearestName } from '../nearest-name.js';
import { BUILTIN_NAMES, BUILTIN_PREFIX, type BuiltinName, findBuiltin } from '../profile/builtin/names.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { printable } from '../text.js';

/** A file cannot be read or written. */
export class FileError extends ScmpError {
  static override readonly brand = 'FileError';
  readonly code = 'FILE';
}

export interface Input {
  bytes: Uint8Array;
  /** Its name in messages. */
  source: string;
  /** A profile that comes with this package; `bytes` are none then. */
  builtin?: BuiltinName;
  /** `--document` chose it: it does not choose once more. */
  isChosen?: true;
  /** It is the layer of an artifact: as KEP-6061 has it, or an object of the Security Profiles Operator. */
  artifact?: 'runtime' | 'operator';
  /** Which of its documents is meant, of a path as `many.yaml#2`. */
  document?: string;
  /** Of one profile of several: what reads each of them, by name. */
  beside?: ReadonlyMap<string, () => ParsedProfile | Promise<ParsedProfile>>;
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EISDIR', 'is a directory'],
  ['EACCES', 'permission denied'],
  ['ENOTDIR', 'a part of its path is not a directory'],
]);

/** Describe a failed file operation the way shells do, with the name that may be meant. */
export function fileError(path: string, cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const nearest = code === 'ENOENT' ? (nearestBuiltin(path) ?? nearestFile(path)) : undefined;
  const hint = nearest === undefined ? '' : `; did you mean ${printable(nearest)}?`;
  return new FileError(`${printable(path)}: ${REASONS.get(code ?? '') ?? printable(message)}${hint}`, { cause });
}

/** A built-in's name has no dot and no slash. */
function nearestBuiltin(path: string): string | undefined {
  const nearest = /[/.]/.test(path) ? undefined : nearestName(path, BUILTIN_NAMES);
  return nearest === undefined ? undefined : BUILTIN_PREFIX + nearest;
}

/** Of a folder with more names than this the nearest one is not searched for. */
const MAX_SEARCHED = 10_000;

/** The file of the same folder whose name is nearest, or is the same but for its extension. */
function nearestFile(path: string): string | undefined {
  try {
    const folder = dirname(path);
    const names = readdirSync(folder);
    if (names.length > MAX_SEARCHED) return undefined;
    const [wanted, bare] = [basename(path), withoutExtension(basename(path))];
    const nearest = nearestName(wanted, names) ?? names.find((name) => withoutExtension(name) === bare);
    if (nearest === undefined) return undefined;
    return path.startsWith('./') ? `./${join(folder, nearest)}` : join(folder, nearest);
  } catch {
    return undefined; // the folder is not there either
  }
}

const withoutExtension = (name: string): string => name.replace(/(?<=.)\.[^.]*$/, '');

/** Whether there is something of that name that may be read: not a folder. */
export function isReadable(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

/**
 * Where what a text names is looked for: the folder of its file, or the working directory of a text that is none. An editor's
 * text has an absolute path before it is saved.
 */
export const folderOf = (source: string | undefined): string =>
  source !== undefined && (isAbsolute(source) || isReadable(source)) ? dirname(source) : '.';

/** Whether there is a folder of that name; not where that cannot be found out, which its reader says. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/** What was read, by its name in messages: diagnostics show the lines that they are about. */
const read = new Map<string, Uint8Array>();

/** Remember what was read as an input, by its name in messages. */
export const noteInput = (source: string, bytes: Uint8Array): void => void read.set(source, bytes);

/** The text of an input that was read before, without its byte order mark; undefined of any other. */
export function inputText(source: string): string | undefined {
  const bytes = read.get(source);
  return bytes && new TextDecoder().decode(bytes);
}

/**
 * Read a file, or standard input for `-`, or take a built-in profile by its name (`builtin:node`; `node` where there is
 * no such file). A name that is both a file and a built-in is an error: a sandbox must not depend on which files are in
 * a folder. `kind` rules out one of the two.
 */
export function readInput(path: string, kind: 'any' | 'file' = 'any'): Input {
  const builtin = kind === 'file' ? undefined : findBuiltin(path);
  if (builtin) {
    if (isReadable(path)) {
      throw new FileError(`${path} is a file and a built-in profile: write ./${path} or ${BUILTIN_PREFIX}${path}`);
    }
    return { bytes: new Uint8Array(), source: BUILTIN_PREFIX + builtin, builtin };
  }
  if (kind !== 'file' && path.startsWith(BUILTIN_PREFIX)) {
    const nearest = nearestName(path.slice(BUILTIN_PREFIX.length), BUILTIN_NAMES);
    const hint = nearest ? `did you mean ${BUILTIN_PREFIX}${nearest}?` : `there are ${BUILTIN_NAMES.join(', ')}`;
    throw new FileError(`${printable(path)}: no such built-in profile; ${hint}`);
  }
  try {
    const [bytes, source] = path === '-' ? [readFileSync(0), 'stdin'] : [readFileSync(path), path];
    noteInput(source, bytes);
    return { bytes, source };
  } catch (cause) {
    throw fileError(path === '-' ? 'stdin' : path, cause);
  }
}
