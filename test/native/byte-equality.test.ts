import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { compileProfileSync, planFilter } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { readProfile, resolvePolicy } from '../../src/profile/index.js';
import { nativeProgram, oracleLines, requireOracle } from './oracle.js';

const PROFILES = {
  "Podman's default": '../../build/test-inputs/podman-default.json',
  'examples/container-default.json': '../../examples/container-default.json',
  'examples/no-network.json': '../../examples/no-network.json',
  'examples/deny-list.json': '../../examples/deny-list.json',
};
const ARCHITECTURES = ['x86_64', 'aarch64', 'arm', 'riscv64', 's390x', 'ppc64le'];
const OPTIMIZE = [0, 1, 2] as const;

beforeAll(requireOracle);

describe.each(Object.entries(PROFILES))('%s', (_, path) => {
  const text = readFileSync(new URL(path, import.meta.url));

  describe.each(ARCHITECTURES)('for %s', (arch) => {
    it.each(OPTIMIZE)('is the program native libseccomp makes, at optimize %i', (optimize) => {
      const architecture = parseArchitecture(arch);
      const libseccomp = loadLibseccompSync();
      const { policy } = resolvePolicy(readProfile(text), { arch: architecture });
      const { operations } = planFilter(policy, {
        architecture,
        optimize,
        unknownSyscall: 'warn',
        resolveSyscall: (name) => libseccomp.resolveSyscallName(name, architecture),
      });
      const native = nativeProgram(oracleLines(operations, { defaultAction: policy.defaultAction, arch }));

      expect(native.length).toBeGreaterThan(0);
      expect(Buffer.from(compileProfileSync(text, { arch, optimize }).program).equals(native)).toBe(true);
    });
  });
});
