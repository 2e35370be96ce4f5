import { ALLOW, type Build, filter, KILL } from '../port.js';

export const build: Build = (machine) => {
  const context = filter(machine, ALLOW);
  context.precompute();
  for (const syscall of [1000, 1001]) {
    context.addRuleExact(KILL, syscall);
    context.precompute();
  }
  return context;
};
