import { release } from 'node:os';
import type { Command } from 'commander';
import {
  connectListenerPath,
  hostArchitecture,
  type InstallableFilter,
  installAndExec,
  type ListenerReceiver,
} from '../../native-loader/index.js';
import { parseArchitecture } from '../architecture.js';
import { readProgram, verifyProgram } from '../bpf/index.js';
import { compileParsed } from '../compiler/compile-parsed.js';
import { InvalidArgumentError } from '../errors.js';
import { isProgram, readInput } from './input.js';
import { addCompileOptions, type CompileFlags, compileOptions } from './options.js';
import { printWarnings } from './output.js';
import { addInputOptions, type InputFlags, profileOfInput } from './read-input-profile.js';
import { verifierFor } from './verifier.js';

interface Flags extends CompileFlags, InputFlags {
  profile: string;
  newPrivs: boolean;
}

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .summary('run a command under a filter')
    .description(
      'Install a filter and execute a command in place of this process: same process id, standard streams, environment, ' +
        'working directory and exit code. 126: the command cannot be executed; 127: there is none.',
    )
    .requiredOption('--profile <file>', 'a profile, or a compiled program; "-" is standard input')
    .argument('<command>', 'looked up in PATH')
    .argument('[args...]')
    .option('--no-new-privs', 'set no_new_privs first (on by default)')
    .option('--new-privs', 'do not set no_new_privs; needs CAP_SYS_ADMIN', false)
    .passThroughOptions();
  addInputOptions(command);
  addCompileOptions(command, 'the one that runs').action(run);
}

async function run(command: string, args: string[], flags: Flags): Promise<void> {
  const { filter, listenerReceiver } = await filterOf(flags);
  installAndExec({
    filter,
    installOptions: { noNewPrivs: !flags.newPrivs },
    command,
    args,
    ...(listenerReceiver ? { listenerReceiver } : {}),
  });
}

/** The filter, and the agent that answers its NOTIFY calls if it has any. */
async function filterOf(flags: Flags): Promise<{ filter: InstallableFilter; listenerReceiver?: ListenerReceiver }> {
  const input = readInput(flags.profile);
  const { bytes, source } = input;
  const arch = hostArchitecture();
  if (isProgram(bytes)) {
    verifyProgram(readProgram(bytes, parseArchitecture(arch).endianness).instructions);
    return { filter: bytes };
  }
  const profile = await profileOfInput(input, flags);
  const compiled = compileParsed(profile, {
    kernel: release(),
    ...compileOptions(flags),
    arch,
    verify: await verifierFor(profile),
  });
  printWarnings(compiled.warnings, source);
  if (!compiled.usesListener) return { filter: compiled };
  const { listenerPath, listenerMetadata } = profile.seccomp;
  if (!listenerPath) {
    throw new InvalidArgumentError(
      `${source}: the profile has SCMP_ACT_NOTIFY rules and no "listenerPath", so nobody would answer them: name the socket of an agent (createSeccompAgent of libseccomp-wasm/loader makes one)`,
    );
  }
  return { filter: compiled, listenerReceiver: connectListenerPath(listenerPath, listenerMetadata ?? undefined) };
}
