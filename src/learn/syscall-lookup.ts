import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { libseccompName } from '../libseccomp/kernel-names.js';
import type { Libseccomp } from '../libseccomp/libseccomp.js';
import { syscallNaming } from '../libseccomp/syscall-naming.js';
import { checkArgument, LIBSECCOMP } from '../options.js';
import type { SyscallLookup } from './read-log.js';

/**
 * libseccomp's tables, for the readers of logs.
 *
 * @throws nothing: its methods throw `InvalidArgumentError` for an architecture that nobody knows
 *
 * @example
 * ```js
 * import { syscallLookup } from 'libseccomp-wasm/learn';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const table = syscallLookup(loadLibseccompSync());
 * console.log(table.name(101, 'x86_64'), table.has('socketcall', 'x86_64')); // ptrace false
 * ```
 */
export function syscallLookup(libseccomp: Libseccomp): SyscallLookup {
  checkArgument('syscallLookup', 'libseccomp', libseccomp, LIBSECCOMP);
  const naming = syscallNaming(libseccomp);
  return {
    name: (number, architecture) => naming.syscallName(parseArchitecture(architecture).token, number),
    known: (name, architecture) => libseccompName(name, architecture),
    has: (name, architecture) => {
      const { token } = parseArchitecture(architecture);
      if (naming.syscallNumber(token, name) !== undefined) return true;
      return (libseccomp.resolveSyscallNameRewrite(name, architecture as ArchitectureName) ?? -1) >= 0;
    },
  };
}
