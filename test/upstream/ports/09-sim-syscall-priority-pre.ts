import type { FilterContext } from '../../../src/libseccomp/index.js';
import { ALLOW, type Build, eq, filter, KILL } from '../port.js';

export function addRules(context: FilterContext): void {
  context.addRuleExact(ALLOW, 1000, [eq(0, 0), eq(1, 1)]);
  context.addRuleExact(ALLOW, 1001, [eq(0, 0)]);
  context.addRuleExact(ALLOW, 1002);
}

export function setPriorities(context: FilterContext): void {
  context.setSyscallPriority(1000, 3);
  context.setSyscallPriority(1001, 2);
  context.setSyscallPriority(1002, 1);
}

export const build: Build = (machine) => {
  const context = filter(machine, KILL);
  setPriorities(context);
  addRules(context);
  return context;
};
