#!/usr/bin/env node
// dist/scmp.cjs: loads the command, in the quickest way for what it has to do.
import { join } from 'node:path';
import { becomesAnother, isBrief } from './brief-commands.js';
import { requireCached } from './compile-cache.js';
import { setJitFlags } from './jit-flags.js';

/** The file beside this one that has the command; scripts/bundle-command.mjs names it by its content. */
declare const COMMAND_FILE: string;

const [, , command = ''] = process.argv;

const isShortLived = isBrief(command, process.argv);
setJitFlags(isShortLived);
const kind = `${isShortLived ? 'brief' : 'long'}-${/^[a-z]+$/.test(command) ? command : 'none'}-${process.version}`;
requireCached(
  join(__dirname, COMMAND_FILE),
  join(__dirname, '../.cache', kind),
  isShortLived && becomesAnother(command),
);
