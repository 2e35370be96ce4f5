import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import {
  type Answer,
  hostArchitecture,
  type InstallableFilter,
  type Notification,
  seccompFeatures,
  spawnSandboxed,
} from '../../native-loader/index.js';
import { decodeReturnValue, formatAction, kernelAction } from '../action.js';
import { parseArchitecture } from '../architecture.js';
import { createSimulator, decodeProgram, encodeProgram, Opcode, type SeccompData } from '../bpf/index.js';
import { notifyDenials } from '../bpf/notify-denials.js';
import type { CompiledProfile } from '../compiler/compile-parsed.js';
import { allowingLine, clone3Line, type DenialReason, type DeniedCall, explainDenial } from '../learn/index.js';
import { syscallTable } from '../learn/syscall-table.js';
import { loadLibseccompSync } from '../libseccomp/index.js';
import type { Action, PolicyRule } from '../policy.js';
import { formatPlace } from '../source-place.js';
import { describeCall } from '../syscalls/index.js';
import { printable } from '../text.js';
import { printError } from './output.js';

export interface TracedRun {
  filter: InstallableFilter;
  /** What the filter was compiled from, if it was, and what to call it. */
  policy?: (CompiledProfile & { source: string; format: 'list' | 'json' }) | undefined;
  noNewPrivs: boolean;
}

/**
 * Run a command under a filter as a child of this process, and tell on standard error what the filter denies. Returns the
 * command's exit code, or as shells have it of one that a signal ended.
 */
export async function runTraced(command: string, args: readonly string[], run: TracedRun): Promise<number> {
  const { filter, noNewPrivs } = run;
  const bytes = filter instanceof Uint8Array ? filter : filter.program;
  const { endianness } = parseArchitecture(hostArchitecture());
  const instructions = decodeProgram(bytes, endianness);
  const program = encodeProgram(notifyDenials(instructions), endianness);
  if (instructions.some(({ code, k }) => code === Opcode.RET_K && decodeReturnValue(k).kind === 'TRAP')) {
    printError('scmp: warning: calls with SCMP_ACT_TRAP are not told: their SIGSYS is the kernel’s alone to send');
  }
  const simulator = createSimulator(bytes, { endianness });
  const report = new DenialReport(run);
  const table = syscallTable(loadLibseccompSync());
  const { flags } = seccompFeatures();

  const sandbox = await spawnSandboxed(command, args, {
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
      report.tell(call, action);
      return answerOf(call, action);
    },
    stdio: 'inherit',
  });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void sandbox.kill(signal));
  // A terminal sends it to the command as well, which decides what becomes of it.
  process.on('SIGINT', () => {});
  const { code, signal } = await sandbox.exited;
  report.sum();
  // What the command leaves behind stays under the filter, and is denied the same without us: ENOSYS.
  await sandbox.supervision!.close();
  return code ?? 128 + constants.signals[signal!];
}

/** What the filter would have done. Nothing here lets a call through. */
function answerOf(call: Notification, action: Action): Answer {
  switch (action.kind) {
    case 'ERRNO':
      return action.data === 0 ? { kind: 'value', value: 0 } : { kind: 'errno', errno: action.data };
    case 'TRACE':
      return { kind: 'errno', errno: 'ENOSYS' };
    default:
      // The kernel would send SIGSYS, which nobody else can send so that it is not to be caught. Any thread's id will do.
      // 0 would be our own group; so says a target in a PID namespace that is not visible here.
      if (call.pid > 0) process.kill(call.pid, 'SIGKILL');
      return { kind: 'errno', errno: 'EPERM' };
  }
}

type DefaultReason = Extract<DenialReason, { kind: 'default' }>;

/** Tells of each kind of denied call once, as it happens, and in the end how often it came again. */
class DenialReport {
  readonly #policy: TracedRun['policy'];
  readonly #seen = new Map<string, { what: string; again: number }>();

  constructor({ policy }: TracedRun) {
    this.#policy = policy;
  }

  tell(call: Notification, action: Action): void {
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
    const reason = denied && this.#policy && explainDenial(this.#policy, denied);
    printError(printable(`scmp: denied: ${text}, ${where}, by ${who}: ${kind}${reason ? this.#describe(reason) : ''}`));
    if (!denied || line === undefined || (reason && reason.kind !== 'default')) return;
    for (const advice of this.#advice(denied, line, reason)) printError(`scmp:   ${advice}`);
  }

  /** What is to be done to have the call; what takes the least from the profile first. */
  #advice(denied: DeniedCall, line: string, reason: DefaultReason | undefined): string[] {
    const capabilities = reason?.dropped.find((each) => each.capabilities.length > 0)?.capabilities;
    const enosys = this.#policy && clone3Line(this.#policy.translation.policy, denied, this.#policy.format);
    const add =
      enosys === undefined
        ? `to allow it${capabilities ? ' without' : ''}, add: ${line}`
        : `its flags are in memory, where no filter sees them, and those of clone are compared here; to make the C library call clone, add: ${enosys}`;
    if (!capabilities) return [add];
    const options = (name: string) => capabilities.map((each) => `${name} ${each.replace(/^CAP_/, '')}`).join(' ');
    return [
      `to allow it, give the container ${capabilities.join(', ')}: ${options('--cap-add')} of docker and podman (${options('--cap')} here)`,
      add,
    ];
  }

  #place({
    path,
    position,
    source = this.#policy?.source ?? 'profile',
  }: Pick<PolicyRule, 'path' | 'position' | 'source'>) {
    if (!position) return `${formatPlace(source)}: ${path}`;
    // Of a list the path is the line.
    return `${formatPlace(source, position)}${path.startsWith('line') ? '' : ` (${path})`}`;
  }

  #describe(reason: DenialReason): string {
    switch (reason.kind) {
      case 'architecture':
        return `: ${this.#policy?.source} does not list the architecture`;
      case 'added':
        return ': not the profile itself, but what was added to it (an ENOSYS stub for calls newer than it)';
      case 'entry':
        return `: ${this.#place(reason.rule)}`;
      case 'default': {
        const { others, dropped } = reason;
        if (others.length === 0 && dropped.length === 0) return ': the default, no entry names it';
        const unmet = others.map((rule) => this.#place(rule)).join(', ');
        const because = [
          ...(unmet ? [`the conditions of ${unmet} do not hold`] : []),
          ...dropped.map((each) => `${this.#place(each.place)} does not apply: ${each.reason}`),
        ];
        return `: the default, since ${because.join('; ')}`;
      }
    }
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
