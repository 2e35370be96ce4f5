import { type CheckOptions, checkedTargets, checkTargets } from '../../check/check-targets.js';
import type { Finding } from '../../check/finding.js';
import type { Libseccomp } from '../../libseccomp/index.js';
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
  return checkTargets(input.parsed, checkedTargets(input.parsed, options), options).findings;
}
