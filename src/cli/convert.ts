import { type Command, Option } from 'commander';
import type { ArchitectureName } from '../architecture.js';
import { OUTPUT_FORMATS, type OutputFormat, writeProfile } from '../profile/write-profile.js';
import { addTargetOptions, parseArchOption, type TargetFlags } from './options.js';
import { printWarnings, writeResult } from './output.js';
import { addInputOptions, type InputFlags, readInputProfile } from './read-input-profile.js';

interface Flags extends InputFlags, TargetFlags {
  to: OutputFormat;
  output?: string;
  arch?: ArchitectureName;
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
    .option('-o, --output <file>', 'where to write the result (default: standard output)')
    .option('--arch <arch>', 'the target to decide conditional entries for', parseArchOption)
    .option('--name <name>', "of a SeccompProfile: its name (default: the profile's own, or its file's)");
  addTargetOptions(command, 'newer than any the profile names');
  addInputOptions(command).action(convert);
}

async function convert(path: string, flags: Flags): Promise<void> {
  const profile = await readInputProfile(path, flags);
  printWarnings(profile.warnings, profile.source);
  const { to, arch, cap, kernel, name, output } = flags;
  writeResult(writeProfile(profile, to, { arch, capabilities: cap, kernel, name }), output);
}
