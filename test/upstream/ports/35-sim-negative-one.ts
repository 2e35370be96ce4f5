import { ALLOW, type Build, filter, KILL } from '../port.js';

/** A tracer skips a system call by making its number -1. */
export const build: Build = (machine) => {
  const context = filter(machine, KILL, [], { architectures: ['x86', 'x86_64'], attributes: { API_TSKIP: true } });
  context.setSyscallPriority(-1, 100);
  context.addRule(ALLOW, -1);
  return context;
};
