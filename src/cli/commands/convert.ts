import { type Command, Option } from 'commander';
import type { TargetName } from '../../compose/targets/target.js';
import { InvalidArgumentError } from '../../errors.js';
import { OUTPUT_FORMATS, type OutputFormat, WRITTEN_FORMATS, writtenFormat } from '../../profile/formats/index.js';
import { writeProfile, writeWarnings } from '../../profile/formats/write-profile.js';
import { targetsOf } from '../arch-option.js';
import { givenCapabilities } from '../compile-options.js';
import { assumedWarnings } from '../compile-targets.js';
import { addOptions, type FlagsOf, INPUT_OPTIONS, TARGET_OPTIONS } from '../options.js';
import { printWarnings, writeResult } from '../output.js';
import { readInputProfile } from '../read-input-profile.js';
import { targetFiles, writeTargets } from '../target-files.js';
import { targetOption } from '../target-option.js';

/** The formats that there are, each with what it is. */
const formatWords = WRITTEN_FORMATS.map(({ id, output: { about } }) => (about === undefined ? id : `${id}: ${about}`));

/** What is no text: a folder with an OCI image layout. */
const ARTIFACT = 'artifact';
const ARTIFACT_WORDS = 'artifact: an OCI image layout in the folder of -o, for Kubernetes (KEP-6061)';

const OPTIONS = {
  to: new Option('--to <format>', [...formatWords, ARTIFACT_WORDS].join('; '))
    .choices([...OUTPUT_FORMATS, ARTIFACT])
    .makeOptionMandatory(),
  target: targetOption(
    'where the result goes: say what is ignored and added there; what is refused, or weaker there, is not written',
  ),
  output: true,
  name: "of a SeccompProfile: its name (default: the profile's own, or its file's); of an artifact: its tag or whole name in the layout",
  arch: 'the target to decide conditional entries for',
  ...TARGET_OPTIONS,
  ...INPUT_OPTIONS,
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  to: OutputFormat | typeof ARTIFACT;
  target?: TargetName;
  name?: string;
}

export function addConvertCommand(program: Command): void {
  const command = program
    .command('convert')
    .summary('write a profile in another format')
    .description(
      'Write a profile in another format; what that cannot say is an error that names it. With --arch conditional entries ' +
        'are decided for one target, without it they stay open where the format has them.',
    )
    .argument('<profile>', 'the profile; "-" is standard input');
  addOptions(command, OPTIONS).action(convert);
}

async function convert(path: string, flags: Flags): Promise<void> {
  const profile = await readInputProfile(path, flags);
  const { to, target: goal, arch, kernel, name, output } = flags;
  if (to === ARTIFACT) {
    if (goal !== undefined && goal !== ARTIFACT) {
      throw new InvalidArgumentError(`an artifact goes to --target artifact: --target ${goal} takes a file`);
    }
    printWarnings(profile.warnings, profile.source);
    return (await import('../write-artifact.js')).writeArtifact(profile, { ...flags, target: goal });
  }
  printWarnings([...profile.warnings, ...writeWarnings(profile, to)], profile.source);
  const capabilities = givenCapabilities(flags);
  const targets = arch.length === 0 ? [] : targetsOf(flags);
  printWarnings(
    targets.flatMap((target) => assumedWarnings(profile, target, flags)),
    profile.source,
  );
  const { extension } = writtenFormat(to).output;
  const isOpen = targets.length === 0;
  const decided = isOpen ? [undefined] : targets;
  const files = isOpen ? [output] : targetFiles(output, targets, { source: profile.source ?? 'profile', extension });
  const written = decided.map((target) =>
    writeProfile(profile, to, { arch: target?.name, capabilities, kernel, name }),
  );
  if (goal !== undefined) {
    const { reportTarget } = await import('../report-target.js');
    for (const [index, text] of written.entries()) {
      const result = { text, format: to, file: files[index], architecture: decided[index] };
      reportTarget(result, { target: goal, capabilities, kernel });
    }
  }
  if (isOpen) writeResult(written[0] as string, output);
  else writeTargets(written, files, output);
}
