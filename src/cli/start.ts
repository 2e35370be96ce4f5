#!/usr/bin/env node
// dist/scmp.cjs: loads the command, in the quickest way for what it has to do.
import { join } from 'node:path';
import { isBrief } from './brief-commands.js';
import { requireCached } from './code-cache.js';
import { setJitFlags } from './jit-flags.js';

/** The file beside this one that has the command; scripts/bundle-command.mjs names it by its content. */
declare const COMMAND_FILE: string;

const file = join(__dirname, COMMAND_FILE);
const [, , command = ''] = process.argv;

const isShortLived = isBrief(command, process.argv);
setJitFlags(isShortLived);
if (isShortLived && !process.env.NODE_DISABLE_COMPILE_CACHE) {
  const keep = requireCached(file, join(__dirname, '../.cache'));
  // Most of the code is for `compile`: a run that ended well has used all that it needs.
  if (command === 'compile') process.once('exit', (status) => status === 0 && keep());
} else require(file);
