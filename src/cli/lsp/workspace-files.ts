import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { OCI_SCHEME } from '../../compose/artifact/reference.js';
import { editorFormat } from '../../editor/editor-format.js';
import { type FileReference, fileReferences, type ObjectName, objectNames } from '../../editor/references.js';
import { ScmpError } from '../../errors.js';
import { builtinSource } from '../../profile/builtin/index.js';
import { BUILTIN_PREFIX, findBuiltin } from '../../profile/builtin/names.js';
import { artifactInput, canonicalReference } from '../artifact-base.js';
import { FileError } from '../input.js';
import type { Settings } from './settings.js';

/** Bounds of what is looked through for references. */
const MAX_FILES = 2000;
const MAX_SIZE = 512 * 1024;
const MAX_DEPTH = 8;

const PROFILE_FILE =
  /\.(?:json|ya?ml|list|policy|kafel|cfg|profile|inc|local|seccomp|src|service|conf|nspawn|frequency)$/;
const EXTENSIONS = ['', '.json', '.yaml', '.yml'];
/** What JSON of a profile begins with. */
const BRACE = 0x7b;

/** What a reference leads to. */
export interface ReferredProfile {
  /** The same for all references to it. */
  readonly key: string;
  /** Of a file that an editor can open: for a built-in and an artifact a copy. Undefined: an artifact that is not on this machine. */
  readonly path: string | undefined;
  /** Where the file has the name that was referred to, if it is a name in it. */
  readonly name?: ObjectName;
}

/** Where the settings say that bases are. */
export type BaseFolders = Pick<Settings, 'base' | 'ociLayout'>;

/** A reference in a file of the open folders. */
export interface FoundReference {
  readonly file: string;
  readonly text: string;
  readonly reference: FileReference;
}

/** Files of the open folders, and the built-ins and artifacts as files: what references lead to. */
export class WorkspaceFiles {
  #folders: readonly string[] = [];
  #copies: string | undefined;
  /** The text of a file that is open in the editor. */
  readonly #openText: (path: string) => string | undefined;

  constructor(openText: (path: string) => string | undefined) {
    this.#openText = openText;
  }

  get folders(): readonly string[] {
    return this.#folders;
  }

  set folders(paths: readonly string[]) {
    this.#folders = paths;
  }

  /** Where a reference leads, as the commands look for it; undefined where there is no such file. */
  async find(
    { target, kind }: FileReference,
    from: string,
    { base, ociLayout }: BaseFolders,
  ): Promise<ReferredProfile | undefined> {
    if (target.startsWith(OCI_SCHEME)) return this.#artifact(target, ociLayout);
    if (target.startsWith(BUILTIN_PREFIX)) return referred(this.#builtinFile(target));
    const own = dirname(from);
    if (kind === 'include') {
      const candidates = isAbsolute(target) ? [target, join(own, basename(target))] : [join(own, target)];
      return referred(candidates.find(isFile));
    }
    const folder = base ?? own;
    if (kind === 'name') {
      return (
        this.#namedObject(target, from, folder) ??
        referred(this.#byName(target, from, folder) ?? this.#builtinFile(target))
      );
    }
    if (target.includes('://')) return undefined;
    if (/[/\\.]/.test(target)) return referred([join(own, target)].find(isFile));
    return referred(this.#byName(target, from, folder) ?? this.#builtinFile(target));
  }

  #byName(name: string, from: string, folder: string): string | undefined {
    return EXTENSIONS.map((extension) => join(folder, name + extension)).find(
      (file) => isFile(file) && resolve(file) !== resolve(from),
    );
  }

  /** The SeccompProfile that has this name in its metadata: beside the one that names it, or of a file of the folder. */
  #namedObject(name: string, from: string, folder: string): ReferredProfile | undefined {
    const files = list(folder).filter((file) => /\.(?:json|ya?ml)$/.test(file));
    for (const path of [from, ...files.map((file) => join(folder, file))]) {
      const text = this.text(path);
      const found = text?.includes(name) ? objectNames(text).find((each) => each.name === name) : undefined;
      if (found) return { key: nameKey(path, name), path, name: found };
    }
    return undefined;
  }

  /** An artifact's profile, in a copy; where no layout has it, other references may name the same one. */
  async #artifact(target: string, layouts: readonly string[]): Promise<ReferredProfile | undefined> {
    const key = canonicalReference(target);
    if (key === undefined) return undefined;
    try {
      const { bytes, source } = await artifactInput(target, layouts, (message) => new FileError(message));
      const path = this.#copy(`${basename(source)}.${bytes[0] === BRACE ? 'json' : 'yaml'}`, bytes);
      return { key: path, path };
    } catch (error) {
      if (error instanceof ScmpError) return { key, path: undefined };
      throw error;
    }
  }

  /** The files of the open folders that may be profiles. */
  *files(): Generator<string> {
    let count = 0;
    const folders = this.#folders.map((path) => ({ path, depth: 0 }));
    for (let each = folders.pop(); each; each = folders.pop()) {
      for (const name of list(each.path)) {
        if (name === 'node_modules' || name.startsWith('.')) continue;
        const path = join(each.path, name);
        if (PROFILE_FILE.test(name) && isFile(path)) {
          if (++count > MAX_FILES) return;
          yield path;
        } else if (extname(name) === '' && each.depth < MAX_DEPTH && isDirectory(path)) {
          folders.push({ path, depth: each.depth + 1 });
        }
      }
    }
  }

  /** Every reference to one of these, by their keys: in a file that need be in no open folder, and in those of the folders. */
  async referencesTo(keys: readonly string[], own: string, bases: BaseFolders): Promise<FoundReference[]> {
    const found: FoundReference[] = [];
    for (const file of new Set([own, ...this.files()])) {
      const text = this.text(file);
      if (text === undefined || !/extends|include|baseProfileName|seccomp_policy_file/.test(text)) continue;
      for (const reference of fileReferences(text, editorFormat(text, { fileName: file }))) {
        const to = await this.find(reference, file, bases);
        if (to && keys.includes(to.key)) found.push({ file, text, reference });
      }
    }
    return found;
  }

  text(path: string): string | undefined {
    const open = this.#openText(path);
    if (open !== undefined) return open;
    try {
      return statSync(path).size > MAX_SIZE ? undefined : readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
    } catch {
      return undefined;
    }
  }

  /** A built-in as a file that an editor can open: a copy, in a folder of our own. */
  #builtinFile(name: string): string | undefined {
    const builtin = findBuiltin(name);
    const source = builtin && builtinSource(builtin);
    return source && this.#copy(`${builtin}.json`, new TextEncoder().encode(`${JSON.stringify(source, null, 2)}\n`));
  }

  #copy(name: string, bytes: Uint8Array): string {
    this.#copies ??= mkdtempSync(join(tmpdir(), 'scmp-copies-'));
    const file = join(this.#copies, name);
    if (!isFile(file)) writeFileSync(file, bytes, { mode: 0o400, flag: 'wx' });
    return file;
  }

  end(): void {
    if (this.#copies !== undefined) rmSync(this.#copies, { recursive: true, force: true });
    this.#copies = undefined;
  }
}

/** What all references to a file have in common. */
export const fileKey = (path: string): string => resolve(path);
/** What all references to a SeccompProfile by its name have in common. */
export const nameKey = (path: string, name: string): string => `${resolve(path)}#${name}`;

const referred = (path: string | undefined): ReferredProfile | undefined =>
  path === undefined ? undefined : { key: fileKey(path), path };

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}
