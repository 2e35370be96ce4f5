import { profileLayer } from '../compose/artifact/profile-layer.js';
import { artifactFiles } from '../compose/artifact/write-layout.js';
import { InvalidArgumentError } from '../errors.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { targetsOf } from './arch-option.js';
import { artifactName } from './artifact-name.js';
import { givenCapabilities } from './compile-options.js';
import { assumedWarnings } from './compile-targets.js';
import { writeLayout } from './layout-folder.js';
import type { FlagsOf, TARGET_OPTIONS } from './options.js';
import { print, printWarnings } from './output.js';
import { targetFiles } from './target-files.js';

interface Flags extends FlagsOf<typeof TARGET_OPTIONS & { arch: true }> {
  name?: string;
  target: 'artifact' | undefined;
  output?: string | undefined;
}

/**
 * Write a profile as an artifact into the layout of `-o`, and print its digest, by which pods name it. With several
 * `--arch` each has a layout of its own, of a name with `%a`.
 *
 * @throws {ProfileError} when runtimes would refuse it, with each reason at its place; nothing is written then
 */
export async function writeArtifact(profile: ParsedProfile, flags: Flags): Promise<void> {
  const { arch, kernel, output } = flags;
  if (output === undefined || output === '-') {
    throw new InvalidArgumentError('an artifact is a folder (an OCI image layout): name it with -o DIR');
  }
  const refName = flags.name === undefined ? undefined : artifactName(flags.name);
  const targets = arch.length === 0 ? [undefined] : targetsOf(flags);
  const named = targets.flatMap((target) => target ?? []);
  printWarnings(
    named.flatMap((target) => assumedWarnings(profile, target, flags)),
    profile.source,
  );
  const folder = output.replace(/(?<=.)\/+$/, '');
  const folders = arch.length === 0 ? [folder] : targetFiles(folder, named, { source: 'profile', extension: '' });
  const layers = targets.map((target) =>
    profileLayer(profile, { arch: target?.name, capabilities: givenCapabilities(flags), kernel }),
  );
  if (flags.target !== undefined) {
    const { reportTarget } = await import('./report-target.js');
    for (const [index, text] of layers.entries()) {
      reportTarget(
        { text, format: 'oci', file: folders[index], architecture: targets[index] },
        { target: flags.target },
      );
    }
  }
  for (const [index, layer] of layers.entries()) {
    const files = await artifactFiles(layer, refName);
    const place = folders[index] as string;
    writeLayout(place, files);
    print(layers.length === 1 ? `${files.digest}\n` : `${files.digest}  ${place}\n`);
  }
}
