import { hostArchitecture, thisHost } from '../../../native-loader/libc/host.js';
import { errnoName } from '../../../native-loader/libc/libc.js';
import { readBytesOf, type StoppedCall } from '../../../native-loader/trace/trace-events.js';
import { type Architecture, callArchitecture, parseArchitecture } from '../../architecture.js';
import { assemble } from '../../bpf/index.js';
import { INSTRUCTION_SIZE, MAX_INSTRUCTIONS } from '../../bpf/program/instruction.js';
import { UnsupportedHostError } from '../../errors.js';
import { kernelArchitectures } from '../../learn/kernel-architectures.js';
import { type Libseccomp, loadLibseccompSync } from '../../libseccomp/index.js';
import { exitCodeOfCommand } from './command-exit.js';
import { type CommandStart, commandOf, processOf, TracerWarnings, traceCommand, waitForAll } from './observe.js';

/** An attempt of a thread to install a filter. */
export interface Attempt {
  /** Of the attempts that installed one: its place, from 0. */
  order: number | undefined;
  process: number;
  thread: number;
  /** The name of the thread's program. */
  command: string;
  by: 'seccomp' | 'prctl';
  mode: 'filter' | 'strict';
  /** Names of SECCOMP_FILTER_FLAG_…, without that. */
  flags: readonly string[];
  /** Undefined in strict mode, and where it cannot be read. */
  program: Uint8Array | undefined;
  /** Why none was installed. */
  failure: string | undefined;
}

export interface Dumped {
  attempts: readonly Attempt[];
  exitCode: number;
  /** The observer was killed: what came after is not known. */
  wasCutOff: boolean;
}

// linux/seccomp.h, linux/prctl.h
const SECCOMP_SET_MODE_STRICT = 0;
const SECCOMP_SET_MODE_FILTER = 1;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_STRICT = 1;
const FLAGS = ['TSYNC', 'LOG', 'SPEC_ALLOW', 'NEW_LISTENER', 'TSYNC_ESRCH', 'WAIT_KILLABLE_RECV'];
/** PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE: what a thread with a tracer cannot have. */
const TRACING = [0n, 16n, 0x4206n];

/**
 * Run a command, and see which filters it and all that it starts install. A filter of ours stops seccomp(2),
 * prctl(PR_SET_SECCOMP) and ptrace(2) for the tracer (SECCOMP_RET_TRACE), and lets all else run. So it takes no root.
 *
 * @throws {UnsupportedHostError} when ptrace(2) cannot be had
 */
export async function dumpCommand(start: CommandStart): Promise<Dumped> {
  const libseccomp = loadLibseccompSync();
  const attempts: Attempt[] = [];
  const waiting = new Map<number, Attempt>();
  const warnings = new TracerWarnings();
  let installed = 0;
  const traced = await traceCommand(
    start,
    {
      filter: stopsInstallation(libseccomp),
      noNewPrivs: 'ifNeeded',
      specAllow: true,
      onStop: (call) => {
        const architecture = callArchitecture(call.auditArch, call.number);
        const name = architecture && nameOf(call.number, architecture, libseccomp);
        if (name === 'ptrace' && TRACING.includes(BigInt.asUintN(32, call.args[0] ?? 0n))) warnings.warn(call);
        const attempt = architecture && attemptOf(call, name, architecture);
        if (attempt) waiting.set(call.pid, attempt);
      },
      onResult: ({ pid, result }) => {
        const attempt = waiting.get(pid);
        if (!attempt) return;
        waiting.delete(pid);
        attempt.failure = failureOf(attempt, result);
        if (attempt.failure === undefined && attempt.mode === 'filter') attempt.order = installed++;
        attempts.push(attempt);
      },
    },
    undefined,
  );
  if (!traced) {
    throw new UnsupportedHostError(
      'the filters that a command installs are seen by ptrace(2), which cannot be had here. Another tracer may have scmp, or Yama (kernel.yama.ptrace_scope), a container or a filter forbids it, or this package has no tracer for this machine. As root, scmp dump PID shows those of a running process',
    );
  }
  const exit = await traced.ended;
  await waitForAll(traced, 'ends the listing');
  for (const attempt of waiting.values()) attempts.push({ ...attempt, failure: 'its thread ended in the call' });
  return { attempts, exitCode: exitCodeOfCommand(exit), wasCutOff: traced.wasCutOff };
}

const WATCHED = ['seccomp', 'prctl', 'ptrace'] as const;

function nameOf(number: number, architecture: Architecture, libseccomp: Libseccomp): string | undefined {
  return WATCHED.find((name) => libseccomp.resolveSyscallName(name, architecture) === number);
}

/**
 * The numbers of all architectures of this machine, whatever the call's: a number that is another call elsewhere stops that
 * too, and it goes on.
 */
function stopsInstallation(libseccomp: Libseccomp): Uint8Array {
  const host = hostArchitecture();
  const architectures = kernelArchitectures(host).map((name) => parseArchitecture(name));
  const numbers = (name: string) => [
    ...new Set(architectures.map((each) => libseccomp.resolveSyscallName(name, each) as number)),
  ];
  const lines = [
    `.arch ${host}`,
    'A = nr',
    ...['seccomp', 'ptrace'].flatMap((name) => numbers(name).map((number) => `if (A == ${number}) goto stop`)),
    ...numbers('prctl').map((number) => `if (A == ${number}) goto prctl`),
    'return ALLOW',
    'prctl:',
    'A = args[0].low',
    `if (A == ${PR_SET_SECCOMP}) goto stop`,
    'return ALLOW',
    'stop:',
    'return TRACE(0)',
  ];
  return assemble(lines.join('\n')).program;
}

function attemptOf(call: StoppedCall, name: string | undefined, architecture: Architecture): Attempt | undefined {
  const [first = 0n, second = 0n, third = 0n] = call.args;
  const [operation, other] = [first, second].map((value) => Number(BigInt.asUintN(32, value))) as [number, number];
  const isSeccomp = name === 'seccomp';
  if (isSeccomp && operation !== SECCOMP_SET_MODE_STRICT && operation !== SECCOMP_SET_MODE_FILTER) return undefined;
  if (!isSeccomp && name !== 'prctl') return undefined;
  const isStrict = isSeccomp ? operation === SECCOMP_SET_MODE_STRICT : other === SECCOMP_MODE_STRICT;
  const attempt: Attempt = {
    order: undefined,
    process: processOf(call.pid),
    thread: call.pid,
    command: commandOf(call.pid),
    by: name,
    mode: isStrict ? 'strict' : 'filter',
    flags: isSeccomp && !isStrict ? flagNames(other) : [],
    program: undefined,
    failure: undefined,
  };
  if (!isStrict) attempt.program = programAt(call, third, architecture);
  return attempt;
}

function flagNames(flags: number): string[] {
  const known = FLAGS.filter((_, bit) => flags & (1 << bit));
  const rest = flags & ~((1 << FLAGS.length) - 1);
  return rest ? [...known, `0x${(rest >>> 0).toString(16)}`] : known;
}

/** `struct sock_fprog` (linux/filter.h): a length of 16 bits, and a pointer of the architecture's, x32's of 32 bits too. */
function programAt(call: StoppedCall, address: bigint, { wordSize }: Architecture): Uint8Array | undefined {
  const little = thisHost.endianness === 'little';
  const width = wordSize / 8;
  try {
    const at = wordSize === 32 ? BigInt.asUintN(32, address) : address;
    const header = readBytesOf(call, at, 2 * width);
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    const length = view.getUint16(0, little);
    if (length === 0 || length > MAX_INSTRUCTIONS) return undefined;
    const program = width === 8 ? view.getBigUint64(width, little) : BigInt(view.getUint32(width, little));
    return readBytesOf(call, program, length * INSTRUCTION_SIZE).slice();
  } catch {
    // The kernel cannot read it either, and says EFAULT.
    return undefined;
  }
}

/** With TSYNC a positive result is the thread that would not follow; with NEW_LISTENER it is a descriptor (seccomp(2)). */
function failureOf({ mode, flags }: Attempt, result: bigint): string | undefined {
  if (result === 0n) return undefined;
  if (result > 0n) {
    return flags.includes('NEW_LISTENER')
      ? undefined
      : `thread ${result} has filters of its own, and cannot follow (TSYNC)`;
  }
  const errno = errnoName(-Number(result));
  if (mode === 'strict') return `${errno}: there is no strict mode under a filter, and this one of scmp's is one`;
  const why = {
    EACCES: 'neither no_new_privs nor CAP_SYS_ADMIN',
    EINVAL: 'the kernel does not load it',
    EFAULT: 'no memory at its address',
  }[errno];
  return why ? `${errno}: ${why}` : errno;
}
