#!/usr/bin/env node
// dist/scmp.cjs: loads the command, in the way that is quickest for what is asked of it.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { startHastily } from './hasty-start.js';

/** The file beside this one that has the command; scripts/bundle-command.mjs names it by its content. */
declare const COMMAND_FILE: string;

const [, , command = ''] = process.argv;

const isHasty = isBrief(command, process.argv);
if (isHasty) startHastily();
// V8 takes back only what it made under the same flags.
const isCached = useCompileCache(join(__dirname, '../.cache', isHasty ? 'brief' : 'long'));
// Node keeps a file as it was before it ran, so without the functions that V8 would compile when they are called first.
if (isCached) setFlagsFromString('--no-lazy');
require(join(__dirname, COMMAND_FILE));
if (isCached) setFlagsFromString('--lazy');

/** Whether a command has ended, or become another program, before optimised code pays. */
function isBrief(command: string, args: readonly string[]): boolean {
  switch (command) {
    case 'compile':
      return !args.includes('--verify');
    case 'run':
      return !args.includes('--trace');
    default:
      return command === 'simulate' || command === 'disasm';
  }
}

/**
 * Node's compile cache (22.1 and later; module.enableCompileCache), in the package's folder: who can write it decides what the
 * command does, as with the code beside it. So it is the code's owner's alone, whatever the umask is; nobody else makes one.
 */
function useCompileCache(folder: string): boolean {
  const { enableCompileCache } = process.getBuiltinModule('node:module') as {
    enableCompileCache?: (folder: string) => unknown;
  };
  if (!enableCompileCache || process.env.NODE_DISABLE_COMPILE_CACHE) return false;
  try {
    if (process.geteuid && process.geteuid() !== statSync(__filename).uid) return false;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return false; // a file system that is full or must not be written: the next start takes as long as this one
  }
  enableCompileCache(folder);
  return true;
}
