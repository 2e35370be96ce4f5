import type { Command } from 'commander';
import { Option } from 'commander';
import { type Architecture, parseArchitecture } from '../architecture.js';
import { decodeProgram } from '../bpf/codec.js';
import type { CompiledFilter } from '../compiler/compile-policy.js';
import { type Libseccomp, loadLibseccompSync } from '../libseccomp/index.js';
import type { ParsedProfile } from '../profile/parsed-profile.js';
import { type ArchFlags, addArchOption, targetsOf } from './arch-option.js';
import { assumedWarnings, compileForTargets } from './compile-targets.js';
import { addCompileOptions, type CompileFlags, compileOptions } from './options.js';
import { jsonPerTarget, printWarnings, writeResult } from './output.js';
import { addInputOptions, type InputFlags, readInputProfile } from './read-input-profile.js';
import { PROGRAM_FORMATS, type ProgramFormat, renderProgram } from './render-program.js';
import { targetFiles, writeTargets } from './target-files.js';

type Format = ProgramFormat | 'json' | 'asm' | 'pfc';

interface Flags extends CompileFlags, InputFlags, ArchFlags {
  output?: string;
  format: Format;
  explainResolution?: boolean;
  verify?: boolean;
}

export function addCompileCommand(program: Command): void {
  const command = program
    .command('compile')
    .summary('compile a profile to the BPF program libseccomp makes of it')
    .description(
      "Compile a seccomp profile (OCI, Docker, Podman, Kubernetes' SeccompProfile, seccompiler, systemd, plain list) to the bytes libseccomp emits.",
    )
    .argument('<profile>', 'the profile; "-" is standard input')
    .option(
      '-o, --output <file>',
      'where to write the result; DIR/ or a name with %a: one for each --arch (default: standard output)',
    )
    .addOption(
      new Option('--format <format>', 'bpf: raw struct sock_filter, in the byte order of the architecture')
        .choices([...PROGRAM_FORMATS, 'json', 'asm', 'pfc'])
        .default('bpf'),
    );
  addArchOption(command, 'x86_64, SCMP_ARCH_X86_64, amd64… (default: this machine)');
  command.option(
    '--verify',
    'prove that the program decides every call there could be as the rules say, not only those that rules have conditions for (slower)',
  );
  command.option(
    '--explain-resolution',
    'instead of a program: which entries apply and why, as text, or as JSON with --format json',
  );
  addInputOptions(command);
  addCompileOptions(command, 'newer than any the profile names').action(compile);
}

async function compile(path: string, flags: Flags): Promise<void> {
  const profile = await readInputProfile(path, flags);
  const targets = targetsOf(flags);
  if (flags.explainResolution) {
    writeResult(await explanation(profile, targets, flags), flags.output);
    return;
  }
  const files = targetFiles(flags.output, targets, { source: profile.source ?? 'profile', extension: flags.format });
  const libseccomp = loadLibseccompSync();
  const assumed = targets.map((target) => assumedWarnings(profile, target, flags));
  printWarnings(assumed.flat(), profile.source);
  const all = compileForTargets(profile, targets, {
    ...compileOptions(flags),
    libseccomp,
    pfc: flags.format === 'pfc',
    verify: flags.verify ? 'all' : 'conditions',
  });
  const rendered = await Promise.all(
    all.map((compiled, index) => {
      const warnings = [...(assumed[index] ?? []), ...compiled.warnings];
      return render({ ...compiled, warnings }, flags.format, libseccomp);
    }),
  );
  writeTargets(rendered, files, flags.output);
}

async function explanation(profile: ParsedProfile, targets: readonly Architecture[], flags: Flags): Promise<string> {
  const { explainResolution, formatResolution } = await import('../profile/explain-resolution.js');
  const { capabilities, kernel } = compileOptions(flags);
  const all = targets.map((arch) => explainResolution(profile, { arch, capabilities, kernel }));
  printWarnings(profile.warnings, profile.source);
  return flags.format === 'json' ? jsonPerTarget(all) : all.map(formatResolution).join('\n');
}

async function render(compiled: CompiledFilter, format: Format, libseccomp: Libseccomp): Promise<string | Uint8Array> {
  const { program, arches, flags, usesListener, warnings, pfc } = compiled;
  const { endianness } = parseArchitecture(arches[0] as string);
  switch (format) {
    case 'json':
      return `${JSON.stringify({ arches, flags, usesListener, warnings, instructions: decodeProgram(program, endianness), program: Buffer.from(program).toString('base64') }, null, 2)}\n`;
    case 'asm': {
      const [{ disassemble, formatDisassembly }, { syscallNaming }] = await Promise.all([
        import('../bpf/index.js'),
        import('../libseccomp/syscall-naming.js'),
      ]);
      const lines = disassemble(compiled, syscallNaming(libseccomp));
      return formatDisassembly(lines, { target: { architectures: arches, endianness } });
    }
    case 'pfc':
      return pfc as string;
    default:
      return renderProgram({ program, arches, endianness }, format, 'compile');
  }
}
