#!/usr/bin/env node
// dist/scmp.cjs: loads the command, in the way that is quickest for what is asked of it.
import { join } from 'node:path';
import { requireCached } from './code-cache.js';
import { setJitFlags } from './jit-flags.js';

/** The file beside this one that has the command; scripts/bundle-command.mjs names it by its content. */
declare const COMMAND_FILE: string;

const file = join(__dirname, COMMAND_FILE);
const [, , command = ''] = process.argv;

const isShortLived = isBrief(command, process.argv);
if (isShortLived) setJitFlags();
if (isShortLived && !process.env.NODE_DISABLE_COMPILE_CACHE) {
  const keep = requireCached(file, join(__dirname, '../.cache'));
  // `compile` is what most of the code is for, and one that has ended well has used all it needs.
  if (command === 'compile') process.once('exit', (status) => status === 0 && keep());
} else require(file);

/** Whether a command has ended, or become another program, before optimised code pays. */
function isBrief(command: string, args: readonly string[]): boolean {
  // The minimiser works for longer than libseccomp.
  if (args.some((arg, index) => arg === '--optimize=min' || (arg === 'min' && args[index - 1] === '--optimize')))
    return false;
  switch (command) {
    case 'compile':
      return !args.includes('--verify');
    case 'run':
      return !args.includes('--trace');
    default:
      return command === 'simulate' || command === 'disasm';
  }
}
