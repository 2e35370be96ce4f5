import { ALLOW, type Build, filter, KILL } from '../port.js';

export const build: Build = (machine) => {
  const context = filter(machine, KILL, [[ALLOW, 'read']], { exact: true });
  context.reset(KILL);
  context.addRuleExact(ALLOW, 'write');
  return context;
};
