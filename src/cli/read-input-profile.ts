import { type RuntimeOptions, runtimeBehaviour } from '../compiler/runtime.js';
import { InvalidArgumentError } from '../errors.js';
import { traitsOf } from '../profile/formats/index.js';
import { loadProfile } from '../profile/formats/load-profile.js';
import { mayHaveSeveral } from '../profile/formats/several-profiles.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { printable } from '../text.js';
import type { ArchFlags } from './arch-option.js';
import { isProgram, readFilterInput } from './filter-input.js';
import { includedFile } from './included-files.js';
import type { Input } from './input.js';
import type { FlagsOf, INPUT_OPTIONS } from './options.js';

export type InputFlags = FlagsOf<typeof INPUT_OPTIONS>;

/** The options of a command that say where SCMP_ACT_NOTIFY is allowed. */
export type NotifyFlags = Pick<RuntimeOptions, 'runtime' | 'notifyGuards'>;

/**
 * Read a profile of any format from a file, from standard input for `-`, or one that comes with this package, with all that
 * it extends. Of a program it is the profile that the program could have been compiled from. The built-ins, and what puts profiles together, are loaded when a profile needs them.
 */
export async function readInputProfile(
  path: string,
  flags: InputFlags & NotifyFlags & ArchFlags,
): Promise<ParsedProfile> {
  const input = await readFilterInput(path, flags);
  if (!isProgram(input.bytes)) return profileOfInput(input, flags);
  const { profileOfProgram } = await import('./profile-of-program.js');
  return profileOfProgram(input, flags.arch);
}

/** As {@link readInputProfile}, for bytes that were read before. */
export async function profileOfInput(input: Input, flags: InputFlags & NotifyFlags): Promise<ParsedProfile> {
  const { from, thread, document: named, systemd, runtime, notifyGuards } = flags;
  const { bytes, source, builtin, artifact, isChosen } = input;
  const document = isChosen ? undefined : (input.document ?? named);
  if (builtin) {
    refuseSelection(source, 'a built-in profile', { thread, document, systemd });
    const { builtinProfile } = await import('../profile/builtin/index.js');
    return builtinProfile(builtin) as ParsedProfile;
  }
  const guards = runtimeBehaviour({ runtime, notifyGuards }).notifyGuards;
  const profile = artifact
    ? await (await import('./artifact-profile.js')).loadArtifactProfile(input, guards)
    : await loadProfile(bytes, {
        source,
        format: from,
        thread,
        document,
        systemd,
        include: includedFile,
        notifyGuards: guards,
      }).catch(async (error) => {
        throw (await import('./log-given.js')).logGivenError(input, error);
      });
  const { selectedBy, entrySyntax } = traitsOf(profile);
  refuseSelection(source, `a profile of the format ${profile.format}`, {
    thread: selectedBy === 'thread' ? undefined : thread,
    document: selectedBy === 'document' || (document !== undefined && hasDocuments(bytes)) ? undefined : document,
    systemd: entrySyntax === 'unit' ? undefined : systemd,
  });
  return withBases(profile, input, flags);
}

/** A profile of an input with all that it extends. */
export async function withBases(
  profile: ParsedProfile,
  { beside }: Input,
  { base, ociLayout, operator }: Pick<InputFlags, 'base' | 'ociLayout' | 'operator'>,
): Promise<ParsedProfile> {
  if (!profile.seccomp.extends) return profile;
  const { extendFromFiles } = await import('./base-profiles.js');
  return extendFromFiles(profile, { folder: base, layouts: ociLayout, beside }, { operator });
}

/** Whether a document may be chosen of a text. */
const hasDocuments = (bytes: Uint8Array): boolean => mayHaveSeveral(new TextDecoder().decode(bytes));

/** The user says which filter, or how it is read, of a file for which that is no question: perhaps it is the wrong file. */
function refuseSelection(
  source: string,
  what: string,
  { thread, document, systemd }: Pick<InputFlags, 'thread' | 'document' | 'systemd'>,
) {
  const refuse = (option: string, kind: string) => {
    throw new InvalidArgumentError(
      `${printable(source)}: ${option} chooses among ${kind}, and this is ${what}, which has one filter: leave ${option} out`,
    );
  };
  if (thread !== undefined) refuse('--thread', 'the threads of a seccompiler file');
  if (document !== undefined) refuse('--document', 'the documents of YAML and the objects in a list');
  if (systemd === undefined) return;
  throw new InvalidArgumentError(`${printable(source)}: --systemd is for units, and this is ${what}: leave it out`);
}
