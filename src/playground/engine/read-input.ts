import { mayBeProgramText } from '../../bpf/forms/program-text-sign.js';
import type { Endianness } from '../../bpf/program/instruction.js';
import type { FilterProgram } from '../../bpf/program/program.js';
import { InvalidArgumentError } from '../../errors.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { BUILTIN_PREFIX } from '../../profile/builtin/names.js';
import type { OperatorVersion } from '../../profile/extend/operator-union.js';
import { traitsOf } from '../../profile/formats/index.js';
import { loadProfile } from '../../profile/formats/load-profile.js';
import { mayHaveSeveral } from '../../profile/formats/several-profiles.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { Settings } from '../settings/settings.js';
import { readOptionsOf } from './compile-options.js';
import type { ProfileText } from './protocol.js';

/** What a text is: a profile, or a program in any form that is read. */
export type ReadInput =
  | { kind: 'profile'; parsed: ParsedProfile }
  | { kind: 'program'; filter: FilterProgram & { endianness: Endianness }; form: string };

/** Read a text as the command does. What reads programs is loaded for a text that looks like one. */
export async function readInput(profile: ProfileText, settings: Settings, libseccomp: Libseccomp): Promise<ReadInput> {
  const { text } = profile;
  if (!settings.words.from && !text.startsWith(BUILTIN_PREFIX) && mayBeProgramText(text)) {
    const { readProgram } = await import('./read-program.js');
    const program = readProgram(profile, settings.arch, libseccomp);
    if (program) return { kind: 'program', ...program };
  }
  return { kind: 'profile', parsed: await readProfileText(profile, settings) };
}

/** Read a profile with what it extends, which in a browser can be built-ins only. They are loaded when one is named. */
async function readProfileText({ text, source }: ProfileText, settings: Settings): Promise<ParsedProfile> {
  if (text.startsWith(BUILTIN_PREFIX)) {
    const { builtinProfile } = await import('../../profile/builtin/index.js');
    const profile = builtinProfile(text);
    if (profile) return profile;
  }
  const profile = await loadProfile(text, { source, ...readOptionsOf(settings) });
  refuseSelection(profile, text, settings);
  if (!profile.seccomp.extends) return profile;
  const [{ builtinProfile }, { extendProfile }] = await Promise.all([
    import('../../profile/builtin/index.js'),
    import('../../profile/extend/extend-profile.js'),
  ]);
  return extendProfile(profile, builtinProfile, { operator: settings.words.operator as OperatorVersion | undefined });
}

/** One of several is chosen, but the text has only one: as the command, the page does not ignore that. */
function refuseSelection(profile: ParsedProfile, text: string, { words }: Settings): void {
  const { selectedBy, entrySyntax } = traitsOf(profile);
  for (const [name, label] of [
    ['thread', 'Thread'],
    ['document', 'Document'],
  ] as const) {
    const isChoice = selectedBy === name || (name === 'document' && mayHaveSeveral(text));
    if (!words[name] || isChoice) continue;
    throw new InvalidArgumentError(
      `“${label}” chooses one of several filters, and a profile of the format ${profile.format} has one: leave it empty`,
    );
  }
  if (!words.systemd || entrySyntax === 'unit') return;
  throw new InvalidArgumentError(
    `“systemd” is for units and .nspawn files, and this is the format ${profile.format}: leave it empty`,
  );
}
