// For start.ts, which is to load nothing else.
import { mkdirSync, statSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

/**
 * Load a file with Node's compile cache (module.enableCompileCache, Node 22.1 and later). Node 20 loads it without.
 *
 * The cache is a folder of the package: who can write it decides what the command does, as with the code beside it. So only
 * the owner of the code makes one, and it is closed to all others, whatever the umask is. Where none can be made, the file is
 * loaded without.
 * @param folder where the cache is; V8 takes code back only under the flags that it was made with, so each set has its own
 */
export function requireCached(file: string, folder: string): void {
  const isCached = enableCompileCache(folder);
  // Node keeps the code before it has run, without the functions that V8 compiles at their first call: all are compiled now.
  if (isCached) setFlagsFromString('--no-lazy');
  require(file);
  if (isCached) setFlagsFromString('--lazy');
}

function enableCompileCache(folder: string): boolean {
  const { enableCompileCache } = process.getBuiltinModule('node:module') as {
    enableCompileCache?: (folder: string) => unknown;
  };
  if (!enableCompileCache || process.env.NODE_DISABLE_COMPILE_CACHE) return false;
  try {
    if (process.geteuid && process.geteuid() !== statSync(__filename).uid) return false;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return false; // a file system that is full or read-only
  }
  enableCompileCache(folder);
  return true;
}
