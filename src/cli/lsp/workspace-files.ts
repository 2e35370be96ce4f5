import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { editorFormat } from '../../editor/editor-format.js';
import { type FileReference, fileReferences } from '../../editor/references.js';
import { builtinSource } from '../../profile/builtin/index.js';
import { BUILTIN_PREFIX, findBuiltin } from '../../profile/builtin/names.js';

/** Bounds of what is looked through for references. */
const MAX_FILES = 2000;
const MAX_SIZE = 512 * 1024;
const MAX_DEPTH = 8;

const PROFILE_FILE =
  /\.(?:json|ya?ml|list|policy|kafel|cfg|profile|inc|local|seccomp|src|service|conf|nspawn|frequency)$/;
const EXTENSIONS = ['', '.json', '.yaml', '.yml'];

/** Files of the open folders, and the built-ins as files: what references lead to. */
export class WorkspaceFiles {
  #folders: readonly string[] = [];
  #builtins: string | undefined;
  /** The text of a file that is open in the editor. */
  readonly #openText: (path: string) => string | undefined;

  constructor(openText: (path: string) => string | undefined) {
    this.#openText = openText;
  }

  set folders(paths: readonly string[]) {
    this.#folders = paths;
  }

  /** Where a reference leads, as the commands look for it; undefined where there is no such file. */
  find({ target, kind }: FileReference, from: string, base: string | null): string | undefined {
    const own = dirname(from);
    if (kind === 'include') {
      const candidates = isAbsolute(target) ? [target, join(own, basename(target))] : [join(own, target)];
      return candidates.find(isFile);
    }
    if (kind === 'name') return this.#namedObject(target, base ?? own) ?? this.#byName(target, from, base ?? own);
    if (target.startsWith(BUILTIN_PREFIX)) return this.#builtinFile(target);
    if (target.includes('://')) return undefined;
    if (/[/\\.]/.test(target)) return [join(own, target)].find(isFile);
    return this.#byName(target, from, base ?? own) ?? this.#builtinFile(target);
  }

  #byName(name: string, from: string, folder: string): string | undefined {
    return EXTENSIONS.map((extension) => join(folder, name + extension)).find(
      (file) => isFile(file) && resolve(file) !== resolve(from),
    );
  }

  /** The SeccompProfile of a folder that has this name in its metadata. */
  #namedObject(name: string, folder: string): string | undefined {
    for (const file of list(folder)) {
      if (!/\.(?:json|ya?ml)$/.test(file)) continue;
      const text = this.text(join(folder, file));
      if (text?.includes('SeccompProfile') && metadataName(text)?.name === name) return join(folder, file);
    }
    return undefined;
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

  /** Every reference of the open folders to a file. */
  *referencesTo(
    path: string,
    base: string | null,
  ): Generator<{ file: string; text: string; reference: FileReference }> {
    const wanted = resolve(path);
    for (const file of this.files()) {
      const text = this.text(file);
      if (text === undefined || !/extends|include|baseProfileName|seccomp_policy_file/.test(text)) continue;
      for (const reference of fileReferences(text, editorFormat(text, { fileName: file }))) {
        const found = this.find(reference, file, base);
        if (found !== undefined && resolve(found) === wanted) yield { file, text, reference };
      }
    }
  }

  text(path: string): string | undefined {
    const open = this.#openText(path);
    if (open !== undefined) return open;
    try {
      return statSync(path).size > MAX_SIZE ? undefined : readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  }

  /** A built-in as a file that an editor can open: a copy, in a folder of our own. */
  #builtinFile(name: string): string | undefined {
    const builtin = findBuiltin(name);
    const source = builtin && builtinSource(builtin);
    if (!source) return undefined;
    this.#builtins ??= mkdtempSync(join(tmpdir(), 'scmp-builtin-'));
    const file = join(this.#builtins, `${builtin}.json`);
    if (!isFile(file)) writeFileSync(file, `${JSON.stringify(source, null, 2)}\n`, { mode: 0o400, flag: 'wx' });
    return file;
  }

  end(): void {
    if (this.#builtins !== undefined) rmSync(this.#builtins, { recursive: true, force: true });
    this.#builtins = undefined;
  }
}

/** The `metadata.name` of an object, and where it is written. */
export function metadataName(text: string): { name: string; from: number; to: number } | undefined {
  const found = /"?metadata"?\s*:\s*(?:\{[^}]*?)?\s*"?name"?\s*:\s*["']?([\w.-]+)/.exec(text);
  if (!found) return undefined;
  const name = found[1] as string;
  const from = found.index + found[0].length - name.length;
  return { name, from, to: from + name.length };
}

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
