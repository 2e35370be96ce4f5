import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareDecisions } from '../../src/bpf/index.js';
import { type CompileOptions, compileProfileSync } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { builtinProfile, builtinSource } from '../../src/profile/builtin/index.js';
import { BUILTIN_PURPOSES } from '../../src/profile/builtin/names.js';
import { readProfile } from '../../src/profile/index.js';
import { publishedDockerProfile } from './packaged-profiles.js';

const libseccomp = loadLibseccompSync();
const published = publishedDockerProfile();
const ARCHES = ['x86_64', 'aarch64', 's390x', 'riscv64', 'mips64', 'mipsel64n32', 'ppc64le'] as const;

it('says which Docker Engine it is of', () => {
  const lock = readFileSync(new URL('../../src/profile/builtin/docker.lock', import.meta.url), 'utf8');
  const [, version] = /^version=(.+)$/m.exec(lock)!;
  expect(BUILTIN_PURPOSES.docker).toContain(`Docker Engine ${version} `);
  expect(JSON.stringify(builtinSource('docker'))).toContain(`Docker Engine ${version} `);
});

type Target = Omit<CompileOptions, 'libseccomp'>;
const decidesAlike = (ours: object, theirs: object, options: Target): boolean => {
  const [a, b] = [ours, theirs].map((profile) => compileProfileSync(profile, { ...options, libseccomp }));
  return compareDecisions(a!, b!).equal;
};

describe.runIf(published)('decides as the published file', () => {
  const theirs = published && readProfile(published, { source: 'default.json' });
  const ours = builtinProfile('docker')!;

  it.each(ARCHES)('on %s', (arch) => {
    for (const capabilities of [[], ['all']]) {
      expect(decidesAlike(ours, theirs!, { arch, capabilities }), capabilities.join()).toBe(true);
    }
    expect(decidesAlike(ours, theirs!, { arch, capabilities: [], kernel: '4.4' })).toBe(true);
  });

  it('with each capability', () => {
    const named = new Set(theirs!.seccomp.syscalls!.flatMap(({ includes }) => includes?.caps ?? []));
    expect(named.size).toBeGreaterThan(10);
    for (const capability of named) {
      expect(decidesAlike(ours, theirs!, { arch: 'x86_64', capabilities: [capability] }), capability).toBe(true);
    }
  });

  it('and a call more or less shows', () => {
    const without = JSON.parse(JSON.stringify(builtinSource('docker')).replaceAll('"bpf"', '"acct"')) as object;
    expect(decidesAlike(readProfile(without), theirs!, { arch: 'x86_64', capabilities: ['CAP_BPF'] })).toBe(false);
  });
});
