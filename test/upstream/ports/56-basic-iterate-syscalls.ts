import { expect } from 'vitest';
import { ARCHITECTURES, type ArchitectureName } from '../../../src/architecture.js';
import type { Machine } from '../port.js';

/** Where system call numbers start, if not at 0. */
const BASES: Partial<Record<ArchitectureName, number>> = {
  x32: 0x40000000,
  mips: 4000,
  mipsel: 4000,
  mips64: 5000,
  mipsel64: 5000,
  mips64n32: 6000,
  mipsel64n32: 6000,
};

/**
 * Numbers to names and back. A call that can also be made through another one (`recvmmsg` on x86 through `socketcall`)
 * comes back as libseccomp's pseudo-number for both ways. Upstream's program cannot fail (it returns 1 for a mismatch and
 * looks for less than 0) and looks at numbers from 0 on the little-endian mips, which have none there.
 */
export function check({ libseccomp }: Machine): void {
  for (const architecture of ARCHITECTURES) {
    const first = BASES[architecture.name] ?? 0;
    let known = 0;
    for (let number = first; number < first + 1000; number++) {
      const name = libseccomp.resolveSyscallNumber(number, architecture);
      if (name === undefined) continue;
      const back = libseccomp.resolveSyscallName(name, architecture)!;
      if (back < -1) expect(libseccomp.resolveSyscallNumber(back, architecture)).toBe(name);
      else expect(back, `${name} on ${architecture.name}`).toBe(number);
      known++;
    }
    expect(known, architecture.name).toBeGreaterThan(250);
  }
}
