import { ARCHITECTURES } from '../architecture.js';
import type { Libseccomp } from '../libseccomp/index.js';

const byToken = new Map(ARCHITECTURES.map((architecture) => [architecture.token, architecture]));

/** libseccomp's tables as the disassembler asks for them: the name of a number on the architecture of a token. */
export function syscallNames(libseccomp: Libseccomp): (token: number, nr: number) => string | undefined {
  return (token, nr) => {
    const architecture = byToken.get(token);
    return architecture && libseccomp.resolveSyscallNumber(nr, architecture);
  };
}
