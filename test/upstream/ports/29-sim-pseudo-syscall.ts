import { expect } from 'vitest';
import { LibseccompError } from '../../../src/libseccomp/index.js';
import { ALLOW, type Build, filter, KILL } from '../port.js';

/**
 * -100001, which is 4294867295 unsigned, is none of libseccomp's pseudo-numbers: EDOM on a machine of the filter's own
 * architecture, EFAULT where the number would have to be translated, in C as here. Upstream takes any error.
 */
export const build: Build = (machine) => {
  const context = filter(machine, ALLOW, [], { architectures: ['x86'] });
  expect(() => context.addRuleExact(KILL, -100001)).toThrow(LibseccompError);
  return context;
};
