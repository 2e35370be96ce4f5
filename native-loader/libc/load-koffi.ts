import { createRequire } from 'node:module';
import type koffi from 'koffi';
import { UnsupportedHostError } from '../../src/errors.js';
import { type Host, seccompNumber } from './host.js';

export type Koffi = typeof koffi;

const requireHere = createRequire(import.meta.url);

/**
 * koffi, on a Linux whose system call numbers are known.
 *
 * @throws {UnsupportedHostError} elsewhere, and when koffi (an optional dependency) is not installed or has no binary
 */
export function loadKoffi(host: Host, load: () => Koffi = () => requireHere('koffi')): Koffi {
  if (host.platform !== 'linux') {
    throw new UnsupportedHostError(
      `seccomp is a feature of the Linux kernel and this is ${host.platform}: a filter can be compiled and examined here, but installed on Linux only`,
    );
  }
  seccompNumber(host);
  try {
    return load();
  } catch (cause) {
    throw new UnsupportedHostError(
      `the package koffi, which calls seccomp(2) for the loader, cannot be loaded on ${host.platform}-${host.arch}; ` +
        'it is an optional dependency: install it (npm install koffi), unless it has no binary for this architecture',
      { cause },
    );
  }
}

/** C's result, or `-errno` where it is -1. To be called right after the C function: Node's own system calls set errno. */
export function orErrno(k: Koffi, result: number): number {
  return result === -1 ? -k.errno() : result;
}

/** Memory that no garbage collector moves or frees; see `Memory.allocate` of libc.ts. */
export function allocator(k: Koffi): (size: number, layOut: (base: bigint) => Uint8Array) => bigint {
  const memcpy = k.load(null).func('void *memcpy(void *, void *, size_t)');
  return (size, layOut) => {
    const base: bigint = k.alloc('uint8_t', size);
    memcpy(base, layOut(base), size);
    return base;
  };
}
