import { type Command, Option } from 'commander';
import { OUTPUT_FORMATS, type OutputFormat, writeProfile, writeWarnings } from '../../profile/formats/write-profile.js';
import { type ArchFlags, addArchOption, targetsOf } from '../arch-option.js';
import { assumedWarnings } from '../compile-targets.js';
import { addTargetOptions, givenCapabilities, type TargetFlags } from '../options.js';
import { printWarnings, writeResult } from '../output.js';
import { addInputOptions, type InputFlags, readInputProfile } from '../read-input-profile.js';
import { targetFiles, writeTargets } from '../target-files.js';

interface Flags extends InputFlags, TargetFlags, ArchFlags {
  to: OutputFormat;
  output?: string;
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
    .argument('<profile>', 'the profile; "-" is standard input')
    .addOption(
      new Option('--to <format>', 'oci: LinuxSeccomp; docker: also Podman; spo: Kubernetes SeccompProfile; list')
        .choices(OUTPUT_FORMATS)
        .makeOptionMandatory(),
    )
    .option(
      '-o, --output <file>',
      'where to write the result; DIR/ or a name with %a: one for each --arch (default: standard output)',
    )
    .option('--name <name>', "of a SeccompProfile: its name (default: the profile's own, or its file's)");
  addArchOption(command, 'the target to decide conditional entries for');
  addTargetOptions(command, 'newer than any the profile names');
  addInputOptions(command).action(convert);
}

async function convert(path: string, flags: Flags): Promise<void> {
  const profile = await readInputProfile(path, flags);
  printWarnings([...profile.warnings, ...writeWarnings(profile, flags.to)], profile.source);
  const { to, arch, kernel, name, output } = flags;
  const capabilities = givenCapabilities(flags);
  if (arch.length === 0) {
    writeResult(writeProfile(profile, to, { capabilities, kernel, name }), output);
    return;
  }
  const targets = targetsOf(flags);
  const assumed = targets.flatMap((target) => assumedWarnings(profile, target, flags));
  printWarnings(assumed, profile.source);
  const extension = { oci: 'json', docker: 'json', spo: 'yaml', list: 'list' }[to];
  const files = targetFiles(output, targets, { source: profile.source ?? 'profile', extension });
  const written = targets.map((target) => writeProfile(profile, to, { arch: target.name, capabilities, kernel, name }));
  writeTargets(written, files, output);
}
