import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/check/index.js';
import { withAndWithout } from '../../src/profile/resolve/assumed-capabilities.js';
import fc from '../fast-check.js';
import { check, type Options } from './profiles.js';

// Without named capabilities a report also says what Docker's default ones change. Of that second filter only the calls
// that differ are compiled; here both are compiled as a whole.

const NAMES = 'clone socket connect personality kill socketcall ipc shmat read alarm ioctl mseal'.split(' ');

const entry = fc.record({
  names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }),
  action: fc.constantFrom(
    'SCMP_ACT_ALLOW',
    'SCMP_ACT_ERRNO',
    'SCMP_ACT_KILL_PROCESS',
    'SCMP_ACT_LOG',
    'SCMP_ACT_NOTIFY',
  ),
  args: fc.array(
    fc.record({
      index: fc.integer({ min: 0, max: 2 }),
      value: fc.constantFrom(0, 1, 2, 16, 0x7e020000),
      op: fc.constantFrom('SCMP_CMP_EQ', 'SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_GE', 'SCMP_CMP_MASKED_EQ'),
    }),
    { maxLength: 2 },
  ),
  includes: fc.option(fc.constant({ caps: ['CAP_SYS_CHROOT'] }), { nil: undefined }),
  excludes: fc.option(fc.constant({ caps: ['CAP_AUDIT_WRITE'] }), { nil: undefined }),
});

const profile = fc.record({
  defaultAction: fc.constantFrom('SCMP_ACT_ERRNO', 'SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW', 'SCMP_ACT_KILL'),
  architectures: fc.constantFrom(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'], ['SCMP_ARCH_S390X'], []),
  syscalls: fc.array(entry, { minLength: 1, maxLength: 8 }),
});

const options = fc.record<Options>({
  targets: fc.constantFrom(['x86_64'], ['x86_64', 'aarch64'], ['s390x', 'x86']),
  runtime: fc.constantFrom('libseccomp', 'runc', 'crun', 'youki'),
});

const keyOf = ({ id, path, message }: Finding) => `${id} ${path} ${message}`;

describe('findings without capabilities, and with the usual ones', () => {
  it('are those of two whole filters', () => {
    let saying = 0;
    fc.assert(
      fc.property(profile, options, (given, asked) => {
        const [own, usual] = [[], ['docker']].map(
          (capabilities) => new Set(check(given, { ...asked, capabilities }).findings.map(keyOf)),
        ) as [Set<string>, Set<string>];
        const expected = [
          ...[...own].map((key) => (usual.has(key) ? key : `${key} (${withAndWithout('so it is', 'not so')})`)),
          ...[...usual].filter((key) => !own.has(key)).map((key) => `${key} (${withAndWithout('not so', 'so it is')})`),
        ];
        const found = check(given, asked).findings.map(keyOf);
        if (found.some((key) => key.endsWith('--cap docker)'))) saying++;
        expect([...new Set(found)].sort()).toEqual(expected.sort());
      }),
      { numRuns: 80 },
    );
    expect(saying).toBeGreaterThan(8);
  });
});
