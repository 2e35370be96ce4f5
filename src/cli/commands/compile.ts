import type { Command } from 'commander';
import { Option } from 'commander';
import type { Architecture } from '../../architecture.js';
import { InvalidArgumentError } from '../../errors.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { targetsOf } from '../arch-option.js';
import { BRIEF_COMMANDS } from '../brief-commands.js';
import { compileOptions, givenCapabilities } from '../compile-options.js';
import { assumedWarnings, compileForTargets } from '../compile-targets.js';
import { isProgram, readFilterInput } from '../filter-input.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS } from '../options.js';
import { jsonPerTarget, printWarnings, writeResult } from '../output.js';
import { profileOfInput } from '../read-input-profile.js';
import { COMPILE_FORMATS, type CompileFormat, isSourceFormat, renderCompiled } from '../render-compiled.js';
import { programFormatOption } from '../render-program.js';
import { namesEachTarget, targetFiles, writeTargets } from '../target-files.js';

const OPTIONS = {
  output: true,
  format: programFormatOption(COMPILE_FORMATS),
  arch: 'x86_64, SCMP_ARCH_X86_64, amd64… (default: this machine)',
  verify: new Option(
    BRIEF_COMMANDS.compile[0],
    'prove that the program decides every call there could be as the rules say, not only those that rules have conditions for (slower)',
  ),
  explainResolution: new Option(
    '--explain-resolution',
    'instead of a program: which entries apply and why, as text, or as JSON with --format json',
  ),
  ...INPUT_OPTIONS,
  ...COMPILE_OPTIONS,
} as const;

interface CompileCommandFlags extends FlagsOf<typeof OPTIONS> {
  format: CompileFormat;
  explainResolution?: boolean;
  verify?: boolean;
}

export function addCompileCommand(program: Command): void {
  const command = program
    .command('compile')
    .summary('compile a profile to the BPF program libseccomp makes of it')
    .description(
      "Compile a seccomp profile (OCI, Docker, Podman, Kubernetes' SeccompProfile, seccompiler, systemd, a list) to libseccomp's bytes. A source file (c, js, ts, rust, go) has the filter of every --arch, and chooses by the machine.",
    )
    .argument(
      '<profile>',
      'the profile; with --optimize min a compiled program too, which comes out smaller; "-" is standard input',
    );
  addOptions(command, OPTIONS).action(compile);
}

async function compile(path: string, flags: CompileCommandFlags, command: Command): Promise<void> {
  const input = await readFilterInput(path, flags);
  if (isProgram(input.bytes)) {
    const { compileProgram } = await import('./compile-program.js');
    await compileProgram(input, flags, command);
    return;
  }
  const profile = await profileOfInput(input, flags);
  const targets = targetsOf(flags);
  if (flags.format === 'pfc' && (flags.optimize === 'min' || flags.fallback)) {
    throw new InvalidArgumentError(
      "--format pfc is libseccomp's text of its own program, and --optimize min and --fallback min may have another: use --format asm",
    );
  }
  if (flags.explainResolution) {
    writeResult(await explanation(profile, targets, flags), flags.output);
    return;
  }
  const { format } = flags;
  // A source file has the filters of all machines, unless each is asked for.
  const isOneSource = isSourceFormat(format) && !namesEachTarget(flags.output);
  const files = targetFiles(flags.output, isOneSource ? targets.slice(0, 1) : targets, {
    source: profile.source ?? 'profile',
    extension: format === 'rust' ? 'rs' : format,
  });
  const libseccomp = loadLibseccompSync();
  const assumed = targets.map((target) => assumedWarnings(profile, target, flags));
  printWarnings(assumed.flat(), profile.source);
  const all = compileForTargets(profile, targets, {
    ...(await compileOptions(flags)),
    libseccomp,
    pfc: flags.format === 'pfc',
    verify: flags.verify ? 'all' : 'conditions',
  });
  if (isSourceFormat(format)) {
    const { renderSource, sourceHeading } = await import('../render-source.js');
    const filters = all.map((compiled, index) => ({ ...compiled, machine: targets[index] as Architecture }));
    const heading = sourceHeading(input, format, command);
    const groups = isOneSource ? [filters] : filters.map((filter) => [filter]);
    writeTargets(
      groups.map((group) => renderSource(format, heading, group)),
      files,
      flags.output,
    );
    return;
  }
  const rendered = await Promise.all(
    all.map((compiled, index) => {
      const warnings = [...(assumed[index] ?? []), ...compiled.warnings];
      const { endianness } = targets[index] as Architecture;
      return renderCompiled({ ...compiled, endianness, warnings }, format, libseccomp);
    }),
  );
  writeTargets(rendered, files, flags.output);
}

async function explanation(
  profile: ParsedProfile,
  targets: readonly Architecture[],
  flags: CompileCommandFlags,
): Promise<string> {
  const { explainResolution, formatResolution } = await import('../../profile/resolve/explain-resolution.js');
  const options = { capabilities: givenCapabilities(flags), kernel: flags.kernel };
  const all = targets.map((arch) => explainResolution(profile, { arch, ...options }));
  printWarnings(profile.warnings, profile.source);
  return flags.format === 'json' ? jsonPerTarget(all) : all.map(formatResolution).join('\n');
}
