import type { Command } from 'commander';
import { Option } from 'commander';
import { hostArchitecture } from '../../native-loader/host.js';
import type { ArchitectureName } from '../architecture.js';
import { parseArchitecture } from '../architecture.js';
import { decodeProgram } from '../bpf/codec.js';
import { compileParsed } from '../compiler/compile-parsed.js';
import type { CompiledFilter } from '../compiler/compile-policy.js';
import { type Libseccomp, loadLibseccompSync } from '../libseccomp/index.js';
import type { ParsedProfile } from '../profile/parsed-profile.js';
import { addCompileOptions, type CompileFlags, compileOptions, parseArchOption } from './options.js';
import { printWarnings, writeResult } from './output.js';
import { addInputOptions, type InputFlags, readInputProfile } from './read-input-profile.js';

type Format = 'bpf' | 'hex' | 'base64' | 'c' | 'json' | 'asm' | 'pfc';

interface Flags extends CompileFlags, InputFlags {
  output?: string;
  format: Format;
  arch?: ArchitectureName;
  explainResolution?: boolean;
}

export function addCompileCommand(program: Command): void {
  const command = program
    .command('compile')
    .summary('compile a profile to the BPF program libseccomp makes of it')
    .description(
      "Compile a seccomp profile (OCI, Docker, Podman, Kubernetes' SeccompProfile, seccompiler, systemd, plain list) to the bytes libseccomp emits.",
    )
    .argument('<profile>', 'the profile; "-" is standard input')
    .option('-o, --output <file>', 'where to write the result (default: standard output)')
    .addOption(
      new Option('--format <format>', 'bpf: raw struct sock_filter, in the byte order of the architecture')
        .choices(['bpf', 'hex', 'base64', 'c', 'json', 'asm', 'pfc'])
        .default('bpf'),
    )
    .option('--arch <arch>', 'x86_64, SCMP_ARCH_X86_64, amd64… (default: this machine)', parseArchOption);
  command.option(
    '--explain-resolution',
    'instead of a program: which entries apply and why, as text, or as JSON with --format json',
  );
  addInputOptions(command);
  addCompileOptions(command, 'newer than any the profile names').action(compile);
}

async function compile(path: string, flags: Flags): Promise<void> {
  const profile = await readInputProfile(path, flags);
  const arch = flags.arch ?? hostArchitecture();
  if (flags.explainResolution) {
    writeResult(await explanation(profile, arch, flags), flags.output);
    return;
  }
  const libseccomp = loadLibseccompSync();
  const compiled = compileParsed(profile, {
    ...compileOptions(flags),
    arch,
    libseccomp,
    pfc: flags.format === 'pfc',
  });
  printWarnings(compiled.warnings, profile.source);
  writeResult(await render(compiled, flags.format, libseccomp), flags.output);
}

async function explanation(profile: ParsedProfile, arch: ArchitectureName, flags: Flags): Promise<string> {
  const { explainResolution, formatResolution } = await import('../profile/explain-resolution.js');
  const { capabilities, kernel } = compileOptions(flags);
  const resolution = explainResolution(profile, { arch: parseArchitecture(arch), capabilities, kernel });
  printWarnings(profile.warnings, profile.source);
  return flags.format === 'json' ? `${JSON.stringify(resolution, null, 2)}\n` : formatResolution(resolution);
}

async function render(compiled: CompiledFilter, format: Format, libseccomp: Libseccomp): Promise<string | Uint8Array> {
  const { program, arches, flags, usesListener, warnings, pfc } = compiled;
  switch (format) {
    case 'bpf':
      return program;
    case 'hex':
      return `${Buffer.from(program).toString('hex')}\n`;
    case 'base64':
      return `${Buffer.from(program).toString('base64')}\n`;
    case 'c':
      return renderC(compiled);
    case 'json':
      return `${JSON.stringify({ arches, flags, usesListener, warnings, instructions: instructionsOf(compiled), program: Buffer.from(program).toString('base64') }, null, 2)}\n`;
    case 'asm': {
      const [{ disassemble, formatDisassembly }, { syscallNames }] = await Promise.all([
        import('../bpf/index.js'),
        import('./syscall-names.js'),
      ]);
      return formatDisassembly(disassemble(compiled, { syscallName: syscallNames(libseccomp) }));
    }
    case 'pfc':
      return pfc as string;
  }
}

function instructionsOf({ program, arches }: CompiledFilter) {
  return decodeProgram(program, parseArchitecture(arches[0] as string).endianness);
}

/** An array of `struct sock_filter` for a C source; numbers, so in the byte order of whatever compiles it. */
function renderC(compiled: CompiledFilter): string {
  const instructions = instructionsOf(compiled);
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, '0')}`;
  const rows = instructions.map(({ code, jt, jf, k }) => `\t{ ${hex(code, 2)}, ${jt}, ${jf}, ${hex(k, 8)} },`);
  return [
    `/* seccomp filter for ${compiled.arches.join(', ')}: ${instructions.length} instructions, made by scmp compile */`,
    '#include <linux/filter.h>',
    '',
    'static const struct sock_filter seccomp_filter[] = {',
    ...rows,
    '};',
    '',
  ].join('\n');
}
