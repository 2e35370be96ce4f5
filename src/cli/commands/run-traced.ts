import { readFileSync } from 'node:fs';
import {
  type Answer,
  hostArchitecture,
  type InstallableFilter,
  type Notification,
  seccompFeatures,
} from '../../../native-loader/index.js';
import { decodeReturnValue, formatAction, kernelAction } from '../../action.js';
import { parseArchitecture } from '../../architecture.js';
import {
  createSimulator,
  decodeProgram,
  encodeProgram,
  Opcode,
  type SeccompData,
  type Simulator,
} from '../../bpf/index.js';
import { notifyDenials } from '../../bpf/program/notify-denials.js';
import type { CompiledFilter } from '../../compiler/compile-policy.js';
import { type DenyingProfile, describeDenial } from '../../learn/describe-denial.js';
import { allowingLine, type DeniedCall } from '../../learn/index.js';
import { syscallLookup } from '../../learn/syscall-lookup.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import type { Action } from '../../policy.js';
import { describeCall } from '../../syscalls/index.js';
import { printable } from '../../text.js';
import { printError } from '../output.js';
import { exitCodeOfCommand, spawnCommand } from './spawn-command.js';

export interface TracedRun {
  filter: InstallableFilter;
  /** What the filter was compiled from, if it was, and its name in messages. */
  policy?: (DenyingProfile & { withUsual?: CompiledFilter | undefined }) | undefined;
  noNewPrivs: boolean;
}

/**
 * Run a command under a filter as a child of this process, and report on standard error what the filter denies. Returns
 * the command's exit code; if a signal ended it, as shells have it.
 */
export async function runTraced(command: string, args: readonly string[], run: TracedRun): Promise<number> {
  const { filter, noNewPrivs } = run;
  const bytes = filter instanceof Uint8Array ? filter : filter.program;
  const { endianness } = parseArchitecture(hostArchitecture());
  const instructions = decodeProgram(bytes, endianness);
  const program = encodeProgram(notifyDenials(instructions), endianness);
  if (instructions.some(({ code, k }) => code === Opcode.RET_K && decodeReturnValue(k).kind === 'TRAP')) {
    printError('scmp: warning: calls with SCMP_ACT_TRAP are not reported: only the kernel can send their SIGSYS');
  }
  const simulator = createSimulator(bytes, { endianness });
  const report = new DenialReport(run);
  const table = syscallLookup(loadLibseccompSync());
  const { flags } = seccompFeatures();

  const sandbox = await spawnCommand(command, args, {
    filter: filter instanceof Uint8Array ? program : { ...filter, program, usesListener: true },
    installOptions: { noNewPrivs, listener: true, waitKillable: flags.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
    syscallName: table.name,
    onNotification: (call) => {
      const data: SeccompData = {
        nr: call.number,
        arch: call.auditArch,
        instructionPointer: call.instructionPointer,
        args: call.args as SeccompData['args'],
      };
      const action = kernelAction(simulator.simulate(data).returnValue);
      report.tell(call, data, action);
      return answerOf(call, action);
    },
    stdio: 'inherit',
  });
  // A terminal sends it to the command as well, which decides whether it ends.
  process.on('SIGINT', () => {});
  const exit = await sandbox.exited;
  report.sum();
  // Processes that the command leaves behind stay under the filter. Without us their calls are still denied: ENOSYS.
  await sandbox.supervision!.close();
  return exitCodeOfCommand(exit);
}

/** Do what the filter would have done. Nothing here lets a call through. */
function answerOf(call: Notification, action: Action): Answer {
  switch (action.kind) {
    case 'ERRNO':
      return action.data === 0 ? { kind: 'value', value: 0 } : { kind: 'errno', errno: action.data };
    case 'TRACE':
      return { kind: 'errno', errno: 'ENOSYS' };
    default:
      // The kernel would send a SIGSYS that cannot be caught; nobody else can, so SIGKILL is sent. Any thread's id will
      // do. 0 would mean our own group: a target in a PID namespace that is not visible here has that id.
      if (call.pid > 0) process.kill(call.pid, 'SIGKILL');
      return { kind: 'errno', errno: 'EPERM' };
  }
}

/** Reports each kind of denied call once, as it happens, and at the end how often it was repeated. */
class DenialReport {
  readonly #policy: TracedRun['policy'];
  readonly #usual: Simulator | undefined;
  readonly #seen = new Map<string, { what: string; again: number }>();

  constructor({ policy }: TracedRun) {
    this.#policy = policy;
    this.#usual = policy?.withUsual && createSimulator(policy.withUsual);
  }

  tell(call: Notification, data: SeccompData, action: Action): void {
    const { architecture, name = `system call ${call.number}`, args } = call;
    const kind = architecture ? formatAction(action, architecture) : action.kind;
    const where = architecture ?? `architecture 0x${call.auditArch.toString(16)}`;
    const denied: DeniedCall | undefined =
      architecture && call.name !== undefined ? { architecture, name, args, action } : undefined;
    const line = denied && allowingLine(denied, this.#policy?.format ?? 'json');
    const key = `${where} ${name} ${kind} ${line}`;
    const known = this.#seen.get(key);
    if (known) {
      known.again++;
      return;
    }
    this.#seen.set(key, { what: `${name} (${where})`, again: 0 });
    const text = denied ? describeCall(name, args, denied.architecture, (at) => readString(call, at)) : name;
    const who = `${commandOf(call.pid)}[${call.pid}]`;
    const usual = this.#usual && kernelAction(this.#usual.simulate(data).returnValue);
    const words = denied && this.#policy && describeDenial(this.#policy, denied, usual);
    const added = line === undefined ? [] : [`to allow it, add: ${line}`];
    printError(printable(`scmp: denied: ${text}, ${where}, by ${who}: ${words?.decision ?? kind}`));
    for (const advice of words?.advice ?? added) printError(`scmp:   ${advice}`);
  }

  sum(): void {
    for (const { what, again } of this.#seen.values()) {
      if (again > 0) printError(`scmp: denied ${again} time${again === 1 ? '' : 's'} more: ${what}`);
    }
  }
}

/** For the report alone: whatever it says, the call is denied. */
function readString(call: Notification, address: bigint): string | undefined {
  try {
    return Buffer.from(call.readCString(address)).toString();
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
  } catch {
    return '?';
  }
}
