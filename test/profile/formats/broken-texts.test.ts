import { describe, expect, it } from 'vitest';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import { readProfile } from '../../../src/profile/index.js';
import fc from '../../fast-check.js';
import { BROKEN_TEXTS } from './broken-texts.js';

function errorOf(content: string): unknown {
  try {
    readProfile(content, { source: 'broken' });
  } catch (error) {
    return error;
  }
  throw new Error('it was read');
}

describe('broken texts', () => {
  it('are many, with names that tell them apart', () => {
    expect(new Set(BROKEN_TEXTS.map(({ name }) => name)).size).toBe(BROKEN_TEXTS.length);
    expect(BROKEN_TEXTS.length).toBeGreaterThanOrEqual(90);
  });

  it.each(BROKEN_TEXTS)('$name: $issueCode', ({ content, errorCode, issueCode, line, column }) => {
    const error = errorOf(content);
    expect(error).toBeInstanceOf(ProfileError);
    const { code, issues, message } = error as ProfileError;
    const found = issues.map((issue) => `${issue.code} ${issue.position?.line}:${issue.position?.column}`);
    expect(found, message).toContain(`${issueCode} ${line}:${column}`);
    expect(code).toBe(errorCode);
    expect(message).not.toMatch(/undefined|\[object|Invalid input/);
  });
});

describe('damaged texts', () => {
  const TEXTS = [
    'default errno EPERM\narch x86_64, arm64\nallow read, socket(domain == AF_UNIX && type & 0xf != 3)\nwhen not cap CAP_BPF: x(arg0:64 < 5) -> trace 7\n',
    '[Service]\nSystemCallFilter=~@clock:EPERM ptrace \\\n  bpf\nSystemCallArchitectures=native\nSystemCallLog=read\n',
    'apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nspec:\n  defaultAction: SCMP_ACT_LOG\n  syscalls: &a\n  - {names: [read], action: SCMP_ACT_TRAP, args: [{index: 0, op: SCMP_CMP_EQ}]}\n',
    '{"a": {"mismatch_action": {"errno": 1}, "match_action": "allow", "filter": [{"syscall": "read", "args": [{"index": 0, "type": "dword", "op": {"masked_eq": 3}, "val": 1}]}]}}',
  ];
  const CHARACTERS = [...'{}[]()<>:,;"\'|&*!#=-~@%\\\n\t 09aA_\0é'];

  it('are read, or refused by a ProfileError and nothing else', () => {
    const counts = { read: 0, refused: 0 };
    const edit = fc.record({
      at: fc.nat(400),
      drop: fc.nat(3),
      put: fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 3 }).map((characters) => characters.join('')),
    });
    fc.assert(
      fc.property(fc.constantFrom(...TEXTS), fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
        let damaged = text;
        for (const { at, drop, put } of edits) {
          const place = at % (damaged.length + 1);
          damaged = damaged.slice(0, place) + put + damaged.slice(place + drop);
        }
        try {
          readProfile(damaged);
          counts.read++;
        } catch (error) {
          expect(error).toBeInstanceOf(ProfileError);
          expect((error as ProfileError).message).not.toMatch(/undefined|\[object/);
          counts.refused++;
        }
      }),
      { numRuns: 3000 },
    );
    expect(counts.refused).toBeGreaterThan(500);
    expect(counts.read).toBeGreaterThan(100);
  });
});
