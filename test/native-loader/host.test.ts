import { describe, expect, it } from 'vitest';
import { hostArchitecture, seccompNumber, thisHost } from '../../native-loader/libc/host.js';
import { findArchitecture } from '../../src/architecture.js';
import { UnsupportedHostError } from '../../src/errors.js';

const host = (arch: string, endianness: 'little' | 'big' = 'little') => ({ platform: 'linux', arch, endianness });

describe('hostArchitecture', () => {
  it.each([
    ['x64', 'little', 'x86_64'],
    ['ia32', 'little', 'x86'],
    ['arm64', 'little', 'aarch64'],
    ['arm', 'little', 'arm'],
    ['riscv64', 'little', 'riscv64'],
    ['loong64', 'little', 'loongarch64'],
    ['ppc64', 'little', 'ppc64le'],
    ['ppc64', 'big', 'ppc64'],
    ['s390x', 'big', 's390x'],
    ['mips', 'big', 'mips'],
    ['mipsel', 'little', 'mipsel'],
  ] as const)('knows %s, %s-endian, as %s', (arch, endianness, name) => {
    expect(hostArchitecture(host(arch, endianness))).toBe(name);
    expect(findArchitecture(name)?.endianness).toBe(endianness);
  });

  it('answers off Linux too', () => {
    expect(hostArchitecture({ platform: 'darwin', arch: 'arm64', endianness: 'little' })).toBe('aarch64');
  });

  it('refuses what libseccomp does not know', () => {
    expect(() => hostArchitecture(host('sparc64', 'big'))).toThrow(UnsupportedHostError);
    expect(() => seccompNumber(host('sparc64', 'big'))).toThrow(UnsupportedHostError);
  });

  it('knows this machine', () => {
    expect(findArchitecture(hostArchitecture())?.endianness).toBe(thisHost.endianness);
  });
});
