import type { Command } from 'commander';
import { hostArchitecture } from '../../native-loader/host.js';
import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { type DecodedProgram, readProgram } from '../bpf/codec.js';
import { compileParsed } from '../compiler/compile-parsed.js';
import { InvalidArgumentError } from '../errors.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { isProgram, readInput } from './input.js';
import { addCompileOptions, type CompileFlags, compileOptions, parseArchOption } from './options.js';
import { printWarnings } from './output.js';
import { addInputOptions, type InputFlags, profileOfInput } from './read-input-profile.js';

/** What the options of {@link addComparisonOptions} come to. */
export interface ComparisonFlags extends CompileFlags, InputFlags {
  arch?: ArchitectureName;
  json?: boolean;
}

/** The arguments and options of the commands that take two filters. */
export function addComparisonOptions(command: Command): Command {
  command
    .argument('<a>', 'a profile, or a compiled program; "-" is standard input')
    .argument('<b>', 'another one')
    .option(
      '--arch <arch>',
      'the machine that profiles are compiled for; its other architectures are compared as well (default: this machine)',
      parseArchOption,
    )
    .option('--json', 'as JSON');
  addInputOptions(command);
  return addCompileOptions(command, 'newer than any the profile names');
}

/** Read both; profiles are compiled for the same machine. */
export async function readBoth(
  paths: readonly [string, string],
  flags: ComparisonFlags,
  libseccomp: Libseccomp,
): Promise<[DecodedProgram, DecodedProgram]> {
  if (paths[0] === '-' && paths[1] === '-') throw new InvalidArgumentError('only one of the two can be standard input');
  return [await readOne(paths[0], flags, libseccomp), await readOne(paths[1], flags, libseccomp)];
}

async function readOne(path: string, flags: ComparisonFlags, libseccomp: Libseccomp): Promise<DecodedProgram> {
  const input = readInput(path);
  if (isProgram(input.bytes)) return readProgram(input.bytes, flags.arch && parseArchitecture(flags.arch).endianness);
  const profile = await profileOfInput(input, flags);
  const arch = flags.arch ?? hostArchitecture();
  const compiled = compileParsed(profile, { ...compileOptions(flags), arch, libseccomp });
  printWarnings(compiled.warnings, profile.source);
  return readProgram(compiled);
}
