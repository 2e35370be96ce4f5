import { expect, it } from 'vitest';
import {
  ARCHITECTURES,
  auditArchitecture,
  callArchitecture,
  parseArchitecture,
  X32,
  X32_SYSCALL_BIT,
} from '../src/architecture.js';

const { auditArch } = parseArchitecture('x86_64');

it('finds the architecture of an AUDIT_ARCH, x86_64 for x32 too', () => {
  for (const each of ARCHITECTURES) {
    expect(auditArchitecture(each.auditArch)?.name).toBe(each.name === 'x32' ? 'x86_64' : each.name);
  }
  expect(auditArchitecture(0)).toBeUndefined();
  expect(auditArchitecture(X32.token)).toBeUndefined();
});

it('tells x32 from x86_64 by bit 30 of the number, of negative ones too', () => {
  expect(callArchitecture(auditArch, 0)?.name).toBe('x86_64');
  expect(callArchitecture(auditArch, X32_SYSCALL_BIT - 1)?.name).toBe('x86_64');
  expect(callArchitecture(auditArch, X32_SYSCALL_BIT)?.name).toBe('x32');
  expect(callArchitecture(auditArch, -1)?.name).toBe('x32');
  expect(callArchitecture(auditArch, 0xffffffff)?.name).toBe('x32');
  // no other architecture has such a bit
  for (const each of ARCHITECTURES.filter((other) => other.auditArch !== auditArch)) {
    expect(callArchitecture(each.auditArch, X32_SYSCALL_BIT)).toBe(each);
  }
  expect(callArchitecture(0, X32_SYSCALL_BIT)).toBeUndefined();
});
