import {
  type Architecture,
  type ArchitectureName,
  auditArchitecture,
  callArchitecture,
  parseArchitecture,
} from '../architecture.js';
import type { Libseccomp } from '../libseccomp/libseccomp.js';
import { listSyscalls } from '../libseccomp/syscall-table.js';
import { checkArgument, FUNCTION, LIBSECCOMP, LIST, OBSERVATIONS } from '../options.js';
import { numberedSyscalls, syscallName } from '../syscalls/syscall-name.js';
import { kernelArchitectures } from './kernel-architectures.js';
import type { ArgumentMask, ArgumentMasks, Observations } from './observations.js';
import type { SyscallLookup } from './read-log.js';

/** A system call as the kernel reports it: AUDIT_ARCH_… and a number. */
export interface NumberedCall {
  readonly auditArch: number;
  readonly number: number;
  readonly args: readonly (bigint | undefined)[];
  readonly count: number;
}

/**
 * The masks of every call that a kernel of an architecture may see, by AUDIT_ARCH_… and number; for counting by numbers.
 *
 * @throws {InvalidArgumentError} when the architecture is unknown
 * @throws {LibseccompCrashError} when the instance crashed before
 *
 * @example
 * ```js
 * import { learnedArguments, numberedMasks } from 'libseccomp-wasm/learn';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const AUDIT_ARCH_X86_64 = 0xc000003e;
 * const masks = numberedMasks(loadLibseccompSync(), 'x86_64', learnedArguments);
 * console.log(masks.get(AUDIT_ARCH_X86_64).get(16)); // [ { index: 1, mask: 4294967295n } ]
 * ```
 */
export function numberedMasks(
  libseccomp: Libseccomp,
  native: ArchitectureName,
  masks: ArgumentMasks,
): Map<number, Map<number, readonly ArgumentMask[]>> {
  checkArgument('numberedMasks', 'libseccomp', libseccomp, LIBSECCOMP);
  checkArgument('numberedMasks', 'masks', masks, FUNCTION);
  return masksByNumber(native, masks, (architecture) =>
    listSyscalls(libseccomp, architecture).map(({ name, number }) => [number, name] as const),
  );
}

type MasksByNumber = Map<number, Map<number, readonly ArgumentMask[]>>;

/** {@link numberedMasks} by the package's own table of names, for who does not need the wasm. */
export const tableMasks = (native: ArchitectureName, masks: ArgumentMasks): MasksByNumber =>
  masksByNumber(native, masks, ({ name }) => numberedSyscalls(name));

function masksByNumber(
  native: ArchitectureName,
  masks: ArgumentMasks,
  callsOf: (architecture: Architecture) => Iterable<readonly [number: number, name: string]>,
): MasksByNumber {
  const byArchitecture: MasksByNumber = new Map();
  for (const name of kernelArchitectures(native)) {
    const architecture = parseArchitecture(name);
    // x32 has x86_64's, and its numbers differ.
    const byNumber = byArchitecture.get(architecture.auditArch) ?? new Map<number, readonly ArgumentMask[]>();
    byArchitecture.set(architecture.auditArch, byNumber);
    for (const [number, call] of callsOf(architecture)) {
      const own = masks(call, name);
      if (own.length > 0) byNumber.set(number, own);
    }
  }
  return byArchitecture;
}

/** Names of numbers, by the package's own table. */
export const tableNames: Pick<SyscallLookup, 'name'> = { name: syscallName };

/**
 * Count calls that are known by numbers. Returns those that no table has a name for: no profile can allow them.
 *
 * @throws nothing: a call of an unknown architecture is returned too
 *
 * @example
 * ```js
 * import { Observations, observeNumbered, syscallLookup } from 'libseccomp-wasm/learn';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const observations = new Observations();
 * const calls = [39, 9999].map((number) => ({ auditArch: 0xc000003e, number, args: [], count: 1 }));
 * const unnamed = observeNumbered(observations, calls, syscallLookup(loadLibseccompSync()));
 * console.log(observations.calls()[0].name, unnamed[0].number); // getpid 9999
 * ```
 */
export function observeNumbered(
  observations: Observations,
  calls: readonly NumberedCall[],
  table: Pick<SyscallLookup, 'name'>,
): NumberedCall[] {
  checkArgument('observeNumbered', 'observations', observations, OBSERVATIONS);
  checkArgument('observeNumbered', 'calls', calls, LIST);
  return calls.filter((call) => {
    const architecture = architectureOf(call.auditArch, call.number);
    const name = architecture && table.name(call.number, architecture);
    if (name === undefined) return true;
    observations.add({ architecture: architecture!, name, args: call.args }, call.count);
    return false;
  });
}

/** A call that no profile can allow: what it is, what will happen to it, and what to do. */
export function describeUnnamed({ number, auditArch }: Pick<NumberedCall, 'number' | 'auditArch'>): string {
  const architecture = architectureOf(auditArch, number);
  const where = architecture ?? `architecture 0x${auditArch.toString(16)}`;
  const call = `system call ${number} (${where})`;
  if (number >= 0) {
    const cause =
      architecture === undefined
        ? 'libseccomp does not know the architecture'
        : 'it is newer than this table of calls, or there is none of that number';
    return `${call} was made and is not in the profile: ${cause}; it will get the default action: if the program needs it, take a newer version of this package`;
  }
  // seccomp runs after ptrace(2) and is asked about the number that the tracer left (kernel/entry/common.c). libseccomp's
  // filters for x86_64 take numbers from 0x40000000 on, but -1, for x32 (gen_bpf.c).
  const isKilled = number < -1 && (architecture === 'x86_64' || architecture === 'x32');
  const consequence = isKilled
    ? 'a filter for x86_64 without x32 kills the program at it'
    : 'it gets the default action: an errno does no harm, for the tracer puts its own result in its place, and KILL ends the program';
  const remedy = isKilled
    ? 'record without the tracer; if the program has to run under it, add x32 to the architectures, and it gets the default action'
    : 'record without the tracer, or keep a default that is an errno';
  return `${call} was made: no call has a negative number, but a tracer (ptrace(2): PRoot, debuggers) cancels a call by it. No profile can allow it, and ${consequence}; ${remedy}`;
}

/** A call by its name; without one by its number, and where it was made. */
export function nameOfNumber(
  { number, auditArch }: Pick<NumberedCall, 'number' | 'auditArch'>,
  table: Pick<SyscallLookup, 'name'>,
): string {
  const architecture = architectureOf(auditArch, number);
  const name = architecture && table.name(number, architecture);
  return name ?? `system call ${number} (${architecture ?? `architecture 0x${auditArch.toString(16)}`})`;
}

/** The architecture of a call; undefined for one that libseccomp does not know. */
export function architectureOf(auditArch: number, number: number | undefined): ArchitectureName | undefined {
  return (number === undefined ? auditArchitecture(auditArch) : callArchitecture(auditArch, number))?.name;
}
