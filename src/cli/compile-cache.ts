// For start.ts, which is to load nothing else.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';

interface NodeModule22 {
  enableCompileCache: (folder: string) => unknown;
  flushCompileCache: () => void;
}

/**
 * Load a file, and from it all others beside this one, with Node's compile cache (module.enableCompileCache,
 * module.flushCompileCache: Node 22.10 and later). Node 20 loads it without.
 *
 * The cache is a folder of the package: who can write it decides what the command does, as with the code beside it. So only
 * the owner of the code makes one, and it is closed to all others, whatever the umask is. Where none can be made, the file is
 * loaded without.
 * @param folder where the cache is. V8 takes code back only under the flags that it was made with, so each set has its own.
 * @param isReplaced the command becomes another program, so that this process does not see its own end
 */
export function requireCached(file: string, folder: string, isReplaced: boolean): void {
  const cache = compileCache();
  const load = isReplaced ? requireWhole : require;
  if (cache === undefined) {
    require(file);
  } else if (existsSync(folder)) {
    cache.enableCompileCache(folder);
    load(file);
  } else if (require.main === undefined) {
    load(file); // from an ES module or a text, where no file is the main one
  } else if (isReplaced) {
    make(folder, cache, () => load(file));
  } else {
    // What has run is what the next start needs. V8 still has it, and gives it back when the same file is compiled again.
    process.once('exit', (code) => {
      if (code <= 1) make(folder, cache, compileAgain);
    });
    load(file);
  }
}

/** Node keeps code before it has run, without the functions that V8 compiles at their first call: all are compiled now. */
function requireWhole(file: string): void {
  setFlagsFromString('--no-lazy');
  require(file);
  setFlagsFromString('--lazy');
}

function compileCache(): NodeModule22 | undefined {
  const module = process.getBuiltinModule('node:module') as Partial<NodeModule22>;
  const { enableCompileCache, flushCompileCache } = module;
  if (!enableCompileCache || !flushCompileCache || process.env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  try {
    if (process.geteuid && process.geteuid() !== statSync(__filename).uid) return undefined;
  } catch {
    return undefined;
  }
  return { enableCompileCache, flushCompileCache };
}

/** Under another name first: who starts meanwhile finds a whole cache or none. */
function make(folder: string, cache: NodeModule22, compile: () => void): void {
  let unfinished: string;
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    unfinished = mkdtempSync(`${folder}-`);
  } catch {
    compile(); // a file system that is full or read-only
    return;
  }
  cache.enableCompileCache(unfinished);
  compile();
  cache.flushCompileCache();
  try {
    renameSync(unfinished, folder);
  } catch {
    rmSync(unfinished, { recursive: true, force: true }); // another process was quicker
  }
}

/** In `require.main` while files are compiled and not run: scripts/bundle-command.mjs has each of them ask for it. */
interface Main {
  isOnlyCompiling?: boolean;
}

function compileAgain(): void {
  (require.main as Main).isOnlyCompiling = true;
  for (const file of Object.keys(require.cache)) {
    if (file === __filename || dirname(file) !== __dirname) continue;
    delete require.cache[file];
    require(file);
  }
}
