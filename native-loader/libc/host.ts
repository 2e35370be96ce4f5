import type { Architecture, ArchitectureName } from '../../src/architecture.js';
import { UnsupportedHostError } from '../../src/errors.js';

/** What the loader has to know of the machine it runs on; `platform` and `arch` as Node's `process` has them. */
export interface Host {
  readonly platform: string;
  readonly arch: string;
  readonly endianness: Architecture['endianness'];
}

export const thisHost: Host = {
  platform: process.platform,
  arch: process.arch,
  // node:os says it too, at the price of loading it
  endianness: new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 'little' : 'big',
};

interface HostArchitecture {
  readonly names: Readonly<Record<Host['endianness'], ArchitectureName>>;
  /** The numbers of seccomp(2) and rt_sigaction(2), from the kernel's system call tables. */
  readonly seccomp: number;
  readonly rtSigaction: number;
}

const one = (name: ArchitectureName): HostArchitecture['names'] => ({ little: name, big: name });

/** By `process.arch`. */
const hostArchitectures: ReadonlyMap<string, HostArchitecture> = new Map([
  ['x64', { names: one('x86_64'), seccomp: 317, rtSigaction: 13 }],
  ['ia32', { names: one('x86'), seccomp: 354, rtSigaction: 174 }],
  ['arm64', { names: one('aarch64'), seccomp: 277, rtSigaction: 134 }],
  ['arm', { names: one('arm'), seccomp: 383, rtSigaction: 174 }],
  ['riscv64', { names: one('riscv64'), seccomp: 277, rtSigaction: 134 }],
  ['loong64', { names: one('loongarch64'), seccomp: 277, rtSigaction: 134 }],
  ['ppc64', { names: { little: 'ppc64le', big: 'ppc64' }, seccomp: 358, rtSigaction: 173 }],
  ['s390x', { names: one('s390x'), seccomp: 348, rtSigaction: 174 }],
  ['mips', { names: one('mips'), seccomp: 4352, rtSigaction: 4194 }],
  ['mipsel', { names: one('mipsel'), seccomp: 4352, rtSigaction: 4194 }],
]);

function describeHost(host: Host): HostArchitecture {
  const found = hostArchitectures.get(host.arch);
  if (!found) throw new UnsupportedHostError(`no system call table is known for process.arch ${host.arch}`);
  return found;
}

/**
 * The architecture this process makes system calls as, on any platform: a 32-bit Node on a 64-bit kernel is 32-bit.
 *
 * @throws {UnsupportedHostError} when no system call table is known for `arch`
 *
 * @example
 * ```js
 * import { hostArchitecture } from 'libseccomp-wasm/loader';
 *
 * console.log(hostArchitecture({ platform: 'linux', arch: 'arm64', endianness: 'little' })); // aarch64
 * ```
 */
export function hostArchitecture(host: Host = thisHost): ArchitectureName {
  return describeHost(host).names[host.endianness];
}

/** The number of seccomp(2) for system calls of this process. */
export function seccompNumber(host: Host = thisHost): number {
  return describeHost(host).seccomp;
}

/** The number of rt_sigaction(2) for system calls of this process. */
export function sigactionNumber(host: Host = thisHost): number {
  return describeHost(host).rtSigaction;
}
