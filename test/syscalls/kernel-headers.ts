import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchitectureName } from '../../src/architecture.js';

/** The kernel's own headers, taken out of the distribution's package of them: include/ and arch/ as in its tree. */
const KERNEL_HEADERS = 'build/test-inputs/linux';

/** The folder of arch/ and what a compiler for the architecture would define; the sizes of types are gcc's -m32 and -m64. */
const TARGETS: Partial<Record<ArchitectureName, [folder: string, ...compilerArguments: string[]]>> = {
  x86_64: ['x86', '-m64'],
  x86: ['x86', '-m32'],
  x32: ['x86', '-mx32'],
  arm: ['arm', '-m32', '-U__i386__', '-D__arm__', '-D__ARM_EABI__'],
  aarch64: ['arm64', '-m64', '-U__x86_64__', '-D__aarch64__'],
  loongarch64: ['loongarch', '-m64', '-U__x86_64__', '-D__loongarch__', '-D__BITS_PER_LONG=64'],
  m68k: ['m68k', '-m32', '-U__i386__', '-D__m68k__'],
  mips: ['mips', '-m32', '-U__i386__', '-D__mips__', '-D_MIPS_SIM=1', '-D_MIPS_SZLONG=32', '-D__MIPSEB__'],
  mipsel64n32: ['mips', '-mx32', '-U__x86_64__', '-D__mips__', '-D_MIPS_SIM=2', '-D_MIPS_SZLONG=32', '-D__MIPSEL__'],
  mips64: ['mips', '-m64', '-U__x86_64__', '-D__mips__', '-D_MIPS_SIM=3', '-D_MIPS_SZLONG=64', '-D__MIPSEB__'],
  parisc: ['parisc', '-m32', '-U__i386__', '-D__hppa__'],
  parisc64: ['parisc', '-m64', '-U__x86_64__', '-D__hppa__', '-D__LP64__'],
  ppc: ['powerpc', '-m32', '-U__i386__', '-D__powerpc__'],
  ppc64: ['powerpc', '-m64', '-U__x86_64__', '-D__powerpc__', '-D__powerpc64__'],
  s390: ['s390', '-m32', '-U__i386__', '-D__s390__'],
  s390x: ['s390', '-m64', '-U__x86_64__', '-D__s390__', '-D__s390x__'],
  riscv64: ['riscv', '-m64', '-U__x86_64__', '-D__riscv_xlen=64'],
  sh: ['sh', '-m32', '-U__i386__', '-D__sh__', '-Dpid_t=int'],
};

export const HEADER_ARCHITECTURES = Object.keys(TARGETS) as ArchitectureName[];

/** What makes gcc read headers as a compiler for the architecture would. */
export function headerTarget(architecture: ArchitectureName): string[] {
  return TARGETS[architecture]!.slice(1);
}

/** What `make headers_install` takes out of the headers, defined away. */
const KERNEL_ONLY = ['__user=', '__force=', '__bitwise=', '__attribute_const__=', '__always_inline=inline']
  .concat('loff_t=long long', '__aligned_u64=unsigned long long __attribute__((aligned(8)))')
  .map((definition) => `-D${definition}`);

/** The arguments with which gcc reads the headers of an architecture instead of this machine's. */
export function kernelHeaderArguments(architecture: ArchitectureName): string[] {
  if (!existsSync(KERNEL_HEADERS)) throw new Error(`${KERNEL_HEADERS} is not there; ./build.sh makes it`);
  const [folder, ...args] = TARGETS[architecture]!;
  const stubs = stubHeaders();
  const include = [join(KERNEL_HEADERS, `arch/${folder}/include/uapi`), stubs, join(KERNEL_HEADERS, 'include/uapi')];
  return ['-nostdinc', ...args, ...KERNEL_ONLY, ...include.map((path) => `-I${path}`)];
}

let stubs: string | undefined;

/** asm/x.h for those that an architecture takes from asm-generic, which the kernel's build generates, and empty ones. */
function stubHeaders(): string {
  if (stubs) return stubs;
  stubs = mkdtempSync(join(tmpdir(), 'scmp-headers-'));
  for (const folder of ['asm', 'linux']) mkdirSync(join(stubs, folder));
  for (const file of readdirSync(join(KERNEL_HEADERS, 'include/uapi/asm-generic'))) {
    writeFileSync(join(stubs, 'asm', file), `#include <asm-generic/${file}>\n`);
  }
  for (const file of ['linux/compiler_types.h', 'linux/compiler.h', 'unistd.h']) writeFileSync(join(stubs, file), '');
  return stubs;
}

/** To be called when the tests are done. */
export function removeStubHeaders(): void {
  if (stubs) rmSync(stubs, { recursive: true });
  stubs = undefined;
}
