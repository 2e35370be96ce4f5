import type { ArchitectureName } from '../../src/architecture.js';

/** The architectures that build.sh makes executables for, and who runs each where the processor is another. */
export const EMULATORS: readonly (readonly [ArchitectureName, string])[] = [
  ['x86_64', 'qemu-x86_64-static'],
  ['aarch64', 'qemu-aarch64-static'],
  ['arm', 'qemu-arm-static'],
  ['riscv64', 'qemu-riscv64-static'],
  ['ppc64le', 'qemu-ppc64le-static'],
  ['s390x', 'qemu-s390x-static'],
  ['loongarch64', 'qemu-loongarch64-static'],
];
