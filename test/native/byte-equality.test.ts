import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { compileProfileSync, planFilter } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';
import { nativeProgram, ORACLE_S390X, oracleLines, requireOracle } from './oracle.js';

const PROFILES = {
  "Podman's default": '../../build/test-inputs/podman-default.json',
  'examples/container-default.json': '../../examples/container-default.json',
  'examples/no-network.json': '../../examples/no-network.json',
  'examples/deny-dangerous.json': '../../examples/deny-dangerous.json',
};
const ARCHITECTURES = ['x86_64', 'aarch64', 'arm', 'riscv64', 's390x', 'ppc64le'];
const OPTIMIZE = [0, 1, 2] as const;

const libseccomp = loadLibseccompSync();

/** The calls that a profile comes to, in the words of the oracle. */
function linesOf(text: Uint8Array, arch: string, optimize: 0 | 1 | 2): string[] {
  const architecture = parseArchitecture(arch);
  const { policy } = resolvePolicy(readProfile(text), { arch: architecture });
  const { operations } = planFilter(policy, {
    architecture,
    optimize,
    unknownSyscall: 'warn',
    resolveSyscall: (name) => libseccomp.resolveSyscallName(name, architecture),
  });
  return oracleLines(operations, { defaultAction: policy.defaultAction, arch });
}

beforeAll(requireOracle);

describe.each(Object.entries(PROFILES))('%s', (_, path) => {
  const text = readFileSync(new URL(path, import.meta.url));
  const compiled = (arch: string, optimize: 0 | 1 | 2) =>
    Buffer.from(compileProfileSync(text, { arch, optimize, libseccomp }).program);

  describe.each(ARCHITECTURES)('for %s', (arch) => {
    it.each(OPTIMIZE)('is the program native libseccomp makes, at optimize %i', (optimize) => {
      const native = nativeProgram(linesOf(text, arch, optimize));
      expect(native.length).toBeGreaterThan(0);
      expect(compiled(arch, optimize).equals(native)).toBe(true);
    });
  });

  // Native libseccomp above runs on this machine's byte order, whatever it compiles for; this one does not.
  const oracle = ORACLE_S390X[1];
  if (!existsSync(oracle) && process.env.CI) throw new Error(`${oracle} is missing: run ./build.sh --test`);
  if (!existsSync(oracle)) console.warn(`SKIPPED: ${oracle} is missing (it takes gcc for s390x and qemu-user-static)`);
  describe.skipIf(!existsSync(oracle))('on a big-endian machine (s390x, by qemu)', () => {
    it.each(['s390x', 'ppc64', 'x86_64', 'aarch64'])('is the program libseccomp makes there, for %s', (arch) => {
      for (const optimize of [0, 2] as const) {
        const native = nativeProgram(linesOf(text, arch, optimize), ORACLE_S390X);
        expect(compiled(arch, optimize).equals(native)).toBe(true);
      }
    });
  });
});
