import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { libseccompName } from '../libseccomp/kernel-names.js';
import type { Libseccomp } from '../libseccomp/libseccomp.js';
import { syscallNaming } from '../libseccomp/syscall-naming.js';
import type { SyscallLookup } from './read-log.js';

/** libseccomp's tables, for the readers of logs. */
export function syscallLookup(libseccomp: Libseccomp): SyscallLookup {
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
