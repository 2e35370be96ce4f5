import {
  type Answer,
  hostArchitecture,
  type InstallableFilter,
  seccompFeatures,
} from '../../../native-loader/index.js';
import { readStringOf, type StoppedCall } from '../../../native-loader/trace/trace-events.js';
import { TracingUnavailable } from '../../../native-loader/trace/traced-command.js';
import { decodeReturnValue, formatAction, kernelAction, kills } from '../../action.js';
import { type ArchitectureName, parseArchitecture } from '../../architecture.js';
import {
  createSimulator,
  decodeProgram,
  encodeProgram,
  type Instruction,
  Opcode,
  type SeccompData,
  type Simulator,
} from '../../bpf/index.js';
import { MAX_INSTRUCTIONS } from '../../bpf/program/instruction.js';
import { notifyDenials } from '../../bpf/program/notify-denials.js';
import { traceDenials } from '../../bpf/program/trace-denials.js';
import type { CompiledFilter } from '../../compiler/compile-policy.js';
import { type DenyingProfile, describeDenial } from '../../learn/describe-denial.js';
import { allowingLine, type DeniedCall } from '../../learn/index.js';
import { architectureOf } from '../../learn/notified-calls.js';
import type { SyscallLookup } from '../../learn/read-log.js';
import { syscallLookup } from '../../learn/syscall-lookup.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import type { Action } from '../../policy.js';
import { describeCall } from '../../syscalls/index.js';
import { printable } from '../../text.js';
import { printError } from '../output.js';
import { exitCodeOfCommand } from './command-exit.js';
import {
  type CommandStart,
  commandOf,
  describeKill,
  FilterKills,
  processOf,
  sayUnavailable,
  stdioOf,
  TracerWarnings,
  traceCommand,
} from './observe.js';
import { spawnCommand } from './spawn-command.js';

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
export async function runTraced(start: CommandStart, run: TracedRun): Promise<number> {
  const bytes = run.filter instanceof Uint8Array ? run.filter : run.filter.program;
  const { endianness } = parseArchitecture(hostArchitecture());
  const instructions = decodeProgram(bytes, endianness);
  const table = syscallLookup(loadLibseccompSync());
  const traced: Traced = {
    run,
    instructions,
    simulator: createSimulator(bytes, { endianness }),
    report: new DenialReport(run),
    table,
  };
  return (await runWithTracer(start, traced)) ?? (await runNotified(start, traced));
}

interface Traced {
  run: TracedRun;
  instructions: readonly Instruction[];
  /** Of the filter itself. */
  simulator: Simulator;
  report: DenialReport;
  table: SyscallLookup;
}

/** The filter with another program. */
function withProgram(
  { filter }: TracedRun,
  instructions: readonly Instruction[],
  usesListener: boolean,
): InstallableFilter {
  const program = encodeProgram(instructions, parseArchitecture(hostArchitecture()).endianness);
  return filter instanceof Uint8Array ? program : { ...filter, program, usesListener };
}

/** What the filter does about a call. */
function actionOf({ simulator }: Traced, data: SeccompData): Action {
  return kernelAction(simulator.simulate(data).returnValue);
}

function dataOf({ number, auditArch, instructionPointer, args }: Omit<StoppedCall, 'pid'>): SeccompData {
  return { nr: number, arch: auditArch, instructionPointer, args: args as SeccompData['args'] };
}

/** A denied call stops, is reported, and then goes on to the filter itself. Undefined where there is no tracer. */
async function runWithTracer(start: CommandStart, traced: Traced): Promise<number | undefined> {
  const { run, instructions, report, table } = traced;
  if (start.observer === 'notify') return undefined;
  const { auditArch, endianness, name } = parseArchitecture(hostArchitecture());
  const number = loadLibseccompSync().resolveSyscallName('ptrace', name)!;
  const program = traceDenials(instructions, { endianness, ptrace: { auditArch, number } });
  if (program.length > MAX_INSTRUCTIONS) {
    const why = `the filter has ${instructions.length} instructions, and no room for those that stop denied calls`;
    sayUnavailable(new TracingUnavailable(why), CONSEQUENCE);
    return undefined;
  }
  const killed = new FilterKills();
  const warnings = new TracerWarnings();
  /** Processes of which the report has said it. */
  const own = new Set<number>();
  const command = await traceCommand(
    start,
    {
      filter: withProgram(run, program, false),
      noNewPrivs: run.noNewPrivs,
      onStop: (call) => {
        const data = dataOf(call);
        const action = actionOf(traced, data);
        // ptrace(2) is stopped to be warned of.
        if (action.kind === 'ALLOW' || action.kind === 'LOG') return warnings.warn(call);
        if (kills(action)) own.add(processOf(call.pid));
        report.tell(deniedCall(call, table), data, action);
      },
      onKilled: killed.add,
    },
    CONSEQUENCE,
  );
  if (!command) return undefined;
  const exit = await command.ended;
  report.sum();
  // Processes that the command leaves behind stay under the filter, and go on.
  command.leave();
  const others = killed.kinds(
    () => true,
    (pid) => own.has(pid),
  );
  for (const kill of others) printError(`scmp: warning: ${describeKill(kill, table)}`);
  if (command.wasCutOff) printError('scmp: the tracer was killed, and the command with it');
  return exitCodeOfCommand(exit);
}

const CONSEQUENCE = 'a denied call';

/** The supervisor answers denied calls in the filter's place. */
async function runNotified(start: CommandStart, traced: Traced): Promise<number> {
  const { run, instructions, report, table } = traced;
  if (instructions.some(({ code, k }) => code === Opcode.RET_K && decodeReturnValue(k).kind === 'TRAP')) {
    printError('scmp: warning: calls with SCMP_ACT_TRAP are not reported: only the kernel can send their SIGSYS');
  }
  const { flags } = seccompFeatures();
  const sandbox = await spawnCommand(start.command, start.args, {
    filter: withProgram(run, notifyDenials(instructions), true),
    installOptions: {
      noNewPrivs: run.noNewPrivs,
      listener: true,
      waitKillable: flags.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
    },
    syscallName: table.name,
    onNotification: (call) => {
      const data = dataOf(call);
      const action = actionOf(traced, data);
      report.tell(call, data, action);
      return answerOf(call, action);
    },
    stdio: stdioOf(start),
  });
  const exit = await sandbox.exited;
  report.sum();
  // Processes that the command leaves behind stay under the filter. Without us their calls are still denied: ENOSYS.
  await sandbox.supervision!.close();
  return exitCodeOfCommand(exit);
}

/** A call that is denied, as its report reads it. */
interface ReportedCall extends Omit<StoppedCall, 'instructionPointer'> {
  readonly architecture: ArchitectureName | undefined;
  readonly name: string | undefined;
  readCString(address: bigint): Uint8Array;
}

function deniedCall(call: StoppedCall, table: SyscallLookup): ReportedCall {
  const architecture = architectureOf(call.auditArch, call.number);
  const name = architecture && table.name(call.number, architecture);
  return { ...call, architecture, name, readCString: (address) => readStringOf(call, address) };
}

/** Do what the filter would have done. Nothing here lets a call through. */
function answerOf(call: Pick<StoppedCall, 'pid'>, action: Action): Answer {
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

  tell(call: ReportedCall, data: SeccompData, action: Action): void {
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
function readString(call: ReportedCall, address: bigint): string | undefined {
  try {
    return Buffer.from(call.readCString(address)).toString();
  } catch {
    return undefined;
  }
}
