import { ARCHITECTURES } from '../architecture.js';
import { checkArgument, LIBSECCOMP } from '../options.js';
import { libseccompName } from './kernel-names.js';
import type { Libseccomp } from './libseccomp.js';
import { listSyscalls } from './syscall-table.js';

/**
 * Names and numbers of system calls as programs have them, one the inverse of the other: what `disassemble` and `assemble`
 * ask for. Architectures are given by libseccomp's token; x32's numbers have bit 30 set.
 */
export interface SyscallNaming {
  syscallName(token: number, nr: number): string | undefined;
  syscallNumber(token: number, name: string): number | undefined;
}

interface Table {
  names: ReadonlyMap<number, string>;
  numbers: ReadonlyMap<string, number>;
}

/** What was made for each libseccomp, whose tables never change. */
const namings = new WeakMap<Libseccomp, SyscallNaming>();

/**
 * libseccomp's tables; each architecture's is made when it is first asked for.
 *
 * @throws nothing: the tables are read when they are first asked for
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 * import { loadLibseccompSync, syscallNaming } from 'libseccomp-wasm/libseccomp';
 *
 * const naming = syscallNaming(loadLibseccompSync());
 * const { token } = findArchitecture('x86_64');
 * console.log(naming.syscallName(token, 101), naming.syscallNumber(token, 'ptrace')); // ptrace 101
 * ```
 */
export function syscallNaming(libseccomp: Libseccomp): SyscallNaming {
  checkArgument('syscallNaming', 'libseccomp', libseccomp, LIBSECCOMP);
  const known = namings.get(libseccomp);
  if (known) return known;
  const naming = makeNaming(libseccomp);
  namings.set(libseccomp, naming);
  return naming;
}

function makeNaming(libseccomp: Libseccomp): SyscallNaming {
  const tables = new Map<number, Table>();
  const tableOf = (token: number): Table | undefined => {
    const known = tables.get(token);
    const architecture = known ? undefined : ARCHITECTURES.find((each) => each.token === token);
    if (!architecture) return known;
    const calls = listSyscalls(libseccomp, architecture);
    const numbers = new Map<string, number>();
    // Of two numbers with one name, which libseccomp has not, only the first would be read back.
    for (const { name, number } of calls) if (!numbers.has(name)) numbers.set(name, number);
    const names = new Map([...numbers].map(([name, number]) => [number, name]));
    const table = { names, numbers };
    tables.set(token, table);
    return table;
  };
  return {
    syscallName: (token, nr) => tableOf(token)?.names.get(nr),
    syscallNumber: (token, name) => {
      const architecture = ARCHITECTURES.find((each) => each.token === token);
      return tableOf(token)?.numbers.get(architecture ? libseccompName(name, architecture.name) : name);
    },
  };
}
