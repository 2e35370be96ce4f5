#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ScmpError } from '../errors.js';
import { VERSION } from '../version.js';
import { addCompileCommand } from './compile.js';
import { addDisasmCommand } from './disasm.js';
import { ExitCode, exitCodeOf } from './exit-code.js';
import { addFeaturesCommand } from './features.js';
import { printError } from './output.js';
import { addResolveCommand } from './resolve.js';
import { addRunCommand } from './run.js';

const program = new Command('scmp')
  .description('Compile, inspect and run under seccomp profiles, with the compiler of libseccomp.')
  .version(VERSION)
  .enablePositionalOptions()
  .showHelpAfterError('(add --help for the usage)')
  .configureOutput({ outputError: (text) => printError(`scmp: ${text.trimEnd()}`) })
  .exitOverride();

addCompileCommand(program);
addDisasmCommand(program);
addRunCommand(program);
addResolveCommand(program);
addFeaturesCommand(program);

try {
  program.parse();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  // commander has printed its message, and --help and --version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.DONE : ExitCode.UNUSABLE_INPUT;
  const message = error instanceof Error ? error.message : String(error);
  printError(`scmp: ${error instanceof ScmpError ? message : `internal error, please report it: ${message}`}`);
  return exitCodeOf(error);
}
