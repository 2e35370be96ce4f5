import { InvalidArgumentError } from './errors.js';
import { editDistance, editsFor } from './nearest-name.js';
import { quote } from './text.js';

/** libseccomp's name of an architecture, as `seccomp_arch_resolve_name(3)` takes it. */
export type ArchitectureName =
  | 'x86'
  | 'x86_64'
  | 'x32'
  | 'arm'
  | 'aarch64'
  | 'loongarch64'
  | 'm68k'
  | 'mips'
  | 'mipsel'
  | 'mips64'
  | 'mipsel64'
  | 'mips64n32'
  | 'mipsel64n32'
  | 'parisc'
  | 'parisc64'
  | 'ppc'
  | 'ppc64'
  | 'ppc64le'
  | 's390'
  | 's390x'
  | 'riscv64'
  | 'sheb'
  | 'sh';

export interface Architecture {
  readonly name: ArchitectureName;
  /** The OCI runtime spec's name, `SCMP_ARCH_…`. */
  readonly ociName: string;
  /** Go's GOARCH (what Docker, Podman and Kubernetes users type), where Go has the architecture. */
  readonly goName?: string;
  /** What `uname -m` and Node's `process.arch` call it, beyond the names above. */
  readonly aliases: readonly string[];
  /** libseccomp's token, `SCMP_ARCH_…` of `seccomp.h`. */
  readonly token: number;
  /** The value in `seccomp_data.arch`, `AUDIT_ARCH_…` of `linux/audit.h`; differs from the token on x32 only. */
  readonly auditArch: number;
  /** Width of a system call argument in bits. */
  readonly wordSize: 32 | 64;
  readonly endianness: 'little' | 'big';
}

const LE = 0x40000000;
const B64 = 0x80000000;
const N32 = 0x20000000;

function define(
  name: ArchitectureName,
  token: number,
  wordSize: 32 | 64,
  endianness: 'little' | 'big',
  names: { goName?: string; aliases?: readonly string[]; auditArch?: number } = {},
): Architecture {
  const { goName, aliases = [], auditArch = token >>> 0 } = names;
  return {
    name,
    ociName: `SCMP_ARCH_${name.toUpperCase()}`,
    ...(goName === undefined ? {} : { goName }),
    aliases,
    token: token >>> 0,
    auditArch,
    wordSize,
    endianness,
  };
}

/** Every architecture libseccomp 2.6 compiles for. ELF machine numbers are those of `linux/elf-em.h`. */
export const ARCHITECTURES: readonly Architecture[] = [
  define('x86', 3 | LE, 32, 'little', { goName: '386', aliases: ['i386', 'i486', 'i586', 'i686', 'ia32'] }),
  define('x86_64', 62 | B64 | LE, 64, 'little', { goName: 'amd64', aliases: ['x64'] }),
  // x32 shares x86_64's AUDIT_ARCH; bit 30 of the system call number distinguishes it.
  define('x32', 62 | LE, 32, 'little', { auditArch: (62 | B64 | LE) >>> 0 }),
  define('arm', 40 | LE, 32, 'little', { goName: 'arm', aliases: ['armv6l', 'armv7l', 'armhf'] }),
  define('aarch64', 183 | B64 | LE, 64, 'little', { goName: 'arm64' }),
  define('loongarch64', 258 | B64 | LE, 64, 'little', { goName: 'loong64' }),
  define('m68k', 4, 32, 'big'),
  define('mips', 8, 32, 'big', { goName: 'mips' }),
  define('mipsel', 8 | LE, 32, 'little', { goName: 'mipsle' }),
  define('mips64', 8 | B64, 64, 'big', { goName: 'mips64' }),
  define('mipsel64', 8 | B64 | LE, 64, 'little', { goName: 'mips64le', aliases: ['mips64el'] }),
  define('mips64n32', 8 | B64 | N32, 32, 'big', { goName: 'mips64p32' }),
  define('mipsel64n32', 8 | B64 | LE | N32, 32, 'little', { goName: 'mips64p32le' }),
  define('parisc', 15, 32, 'big', { aliases: ['hppa'] }),
  define('parisc64', 15 | B64, 64, 'big', { aliases: ['hppa64'] }),
  define('ppc', 20, 32, 'big', { goName: 'ppc', aliases: ['powerpc'] }),
  define('ppc64', 21 | B64, 64, 'big', { goName: 'ppc64' }),
  define('ppc64le', 21 | B64 | LE, 64, 'little', { goName: 'ppc64le' }),
  define('s390', 22, 32, 'big', { goName: 's390' }),
  define('s390x', 22 | B64, 64, 'big', { goName: 's390x' }),
  define('riscv64', 243 | B64 | LE, 64, 'little', { goName: 'riscv64' }),
  define('sheb', 42, 32, 'big'),
  define('sh', 42 | LE, 32, 'little', { aliases: ['sh4'] }),
];

/** Bit 30 of a system call number on AUDIT_ARCH_X86_64: the call is x32's (`__X32_SYSCALL_BIT` of asm/unistd.h). */
export const X32_SYSCALL_BIT = 0x40000000;

/** x32 is left out: only the system call number distinguishes it from x86_64. */
const byAuditArch = new Map(ARCHITECTURES.filter(({ name }) => name !== 'x32').map((each) => [each.auditArch, each]));
/** The architecture whose AUDIT_ARCH is x86_64's and whose numbers have {@link X32_SYSCALL_BIT}. */
export const X32 = ARCHITECTURES.find(({ name }) => name === 'x32') as Architecture;

/** The architecture of a value of `seccomp_data.arch`, x86_64 for x32 too; undefined for a value that is none's. */
export function auditArchitecture(auditArch: number): Architecture | undefined {
  return byAuditArch.get(auditArch);
}

/**
 * Architectures on which Linux runs filters and of which libseccomp has no table: AUDIT_ARCH of `linux/audit.h` by the
 * kernel's name.
 */
export const WITHOUT_TABLE: Readonly<Record<string, number>> = {
  alpha: (0x9026 | B64 | LE) >>> 0,
  csky: 252 | LE,
  loongarch32: 258 | LE,
  riscv32: 243 | LE,
  xtensa: 94,
};

/** The kernel's name of an AUDIT_ARCH for which libseccomp has no table; undefined for any other value. */
export const kernelArchitecture = (auditArch: number): string | undefined =>
  Object.keys(WITHOUT_TABLE).find((name) => WITHOUT_TABLE[name] === auditArch);

/**
 * The architecture of a call: x32 where the number has x32's bit, as the kernel tells them apart (`in_x32_syscall` of
 * asm/compat.h) and libseccomp does. Negative numbers have the bit.
 */
export function callArchitecture(auditArch: number, number: number): Architecture | undefined {
  const isX32 = auditArch === X32.auditArch && (number & X32_SYSCALL_BIT) !== 0;
  return isX32 ? X32 : byAuditArch.get(auditArch);
}

const byAnyName = new Map<string, Architecture>();
for (const architecture of ARCHITECTURES) {
  const { name, ociName, goName, aliases } = architecture;
  for (const key of [name, ociName, ...(goName ? [goName] : []), ...aliases]) {
    const taken = byAnyName.get(key.toLowerCase());
    if (taken && taken !== architecture) throw new Error(`architecture name ${key} stands for two architectures`);
    byAnyName.set(key.toLowerCase(), architecture);
  }
}

/**
 * Find an architecture by any of its names: libseccomp's (`x86_64`), OCI's (`SCMP_ARCH_X86_64`), Go's (`amd64`) or the
 * kernel's (`i686`). Case does not matter. Returns undefined for a name nobody knows.
 *
 * @throws nothing: a name that nobody knows is no error here
 *
 * @example
 * ```js
 * import { findArchitecture } from 'libseccomp-wasm';
 *
 * console.log(findArchitecture('amd64')?.ociName, findArchitecture('pdp11')); // SCMP_ARCH_X86_64 undefined
 * ```
 */
export function findArchitecture(name: string): Architecture | undefined {
  return typeof name === 'string' ? byAnyName.get(name.toLowerCase()) : undefined;
}

/**
 * The architecture that a wrong name most likely means: OCI's and the kernel's prefixes before any of its names,
 * dashes, the beginning of a triplet, misspellings. Undefined where two are equally near: the wrong one would do harm.
 */
export function nearestArchitecture(name: string): Architecture | undefined {
  const stem = name.toLowerCase().replace(/^(?:scmp_|audit_)?arch_/, '');
  for (const form of [stem, stem.replaceAll('-', '_'), stem.replace(/[-_]/g, ''), stem.split('-')[0]!]) {
    const named = byAnyName.get(form);
    if (named) return named;
  }
  const limit = stem.length < 7 ? Math.min(1, editsFor(stem.length)) : 2;
  let [least, nearest] = [limit + 1, new Set<Architecture>()];
  for (const [known, architecture] of byAnyName) {
    const distance = known.startsWith('scmp_arch_') ? limit + 1 : editDistance(stem, known);
    if (distance > limit || distance > least) continue;
    if (distance < least) [least, nearest] = [distance, new Set()];
    nearest.add(architecture);
  }
  return nearest.size === 1 ? [...nearest][0] : undefined;
}

/**
 * As {@link findArchitecture}, but an unknown name is an error.
 *
 * @throws {InvalidArgumentError} when nobody knows the name; it lists the names there are
 */
export function parseArchitecture(name: string): Architecture {
  if (typeof name !== 'string') {
    throw new InvalidArgumentError(
      `an architecture is given by its name, as "x86_64" or "arm64", not as ${name === undefined ? name : `a ${typeof name}`}`,
    );
  }
  const architecture = findArchitecture(name);
  if (!architecture) {
    if (Object.hasOwn(WITHOUT_TABLE, name.toLowerCase())) {
      throw new InvalidArgumentError(
        `${name} is an architecture without a filter of libseccomp's: it has no table of the system calls there`,
      );
    }
    const nearest = nearestArchitecture(name);
    throw new InvalidArgumentError(
      `unknown architecture ${quote(name)}; ${nearest ? `did you mean ${nearest.name}?` : `known are ${ARCHITECTURES.map((each) => each.name).join(', ')} (also as SCMP_ARCH_… or GOARCH names)`}`,
    );
  }
  return architecture;
}
