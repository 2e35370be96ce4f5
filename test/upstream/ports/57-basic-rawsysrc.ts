import { expect } from 'vitest';
import { ALLOW, filter, type Machine } from '../port.js';

/**
 * The attribute decides whether C returns a system's own error (EBADF from writing to a closed file) or ECANCELED. Our
 * exports write to memory and make no system call that could fail; the attribute is kept, and changes nothing.
 */
export function check(machine: Machine): void {
  machine.libseccomp.setApiLevel(3);
  using context = filter(machine, ALLOW);
  const before = context.exportPfc();
  context.setAttribute('API_SYSRAWRC', true);
  expect(context.getAttribute('API_SYSRAWRC')).toBe(true);
  expect(context.exportPfc()).toBe(before);
}
