import { expect } from 'vitest';
import { ALLOW, type Build, filter, KILL } from '../port.js';

/** A system call that the architecture does not have: nothing to do, and an error if it has to be exact. */
export const build: Build = (machine) => {
  const context = filter(machine, KILL, [[ALLOW, 'tuxcall']], { architectures: ['x86'] });
  expect(() => context.addRuleExact(ALLOW, 'tuxcall')).toThrow('EDOM');
  return context;
};
