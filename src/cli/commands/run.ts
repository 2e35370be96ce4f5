import { release } from 'node:os';
import { type Command, Option } from 'commander';
import {
  connectListenerPath,
  hostArchitecture,
  type InstallableFilter,
  installAndExec,
  type ListenerReceiver,
} from '../../../native-loader/index.js';
import { inheritedDescriptors } from '../../../native-loader/libc/inherited-descriptors.js';
import { parseArchitecture } from '../../architecture.js';
import { readProgram, verifyProgram } from '../../bpf/index.js';
import { compileEntriesWith } from '../../compiler/compile-parsed-profile.js';
import type { CompiledFilter } from '../../compiler/compile-policy.js';
import { InvalidArgumentError } from '../../errors.js';
import { traitsOf } from '../../profile/formats/index.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { formatPlace } from '../../source-place.js';
import { printable } from '../../text.js';
import { BRIEF_COMMANDS } from '../brief-commands.js';
import { compileOptions } from '../compile-options.js';
import { assumedWarnings, compileWithUsualCapabilities } from '../compile-targets.js';
import { isProgram, readFilterInput } from '../filter-input.js';
import { addOptions, COMPILE_OPTIONS, type FlagsOf, INPUT_OPTIONS, sharedOption } from '../options.js';
import { printWarnings } from '../output.js';
import { profileOfInput } from '../read-input-profile.js';
import { isTerminal } from '../terminal.js';
import type { TracedRun } from './run-traced.js';

const OPTIONS = {
  profile: sharedOption('profile').makeOptionMandatory(),
  noNewPrivs: new Option('--no-new-privs', 'set no_new_privs first (on by default)'),
  newPrivs: new Option('--new-privs', 'do not set no_new_privs; needs CAP_SYS_ADMIN').default(false),
  trace: new Option(BRIEF_COMMANDS.run[0], 'report denied calls as they happen; the command is a child process then'),
  observe: true,
  ...INPUT_OPTIONS,
  ...COMPILE_OPTIONS,
  kernel: 'the one that runs',
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  profile: string;
  newPrivs: boolean;
  trace?: boolean;
}

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .summary('run a command under a filter')
    .description(
      'Install a filter and execute a command in place of this process: same process id, standard streams, environment, ' +
        'working directory and exit code. Where standard error is a terminal the command is a child process, and what to do ' +
        'is said if SIGSYS ends it. 126: the command cannot be executed; 127: there is none.',
    )
    .argument('<command>', 'looked up in PATH')
    .argument('[args...]')
    .passThroughOptions();
  addOptions(command, OPTIONS).action(run);
}

async function run(command: string, args: string[], flags: Flags): Promise<void> {
  const descriptors = inheritedDescriptors();
  if (flags.observe !== undefined && !flags.trace) {
    throw new InvalidArgumentError('--observe says how --trace reports denied calls: give both');
  }
  const { filter, listenerReceiver, policy } = await filterOf(flags);
  if (flags.trace) {
    if (listenerReceiver)
      throw new InvalidArgumentError('--trace answers denied calls itself: it takes no other listener');
    const { runTraced } = await import('./run-traced.js');
    const start = { command, args, descriptors, observer: flags.observe };
    process.exitCode = await runTraced(start, { filter, policy, noNewPrivs: !flags.newPrivs });
    return;
  }
  // On a terminal somebody reads why it died; otherwise nobody has to stay.
  if (isTerminal(2) && !listenerReceiver) {
    const { runWatched } = await import('./run-watched.js');
    process.exitCode = await runWatched(
      { command, args, descriptors },
      { filter, noNewPrivs: !flags.newPrivs },
      flags.profile,
    );
    return;
  }
  installAndExec({
    filter,
    installOptions: { noNewPrivs: !flags.newPrivs },
    command,
    args,
    descriptors,
    ...(listenerReceiver ? { listenerReceiver } : {}),
  });
}

interface RunFilter {
  filter: InstallableFilter;
  listenerReceiver?: ListenerReceiver;
  /** What it was compiled from. */
  policy?: TracedRun['policy'];
}

/** The filter, and the agent that answers its NOTIFY calls if it has any. */
async function filterOf(flags: Flags): Promise<RunFilter> {
  const input = await readFilterInput(flags.profile, flags);
  const { bytes, source } = input;
  const arch = hostArchitecture();
  if (isProgram(bytes)) {
    verifyProgram(readProgram(bytes, parseArchitecture(arch).endianness).instructions);
    return { filter: bytes };
  }
  const profile = await profileOfInput(input, flags);
  const kernel = flags.kernel ?? release();
  const options = { ...(await compileOptions(flags)), kernel };
  const entries = compileEntriesWith(profile, { ...options, arch });
  const { compiled } = entries;
  const architecture = parseArchitecture(arch);
  printWarnings([...assumedWarnings(profile, architecture, { ...flags, kernel }), ...compiled.warnings], source);
  refuseWaitKillable(compiled, profile, flags);
  if (!compiled.usesListener) {
    const format = traitsOf(profile).entrySyntax ?? 'json';
    const [withUsual] = flags.trace ? compileWithUsualCapabilities(profile, [architecture], options) : [];
    return { filter: compiled, policy: { ...entries, source: profile.source ?? 'profile', format, withUsual } };
  }
  const { listenerPath, listenerMetadata } = profile.seccomp;
  if (!listenerPath) {
    throw new InvalidArgumentError(
      `${printable(source)}: the profile has SCMP_ACT_NOTIFY rules and no "listenerPath", so nobody would answer them: name the socket of an agent (createSeccompAgent of libseccomp-wasm/loader makes one)`,
    );
  }
  return { filter: compiled, listenerReceiver: connectListenerPath(listenerPath, listenerMetadata ?? undefined) };
}

/** Errors in the words of a profile: the loader's are about its own options. With --trace there is a listener. */
function refuseWaitKillable(
  { flags, usesListener }: CompiledFilter,
  { locate, seccomp, source }: ParsedProfile,
  { trace }: Flags,
): void {
  const flag = 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV';
  if (usesListener || trace || !flags.includes(flag)) return;
  const { position } = locate('flags', seccomp.flags?.indexOf(flag) ?? 0);
  const place = formatPlace(source ?? 'profile', position);
  throw new InvalidArgumentError(
    `${place}: the flag WAIT_KILLABLE_RECV is about calls that a listener answers, and the profile gives none to one (SCMP_ACT_NOTIFY): the kernel would refuse the filter; take the flag out`,
  );
}
