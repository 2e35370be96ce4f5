import { type Command, Option } from 'commander';
import { loadProfile } from '../profile/load-profile.js';
import { INPUT_FORMATS, type InputFormat, type ParsedProfile } from '../profile/parsed-profile.js';
import { type Input, readInput } from './input.js';

/** What the options of {@link addInputOptions} come to. */
export interface InputFlags {
  from?: InputFormat;
  thread?: string;
}

/** The options of every command that reads a profile. */
export function addInputOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--from <format>', "the profile's format (default: told by its content)").choices(INPUT_FORMATS),
    )
    .option('--thread <name>', 'of a seccompiler file: the thread whose filter is meant');
}

/** Read a profile of any format from a file, or from standard input for `-`. */
export async function readInputProfile(path: string, flags: InputFlags): Promise<ParsedProfile> {
  return profileOfInput(readInput(path), flags);
}

/** As {@link readInputProfile}, of bytes that were read before. */
export async function profileOfInput({ bytes, source }: Input, { from, thread }: InputFlags): Promise<ParsedProfile> {
  return loadProfile(bytes, { source, format: from, thread });
}
