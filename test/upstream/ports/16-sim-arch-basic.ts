import { expect } from 'vitest';
import type { ArchitectureName } from '../../../src/architecture.js';
import { ALLOW, type Build, each, filter, KILL, type Machine } from '../port.js';
import { standardStreams } from './03-sim-basic-chains.js';

export const LITTLE_ENDIAN: readonly ArchitectureName[] = [
  'x86',
  'x86_64',
  'x32',
  'arm',
  'aarch64',
  'loongarch64',
  'mipsel',
  'mipsel64',
  'mipsel64n32',
  'ppc64le',
  'riscv64',
  'sh',
];

export const build: Build = (machine) => {
  const context = filter(machine, KILL);
  expect(context.hasArchitecture(machine.architecture)).toBe(true);
  context.removeArchitecture(machine.architecture);
  expect(context.hasArchitecture(machine.architecture)).toBe(false);
  context.addArchitecture(machine.architecture);
  context.removeArchitecture(machine.architecture);

  for (const name of LITTLE_ENDIAN) context.addArchitecture(name);
  for (const [action, syscall, ...comparisons] of standardStreams(ALLOW)) context.addRule(action, syscall, comparisons);
  for (const [action, syscall] of each(ALLOW, 'socket', 'connect', 'shutdown')) context.addRule(action, syscall);
  return context;
};

export function check(machine: Machine): void {
  using context = build(machine, undefined as never);
  for (const name of LITTLE_ENDIAN) context.removeArchitecture(name);
  expect(LITTLE_ENDIAN.some((name) => context.hasArchitecture(name))).toBe(false);
}
