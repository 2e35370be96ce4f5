import { ALLOW, type Build, filter, KILL } from '../port.js';

/**
 * Architectures come and go inside transactions. Upstream's inner transactions are left out, for ours do not nest (see
 * 61): all of them commit.
 */
export const build: Build = (machine) => {
  const context = filter(machine, ALLOW, [], { architectures: ['x86_64'] });
  context.startTransaction();
  context.addRule(KILL, 'read');
  context.addArchitecture('x86');
  context.commitTransaction();
  context.addRule(KILL, 'write');

  context.startTransaction();
  context.removeArchitecture('x86');
  context.addRule(KILL, 'open');
  context.commitTransaction();
  return context;
};
