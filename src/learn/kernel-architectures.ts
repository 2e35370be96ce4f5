import type { ArchitectureName } from '../architecture.js';

const MODES: Partial<Record<ArchitectureName, Readonly<Record<string, ArchitectureName>>>> = {
  x86_64: { '32 bit': 'x86', x32: 'x32' },
  aarch64: { '32 bit': 'arm' },
  ppc64: { '32 bit': 'ppc' },
  s390x: { '32 bit': 's390' },
  parisc64: { '32 bit': 'parisc' },
  mips64: { '32 bit': 'mips', n32: 'mips64n32', o32: 'mips' },
  mipsel64: { '32 bit': 'mipsel', n32: 'mipsel64n32', o32: 'mipsel' },
};

/** The other architectures that a kernel runs, by strace(1)'s names for them. */
export function otherModes(native: ArchitectureName): ReadonlyMap<string, ArchitectureName> {
  return new Map(Object.entries(MODES[native] ?? {}));
}

/** The architectures of the programs that a kernel may run, its own first. */
export function kernelArchitectures(native: ArchitectureName): ArchitectureName[] {
  return [...new Set([native, ...otherModes(native).values()])];
}
