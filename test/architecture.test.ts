import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  ARCHITECTURES,
  auditArchitecture,
  callArchitecture,
  kernelArchitecture,
  parseArchitecture,
  WITHOUT_TABLE,
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

it('knows the architectures of the kernel that libseccomp has no table for, by the values of its headers', () => {
  const header = (name: string) =>
    readFileSync(new URL(`../build/test-inputs/linux/include/uapi/linux/${name}.h`, import.meta.url), 'utf8');
  const numbers = new Map(
    [...header('elf-em').matchAll(/^#define (EM_\w+)\s+(\w+)/gm)].map(([, name, value]) => [name!, Number(value)]),
  );
  const flags = new Map([
    ['__AUDIT_ARCH_64BIT', 0x80000000],
    ['__AUDIT_ARCH_LE', 0x40000000],
  ]);
  const values = new Map(
    [...header('audit').matchAll(/^#define AUDIT_ARCH_(\w+)\s+\(([\w|]+)\)$/gm)].map(([, name, parts]) => [
      name!.toLowerCase(),
      parts!.split('|').reduce((sum, part) => sum + (flags.get(part) ?? numbers.get(part) ?? Number.NaN), 0),
    ]),
  );
  expect(values.get('x86_64')).toBe(auditArch);
  for (const [name, value] of Object.entries(WITHOUT_TABLE)) {
    expect([name, values.get(name)]).toEqual([name, value]);
    expect(auditArchitecture(value)).toBeUndefined();
    expect(kernelArchitecture(value)).toBe(name);
    expect(() => parseArchitecture(name)).toThrow('no table of the system calls');
  }
  expect(kernelArchitecture(auditArch)).toBeUndefined();
});
