import { expect } from 'vitest';
import type { FilterAttributes } from '../../../src/libseccomp/index.js';
import { ALLOW, filter, type Machine } from '../port.js';

export function check(machine: Machine): void {
  machine.libseccomp.setApiLevel(5);
  using context = filter(machine, ALLOW);
  expect(context.getAttribute('ACT_DEFAULT')).toEqual(ALLOW);
  expect(() => context.setAttribute('ACT_DEFAULT', ALLOW)).toThrow('EACCES');

  const settings: Omit<FilterAttributes, 'ACT_DEFAULT'> = {
    ACT_BADARCH: ALLOW,
    CTL_NNP: false,
    CTL_TSYNC: true,
    API_TSKIP: true,
    CTL_LOG: true,
    CTL_SSB: true,
    CTL_OPTIMIZE: 2,
    API_SYSRAWRC: true,
    CTL_WAITKILL: true,
  };
  for (const [name, value] of Object.entries(settings)) {
    const attribute = name as keyof typeof settings;
    expect(context.getAttribute(attribute), name).not.toEqual(value);
    context.setAttribute(attribute, value);
    expect(context.getAttribute(attribute), name).toEqual(value);
  }
}
