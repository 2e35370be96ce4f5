import { ARCHITECTURES, type Architecture, type ArchitectureName, X32_SYSCALL_BIT } from '../architecture.js';
import { ARCHITECTURE, checkArgument, LIBSECCOMP, NUMBER, TEXT } from '../options.js';
import { libseccompName } from './kernel-names.js';
import type { Libseccomp } from './libseccomp.js';

/** A system call on one architecture. */
export interface SyscallEntry {
  architecture: ArchitectureName;
  /** libseccomp's name. */
  name: string;
  /** What the kernel takes in `seccomp_data.nr`; x32's with bit 30 set. */
  number: number | undefined;
  /** The multiplexer that reaches the call too, `socketcall` or `ipc`, on architectures that have one. */
  multiplexer?: { name: string; number: number } | undefined;
}

/** Where an architecture's numbers start (linux: arch/mips/include/asm/unistd.h, arch/x86/include/asm/unistd.h). */
const FIRST_NUMBER: Partial<Record<ArchitectureName, number>> = {
  mips: 4000,
  mipsel: 4000,
  mips64: 5000,
  mipsel64: 5000,
  mips64n32: 6000,
  mipsel64n32: 6000,
  x32: X32_SYSCALL_BIT,
};
const firstNumber = ({ name }: Architecture) => FIRST_NUMBER[name] ?? 0;
/** __ARM_NR_BASE of arch/arm/include/uapi/asm/unistd.h: `cacheflush` and other calls of ARM alone. */
const ARM_PRIVATE = { start: 0xf0000, end: 0xf0010 };
/** More than any table has. */
const ALL = { start: 0, end: 1024 };
/**
 * Where a call that a multiplexer reaches got a number of its own too, it is one of these (x86: Linux 4.3; ipc's: Linux 5.1).
 * MIPS had the sockets' from the start, from `accept` on. A test compares with all numbers.
 */
const OWN_NUMBERS = { start: 300, end: 403 };
const ownNumbers = ({ name }: Architecture) => (name.startsWith('mips') ? { ...OWN_NUMBERS, start: 168 } : OWN_NUMBERS);

/**
 * A system call on every architecture that has it, by whatever name; none for a name in no table.
 *
 * @throws {LibseccompCrashError} when the instance crashed before
 *
 * @example
 * ```js
 * import { loadLibseccompSync, lookUpSyscallName } from 'libseccomp-wasm/libseccomp';
 *
 * const entries = lookUpSyscallName(loadLibseccompSync(), 'arch_prctl');
 * console.log(entries.map(({ architecture }) => architecture)); // [ 'x86', 'x86_64', 'x32' ]
 * ```
 */
export function lookUpSyscallName(libseccomp: Libseccomp, asked: string): SyscallEntry[] {
  checkArgument('lookUpSyscallName', 'libseccomp', libseccomp, LIBSECCOMP);
  checkArgument('lookUpSyscallName', 'asked', asked, TEXT);
  return ARCHITECTURES.flatMap((architecture) => {
    const name = libseccompName(asked, architecture.name);
    const resolved = libseccomp.resolveSyscallName(name, architecture);
    if (resolved === undefined) return [];
    if (resolved >= 0) return [{ architecture: architecture.name, name, number: resolved }];
    // A pseudo-number: the call is not there, or is reached through a multiplexer and maybe by a number of its own.
    const number = numberFinder(libseccomp)(name, architecture);
    const multiplexer = findMultiplexer(libseccomp, name, architecture);
    return number === undefined && multiplexer === undefined
      ? []
      : [{ architecture: architecture.name, name, number, ...(multiplexer && { multiplexer }) }];
  });
}

/**
 * The system call of a number on every architecture that has one there.
 *
 * @throws {InvalidArgumentError} when the number is no integer, or is above 2^31-1
 * @throws {LibseccompCrashError} when the instance crashed before
 *
 * @example
 * ```js
 * import { loadLibseccompSync, lookUpSyscallNumber } from 'libseccomp-wasm/libseccomp';
 *
 * const entries = lookUpSyscallNumber(loadLibseccompSync(), 101);
 * console.log(entries.find(({ architecture }) => architecture === 'x86_64')?.name); // ptrace
 * ```
 */
export function lookUpSyscallNumber(libseccomp: Libseccomp, number: number): SyscallEntry[] {
  checkArgument('lookUpSyscallNumber', 'libseccomp', libseccomp, LIBSECCOMP);
  checkArgument('lookUpSyscallNumber', 'number', number, NUMBER);
  return ARCHITECTURES.flatMap((architecture) => {
    // libseccomp's resolver takes numbers with and without the architecture's base; the kernel does not.
    if (number < firstNumber(architecture)) return [];
    const name = libseccomp.resolveSyscallNumber(number, architecture);
    return name === undefined ? [] : [{ architecture: architecture.name, name, number }];
  });
}

/**
 * Every system call of an architecture that has a number there, by number.
 *
 * @throws {LibseccompCrashError} when the instance crashed before
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { listSyscalls, loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const calls = listSyscalls(loadLibseccompSync(), findArchitecture('x86_64'));
 * console.log(calls[0]); // { name: 'read', number: 0 }
 * ```
 */
export function listSyscalls(libseccomp: Libseccomp, architecture: Architecture): { name: string; number: number }[] {
  checkArgument('listSyscalls', 'libseccomp', libseccomp, LIBSECCOMP);
  checkArgument('listSyscalls', 'architecture', architecture, ARCHITECTURE);
  return [...eachSyscall(libseccomp, architecture)];
}

/**
 * The number that a call has on an architecture, if there is one. libseccomp answers with a pseudo-number for calls
 * that it reaches through a multiplexer. Their own numbers are searched in its table, no further than necessary for the
 * names asked for.
 */
export function numberFinder(libseccomp: Libseccomp): (name: string, architecture: Architecture) => number | undefined {
  const tables: Tables = tablesRead.get(libseccomp) ?? new Map();
  tablesRead.set(libseccomp, tables);
  return (name, architecture) => {
    const resolved = libseccomp.resolveSyscallName(name, architecture);
    if (resolved === undefined || resolved >= 0) return resolved;
    const table = tables.get(architecture) ?? {
      read: new Map(),
      rest: eachSyscall(libseccomp, architecture, [ownNumbers(architecture)]),
    };
    tables.set(architecture, table);
    while (!table.read.has(name)) {
      const next = table.rest.next();
      if (next.done) return undefined;
      table.read.set(next.value.name, next.value.number);
    }
    return table.read.get(name);
  };
}

type Tables = Map<Architecture, { read: Map<string, number>; rest: Iterator<NumberedCall> }>;
/** The parts of the tables that were read; one libseccomp always has the same tables. */
const tablesRead = new WeakMap<Libseccomp, Tables>();

interface NumberedCall {
  name: string;
  number: number;
}

/** In ranges of numbers, which are counted from the architecture's first; by default all. */
function* eachSyscall(
  libseccomp: Libseccomp,
  architecture: Architecture,
  asked: readonly { start: number; end: number }[] = architecture.name === 'arm' ? [ALL, ARM_PRIVATE] : [ALL],
): Generator<NumberedCall, undefined> {
  const first = firstNumber(architecture);
  for (const { start, end } of asked) {
    for (let number = first + start; number < first + end; number++) {
      const name = libseccomp.resolveSyscallNumber(number, architecture);
      if (name !== undefined) yield { name, number };
    }
  }
}

function findMultiplexer(libseccomp: Libseccomp, name: string, architecture: Architecture) {
  const number = libseccomp.resolveSyscallNameRewrite(name, architecture);
  if (number === undefined || number < 0) return undefined;
  const multiplexer = libseccomp.resolveSyscallNumber(number, architecture);
  return multiplexer === undefined || multiplexer === name ? undefined : { name: multiplexer, number };
}
