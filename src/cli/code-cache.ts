import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire, Module } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

/**
 * Load a CommonJS file as `require` does, but with the code cache that V8 made in an earlier process, if there is one.
 * Reading and compiling the code is a third of what `scmp compile` adds to the start of Node.js. V8 itself refuses the
 * cache of another version or of other flags.
 *
 * Everybody who can write the cache decides what the command does, as with the code. So it is kept as Python keeps
 * `__pycache__`: in a folder beside the code, which only those may write who may change the code. Only the code's owner
 * writes it. It is used only if it has the same owner and nobody else may write it. The file's name must say what is in
 * it.
 *
 * @returns a function that keeps what V8 has made by now, if nothing was there; it never throws
 */
export function requireCached(file: string, folder: string): () => void {
  const kept = join(folder, `${basename(file)}-${process.version}-${process.arch}`);
  const cachedData = readKept(kept, file);
  const source = readFileSync(file, 'utf8');
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file,
    cachedData,
  });
  const module = new Module(file);
  module.filename = file;
  const require = createRequire(file);
  require.cache[file] = module;
  script.runInThisContext().call(module.exports, module.exports, require, module, file, dirname(file));
  module.loaded = true;
  return () => {
    if (cachedData !== undefined && !script.cachedDataRejected) return;
    try {
      keep(script, kept, file);
    } catch {
      // a file system that is full or must not be written: the next start takes as long as this one
    }
  };
}

function readKept(kept: string, file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(kept, 'r');
    const { uid, mode } = fstatSync(descriptor);
    const isOwners = uid === statSync(file).uid && (mode & 0o022) === 0;
    return isOwners ? readFileSync(descriptor) : undefined;
  } catch {
    return undefined; // not there, or not ours to read
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function keep(script: Script, kept: string, file: string): void {
  if (process.geteuid?.() !== statSync(file).uid) return;
  const folder = dirname(kept);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const temporary = `${kept}.${process.pid}`;
  try {
    const descriptor = openSync(temporary, 'wx', 0o644);
    try {
      writeFileSync(descriptor, script.createCachedData());
      fsyncSync(descriptor); // half a file after a power cut would be taken for a whole one
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, kept);
  } finally {
    rmSync(temporary, { force: true });
  }
  // of an earlier release
  for (const other of readdirSync(folder)) {
    if (!other.startsWith(basename(file))) rmSync(join(folder, other), { force: true });
  }
}
