import { type CheckOptions, checkedTargets, checkTargets, type FormatParts } from '../../check/check-targets.js';
import type { Finding } from '../../check/finding.js';
import { isJsonText, jsonTextEditor } from '../../check/json-editor.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { OCI_ADVICE } from '../../profile/formats/oci/advice.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { Settings } from '../settings/settings.js';
import { runtimeOf, targetOf } from './compile-options.js';
import type { ProfileText } from './protocol.js';
import type { ReadInput } from './read-input.js';

/** The findings of `scmp check` about a profile or a program, for the settings. */
export async function checkInput(
  input: ReadInput,
  { text, source }: ProfileText,
  settings: Settings,
  libseccomp: Libseccomp,
): Promise<readonly Finding[]> {
  if (input.kind === 'program') {
    const { checkProgram } = await import('../../check/check-program.js');
    const { program, endianness } = input.filter;
    return checkProgram(program, { libseccomp, arch: settings.arch, endianness, source }).findings;
  }
  const { arch, ...target } = targetOf(settings);
  const { optimize, enosysNewerThan, libseccomp: libseccompVersion } = settings.words;
  const options = {
    ...target,
    ...runtimeOf(settings),
    targets: [arch],
    enosysNewerThan: enosysNewerThan?.trim() || undefined,
    optimize: optimize === undefined || optimize === 'min' ? undefined : Number(optimize),
    libseccompVersion,
    libseccomp,
    text,
  } as CheckOptions;
  const parts = await formatParts(input.parsed, text);
  return checkTargets(input.parsed, checkedTargets(input.parsed, options), options, parts).findings;
}

/** OCI's JSON is checked at once. What the other formats take is loaded with the first text of them. */
async function formatParts({ format, baseFormats }: ParsedProfile, text: string): Promise<FormatParts> {
  const isOcis = [format, ...(baseFormats?.values() ?? [])].every((each) => each in OCI_ADVICE);
  if (!isOcis || !isJsonText(text)) return (await import('../../check/every-format.js')).EVERY_FORMAT;
  return { adviceOf: (each) => OCI_ADVICE[each as keyof typeof OCI_ADVICE], editorOf: jsonTextEditor };
}
