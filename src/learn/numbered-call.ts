import type { SyscallLookup } from './read-log.js';

const NUMBERED = /^syscall_(\d{1,10})$/;

/** A lookup that has a name for any number: `syscall_600`. What a filter does with it is no less true. */
export function withNumbers(table: SyscallLookup): SyscallLookup {
  return {
    name: (number, architecture) => table.name(number, architecture) ?? `syscall_${number}`,
    known: (name, architecture) => table.known(name, architecture),
    has: (name, architecture) => NUMBERED.test(name) || table.has(name, architecture),
  };
}

/** The number in such a name. */
export function numberInName(name: string): number | undefined {
  const digits = NUMBERED.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
