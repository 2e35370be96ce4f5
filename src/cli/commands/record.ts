import { release } from 'node:os';
import type { Command } from 'commander';
import { hostArchitecture } from '../../../native-loader/libc/host.js';
import { inheritedDescriptors } from '../../../native-loader/libc/inherited-descriptors.js';
import { parseArchitecture } from '../../architecture.js';
import { InvalidArgumentError } from '../../errors.js';
import type { ResolveOptions } from '../../profile/resolve/resolve-policy.js';
import { onlyArch } from '../arch-option.js';
import { MERGE_CHOICES } from '../merge-options.js';
import { addOptions } from '../options.js';
import type { CommandStart } from './observe.js';
import type { RunningCommand } from './record-command.js';
import { RECORD_OPTIONS, type RecordFlags } from './record-options.js';

export function addRecordCommand(program: Command): void {
  const command = program
    .command('record')
    .summary('learn a profile from what a command does')
    .description(
      'Learn the smallest profile that allows what was seen: system calls that a command makes while it runs here, or those ' +
        'in a log. It is as complete as what was seen: what the command did not come to do this time is not in it.',
    )
    .argument('[command]', 'run, and watched with all that it starts; looked up in PATH')
    .argument('[args...]')
    .passThroughOptions();
  addOptions(command, RECORD_OPTIONS).action(record);
}

async function record(command: string | undefined, args: string[], flags: RecordFlags): Promise<void> {
  const descriptors = inheritedDescriptors();
  const sources = [command, flags.fromAudit, flags.fromStrace].filter((source) => source !== undefined);
  if (sources.length !== 1) {
    throw new InvalidArgumentError('learn from one thing: a command, --from-audit FILE or --from-strace FILE');
  }
  const arch = onlyArch(
    flags,
    'a log is from one machine; learn from each on its own, and put them together with --merge',
  );
  if (command !== undefined && arch !== undefined) {
    throw new InvalidArgumentError('--arch is about logs: a command runs on this machine');
  }
  if (flags.observe !== undefined && command === undefined) {
    throw new InvalidArgumentError('--observe is about a command that runs here: a log has been made');
  }
  if (flags.counts !== undefined && command === undefined) {
    throw new InvalidArgumentError(
      '--counts is of a command that runs: of a log, strace -c has them, which compile --weights takes',
    );
  }
  const target: ResolveOptions = {
    arch: parseArchitecture(arch ?? hostArchitecture()),
    capabilities: flags.cap,
    // On another system it is no version of Linux.
    kernel: flags.kernel ?? (process.platform === 'linux' ? release() : undefined),
  };
  const start: CommandStart | undefined =
    command === undefined ? undefined : { command, args, descriptors, observer: flags.observe };
  if (flags.merge === undefined) {
    const chosen = (Object.keys(MERGE_CHOICES) as (keyof typeof MERGE_CHOICES)[]).find(
      (each) => flags[each] !== undefined,
    );
    if (chosen !== undefined)
      throw new InvalidArgumentError(
        `--${chosen.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} goes with --merge`,
      );
    // The command runs before what is needed at its end is loaded.
    const running = start && (await startCommand(start, flags));
    const { recordNew } = await import('./record-profile.js');
    await recordNew(running, { flags, target });
  } else {
    const { recordInto } = await import('./record-profile.js');
    await recordInto(flags.merge, start, { flags, target });
  }
}

async function startCommand(start: CommandStart, flags: RecordFlags): Promise<RunningCommand> {
  const { startRecording } = await import('./record-command.js');
  if (!flags.args) return startRecording(start, undefined, flags);
  const { learnedArguments } = await import('../../learn/learned-arguments.js');
  return startRecording(start, learnedArguments, flags);
}
