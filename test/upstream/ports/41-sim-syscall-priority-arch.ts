import { ALLOW, type Build, filter, KILL } from '../port.js';

export const build: Build = (machine) => {
  const context = filter(machine, KILL, [], { architectures: ['x86'] });
  context.setSyscallPriority('socket', 128);
  context.addRuleExact(ALLOW, 'socket');
  return context;
};
